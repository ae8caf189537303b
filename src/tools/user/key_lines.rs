//! Keys in the text of `authorized_keys`, of which everything else stays as it is.

use crate::tools::user::key::{Key, Line, are_same, is_authority, is_authority_alone};

/// What is wanted of the keys in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) keys: &'a [Key],
    /// Instead of those that are written before the keys.
    pub(super) options: Option<&'a str>,
    pub(super) present: bool,
    /// No other keys.
    pub(super) exclusive: bool,
}

impl Wanted<'_> {
    /// The options that a key is to have; nothing where those in the file stay.
    fn options_of<'a>(&'a self, key: &'a Key) -> Option<&'a str> {
        self.options
            .or(Some(&*key.options).filter(|given| !given.is_empty()))
    }

    /// Whether an entry holds this key, and both log in or both sign keys that do.
    fn is_sort_of(&self, key: &Key, found: &Key) -> bool {
        let is_authority_wanted = is_authority(self.options_of(key).unwrap_or_default());
        key.is(found) && is_authority_wanted == is_authority(&found.options)
    }
}

/// The text as it is to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Edited {
    pub(super) text: String,
    /// Entries of keys that are to be absent, which stay since they have other options than were named.
    pub(super) left: usize,
}

/// Makes the text what is wanted.
pub(super) fn edit(text: &str, wanted: &Wanted<'_>) -> Edited {
    let lines: Vec<(&str, Line)> = text
        .split_inclusive('\n')
        .map(|it| (it, Line::read(it)))
        .collect();
    if wanted.present {
        let text = with(&lines, wanted);
        return Edited { text, left: 0 };
    }
    let mut edited = Edited {
        text: String::with_capacity(text.len()),
        left: 0,
    };
    for (line, read) in &lines {
        let is_it = |key: &&Key| matches!(read, Line::Key(found) if key.is(found));
        let same: Vec<&Key> = wanted.keys.iter().filter(is_it).collect();
        if same.iter().any(|key| goes(wanted, key, read)) {
            continue;
        }
        edited.left += usize::from(!same.is_empty());
        edited.text.push_str(line);
    }
    edited
}

/// Whether an entry is the one that is to be absent.
fn goes(wanted: &Wanted<'_>, key: &Key, read: &Line) -> bool {
    let Line::Key(found) = read else { return false };
    let is_named = match wanted.options_of(key) {
        None => true,
        Some(options) => is_authority_alone(options) || are_same(options, &found.options),
    };
    wanted.is_sort_of(key, found) && is_named
}

/// The text with all the keys.
fn with(lines: &[(&str, Line)], wanted: &Wanted<'_>) -> String {
    let owners = owners(lines, wanted);
    let mut out = String::new();
    for ((line, read), owner) in lines.iter().zip(&owners) {
        match (read, owner) {
            (Line::Key(found), Some(at)) => {
                let key = merged(&wanted.keys[*at], found, wanted);
                if key == *found {
                    out.push_str(line);
                } else {
                    out.push_str(&key.line());
                    out.push('\n');
                }
            }
            (Line::Key(_) | Line::Other(_), _) if wanted.exclusive => {}
            _ => out.push_str(line),
        }
    }
    for (at, key) in wanted.keys.iter().enumerate() {
        if owners.contains(&Some(at)) {
            continue;
        }
        // Two keys in one line are none.
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        let mut key = key.clone();
        if let Some(options) = wanted.options {
            options.clone_into(&mut key.options);
        }
        out.push_str(&key.line());
        out.push('\n');
    }
    out
}

