//! Tables of accounts, line by line and field by field, on the host as it would be.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Caution, Follow, PROVISIONAL, Reader, Writer};

pub(super) const LIMIT: u64 = 16 << 20;
pub(super) const PASSWD: &str = "/etc/passwd";
pub(super) const GROUP: &str = "/etc/group";
pub(super) const SHADOW: &str = "/etc/shadow";
pub(super) const GSHADOW: &str = "/etc/gshadow";

/// The day, counted from 1970, as the tables have it.
pub(super) fn today() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now.as_secs() / 86400).to_string()
}

pub(super) fn lines(host: &Reader<'_>, path: &str) -> Result<Vec<Vec<String>>, Failure> {
    let bytes = match host.read(Path::new(path), LIMIT) {
        Err(failure) if failure.kind == Kind::NotFound => Vec::new(),
        other => other?,
    };
    let text = String::from_utf8_lossy(&bytes);
    Ok(text
        .lines()
        .map(|line| line.split(':').map(str::to_owned).collect())
        .collect())
}

pub(super) fn write(host: &Writer<'_>, path: &str, lines: &[Vec<String>]) -> Result<(), Failure> {
    let Some(at) = host.locate(Path::new(path), Follow::Yes)? else {
        return Ok(());
    };
    let text: String = lines.iter().map(|line| line.join(":") + "\n").collect();
    host.replace(&at, &Attributes::default(), &Caution::default(), &mut |file| {
        host.fill_bytes(&at, file, text.as_bytes())
    })?;
    Ok(())
}

/// Changes the lines of a table, where it is there.
pub(super) fn edit(
    host: &Writer<'_>,
    path: &str,
    change: &mut dyn FnMut(&mut Vec<Vec<String>>),
) -> Result<(), Failure> {
    if host.metadata(Path::new(path), Follow::Yes)?.is_none() {
        return Ok(());
    }
    let mut lines = lines(host, path)?;
    change(&mut lines);
    write(host, path, &lines)
}

/// Gives a field of a name's line a value.
pub(super) fn set(
    host: &Writer<'_>,
    path: &str,
    name: &str,
    field: usize,
    value: &str,
) -> Result<bool, Failure> {
    edit(host, path, &mut |lines| {
        for line in lines
            .iter_mut()
            .filter(|line| line.first().is_some_and(|it| it == name))
        {
            if let Some(it) = line.get_mut(field) {
                value.clone_into(it);
            }
        }
    })?;
    Ok(true)
}

pub(super) fn take_out(host: &Writer<'_>, path: &str, name: &str) -> Result<(), Failure> {
    edit(host, path, &mut |lines| {
        lines.retain(|line| line.first().is_none_or(|it| it != name));
    })
}

/// A number that no account has: which one the host would choose is not known.
pub(super) fn provisional(host: &Reader<'_>) -> Result<u32, Failure> {
    let mut highest = PROVISIONAL.start;
    for path in [PASSWD, GROUP] {
        for line in lines(host, path)? {
            let number = line.get(2).and_then(|it| it.parse::<u32>().ok());
            highest = highest.max(
                number
                    .filter(|it| PROVISIONAL.contains(it))
                    .map_or(0, |it| it + 1),
            );
        }
    }
    Ok(highest)
}

pub(super) fn is_taken(host: &Reader<'_>, path: &str, number: &str) -> Result<bool, Failure> {
    Ok(lines(host, path)?
        .iter()
        .any(|line| line.get(2).is_some_and(|it| it == number)))
}
