//! The host's programs that change a user.

use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tools::accounts::{AccountChange, Accounts, Kit, run, run_with_input};
use crate::tools::user::home;
use crate::tools::user::present::Args;

/// Refuses what the host has no program for.
pub(super) fn refuse_impossible(
    args: &Args,
    change: &AccountChange,
    host: &Reader<'_>,
) -> Result<(), Failure> {
    if Kit::of(host)? == Kit::Shadow {
        return Ok(());
    }
    let is_new = change.is_new();
    let only_new = [
        ("skeleton", args.skeleton.is_some()),
        ("umask", args.umask.is_some()),
    ];
    if let Some((name, _)) = only_new.iter().find(|(_, is_given)| is_new && *is_given) {
        let message = format!("`{name}` of a user is given to `useradd`, which this host does not have");
        return Err(Failure::new(Kind::Unsupported, message));
    }
    let always = ["expires"].into_iter().chain(args.ages().map(|it| it.name));
    let if_old = ["uid", "group", "comment", "home", "shell"];
    let mut fixed = always.chain(if_old.into_iter().filter(|_| !is_new));
    match fixed.find(|it| change.after(it).is_some()) {
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
    let mut words = vec!["chage".to_owned()];
    for age in args.ages() {
        if let (Some(days), Some(_)) = (age.days, change.after(age.name)) {
            words.extend([age.option.to_owned(), days.to_string()]);
        }
    }
    if words.len() > 1 {
        words.push(args.name.clone());
        run(host, &words.iter().map(String::as_str).collect::<Vec<_>>())?;
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
    let is_new = change.is_new();
    let is_moved = !is_new && args.move_home && change.after("home").is_some();
    option("-u", change.after("uid"));
    if args.non_unique && change.after("uid").is_some() {
        words.push("-o".into());
    }
    let mut option = |flag: &str, value: Option<&str>| {
        if let Some(value) = value {
            words.extend([flag.to_owned(), value.to_owned()]);
        }
    };
    option("-g", change.after("group"));
    option("-c", change.after("comment"));
    if !is_moved {
        option("-d", change.after("home"));
    }
    option("-s", change.after("shell"));
    if change.after("expires").is_some() {
        let never = String::new();
        let day = args.expires.as_deref().filter(|it| *it != "never");
        option("-e", Some(day.unwrap_or(&never)));
    }
    if let Some(groups) = change.after("groups") {
        words.extend(membership(args, groups, is_new, host)?);
    }
    if is_moved {
        move_home(args, host)?;
    }
    if is_new {
        if args.system {
            words.push("-r".into());
        }
        let creates_home = args.create_home.unwrap_or(!args.system);
        words.push(if creates_home { "-m" } else { "-M" }.into());
        if creates_home {
            words.extend(home::options(args, host));
        }
        // Where a group of that name is there already, it is meant.
        if args.group.is_none() && Accounts::read(host)?.group(&args.name).is_some() {
            words.extend(["-g".into(), args.name.clone()]);
        }
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

/// What is said of other groups: where others stay, only those that are new are named, so that what somebody else does about
/// groups meanwhile is not undone.
fn membership(args: &Args, groups: &str, is_new: bool, host: &Reader<'_>) -> Result<Vec<String>, Failure> {
    if is_new || !args.append {
        return Ok(vec!["-G".into(), groups.to_owned()]);
    }
    let before = Accounts::read(host)?.groups_of(&args.name);
    let missing: Vec<&str> = groups
        .split(',')
        .filter(|it| !before.iter().any(|old| old == it))
        .collect();
    Ok(vec!["-a".into(), "-G".into(), missing.join(",")])
}

/// Moves the home. `usermod` writes the new one down first, so that it is set back where it cannot be moved.
fn move_home(args: &Args, host: &Writer<'_>) -> Result<(), Failure> {
    let old = Accounts::read(host)?.user(&args.name).map(|it| it.home.clone());
    let (Some(old), Some(new)) = (old, &args.home) else {
        return Ok(());
    };
    if host.metadata(Path::new(&old), Follow::No)?.is_none() {
        return run(host, &["usermod", "-d", &new.to_string(), &args.name]);
    }
    let moved = run(host, &["usermod", "-m", "-d", &new.to_string(), &args.name]);
    if moved.is_err() {
        let now = Accounts::read(host)?.user(&args.name).map(|it| it.home.clone());
        if now.is_some_and(|it| it != old) {
            run(host, &["usermod", "-d", &old, &args.name])?;
        }
    }
    moved
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
