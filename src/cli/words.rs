//! The words of a command line before they are read: where a command is, and whose value a word is.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use clap::{Arg, ArgAction, Command};

use crate::cli::error::CliError;

/// Moves a command before the options that stand before it, and gives `-bUSER` its `=`.
///
/// # Errors
/// Where a word after `-b` looks like its user, and would be something else.
pub(super) fn arranged(command: &Command, words: Vec<OsString>) -> Result<Vec<OsString>, CliError> {
    let mut arranged = words;
    if let Some(at) = first_word(command, &arranged).filter(|at| *at > 1)
        && let Some(name) = arranged[at].to_str().map(str::to_owned)
        && command.find_subcommand(&name).is_some()
    {
        arranged.remove(at);
        arranged.insert(1, name.into());
    }
    let name = arranged.get(1).and_then(|word| word.to_str());
    let inner = name.and_then(|name| command.find_subcommand(name));
    let takes_become = inner.is_none_or(|inner| ["call", "console", "shell"].contains(&inner.get_name()));
    if !takes_become {
        return Ok(arranged);
    }
    let options = inner.unwrap_or(command);
    let mut seen = 0;
    let mut at = if inner.is_some() { 2 } else { 1 };
    while at < arranged.len() {
        if arranged[at] == "--" {
            break;
        }
        if !arranged[at].as_bytes().starts_with(b"-") {
            seen += 1;
            at += 1;
            continue;
        }
        if let Some(user) = attached(options, &arranged[at]) {
            let mut word = OsString::from("-b=");
            word.push(user);
            arranged[at] = word;
        }
        let is_bare = arranged[at] == "--become" || ends_in_become(options, &arranged[at]);
        if is_bare && let Some(next) = arranged.get(at + 1) {
            let is_word = !next.as_bytes().starts_with(b"-");
            let is_swallowed = if inner.is_some() {
                seen >= 2
            } else {
                !Path::new(next).exists()
            };
            if is_word && is_swallowed {
                let next = next.to_string_lossy();
                let message =
                    format!("`-b` takes a user only with `=`, and `{next}` would be something else");
                return Err(CliError::usage(message).help(format!(
                    "Write `-b={next}` to act as `{next}`; to act as root, write `-b` before everything else."
                )));
            }
        }
        at += 1 + usize::from(takes_next(options, &arranged[at]));
    }
    Ok(arranged)
}

/// Where the first word is that is no option and no value of one.
fn first_word(command: &Command, words: &[OsString]) -> Option<usize> {
    // A run has all options that may stand before a command.
    let mut at = 1;
    while at < words.len() {
        let word = words[at].as_bytes();
        if word == b"--" {
            return None;
        }
        if !word.starts_with(b"-") || word == b"-" {
            return Some(at);
        }
        at += 1 + usize::from(takes_next(command, &words[at]));
    }
    None
}

/// Whether the value of an option is the next word.
fn takes_next(command: &Command, word: &OsStr) -> bool {
    let Some(word) = word.to_str() else { return false };
    let takes = |arg: &Arg| {
        matches!(arg.get_action(), ArgAction::Set | ArgAction::Append) && !arg.is_require_equals_set()
    };
    if let Some(long) = word.strip_prefix("--") {
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(long));
        return arg.is_some_and(takes);
    }
    let mut letters = word.chars().skip(1).peekable();
    while let Some(letter) = letters.next() {
        let arg = command
            .get_arguments()
            .find(|arg| arg.get_short() == Some(letter));
        let Some(arg) = arg else { return false };
        if takes(arg) {
            return letters.peek().is_none();
        }
    }
    false
}

/// The user in `-bUSER`; nothing where the letters after `-b` are options.
fn attached<'w>(command: &Command, word: &'w OsStr) -> Option<&'w OsStr> {
    let rest = word.as_bytes().strip_prefix(b"-b")?;
    if rest.is_empty() || rest.starts_with(b"=") {
        return None;
    }
    let (last, flags) = rest.split_last()?;
    let are_options = flags.iter().all(|it| is_flag(command, *it)) && option(command, *last).is_some();
    (!are_options).then_some(OsStr::from_bytes(rest))
}

/// Whether letters such as `-Cb` end in the one of `--become`, and those before it are options without values.
fn ends_in_become(command: &Command, word: &OsStr) -> bool {
    let Some(letters) = word
        .as_bytes()
        .strip_prefix(b"-")
        .and_then(|it| it.strip_suffix(b"b"))
    else {
        return false;
    };
    letters.iter().all(|letter| is_flag(command, *letter))
}

/// The option of a letter.
fn option(command: &Command, letter: u8) -> Option<&Arg> {
    let letter = char::from(letter);
    command
        .get_arguments()
        .find(|arg| arg.get_short() == Some(letter))
}

/// Whether a letter is an option that never has a value.
fn is_flag(command: &Command, letter: u8) -> bool {
    option(command, letter).is_some_and(|arg| !arg.get_action().takes_values())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::args::Typed;

    fn shown(words: &str) -> Result<String, String> {
        let words = words.split(' ').map(OsString::from).collect();
        let arranged = arranged(&Typed::command(), words).map_err(|error| error.message)?;
        let words: Vec<_> = arranged.iter().map(|word| word.to_string_lossy()).collect();
        Ok(words.join(" "))
    }

    #[test]
    fn options_may_stand_before_a_command_and_become_has_its_user_with_an_equals_sign() {
        for (written, expected) in [
            ("r site.yml -b", "r site.yml -b"),
            ("r --ssh-config F call a b", "r call --ssh-config F a b"),
            ("r -i x, hosts", "r hosts -i x,"),
            ("r -e x=1 -D call h t", "r call -e x=1 -D h t"),
            ("r -Cl web call.yml", "r -Cl web call.yml"),
            ("r -t call site.yml", "r -t call site.yml"),
            (
                "r call h exec.command id -bbob",
                "r call h exec.command id -b=bob",
            ),
            (
                "r call h exec.command id -b=bob",
                "r call h exec.command id -b=bob",
            ),
            ("r call h exec.command id -bK", "r call h exec.command id -bK"),
            (
                "r call h exec.command id -bl web",
                "r call h exec.command id -bl web",
            ),
            ("r call -b h exec.command id", "r call -b h exec.command id"),
            ("r call h exec.command id -b -D", "r call h exec.command id -b -D"),
            (
                "r call h exec.command -- id -b bob",
                "r call h exec.command -- id -b bob",
            ),
            ("r validate -b x", "r validate -b x"),
        ] {
            assert_eq!(shown(written).as_deref(), Ok(expected), "{written}");
        }
        for written in [
            "r call h exec.command id -b bob",
            "r call h exec.command id --become bob",
            "r call h exec.command id -Db bob",
            "r site.yml -b bob",
        ] {
            assert!(shown(written).is_err(), "{written}");
        }
    }
}
