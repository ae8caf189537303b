//! Why a connection failed, from what ssh wrote to its log.

use crate::cause::{Cause, Unreachable};
use crate::transport::pipes::clean;

/// How far a connection had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Start,
    Tcp,
    Banner,
    KeyExchange,
    Login,
    Done,
}

impl Phase {
    /// What it waits for.
    const fn waits_for(self) -> &'static str {
        match self {
            Self::Start => "its address was looked for",
            Self::Tcp => "the TCP connection was made",
            Self::Banner => "the SSH server's greeting was awaited",
            Self::KeyExchange => "keys were exchanged",
            Self::Login => "the login was awaited",
            Self::Done => "the login had succeeded",
        }
    }
}

/// Why a master did not come to stand. `destination` is what ssh was given; `hurried`: it was killed at its deadline.
pub(super) fn of(log: &[u8], destination: &str, hurried: bool) -> Unreachable {
    let log = clean(log);
    let said: Vec<&str> = log
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("debug"))
        .collect();
    let phase = phase(&log);
    let find = |words: &[&str]| said.iter().find(|line| words.iter().any(|it| line.contains(it)));
    if find(&["IDENTIFICATION HAS CHANGED", "REVOKED HOST KEY"]).is_some() {
        return key_changed(&said, destination);
    }
    if find(&["Host key verification failed"]).is_some() {
        return key_unknown(&log, destination);
    }
    let table: [(Cause, &[&str]); 6] = [
        (Cause::Dns, &["Could not resolve hostname"]),
        (Cause::Refused, &["Connection refused"]),
        (
            Cause::NoRoute,
            &["No route to host", "Network is unreachable", "Host is down"],
        ),
        (Cause::Timeout, &["timed out"]),
        (
            Cause::LoginRefused,
            &["Permission denied (", "Too many authentication failures"],
        ),
        (
            Cause::Local,
            &[
                "Bad configuration option",
                "Bad owner or permissions",
                "Can't open user config file",
                "command-line line",
            ],
        ),
    ];
    let found = table
        .iter()
        .find_map(|(cause, words)| find(words).map(|line| (*cause, *line)));
    match found {
        Some((Cause::Timeout, _)) => timeout(phase),
        None if hurried => timeout(phase),
        Some((cause @ Cause::LoginRefused, line)) => {
            let keys = find(&[
                "no such identity",
                "bad permissions",
                "invalid format",
                "incorrect passphrase",
            ]);
            let message = match keys {
                Some(key) => format!("the login was refused: {line}; {key}"),
                None => format!("the login was refused: {line}"),
            };
            Unreachable::new(cause, message).help(
                "Only keys are used for logins, from ssh's configuration, `identity` or a running ssh-agent; \
                 a passphrase is never asked for.",
            )
        }
        Some((cause, line)) => Unreachable::new(cause, line.trim_start_matches("ssh: ")),
        None => other(&said, phase),
    }
}

/// The deadline has passed in this phase.
fn timeout(phase: Phase) -> Unreachable {
    let message = format!("no answer in time while {}", phase.waits_for());
    Unreachable::new(Cause::Timeout, message)
}

fn other(said: &[&str], phase: Phase) -> Unreachable {
    let last = said
        .iter()
        .rev()
        .take(3)
        .rev()
        .copied()
        .collect::<Vec<_>>()
        .join("; ");
    let message = match (last.is_empty(), phase) {
        (true, phase) => format!("ssh ended without a word while {}", phase.waits_for()),
        (false, Phase::Banner) => format!("what listens there does not greet as an SSH server: {last}"),
        (false, _) => format!("ssh says: {last}"),
    };
    Unreachable::new(Cause::Other, message)
}

fn key_changed(said: &[&str], destination: &str) -> Unreachable {
    let place = said.iter().find_map(|line| {
        let rest = line.strip_prefix("Offending ")?;
        rest.split_once(" in ").map(|(_, place)| place)
    });
    let mut message = format!("the host key of `{destination}` is not the one that is known");
    if let Some(place) = place {
        message = format!("{message} from `{place}`");
    }
    Unreachable::new(Cause::KeyChanged, message).help(format!(
        "If the host was installed anew, remove the old key with `ssh-keygen -R` and accept the new one with \
         `ssh {destination}`; if not, somebody may be in between."
    ))
}

fn key_unknown(log: &str, destination: &str) -> Unreachable {
    let fingerprint = log
        .lines()
        .find_map(|line| line.split_once("Server host key: ").map(|(_, key)| key.trim()));
    let message = match fingerprint {
        Some(key) => format!("the host key of `{destination}` is not known: {key}"),
        None => format!("the host key of `{destination}` is not known"),
    };
    Unreachable::new(Cause::KeyUnknown, message).help(format!(
        "Compare and accept it once with `ssh {destination}`, collect keys with `ssh-keyscan`, or set \
         `StrictHostKeyChecking accept-new` for the host."
    ))
}

fn phase(log: &str) -> Phase {
    let signs = [
        (Phase::Done, "Authenticated to "),
        (Phase::Login, "SSH2_MSG_NEWKEYS received"),
        (Phase::KeyExchange, "Remote protocol version"),
        (Phase::Banner, "Connection established"),
        (Phase::Banner, "Executing proxy command"),
        (Phase::Tcp, "Connecting to "),
    ];
    let reached = signs.iter().find(|(_, sign)| log.contains(sign));
    reached.map_or(Phase::Start, |(phase, _)| *phase)
}
