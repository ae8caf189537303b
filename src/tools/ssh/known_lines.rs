//! Lines of `known_hosts`, and what becomes of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use sha1::Sha1;

use crate::tools::user::key::Key;

/// What is to be so of the keys of hosts.
pub(super) struct Wanted<'a> {
    /// Names and addresses, in small letters.
    pub(super) names: &'a [String],
    pub(super) keys: &'a [Key],
    pub(super) is_present: bool,
    /// Whether names are to be hidden behind hashes.
    pub(super) hash: bool,
}

/// A line with a key of hosts.
struct Entry<'a> {
    hosts: Vec<&'a str>,
    key: Key,
    rest: &'a str,
}

/// What is behind a hidden name.
fn hidden(name: &str, salt: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(salt).ok()?;
    mac.update(name.as_bytes());
    let hash = mac.finalize().into_bytes();
    Some(format!("|1|{}|{}", STANDARD.encode(salt), STANDARD.encode(hash)))
}

/// Whether a word of a line is this name.
pub(super) fn is_name(word: &str, name: &str) -> bool {
    let Some(rest) = word.strip_prefix("|1|") else {
        return word.eq_ignore_ascii_case(name);
    };
    let salt = rest
        .split_once('|')
        .and_then(|(salt, _)| STANDARD.decode(salt).ok());
    salt.and_then(|salt| hidden(name, &salt)).as_deref() == Some(word)
}

/// A name as it is written. The salt is made of name and key, so that the same call writes the same.
fn written(name: &str, key: &Key, hash: bool) -> String {
    if !hash {
        return name.to_owned();
    }
    let mut salt = blake3::Hasher::new();
    salt.update(name.as_bytes()).update(&[0]).update(key.blob());
    hidden(name, &salt.finalize().as_bytes()[..20]).unwrap_or_else(|| name.to_owned())
}

fn read(line: &str) -> Option<Entry<'_>> {
    let text = line.trim();
    // A marker says that the key signs others, or is not to be taken: neither is the key of a host.
    if text.is_empty() || text.starts_with(['#', '@']) {
        return None;
    }
    let (hosts, rest) = text.split_once([' ', '\t'])?;
    let rest = rest.trim_start();
    let key = Key::parse(rest).ok()??;
    let is_plain = key.options.is_empty();
    is_plain.then(|| Entry {
        hosts: hosts.split(',').collect(),
        key,
        rest,
    })
}

/// The text with what is wanted.
pub(super) fn edit(before: &str, wanted: &Wanted<'_>) -> String {
    let mut lines = Vec::new();
    let mut found: Vec<(&str, &Key)> = Vec::new();
    let end = if before.lines().next().is_some_and(|_| before.contains("\r\n")) {
        "\r\n"
    } else {
        "\n"
    };
    for line in before.lines() {
        let Some(entry) = read(line) else {
            lines.push(line.to_owned());
            continue;
        };
        let mut kept: Vec<&str> = Vec::new();
        for host in &entry.hosts {
            let Some(name) = wanted.names.iter().find(|it| is_name(host, it)) else {
                kept.push(host);
                continue;
            };
            let same = wanted.keys.iter().find(|it| it.is(&entry.key));
            let is_kept = if wanted.is_present {
                let is_form = host.starts_with("|1|") == wanted.hash;
                match same {
                    Some(key) => {
                        let is_first =
                            is_form && !found.iter().any(|(it, other)| it == name && other.is(key));
                        if is_first {
                            found.push((name, key));
                        }
                        is_first
                    }
                    // One of the same type is the old one.
                    None => !wanted.keys.iter().any(|it| it.sort == entry.key.sort),
                }
            } else {
                !wanted.keys.is_empty() && same.is_none()
            };
            if is_kept {
                kept.push(host);
            }
        }
        if kept.len() == entry.hosts.len() {
            lines.push(line.to_owned());
        } else if !kept.is_empty() {
            lines.push(format!("{} {}", kept.join(","), entry.rest));
        }
    }
    if wanted.is_present {
        for name in wanted.names {
            for key in wanted.keys {
                if !found.iter().any(|(it, other)| it == name && other.is(key)) {
                    lines.push(format!("{} {}", written(name, key, wanted.hash), key.line()));
                }
            }
        }
    }
    let is_same = lines.iter().map(String::as_str).eq(before.lines());
    if is_same {
        return before.to_owned();
    }
    lines.iter().flat_map(|line| [line, end]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";
    const TWO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBb0j9uauLwC1IWq1WhpYW2rwsY+ueJ4LDZ/6wW4HkKg";

    fn edited(before: &str, names: &[&str], keys: &[&str], is_present: bool, hash: bool) -> String {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        let keys: Vec<Key> = keys.iter().map(|it| Key::parse(it).unwrap().unwrap()).collect();
        let wanted = Wanted {
            names: &names,
            keys: &keys,
            is_present,
            hash,
        };
        let once = edit(before, &wanted);
        assert_eq!(edit(&once, &wanted), once, "a second edit");
        once
    }

    #[test]
    fn a_key_takes_the_place_of_the_old_one_of_its_type_and_of_no_other_hosts() {
        let before = format!("# note\nweb,db {ONE} old\n@cert-authority web {ONE}\nweb ecdsa odd\n");
        let after = edited(&before, &["web"], &[TWO], true, false);
        assert_eq!(
            after,
            format!("# note\ndb {ONE} old\n@cert-authority web {ONE}\nweb ecdsa odd\nweb {TWO}\n")
        );
        assert_eq!(edited(&before, &["db"], &[ONE], true, false), before);
        assert_eq!(
            edited("", &["a", "b"], &[ONE], true, false),
            format!("a {ONE}\nb {ONE}\n")
        );
    }

    #[test]
    fn a_host_goes_from_all_lines_or_from_those_with_a_key() {
        let before = format!("web {ONE}\nweb {TWO}\nweb,db {TWO} x\n");
        assert_eq!(
            edited(&before, &["web"], &[], false, false),
            format!("db {TWO} x\n")
        );
        assert_eq!(
            edited(&before, &["web"], &[ONE], false, false),
            format!("web {TWO}\nweb,db {TWO} x\n")
        );
        assert_eq!(edited("", &["web"], &[], false, false), "");
    }

    #[test]
    fn hidden_names_are_found_and_written() {
        // Made by `ssh-keygen -H`.
        let line = "|1|tq8fjmYVevsRPVe00PTInEGajks=|XuP9fbQKN0LrZNgfmpDC4SZNX8Q=";
        assert!(is_name(line, "git.example.com") && !is_name(line, "git.example.org"));
        let after = edited("", &["web"], &[ONE], true, true);
        let word = after.split(' ').next().unwrap();
        assert!(word.starts_with("|1|") && is_name(word, "web") && !is_name(word, "db"));
        let plain = format!("web {ONE}\n");
        assert_eq!(edited(&plain, &["web"], &[ONE], true, true), after);
        assert_eq!(edited(&after, &["web"], &[], false, false), "");
    }
}
