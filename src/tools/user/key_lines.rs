//! Keys in the text of `authorized_keys`, of which everything else stays as it is.

use crate::tools::user::key::Key;

/// What is wanted of the keys in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) keys: &'a [Key],
    /// Instead of those that stand before the keys.
    pub(super) options: Option<&'a str>,
    pub(super) present: bool,
    /// No other keys.
    pub(super) exclusive: bool,
}

/// The text as it is to be.
pub(super) fn edit(text: &str, wanted: &Wanted<'_>) -> String {
    let mut out = String::with_capacity(text.len() + 200);
    let mut seen = vec![false; wanted.keys.len()];
    for line in text.split_inclusive('\n') {
        // A line that is no key stays: it may be somebody's note, and the server passes it over.
        let found = Key::parse(line).ok().flatten();
        let Some(found) = found else {
            out.push_str(line);
            continue;
        };
        let Some(at) = wanted.keys.iter().position(|key| key.is(&found)) else {
            if !(wanted.present && wanted.exclusive) {
                out.push_str(line);
            }
            continue;
        };
        if !wanted.present || std::mem::replace(&mut seen[at], true) {
            continue;
        }
        let key = merged(&wanted.keys[at], &found, wanted.options);
        if key == found {
            out.push_str(line);
        } else {
            out.push_str(&key.line());
            out.push('\n');
        }
    }
    if wanted.present {
        for (key, _) in wanted.keys.iter().zip(seen).filter(|it| !it.1) {
            // Two keys in one line are none.
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            let options = wanted.options.map_or_else(|| key.options.clone(), str::to_owned);
            out.push_str(
                &Key {
                    options,
                    ..key.clone()
                }
                .line(),
            );
            out.push('\n');
        }
    }
    out
}

/// The key in the file with what is wanted of it: options and a comment that are not given stay.
fn merged(wanted: &Key, found: &Key, options: Option<&str>) -> Key {
    let mut key = found.clone();
    match options {
        Some(options) => options.clone_into(&mut key.options),
        None if !wanted.options.is_empty() => key.options.clone_from(&wanted.options),
        None => {}
    }
    if !wanted.comment.is_empty() {
        key.comment.clone_from(&wanted.comment);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";
    const B: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBb0j9uauLwC1IWq1WhpYW2rwsY+ueJ4LDZ/6wW4HkKg";

    fn keys(lines: &[&str]) -> Vec<Key> {
        lines.iter().map(|it| Key::parse(it).unwrap().unwrap()).collect()
    }

    fn with(text: &str, lines: &[&str], change: impl Fn(&mut Wanted<'_>)) -> String {
        let keys = keys(lines);
        let mut wanted = Wanted {
            keys: &keys,
            options: None,
            present: true,
            exclusive: false,
        };
        change(&mut wanted);
        edit(text, &wanted)
    }

    #[test]
    fn a_key_is_added_on_a_line_of_its_own() {
        assert_eq!(with("", &[A], |_| {}), format!("{A}\n"));
        assert_eq!(with(B, &[A], |_| {}), format!("{B}\n{A}\n"));
        assert_eq!(with("# note", &[A], |_| {}), format!("# note\n{A}\n"));
    }

    #[test]
    fn a_key_that_is_there_under_another_comment_is_the_same() {
        let text = format!("# mine\nno-pty {A} alice@work\n{B}\n");
        assert_eq!(with(&text, &[A], |_| {}), text);
        let renamed = with(&text, &[&format!("{A} alice@home")], |_| {});
        assert_eq!(renamed, format!("# mine\nno-pty {A} alice@home\n{B}\n"));
        let opened = with(&text, &[A], |it| it.options = Some(""));
        assert_eq!(opened, format!("# mine\n{A} alice@work\n{B}\n"));
    }

    #[test]
    fn keys_are_removed_doubles_too_and_an_exclusive_list_has_no_others() {
        let text = format!("{A} x\n# note\nno-pty {A} y\n{B}\n");
        assert_eq!(
            with(&text, &[A], |it| it.present = false),
            format!("# note\n{B}\n")
        );
        assert_eq!(
            with(&text, &[B], |it| it.exclusive = true),
            format!("# note\n{B}\n")
        );
        assert_eq!(with(&text, &[A], |_| {}), format!("{A} x\n# note\n{B}\n"));
    }
}