/// Which of the wanted keys each line is. A key may have several entries with different options: one that has the wanted
/// ones already is meant first, and another one only if it is the only one.
fn owners(lines: &[(&str, Line)], wanted: &Wanted<'_>) -> Vec<Option<usize>> {
    let mut owners = vec![None; lines.len()];
    let mut is_found = vec![false; wanted.keys.len()];
    for is_exact in [true, false] {
        for (at, key) in wanted.keys.iter().enumerate() {
            if is_found[at] {
                continue;
            }
            let options = wanted.options_of(key);
            let free: Vec<(usize, &Key)> = lines
                .iter()
                .enumerate()
                .filter_map(|(line, (_, read))| match read {
                    Line::Key(found) if owners[line].is_none() && wanted.is_sort_of(key, found) => {
                        Some((line, found))
                    }
                    _ => None,
                })
                .collect();
            let has_options = |found: &Key| options.is_none_or(|it| are_same(it, &found.options));
            let is_called = |found: &Key| key.comment.is_empty() || key.comment == found.comment;
            let exact = free.iter().filter(|(_, found)| has_options(found));
            let choice = match &*free {
                [only] if !is_exact => Some(only.0),
                _ => exact
                    .clone()
                    .find(|(_, found)| is_called(found))
                    .or_else(|| exact.clone().next())
                    .map(|(line, _)| *line),
            };
            if let Some(line) = choice {
                owners[line] = Some(at);
                is_found[at] = true;
            }
        }
    }
    owners
}

/// The key in the file with what is wanted of it: options and a comment that are not given stay.
fn merged(key: &Key, found: &Key, wanted: &Wanted<'_>) -> Key {
    let mut merged = found.clone();
    if let Some(options) = wanted.options_of(key).filter(|it| !are_same(it, &found.options)) {
        options.clone_into(&mut merged.options);
    }
    if !key.comment.is_empty() {
        merged.comment.clone_from(&key.comment);
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";
    const B: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBb0j9uauLwC1IWq1WhpYW2rwsY+ueJ4LDZ/6wW4HkKg";

    fn keys(lines: &[&str]) -> Vec<Key> {
        lines.iter().map(|it| Key::parse(it).unwrap().unwrap()).collect()
    }

    fn edited(text: &str, lines: &[&str], change: impl Fn(&mut Wanted<'_>)) -> Edited {
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

    fn with(text: &str, lines: &[&str], change: impl Fn(&mut Wanted<'_>)) -> String {
        edited(text, lines, change).text
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
    fn keys_are_removed_under_all_options_and_an_exclusive_list_has_no_others() {
        let text = format!("{A} x\n# note\nno-pty {A} y\n{B}\n");
        assert_eq!(
            with(&text, &[A], |it| it.present = false),
            format!("# note\n{B}\n")
        );
        assert_eq!(
            with(&text, &[B], |it| it.exclusive = true),
            format!("# note\n{B}\n")
        );
        assert_eq!(with(&text, &[A], |_| {}), text);
    }

    #[test]
    fn an_exclusive_list_leaves_nothing_that_sshd_might_read() {
        let text = format!("# note\n\nsome-new-type AAAA x\nfrom=\"x {A}\n  {B}\n");
        assert_eq!(
            with(&text, &[A], |it| it.exclusive = true),
            format!("# note\n\n{A}\n")
        );
    }

    #[test]
    fn an_entry_that_signs_and_one_that_logs_in_are_two() {
        let ca = format!("cert-authority {A}");
        let both = format!("{A} login\n{ca} ca\n");
        assert_eq!(with(&both, &[&format!("{A} login")], |_| {}), both);
        assert_eq!(with("", &[A, &ca], |_| {}), format!("{A}\n{ca}\n"));
        assert_eq!(
            with(&both, &[&ca], |it| it.present = false),
            format!("{A} login\n")
        );
        assert_eq!(
            edited(&both, &[A], |it| it.present = false),
            Edited {
                text: format!("{ca} ca\n"),
                left: 1
            }
        );
    }

    #[test]
    fn entries_of_one_key_with_different_options_are_told_apart() {
        let [x, y, z] = ["1", "2", "3"].map(|it| format!("from=\"10.0.0.{it}\" {A}"));
        let text = format!("{x} b\n{y} s\n");
        assert_eq!(with(&text, &[&y], |_| {}), text);
        // Neither is meant, so that both stay.
        assert_eq!(with(&text, &[&z], |_| {}), format!("{text}{z}\n"));
        // The only one is meant.
        assert_eq!(with(&format!("{x} b\n"), &[&z], |_| {}), format!("{z} b\n"));
        assert_eq!(with("", &[&x, &y], |_| {}), format!("{x}\n{y}\n"));
        let gone = edited(&text, &[&y], |it| it.present = false);
        assert_eq!((&*gone.text, gone.left), (&*format!("{x} b\n"), 1));
        assert_eq!(with(&text, &[A], |it| it.present = false), "");
    }
}
