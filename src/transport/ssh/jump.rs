//! The command that carries a connection through jump hosts: an ssh of its own for each, with all that its host says.

use std::path::Path;

use crate::bootstrap;
use crate::inventory::Jump;
use crate::transport::credentials::Credentials;
use crate::transport::ssh::options::{ASKING, SILENT};

/// What none of them takes from the user's configuration: it carries one stream.
const FIRST: [&str; 6] = [
    "ForwardAgent=no",
    "ForwardX11=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "PermitLocalCommand=no",
    "Tunnel=no",
];

/// For ssh's `ProxyCommand`, which runs it by a shell; `seconds`: how long each connection may take.
pub(super) fn command(
    way: &[Jump],
    credentials: &Credentials,
    config: Option<&Path>,
    seconds: u64,
) -> Option<String> {
    let (jump, before) = way.split_last()?;
    let mut words = vec!["ssh".to_owned()];
    let mut say = |words_of: &[&str]| words.extend(words_of.iter().map(|word| quoted(word)));
    if let Some(config) = config {
        say(&["-F", &config.display().to_string()]);
    }
    let asks = credentials.asks_at(before.len());
    say(&["-o", if asks { ASKING } else { SILENT }]);
    for option in FIRST {
        say(&["-o", option]);
    }
    for option in super::options::of_choice(jump.key_exchange, jump.host_keys) {
        say(&["-o", option]);
    }
    for option in &jump.ssh_options {
        say(&["-o", option]);
    }
    for option in super::options::LAST {
        say(&["-o", option]);
    }
    say(&["-o", &format!("ConnectTimeout={seconds}")]);
    if let Some(port) = jump.port {
        say(&["-p", &port.to_string()]);
    }
    if let Some(user) = &jump.user {
        say(&["-l", user]);
    }
    if let Some(identity) = &jump.identity {
        say(&["-i", identity]);
    }
    if let Some(before) = command(before, credentials, config, seconds) {
        say(&["-o", &format!("ProxyCommand={before}")]);
    }
    words.extend(["-W '[%h]:%p' --".to_owned(), quoted(&jump.destination)]);
    Some(words.join(" "))
}

/// A word that neither the shell nor ssh, which replaces `%` and a letter before that, sees anything in.
fn quoted(word: &str) -> String {
    bootstrap::quoted(&word.replace('%', "%%"))
}

/// The jump hosts as people know them.
pub(super) fn names(way: &[Jump]) -> String {
    let name = |jump: &Jump| {
        let user = jump.user.as_ref().map(|user| format!("{user}@"));
        let port = jump.port.map(|port| format!(":{port}"));
        format!(
            "`{}{}{}`",
            user.unwrap_or_default(),
            jump.destination,
            port.unwrap_or_default()
        )
    };
    way.iter().map(name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a shell makes of a command, as ssh gives it to one.
    fn words(command: &str) -> Vec<String> {
        let command = command.replacen("ssh", "printf '%s\\n'", 1);
        let said = std::process::Command::new("/bin/sh")
            .args(["-c", &command])
            .output()
            .unwrap();
        String::from_utf8(said.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// What ssh replaces in it.
    fn expanded(command: &str) -> String {
        command
            .replace("%%", "\0")
            .replace("%h", "web1")
            .replace("%p", "22")
            .replace('\0', "%")
    }

    #[test]
    fn what_is_said_of_each_host_reaches_its_own_ssh() {
        let jump = |name: &str, identity: &str| Jump {
            destination: name.into(),
            port: Some(2222),
            user: Some("it's".into()),
            identity: Some(identity.into()),
            ssh_options: vec!["SetEnv A=%h".into()],
            key_exchange: crate::inventory::KeyExchange::default(),
            host_keys: crate::inventory::HostKeys::default(),
            answers: crate::inventory::Answers::default(),
            host: None,
        };
        let way = [jump("first", "/a key"), jump("second", "/b")];
        let outer = words(&expanded(
            &command(&way, &Credentials::default(), None, 7).unwrap(),
        ));
        assert_eq!(outer.last().unwrap(), "second");
        let has = |words: &[String], pair: [&str; 2]| words.windows(2).any(|it| it == pair);
        for pair in [
            ["-W", "[web1]:22"],
            ["-i", "/b"],
            ["-l", "it's"],
            ["-o", "SetEnv A=%h"],
            ["-o", "ConnectTimeout=7"],
        ] {
            assert!(has(&outer, pair), "{pair:?} {outer:?}");
        }
        let inner = outer
            .iter()
            .find_map(|it| it.strip_prefix("ProxyCommand="))
            .unwrap();
        let inner = words(&expanded(inner));
        assert_eq!(inner.last().unwrap(), "first");
        for pair in [["-W", "[web1]:22"], ["-i", "/a key"], ["-o", "SetEnv A=%h"]] {
            assert!(has(&inner, pair), "{pair:?} {inner:?}");
        }
    }
}
