//! What differs about a user, and the programs that change it.

use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tools::accounts::{AccountChange, Accounts, Kit, Property, User, run, run_with_input};
use crate::tools::user::present::Args;

/// What is shown in the place of a hash.
const HIDDEN: &str = "(hidden)";

/// What is to change.
pub(super) fn differences(args: &Args, accounts: &Accounts) -> Result<Vec<Property>, Failure> {
    if let Some(holder) = args
        .uid
        .and_then(|uid| accounts.user_with(uid))
        .filter(|it| it.name != args.name)
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
                format!("there is no group `{group}` on this host"),
            ));
        }
    }
    let own = match &args.group {
        None => None,
        Some(group) => {
            let name = group.to_string_lossy();
            let found = accounts.group_of(&name).ok_or_else(|| {
                Failure::new(Kind::NotFound, format!("there is no group `{name}` on this host"))
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
    all.extend(password(args, found)?);
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
fn password(args: &Args, found: Option<&User>) -> Result<Vec<Property>, Failure> {
    if args.password.is_none() && args.locked.is_none() {
        return Ok(Vec::new());
    }
    let before = match found {
        None => "",
        Some(user) => user.password.as_deref().ok_or_else(|| {
            let message = "`/etc/shadow` cannot be read: only root can change passwords";
            Failure::new(Kind::PermissionDenied, message)
        })?,
    };
    let mut all = Vec::new();
    let mut hash = before.trim_start_matches('!');
    if let Some(wanted) = args.password.as_deref().filter(|it| *it != hash && *it != before) {
        all.push(Property {
            name: "password",
            before: found.map(|_| HIDDEN.into()),
            after: Some(HIDDEN.into()),
        });
        hash = wanted;
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

/// The day that a text names, counted from 1970.
pub(super) fn day(text: &str) -> Option<u64> {
    let [year, month, day] = text.split('-').collect::<Vec<_>>()[..] else {
        return None;
    };
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let (year, month, day) = (
        year.parse::<u64>().ok()?,
        month.parse::<u64>().ok()?,
        day.parse::<u64>().ok()?,
    );
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let february = 28 + u64::from(is_leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    if year < 1970 || day == 0 || day > *months.get(index)? {
        return None;
    }
    let years: u64 = (1970..year).map(|it| 365 + u64::from(is_leap(it))).sum();
    Some(years + months[..index].iter().sum::<u64>() + day - 1)
}

/// Refuses what the host has no program for.
pub(super) fn refuse_impossible(change: &AccountChange, host: &Reader<'_>) -> Result<(), Failure> {
    if Kit::of(host)? == Kit::Shadow {
        return Ok(());
    }
    let fixed: &[&str] = if change.is_new() {
        &["expires"]
    } else {
        &["uid", "group", "comment", "home", "shell", "expires"]
    };
    match fixed.iter().find(|it| change.after(it).is_some()) {
        None => Ok(()),
        Some(name) => {
            let message =
                format!("`{name}` of a user is changed with `usermod`, which this host does not have");
            Err(Failure::new(Kind::Unsupported, message))
        }
    }
}

/// Makes the changes.
pub(super) fn make(args: &Args, change: &AccountChange, host: &Writer<'_>) -> Result<(), Failure> {
    match Kit::of(host)? {
        Kit::Shadow => with_shadow(args, change, host)?,
        Kit::BusyBox => with_busybox(args, change, host)?,
    }
    if change.after("password").is_some() {
        let hash = args.password.as_deref().unwrap_or_default();
        run_with_input(
            host,
            &["chpasswd", "-e"],
            format!("{}:{hash}\n", args.name).as_bytes(),
        )?;
    }
    match change.after("locked") {
        Some("true") => run(host, &["passwd", "-l", &args.name]),
        Some(_) if change.after("password").is_some() => Ok(()),
        Some(_) => run(host, &["passwd", "-u", &args.name]),
        // A new password takes the lock away.
        None if change.after("password").is_some() && args.locked == Some(true) => {
            run(host, &["passwd", "-l", &args.name])
        }
        None => Ok(()),
    }
}

fn with_shadow(args: &Args, change: &AccountChange, host: &Writer<'_>) -> Result<(), Failure> {
    let mut words: Vec<String> = Vec::new();
    let mut option = |flag: &str, value: Option<&str>| {
        if let Some(value) = value {
            words.extend([flag.to_owned(), value.to_owned()]);
        }
    };
    option("-u", change.after("uid"));
    option("-g", change.after("group"));
    option("-G", change.after("groups"));
    option("-c", change.after("comment"));
    option("-d", change.after("home"));
    option("-s", change.after("shell"));
    if change.after("expires").is_some() {
        let never = String::new();
        let day = args.expires.as_deref().filter(|it| *it != "never");
        option("-e", Some(day.unwrap_or(&never)));
    }
    let is_new = change.is_new();
    if is_new {
        if args.system {
            words.push("-r".into());
        }
        let creates_home = args.create_home.unwrap_or(!args.system);
        words.push(if creates_home { "-m" } else { "-M" }.into());
        // Where a group of that name is there already, it is meant.
        if args.group.is_none() && Accounts::read(host)?.group(&args.name).is_some() {
            words.extend(["-g".into(), args.name.clone()]);
        }
    } else if args.move_home && change.after("home").is_some() {
        words.push("-m".into());
    }
    if words.is_empty() && !is_new {
        return Ok(());
    }
    let program = if is_new { "useradd" } else { "usermod" };
    let mut command = vec![program];
    command.extend(words.iter().map(String::as_str));
    command.push(&args.name);
    run(host, &command)
}

fn with_busybox(args: &Args, change: &AccountChange, host: &Writer<'_>) -> Result<(), Failure> {
    let before = Accounts::read(host)?.groups_of(&args.name);
    if change.is_new() {
        let mut words = vec!["adduser", "-D"];
        for (flag, property) in [
            ("-u", "uid"),
            ("-G", "group"),
            ("-g", "comment"),
            ("-h", "home"),
            ("-s", "shell"),
        ] {
            if let Some(value) = change.after(property) {
                words.extend([flag, value]);
            }
        }
        if args.system {
            words.push("-S");
        }
        if !args.create_home.unwrap_or(!args.system) {
            words.push("-H");
        }
        words.push(&args.name);
        run(host, &words)?;
    }
    let Some(after) = change.after("groups") else {
        return Ok(());
    };
    let after: Vec<&str> = after.split(',').filter(|it| !it.is_empty()).collect();
    for group in after.iter().filter(|it| !before.iter().any(|old| old == *it)) {
        run(host, &["addgroup", &args.name, group])?;
    }
    for group in before.iter().filter(|it| !after.contains(&&***it)) {
        run(host, &["delgroup", &args.name, group])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_counted_from_1970() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2024-03-01"), Some(19783));
        assert_eq!(day("2027-01-31"), Some(20849));
        for bad in [
            "2027-02-29",
            "2027-13-01",
            "2027-1-1",
            "1969-01-01",
            "soon",
            "2027-00-10",
            "2027-01-00",
        ] {
            assert_eq!(day(bad), None, "{bad}");
        }
    }
}
