//! What the programs that change accounts would do, done to the files of the host as it would be.

use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tools::accounts::home;
use crate::tools::accounts::lines::{
    GROUP, GSHADOW, LIMIT, PASSWD, SHADOW, edit, is_taken, lines, provisional, set, take_out, today,
};

/// Does what a program would do; gives whether it is known what that is.
pub(super) fn foresee(host: &Writer<'_>, words: &[&str], input: &[u8]) -> Result<bool, Failure> {
    let Some((program, rest)) = words.split_first() else {
        return Ok(false);
    };
    let Some(options) = Options::of(program, rest) else {
        return Ok(false);
    };
    match *program {
        "groupadd" => add_group(host, options.name, options.get("-g")),
        "groupmod" => set(
            host,
            GROUP,
            options.name,
            2,
            options.get("-g").unwrap_or_default(),
        ),
        "groupdel" => remove_group(host, options.name),
        "useradd" => add_user(host, &options),
        "usermod" => change_user(host, &options),
        "userdel" => remove_user(host, options.name, options.has("-r")),
        "chage" => {
            for (option, field) in [("-m", 3), ("-M", 4), ("-W", 5), ("-I", 6)] {
                if let Some(days) = options.get(option) {
                    set(host, SHADOW, options.name, field, days)?;
                }
            }
            Ok(true)
        }
        "passwd" => lock(host, options.name, options.has("-l")),
        "chpasswd" => {
            let text = String::from_utf8_lossy(input);
            let Some((name, hash)) = text.trim_end().split_once(':') else {
                return Ok(false);
            };
            set(host, SHADOW, name, 1, hash)?;
            set(host, SHADOW, name, 2, &today())
        }
        "cp" => match rest {
            ["-RP", from, to] => home::copy(host, Path::new(from), Path::new(to)),
            _ => Ok(false),
        },
        "chown" => match rest {
            ["-Rh", owner, path] => home::own(host, owner, Path::new(path)),
            _ => Ok(false),
        },
        _ => Ok(false),
    }
}

/// The words of a command: options, some with values, and the name at the end.
struct Options<'a> {
    options: Vec<(&'a str, &'a str)>,
    name: &'a str,
}

impl<'a> Options<'a> {
    fn of(program: &str, words: &[&'a str]) -> Option<Self> {
        let (name, words) = words.split_last()?;
        let mut options = Vec::new();
        let mut words = words.iter().copied();
        let valued: &[&str] = match program {
            "chage" => &["-m", "-M", "-W", "-I"],
            _ => &["-g", "-u", "-c", "-d", "-s", "-e", "-G", "-k", "-K"],
        };
        while let Some(word) = words.next() {
            let has_value = valued.contains(&word);
            let value = if has_value { words.next()? } else { "" };
            options.push((word, value));
        }
        Some(Self { options, name })
    }

    fn get(&self, option: &str) -> Option<&'a str> {
        self.options
            .iter()
            .find(|(it, _)| *it == option)
            .map(|(_, value)| *value)
    }

    fn has(&self, option: &str) -> bool {
        self.get(option).is_some()
    }
}

fn add_group(host: &Writer<'_>, name: &str, gid: Option<&str>) -> Result<bool, Failure> {
    let gid = match gid {
        Some(gid) => gid.to_owned(),
        None => provisional(host)?.to_string(),
    };
    edit(host, GROUP, &mut |lines| {
        lines.push([name, "x", &gid, ""].map(str::to_owned).into());
    })?;
    edit(host, GSHADOW, &mut |lines| {
        lines.push([name, "!", "", ""].map(str::to_owned).into());
    })?;
    Ok(true)
}

fn remove_group(host: &Writer<'_>, name: &str) -> Result<bool, Failure> {
    let groups = lines(host, GROUP)?;
    let gid = groups
        .iter()
        .find(|line| line[0] == name)
        .and_then(|line| line.get(2));
    let users = lines(host, PASSWD)?;
    if let Some(user) = users
        .iter()
        .find(|line| line.get(3).is_some_and(|it| Some(it) == gid))
    {
        let message = format!(
            "`groupdel` ended with exit code 8: groupdel: cannot remove the primary group of user '{}'",
            user[0]
        );
        return Err(Failure {
            exit_code: Some(8),
            ..Failure::new(Kind::CommandFailed, message)
        });
    }
    take_out(host, GROUP, name)?;
    take_out(host, GSHADOW, name)?;
    Ok(true)
}

