//! What differs about a user.

use crate::failure::{Failure, Kind};
use crate::tools::accounts::day::day;
use crate::tools::accounts::{Accounts, Property, User};
use crate::tools::user::present::{Args, UpdatePassword};

/// What is shown in the place of a hash.
const HIDDEN: &str = "(hidden)";

/// What is to change.
pub(super) fn differences(args: &Args, accounts: &Accounts) -> Result<Vec<Property>, Failure> {
    // Some hosts have two names for one number.
    let is_there = |uid: &u32| accounts.user(&args.name).is_some_and(|it| it.uid == *uid);
    if let Some(holder) = args
        .uid
        .filter(|uid| !args.non_unique && !is_there(uid))
        .and_then(|uid| accounts.user_with(uid))
    {
        let message = format!(
            "`{}` cannot have the number {}: `{}` has it",
            args.name, holder.uid, holder.name
        );
        return Err(Failure::new(Kind::Conflict, message));
    }
    for group in args.groups.iter().flatten() {
        if accounts.group(group).is_none() {
            return Err(Failure::new(
                Kind::NotFound,
                format!("there is not a group `{group}` on this host"),
            ));
        }
    }
    let own = match &args.group {
        None => None,
        Some(group) => {
            let name = group.to_string_lossy();
            let found = accounts.group_of(&name).ok_or_else(|| {
                Failure::new(
                    Kind::NotFound,
                    format!("there is not a group `{name}` on this host"),
                )
            })?;
            Some(found.gid)
        }
    };
    let found = accounts.user(&args.name);
    let mut all = Vec::new();
    if found.is_none() {
        all.push(Property {
            name: "account",
            before: None,
            after: Some("present".into()),
        });
    }
    let mut differs = |name: &'static str, before: Option<String>, after: Option<String>| {
        if after.is_some() && before != after {
            all.push(Property { name, before, after });
        }
    };
    let text = |get: fn(&User) -> String| found.map(get);
    differs(
        "uid",
        text(|it| it.uid.to_string()),
        args.uid.map(|it| it.to_string()),
    );
    let group = |gid: u32| accounts.group_name(gid);
    differs("group", found.map(|it| group(it.gid)), own.map(group));
    let before = accounts.groups_of(&args.name);
    // Where the own group counts its user as a member, that is no other group.
    let own_group = found.map(|it| group(it.gid));
    let is_other = |it: &String| Some(it) != own_group.as_ref();
    let mut wanted = groups(args, &before);
    if let Some(wanted) = &mut wanted {
        wanted.extend(before.iter().filter(|it| !is_other(it)).cloned());
        wanted.sort();
        wanted.dedup();
    }
    differs(
        "groups",
        found.map(|_| before.join(",")),
        wanted.map(|it| it.join(",")),
    );
    differs("comment", text(|it| it.comment.clone()), args.comment.clone());
    differs(
        "home",
        text(|it| it.home.clone()),
        args.home.as_ref().map(ToString::to_string),
    );
    differs(
        "shell",
        text(|it| it.shell.clone()),
        args.shell.as_ref().map(ToString::to_string),
    );
    if let Some(text) = args.expires.as_deref() {
        let show = |day: Option<u64>| day.map_or_else(|| "never".to_owned(), |it| format!("day {it}"));
        differs("expires", found.map(|it| show(it.expires)), Some(show(day(text))));
    }
    for age in args.ages() {
        if let Some(days) = age.days {
            let show = |days: Option<i32>| days.map_or_else(|| "never".to_owned(), |it| format!("{it} days"));
            let wanted = Some(days).filter(|it| *it >= 0);
            differs(age.name, found.map(|it| show((age.of)(it))), Some(show(wanted)));
        }
    }
    all.extend(password(args, accounts)?);
    Ok(all)
}

/// The other groups that the user is to be in, sorted.
fn groups(args: &Args, before: &[String]) -> Option<Vec<String>> {
    let mut wanted = args.groups.clone()?;
    if args.append {
        wanted.extend(before.iter().cloned());
    }
    wanted.sort();
    wanted.dedup();
    Some(wanted)
}

/// The hash and its lock, of which neither is shown.
fn password(args: &Args, accounts: &Accounts) -> Result<Vec<Property>, Failure> {
    let found = accounts.user(&args.name);
    if args.password.is_none() && args.locked.is_none() {
        return Ok(Vec::new());
    }
    let before = match found {
        // Who is new has no password and is locked.
        None => "!",
        Some(user) => user.password.as_deref().ok_or_else(|| {
            if accounts.has_shadow {
                let message = format!("`/etc/shadow` has no line for `{}`", user.name);
                return Failure::new(Kind::Invalid, message);
            }
            let message = "`/etc/shadow` cannot be read: only root can change passwords";
            Failure::new(Kind::PermissionDenied, message)
        })?,
    };
    let mut all = Vec::new();
    let mut hash = before.trim_start_matches('!');
    let is_asked = found.is_none() || args.update_password == UpdatePassword::Always && !args.password_once;
    let password = args.password.as_deref().filter(|_| is_asked);
    if let Some(wanted) = password.filter(|it| *it != hash && (*it != before || found.is_none())) {
        all.push(Property {
            name: "password",
            before: found.map(|_| HIDDEN.into()),
            after: Some(HIDDEN.into()),
        });
        hash = wanted.trim_start_matches('!');
    }
    let is_locked = before.starts_with('!');
    if let Some(locked) = args.locked.filter(|it| *it != is_locked) {
        if !locked && hash.is_empty() {
            let message = format!(
                "`{}` cannot be unlocked: it has no password, and would be open to all",
                args.name
            );
            return Err(Failure::new(Kind::Conflict, message));
        }
        all.push(Property {
            name: "locked",
            before: found.map(|_| is_locked.to_string()),
            after: Some(locked.to_string()),
        });
    }
    Ok(all)
}
