//! Why a login was refused, in the words of those who wait for it: files of keys, passphrases, passwords, questions.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::cause::{Cause, Unreachable};
use crate::transport::pipes::clean;
use crate::transport::ssh::askpass::Asked;

/// The names of keys that ssh looks for by itself.
const USUAL: [&str; 7] = [
    "id_rsa",
    "id_ecdsa",
    "id_ecdsa_sk",
    "id_ed25519",
    "id_ed25519_sk",
    "id_xmss",
    "id_dsa",
];
/// How much of a private key is read: it begins with how it is encrypted.
const HEAD: u64 = 64 << 10;

/// A cause with what is known of the login; others stay as they are. `asked`: what became of ssh's questions, where it was to
/// ask.
pub(super) fn explained(mut cause: Unreachable, log: &[u8], asked: Option<&Asked>) -> Unreachable {
    if asked.is_some_and(|asked| asked.is_over) {
        // Whatever ssh said of it, it was ended.
        cause = Unreachable::new(Cause::LoginRefused, "the login was refused");
    }
    if cause.cause != Cause::LoginRefused {
        return cause;
    }
    let log = clean(log);
    let mut notes = of_files(&log, asked);
    let mut help = match asked {
        None => {
            "Keys are taken from ssh's configuration, `identity` or a running ssh-agent. A password is asked for with \
             `--ask-pass` and taken from a host's `password`, the passphrase of a key likewise with `--ask-passphrase` \
             and `passphrase`."
        }
        Some(_) => "See whether the account and its password or key are right.",
    };
    if let Some(asked) = asked {
        // Of several hosts on the way, the last one that was reached has refused.
        let nearest = asked.passwords.iter().min().copied();
        let is_accepted = |depth: &usize| asked.refused.iter().any(|(other, _)| other == depth);
        if let Some(depth) = nearest.filter(|depth| !is_accepted(depth)) {
            notes.push(if depth == 0 {
                "the password that was given is not accepted".to_owned()
            } else {
                "the password that was given for the jump host is not accepted".to_owned()
            });
            help = "It was given once, and is not tried again. See whether the account and the password are right.";
        }
        for (depth, question) in &asked.refused {
            let who = if *depth == 0 { "the server" } else { "a jump host" };
            notes.push(format!("{who} asked \"{question}\", which has no answer here"));
            help = "Only a login's password is answered, and each host's own: codes and changes of passwords are not. \
                    Log in once with ssh, or use a key.";
        }
    }
    let message = std::iter::once(cause.message)
        .chain(notes)
        .collect::<Vec<_>>()
        .join("; ");
    Unreachable::new(cause.cause, message).help(help)
}

/// What is wrong with the files of keys.
fn of_files(log: &str, asked: Option<&Asked>) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |text: String| {
        if !notes.contains(&text) {
            notes.push(text);
        }
    };
    for path in files(log) {
        if !path.exists() && !is_usual(&path) {
            note(format!("the identity file `{}` does not exist", path.display()));
        }
    }
    let missing = log.lines().filter_map(|line| {
        let (_, rest) = line.split_once("Identity file ")?;
        rest.split_once(" not accessible").map(|(path, _)| path)
    });
    for path in missing {
        note(format!("the identity file `{path}` does not exist"));
    }
    for line in log.lines() {
        let trouble = ["bad permissions", "invalid format"];
        if !line.starts_with("debug") && trouble.iter().any(|it| line.contains(it)) {
            note(line.trim().to_owned());
        }
    }
    let accepted = log
        .lines()
        .filter_map(|line| line.split_once("Server accepts key: ")?.1.rsplit_once(" SHA256:"))
        .filter_map(|(key, _)| key.rsplit_once(' '))
        .map(|(path, _)| PathBuf::from(path));
    for path in accepted {
        let shown = path.display();
        let is_given = |(_, key): &(usize, String)| Path::new(key) == path;
        if asked.is_some_and(|asked| asked.keys.iter().any(is_given)) {
            note(format!(
                "the passphrase that was given does not open the key `{shown}`"
            ));
        } else if is_encrypted(&path) {
            note(format!(
                "the server would take the key `{shown}`, which has a passphrase"
            ));
        }
    }
    notes
}

/// The files in which ssh looks for keys.
fn files(log: &str) -> impl Iterator<Item = PathBuf> {
    log.lines().filter_map(|line| {
        let (_, rest) = line.split_once("identity file ")?;
        let (path, _) = rest.rsplit_once(" type ")?;
        (!path.ends_with("-cert")).then(|| PathBuf::from(path))
    })
}

/// Whether ssh looks for a file though nobody has said so.
fn is_usual(path: &Path) -> bool {
    let is_named = path
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| USUAL.contains(&name));
    is_named && path.parent().is_some_and(|folder| folder.ends_with(".ssh"))
}

fn is_encrypted(path: &Path) -> bool {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_string(&mut text));
    if read.is_err() {
        return false;
    }
    let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
    match STANDARD.decode(body.trim()) {
        // The name of the cipher comes first: four bytes of its length, then itself.
        Ok(bytes) => bytes
            .strip_prefix(b"openssh-key-v1\0")
            .is_some_and(|rest| !rest.starts_with(b"\0\0\0\x04none")),
        Err(_) => text.contains("ENCRYPTED"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> Unreachable {
        Unreachable::new(Cause::LoginRefused, "the login was refused")
    }

    #[test]
    fn a_configured_key_that_is_missing_is_named_and_the_usual_ones_are_not() {
        let log = "debug1: identity file /home/u/.ssh/id_rsa type -1\n\
            debug1: identity file /home/u/.ssh/id_rsa-cert type -1\n\
            debug1: identity file /nowhere/deploy key type -1\n";
        let said = explained(refused(), log.as_bytes(), None).message;
        assert_eq!(
            said,
            "the login was refused; the identity file `/nowhere/deploy key` does not exist"
        );
    }

    #[test]
    fn a_password_that_was_given_is_said_to_be_wrong_and_other_questions_are_told() {
        let mut asked = Asked::default();
        asked.refused.push((0, "(a@b) Verification code:".into()));
        let said = explained(refused(), b"", Some(&asked));
        assert!(
            said.message.contains("asked \"(a@b) Verification code:\""),
            "{said}"
        );
        let mut asked = Asked::default();
        asked.passwords.insert(0);
        asked.is_over = true;
        let said = explained(refused(), b"", Some(&asked));
        assert_eq!(
            said.message,
            "the login was refused; the password that was given is not accepted"
        );
    }
}
