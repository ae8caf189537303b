//! Whether cloud-init has its own mind about the name of a host.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::system::{Enter, Follow, Reader, Unreadable};

const MAIN: &str = "/etc/cloud/cloud.cfg";
const FOLDER: &str = "/etc/cloud/cloud.cfg.d";
const OFF: &str = "/etc/cloud/cloud-init.disabled";
const LIMIT: u64 = 1 << 20;

/// Warns where the name may not last.
pub(super) fn warn(host: &Reader<'_>) -> Result<(), Failure> {
    let is_there =
        |path: &str| -> Result<bool, Failure> { Ok(host.metadata(Path::new(path), Follow::Yes)?.is_some()) };
    if !is_there(MAIN)? || is_there(OFF)? {
        return Ok(());
    }
    let mut texts = Vec::new();
    for path in files(host)? {
        let text = host.read(&path, LIMIT)?;
        texts.push(String::from_utf8_lossy(&text).into_owned());
    }
    let last = |key: &str| texts.iter().filter_map(|it| setting(it, key)).next_back();
    if !last("preserve_hostname").is_some_and(is_yes) {
        host.link().warn(format!(
            "cloud-init may give the host its former name at the next start: `preserve_hostname: true` in a file \
             of `{FOLDER}` keeps the new one"
        ));
    }
    if last("manage_etc_hosts").is_some_and(|it| is_yes(it) || it == "localhost" || it == "template") {
        host.link().warn(format!(
            "cloud-init writes `/etc/hosts` at each start: `manage_etc_hosts: false` in a file of `{FOLDER}` keeps it"
        ));
    }
    Ok(())
}

/// The files that it reads, in order: what a later one says holds.
fn files(host: &Reader<'_>) -> Result<Vec<PathBuf>, Failure> {
    let mut all = vec![PathBuf::from(MAIN)];
    let Some(folder) = host.locate(Path::new(FOLDER), Follow::Yes)? else {
        return Ok(all);
    };
    if folder.stat()?.is_none() {
        return Ok(all);
    }
    host.walk(&folder, Unreadable::Warn, &mut |seen| {
        if Path::new(seen.name()).extension().is_some_and(|it| it == "cfg") {
            all.push(seen.at.path());
        }
        Ok(Enter::No)
    })?;
    Ok(all)
}

/// The value of a key at the top of a text in YAML, as far as it is on one line.
fn setting<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let value = |line: &'a str| line.strip_prefix(key)?.trim_start().strip_prefix(':');
    let value = text.lines().filter_map(value).next_back()?;
    let value = value.split(" #").next().unwrap_or_default();
    Some(value.trim().trim_matches(['"', '\'']))
}

fn is_yes(value: &str) -> bool {
    ["true", "yes", "on", "1"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_at_the_top_says_it() {
        let text = "users:\n  preserve_hostname: false\n# preserve_hostname: false\npreserve_hostname : True # mine\n";
        assert_eq!(setting(text, "preserve_hostname"), Some("True"));
        assert!(is_yes("True") && !is_yes("false"));
        assert_eq!(setting(text, "manage_etc_hosts"), None);
    }
}