/// What a file of defaults says of a key.
fn default(host: &Reader<'_>, path: &str, key: &str) -> Option<String> {
    let bytes = host.read(Path::new(path), LIMIT).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let value = |line: &str| {
        let (name, value) = line.split_once(|c: char| c == '=' || c.is_whitespace())?;
        (name.trim() == key).then(|| value.trim().trim_matches('"').to_owned())
    };
    text.lines().rev().find_map(value)
}

fn has_own_groups(host: &Reader<'_>) -> bool {
    default(host, "/etc/login.defs", "USERGROUPS_ENAB").is_none_or(|it| it == "yes")
}

/// The number of a group that is given by name or number.
fn gid_of(host: &Reader<'_>, group: &str) -> Result<Option<String>, Failure> {
    let groups = lines(host, GROUP)?;
    let named = groups
        .iter()
        .find(|line| line[0] == group)
        .and_then(|line| line.get(2).cloned());
    Ok(named.or_else(|| group.parse::<u32>().is_ok().then(|| group.to_owned())))
}

fn add_user(host: &Writer<'_>, options: &Options<'_>) -> Result<bool, Failure> {
    const DEFAULTS: &str = "/etc/default/useradd";
    let name = options.name;
    let Some(shell) = options
        .get("-s")
        .map(str::to_owned)
        .or_else(|| default(host, DEFAULTS, "SHELL"))
    else {
        return Ok(false);
    };
    let is_system = options.has("-r");
    let uid = match options.get("-u") {
        Some(uid) => uid.to_owned(),
        None => provisional(host)?.to_string(),
    };
    let gid = match options.get("-g") {
        Some(group) => gid_of(host, group)?,
        None if has_own_groups(host) => {
            let same = options
                .get("-u")
                .filter(|uid| !is_taken(host, GROUP, uid).unwrap_or(true));
            add_group(host, name, same)?;
            gid_of(host, name)?
        }
        None => Some(default(host, DEFAULTS, "GROUP").unwrap_or_else(|| "100".to_owned())),
    };
    let Some(gid) = gid else { return Ok(false) };
    let base = default(host, DEFAULTS, "HOME").unwrap_or_else(|| "/home".to_owned());
    let home = options
        .get("-d")
        .map_or_else(|| format!("{base}/{name}"), str::to_owned);
    let comment = options.get("-c").unwrap_or_default();
    edit(host, PASSWD, &mut |lines| {
        lines.push(
            [name, "x", &uid, &gid, comment, &home, &shell]
                .map(str::to_owned)
                .into(),
        );
    })?;
    let aging = if is_system {
        ["", "", ""].map(str::to_owned)
    } else {
        let of = |key, otherwise: &str| {
            default(host, "/etc/login.defs", key).unwrap_or_else(|| otherwise.to_owned())
        };
        [
            of("PASS_MIN_DAYS", "0"),
            of("PASS_MAX_DAYS", "99999"),
            of("PASS_WARN_AGE", "7"),
        ]
    };
    let expires = options
        .get("-e")
        .filter(|it| !it.is_empty())
        .map(day)
        .unwrap_or_default();
    edit(host, SHADOW, &mut |lines| {
        let [min, max, warn] = &aging;
        lines.push(
            [name, "!", &today(), min, max, warn, "", &expires, ""]
                .map(str::to_owned)
                .into(),
        );
    })?;
    join(host, name, options.get("-G").unwrap_or_default(), true)?;
    if options.has("-m") && host.metadata(Path::new(&home), Follow::Yes)?.is_none() {
        let value = |key: &str| {
            let values = options.options.iter().filter(|(it, _)| *it == "-K");
            let mut values = values.filter_map(|(_, it)| it.split_once('='));
            values
                .find(|(it, _)| *it == key)
                .and_then(|(_, it)| u32::from_str_radix(it, 8).ok())
        };
        let mode = value("HOME_MODE").or_else(|| value("UMASK").map(|it| 0o777 & !it));
        let home = home::New {
            path: Path::new(&home),
            skeleton: options.get("-k").map(Path::new),
            mode: mode.unwrap_or_else(|| home_mode(host)),
        };
        home::make(host, &home, &uid, &gid)?;
    }
    spoil(host, name);
    Ok(true)
}

/// The day of a date, counted from 1970, as the table has it.
fn day(date: &str) -> String {
    crate::tools::accounts::day::day(date).map_or_else(|| date.to_owned(), |it| it.to_string())
}

/// What else such programs write, of which nobody can say how.
fn spoil(host: &Writer<'_>, name: &str) {
    let Some(id) = host.foreseeing() else { return };
    for path in ["/etc/subuid", "/etc/subgid"] {
        host.spoil(Path::new(path), id);
    }
    host.spoil(&Path::new("/var/mail").join(name), id);
}

