//! Makes sure that there is a group.

use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Spoils, Tool};
use crate::tools::accounts::{AccountChange, Accounts, Kit, Property, check_name, run};

/// `group.present`.
#[derive(Debug)]
pub(crate) struct Present;

/// Makes sure that there is a group. Only what is given is changed. A number that somebody else has is an error.
///
/// Check mode: says what would be made or changed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Its name.
    name: String,
    /// Its number; files that belong to the old one are not looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gid: Option<u32>,
    /// A new group gets a number of those for services.
    #[serde(default)]
    system: bool,
}

/// The group.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Its name.
    name: String,
    /// Its number.
    gid: u32,
    /// Who is in it, but for those whose own group it is.
    members: Vec<String>,
}

impl Tool for Present {
    const NAME: &'static str = "group.present";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("name");
    const EXAMPLE: &'static str = "group.present: { name: deploy, gid: 2000 }";

    type Args = Args;
    type Change = AccountChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::ACCOUNTS
    }

    fn establishes(_: &Args) -> Option<Spoils> {
        Some(Spoils::default())
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_name("group", &args.name).map_err(|it| ("name", it))
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let accounts = Accounts::read(host)?;
        if accounts.group(&args.name).is_none() {
            accounts.looked(host);
        }
        let is_there = |gid: &u32| accounts.group(&args.name).is_some_and(|it| it.gid == *gid);
        if let Some(gid) = args.gid.filter(|it| !is_there(it)) {
            let holder = accounts.group_name(gid);
            if holder != args.name && holder != gid.to_string() {
                let message = format!(
                    "the group `{}` cannot have the number {gid}: `{holder}` has it",
                    args.name
                );
                return Err(Failure::new(Kind::Conflict, message));
            }
        }
        let mut properties = Vec::new();
        match (accounts.group(&args.name), args.gid) {
            (None, gid) => {
                properties.push(Property {
                    name: "account",
                    before: None,
                    after: Some("present".into()),
                });
                properties.extend(gid.map(|gid| Property {
                    name: "gid",
                    before: None,
                    after: Some(gid.to_string()),
                }));
            }
            (Some(group), Some(gid)) if group.gid != gid => properties.push(Property {
                name: "gid",
                before: Some(group.gid.to_string()),
                after: Some(gid.to_string()),
            }),
            (Some(_), _) => return output(args, &accounts).map(Finding::Settled),
        }
        if Kit::of(host)? == Kit::BusyBox && accounts.group(&args.name).is_some() {
            let message = "the number of a group is changed with `groupmod`, which this host does not have";
            return Err(Failure::new(Kind::Unsupported, message));
        }
        host.check_root(&format!("the group `{}` cannot be changed", args.name))?;
        Ok(Finding::Pending(AccountChange {
            title: format!("group {}", args.name),
            properties,
        }))
    }

    fn apply(args: &Args, change: AccountChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let mut words = match (Kit::of(host)?, change.is_new()) {
            (Kit::Shadow, true) => vec!["groupadd"],
            (Kit::Shadow, false) => vec!["groupmod"],
            (Kit::BusyBox, _) => vec!["addgroup"],
        };
        if let Some(gid) = change.after("gid") {
            words.extend(["-g", gid]);
        }
        if args.system && change.is_new() {
            words.push(if words[0] == "addgroup" { "-S" } else { "-r" });
        }
        words.push(&args.name);
        run(host, &words)?;
        output(args, &Accounts::read(host)?)
    }
}

fn output(args: &Args, accounts: &Accounts) -> Result<Output, Failure> {
    let group = accounts.group(&args.name).ok_or_else(|| {
        let message = format!("the group `{}` was made, and is not there", args.name);
        Failure::new(Kind::CommandFailed, message)
    })?;
    Ok(Output {
        name: group.name.clone(),
        gid: group.gid,
        members: group.members.clone(),
    })
}
