//! Makes sure that there is no such group.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::accounts::{AccountChange, Accounts, Kit, Property, check_name, run};

/// `group.absent`.
#[derive(Debug)]
pub(crate) struct Absent;

/// Makes sure that there is no such group. One that is somebody's own group cannot be removed.
///
/// Check mode: says whether it would be removed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Its name.
    name: String,
}

/// The group that is not there.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Its name.
    name: String,
}

impl Tool for Absent {
    const NAME: &'static str = "group.absent";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "group.absent: deploy";

    type Args = Args;
    type Change = AccountChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::ACCOUNTS
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_name("group", &args.name).map_err(|it| ("name", it))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let name = args.name.clone();
        let accounts = Accounts::read(host)?;
        if accounts.group(&args.name).is_none() {
            accounts.looked(host);
            return Ok(Finding::Settled(Output { name }));
        }
        host.check_root(&format!("the group `{name}` cannot be removed"))?;
        Ok(Finding::Pending(AccountChange {
            title: format!("group {name}"),
            properties: vec![Property {
                name: "account",
                before: Some("present".into()),
                after: None,
            }],
        }))
    }

    fn apply(args: &Args, _: AccountChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let program = match Kit::of(host)? {
            Kit::Shadow => "groupdel",
            Kit::BusyBox => "delgroup",
        };
        run(host, &[program, &args.name])?;
        Ok(Output {
            name: args.name.clone(),
        })
    }
}
