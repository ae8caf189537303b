//! Makes sure that there is no such user.

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::accounts::{AccountChange, Accounts, Kit, Property, check_name, run};
use crate::tools::user::home;

/// `user.absent`.
#[derive(Debug)]
pub(crate) struct Absent;

/// Makes sure that there is no such user. The home stays, unless `remove_home` says otherwise. A user whose processes run is
/// not removed, and neither is one whose home cannot be: it belongs to somebody else, another user's home is in it, or a
/// file system is mounted there.
///
/// Check mode: says whether the user, and the home, would be removed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The name.
    name: String,
    /// Removes the home with all that is in it, and the user's mail, too.
    #[serde(default)]
    remove_home: bool,
}

/// The user who is not there.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The name.
    name: String,
}

impl Tool for Absent {
    const NAME: &'static str = "user.absent";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "user.absent: { name: deploy, remove_home: true }";

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
        check_name("user", &args.name).map_err(|it| ("name", it))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let name = args.name.clone();
        let accounts = Accounts::read(host)?;
        let Some(user) = accounts.user(&name) else {
            accounts.looked(host);
            return Ok(Finding::Settled(Output { name }));
        };
        let gone = |name, before: &str| Property {
            name,
            before: Some(before.to_owned()),
            after: None,
        };
        let mut properties = vec![gone("account", "present")];
        if args.remove_home {
            home::check_removal(user, &accounts, host)?;
            properties.push(gone("home", &user.home));
        }
        host.check_root(&format!("the user `{name}` cannot be removed"))?;
        Ok(Finding::Pending(AccountChange {
            title: format!("user {name}"),
            properties,
        }))
    }

    fn apply(args: &Args, _: AccountChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let (program, home) = match Kit::of(host)? {
            Kit::Shadow => ("userdel", "-r"),
            Kit::BusyBox => ("deluser", "--remove-home"),
        };
        let mut words = vec![program];
        if args.remove_home {
            words.push(home);
        }
        words.push(&args.name);
        run(host, &words)?;
        Ok(Output {
            name: args.name.clone(),
        })
    }
}