/// Puts a user into groups; not `is_added`: and out of all others.
fn join(host: &Writer<'_>, name: &str, groups: &str, is_added: bool) -> Result<(), Failure> {
    let wanted: Vec<&str> = groups.split(',').filter(|it| !it.is_empty()).collect();
    for path in [GROUP, GSHADOW] {
        edit(host, path, &mut |lines| {
            for line in lines.iter_mut().filter(|line| line.len() > 3) {
                let is_wanted = wanted.contains(&&*line[0]);
                let mut members: Vec<&str> = line[3].split(',').filter(|it| !it.is_empty()).collect();
                let is_in = members.contains(&name);
                if is_wanted && !is_in {
                    members.push(name);
                } else if is_in && !is_wanted && !is_added {
                    members.retain(|it| *it != name);
                } else {
                    continue;
                }
                line[3] = members.join(",");
            }
        })?;
    }
    Ok(())
}

fn change_user(host: &Writer<'_>, options: &Options<'_>) -> Result<bool, Failure> {
    let name = options.name;
    let users = lines(host, PASSWD)?;
    let old = users.iter().find(|line| line[0] == name && line.len() > 6);
    let Some(old) = old.cloned() else { return Ok(false) };
    if let Some(home) = options.get("-d") {
        if options.has("-m") {
            let (from, to) = (Path::new(&old[5]), Path::new(home));
            if let (Some(from), Some(to)) = (host.locate(from, Follow::No)?, host.locate(to, Follow::No)?) {
                host.rename(&from, &to, false)?;
            }
        }
        set(host, PASSWD, name, 5, home)?;
    }
    for (option, field) in [("-u", 2), ("-c", 4), ("-s", 6)] {
        if let Some(value) = options.get(option) {
            set(host, PASSWD, name, field, value)?;
        }
    }
    if let Some(group) = options.get("-g") {
        let Some(gid) = gid_of(host, group)? else {
            return Ok(false);
        };
        set(host, PASSWD, name, 3, &gid)?;
    }
    if let (true, Some(id)) = (options.has("-u") || options.has("-g"), host.foreseeing()) {
        // What of it belongs to the user gets the new numbers.
        host.spoil(Path::new(&old[5]), id);
    }
    if let Some(date) = options.get("-e") {
        let day = if date.is_empty() { String::new() } else { day(date) };
        set(host, SHADOW, name, 7, &day)?;
    }
    if let Some(groups) = options.get("-G") {
        join(host, name, groups, options.has("-a"))?;
    }
    Ok(true)
}

fn lock(host: &Writer<'_>, name: &str, is_locked: bool) -> Result<bool, Failure> {
    let shadow = lines(host, SHADOW)?;
    let Some(hash) = shadow
        .iter()
        .find(|line| line[0] == name)
        .and_then(|line| line.get(1))
    else {
        return Ok(false);
    };
    let hash = match (is_locked, hash.strip_prefix('!')) {
        (true, None) => format!("!{hash}"),
        // What is left would let everybody in, and is refused.
        (false, Some("")) => return Ok(false),
        (false, Some(rest)) => rest.to_owned(),
        _ => hash.clone(),
    };
    set(host, SHADOW, name, 1, &hash)
}

fn remove_user(host: &Writer<'_>, name: &str, with_home: bool) -> Result<bool, Failure> {
    let users = lines(host, PASSWD)?;
    let Some(user) = users.iter().find(|line| line[0] == name && line.len() > 6) else {
        return Ok(false);
    };
    take_out(host, PASSWD, name)?;
    take_out(host, SHADOW, name)?;
    join(host, name, "", false)?;
    let groups = lines(host, GROUP)?;
    let own = groups.iter().find(|line| line[0] == name && line.len() > 3);
    let is_needed = |gid: &str| {
        users
            .iter()
            .any(|it| it[0] != name && it.get(3).is_some_and(|it| it == gid))
    };
    if let Some(own) = own
        && has_own_groups(host)
        && own[3].is_empty()
        && !is_needed(&own[2])
    {
        take_out(host, GROUP, name)?;
        take_out(host, GSHADOW, name)?;
    }
    if with_home
        && let Some(at) = host.locate(Path::new(&user[5]), Follow::No)?
        && at.stat()?.is_some()
    {
        host.remove_all(&at)?;
    }
    spoil(host, name);
    Ok(true)
}

/// The mode of a new home.
fn home_mode(host: &Reader<'_>) -> u32 {
    let octal = |key| {
        let value = default(host, "/etc/login.defs", key)?;
        u32::from_str_radix(&value, 8).ok()
    };
    octal("HOME_MODE").unwrap_or_else(|| 0o777 & !octal("UMASK").unwrap_or(0o022))
}
