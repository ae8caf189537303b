//! Files of sudo's rules: what one is called, whose rules it holds, and whether sudo reads it.

use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::system::{Enter, Follow, Reader, Unreadable};

/// Where sudo looks for more rules.
pub(super) const FOLDER: &str = "/etc/sudoers.d";

const LIMIT: u64 = 1 << 20;

/// The file of a user or `%group`. sudo passes over names with dots and tildes: whatever is not a letter, a digit, `-` or `_`
/// is written by its number, `a.b` as `a_2eb`, so that no two names share a file.
pub(super) fn file_name(name: &str) -> String {
    let is_hex = |c: &u8| c.is_ascii_digit() || (b'a'..=b'f').contains(c);
    let mut out = String::new();
    for (at, byte) in name.bytes().enumerate() {
        let looks_written = || {
            let after = &name.as_bytes()[at + 1..];
            after.len() >= 2 && after[..2].iter().all(is_hex)
        };
        match byte {
            b'_' if looks_written() => out.push_str("_5f"),
            b'_' | b'-' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => {
                let digit = |it: u8| char::from_digit(u32::from(it), 16).unwrap_or('0');
                out.extend(['_', digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    out
}

/// What earlier versions called the file, where that is another name: two users could share it.
pub(super) fn old_file_name(name: &str) -> Option<String> {
    let is_read = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
    let old: String = name.chars().map(|c| if is_read(c) { c } else { '_' }).collect();
    (old != file_name(name)).then_some(old)
}

/// Whether a file holds one rule of a user or `%group`, and nothing else: then it is what the tool wrote, or could have.
pub(super) fn is_rule_of(text: &[u8], name: &str) -> bool {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().filter(|it| !it.trim().is_empty());
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return text.trim().is_empty();
    };
    first_word(line) == Some(name) && !line.ends_with('\\')
}

fn first_word(line: &str) -> Option<&str> {
    line.split_whitespace().next()
}

/// Where rules are that sudo reads first, unless they say otherwise.
pub(super) const MAIN: &str = "/etc/sudoers";

/// What `/etc/sudoers` says after it has named the directory, where that is read last; nothing where it does not name it.
///
/// # Errors
/// Where it may not be read.
pub(super) fn after_folder(host: &Reader<'_>) -> Result<Option<String>, Failure> {
    let text = host.read(Path::new(MAIN), LIMIT)?;
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines().skip_while(|it| !is_include(it));
    Ok(lines.next().map(|_| lines.collect::<Vec<_>>().join("\n")))
}

/// Whether a text has a rule of a user or `%group`.
pub(super) fn has_rule_of(text: &str, name: &str) -> bool {
    text.lines().any(|line| first_word(line) == Some(name))
}

fn is_include(line: &str) -> bool {
    let line = line.trim_start();
    let rest = ["#includedir", "@includedir"]
        .iter()
        .find_map(|it| line.strip_prefix(it));
    let Some(rest) = rest.filter(|it| it.starts_with([' ', '\t'])) else {
        return false;
    };
    let folder = rest.trim().trim_matches('"').trim_end_matches('/');
    folder == FOLDER
}

/// Files that sudo reads after another one of the directory, and that hold a rule of the same user: the last rule wins.
pub(super) fn later_rules(name: &str, path: &Path, host: &Reader<'_>) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    let Some(folder) = host.locate(Path::new(FOLDER), Follow::Yes)? else {
        return Ok(found);
    };
    let own = path.file_name().unwrap_or_default();
    host.walk(&folder, Unreadable::Warn, &mut |seen| {
        let file = seen.name().to_string_lossy().into_owned();
        let is_read = !file.contains('.') && !file.ends_with('~');
        if is_read && seen.name() > own {
            let text = host.read(&seen.at.path(), LIMIT).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            if has_rule_of(&text, name) {
                found.push(seen.at.path());
            }
        }
        Ok(Enter::No)
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_two_names_share_a_file_and_sudo_reads_each() {
        let parts = ["a", "_", ".", "%", "2e", "25", "5f", "-", "@", "$", "f", "A"];
        let mut seen = BTreeMap::new();
        let mut names = vec![String::new()];
        for _ in 0..4 {
            names = names
                .iter()
                .flat_map(|it| parts.iter().map(move |part| format!("{it}{part}")))
                .collect();
            for name in &names {
                let file = file_name(name);
                assert!(!file.contains(['.', '~', '/', '%']), "{file}");
                let other = seen.insert(file, name.clone());
                assert!(other.as_ref().is_none_or(|it| it == name), "{name} and {other:?}");
            }
        }
        assert_eq!(file_name("web-1_a"), "web-1_a");
        assert_eq!(file_name("a.b"), "a_2eb");
        assert_eq!(file_name("a_2eb"), "a_5f2eb");
        assert_eq!(file_name("%adm"), "_25adm");
        assert_eq!(old_file_name("%adm").as_deref(), Some("_adm"));
        assert_eq!(old_file_name("web"), None);
    }

    #[test]
    fn a_file_with_anything_but_one_rule_of_the_name_is_somebody_elses() {
        for (text, is_own) in [
            ("", true),
            ("web ALL=(ALL:ALL) ALL\n", true),
            ("\nweb\tALL=(root) NOPASSWD: /bin/x\n\n", true),
            ("# by hand\nweb ALL=(ALL) ALL\n", false),
            ("web ALL=(ALL) ALL\nbob ALL=(ALL) ALL\n", false),
            ("web ALL=(ALL) ALL\nweb ALL=(ALL) /bin/y\n", false),
            ("webber ALL=(ALL) ALL\n", false),
            ("Defaults:web !requiretty\n", false),
            ("web ALL=(ALL) \\\n", false),
        ] {
            assert_eq!(is_rule_of(text.as_bytes(), "web"), is_own, "{text:?}");
        }
    }

    #[test]
    fn the_folder_is_included_in_both_ways_of_writing_it() {
        for line in [
            "#includedir /etc/sudoers.d",
            "@includedir /etc/sudoers.d/",
            " @includedir\t\"/etc/sudoers.d\"",
        ] {
            assert!(is_include(line), "{line}");
        }
        for line in [
            "# includedir /etc/sudoers.d",
            "##includedir /etc/sudoers.d",
            "@includedir /etc/other",
        ] {
            assert!(!is_include(line), "{line}");
        }
    }
}
