//! Why a connection failed, from what ssh wrote to its log.

use crate::cause::{Cause, Unreachable};
use crate::transport::pipes::clean;
use crate::transport::ssh::carrier;
use crate::transport::ssh::options::Target;

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
    /// What ssh is doing in it.
    const fn doing(self) -> &'static str {
        match self {
            Self::Start => "resolving the host name",
            Self::Tcp => "opening the TCP connection",
            Self::Banner => "waiting for the SSH banner",
            Self::KeyExchange => "exchanging keys",
            Self::Login => "logging in",
            Self::Done => "starting the session",
        }
    }
}

/// Why a master did not come to be. `hurried`: it was killed at its deadline.
pub(super) fn of(log: &[u8], target: &Target, hurried: bool) -> Unreachable {
    let destination = &target.destination;
    let log = clean(log);
    let phase = phase(&log);
    let way = if target.way.is_empty() {
        carrier::jumps(&log)
    } else {
        target.way.clone()
    };
    let mut cause = of_log(&log, phase, destination, hurried);
    if phase > Phase::Banner {
        return cause;
    }
    if way.is_empty() {
        return of_proxy(&log, destination, hurried).unwrap_or(cause);
    }
    // Before the host has greeted, all that was said was said on the way.
    let through = format!("through the jump host {way}");
    cause.message = if log.contains("stdio forwarding failed") {
        let said = log.lines().find_map(|line| line.split_once("open failed: "));
        let said = said.map_or("it does not say why", |(_, said)| said.trim());
        format!("`{destination}` is not reached {through}: {said}")
    } else {
        format!("no way {through}: {}", cause.message)
    };
    cause
}

/// The command that ssh's configuration has a connection carried by did not bring it about.
fn of_proxy(log: &str, destination: &str, hurried: bool) -> Option<Unreachable> {
    let said = carrier::words(log)?;
    let command = format!("the `ProxyCommand` of ssh's configuration that leads to `{destination}`");
    if said.is_empty() {
        let message = format!("{command} ended and did not say why");
        return (!hurried).then(|| Unreachable::new(Cause::Dropped, message));
    }
    let found = of_log(&said, Phase::Start, destination, false).cause;
    let cause = if hurried { Cause::Timeout } else { found };
    Some(Unreachable::new(cause, format!("{command} says: {said}")))
}

fn of_log(log: &str, phase: Phase, destination: &str, hurried: bool) -> Unreachable {
    let said: Vec<&str> = log
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("debug"))
        .collect();
    let find = |words: &[&str]| said.iter().find(|line| words.iter().any(|it| line.contains(it)));
    if find(&["IDENTIFICATION HAS CHANGED", "REVOKED HOST KEY"]).is_some() {
        return key_changed(log, phase, &said, destination);
    }
    if find(&["Host key verification failed"]).is_some() {
        return key_unknown(log, phase, destination);
    }
    let table: [(Cause, &[&str]); 7] = [
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
        // Last: it follows from whatever went wrong on the way.
        (
            Cause::Dropped,
            &[
                "kex_exchange_identification: Connection closed by remote host",
                "kex_exchange_identification: read: Connection reset by peer",
                "Exceeded MaxStartups",
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
            Unreachable::new(cause, format!("the login was refused: {line}"))
        }
        Some((cause @ Cause::Dropped, _)) => {
            let message = "the SSH server closed the connection before its banner; it may limit new connections (MaxStartups)";
            Unreachable::new(cause, message)
        }
        Some((cause, line)) => Unreachable::new(cause, line.trim_start_matches("ssh: ")),
        None => other(&said, phase),
    }
}

/// The deadline has passed in this phase.
fn timeout(phase: Phase) -> Unreachable {
    let message = format!("timed out while {}", phase.doing());
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
        (true, phase) => format!("ssh exited without an error message while {}", phase.doing()),
        (false, Phase::Banner) => format!("what listens there is not an SSH server: {last}"),
        (false, _) => format!("ssh says: {last}"),
    };
    Unreachable::new(Cause::Other, message)
}

/// Whose key it is that was refused, as ssh names it between these words, where that is a host on the way; else the host.
fn owner_of_key<'a>(log: &'a str, phase: Phase, words: (&str, &str), destination: &'a str) -> &'a str {
    if phase > Phase::Banner || !log.contains(carrier::MARK) {
        return destination;
    }
    let named = log.lines().find_map(|line| {
        let (_, rest) = line.split_once(words.0)?;
        rest.split_once(words.1).map(|(name, _)| name)
    });
    named.unwrap_or(destination)
}

fn key_changed(log: &str, phase: Phase, said: &[&str], destination: &str) -> Unreachable {
    let place = said.iter().find_map(|line| {
        let rest = line.strip_prefix("Offending ")?;
        rest.split_once(" in ").map(|(_, place)| place)
    });
    let host = owner_of_key(log, phase, ("ost key for ", " has changed"), destination);
    let mut message = format!("the host key of `{host}` is not the one that is known");
    if let Some(place) = place {
        message = format!("{message} from `{place}`");
    }
    Unreachable::new(Cause::KeyChanged, message).help(format!(
        "If the host was installed again, remove the old key with `ssh-keygen -R` and accept the new one with \
         `ssh {}`; if not, somebody may be in between.",
        bare(host)
    ))
}

fn key_unknown(log: &str, phase: Phase, destination: &str) -> Unreachable {
    let host = owner_of_key(
        log,
        phase,
        (" host key is known for ", " and you have requested"),
        destination,
    );
    let mut keys = log
        .lines()
        .filter_map(|line| line.split_once("Server host key: "));
    let message = match keys.next_back() {
        Some((_, key)) => format!("the host key of `{host}` is not known: {}", key.trim()),
        None => format!("the host key of `{host}` is not known"),
    };
    Unreachable::new(Cause::KeyUnknown, message).help(format!(
        "Compare and accept it once with `ssh {}`, collect keys with `ssh-keyscan`, or set \
         `StrictHostKeyChecking accept-new` for the host.",
        bare(host)
    ))
}

/// A host as ssh takes it on its command line, from how it writes one with a port.
fn bare(host: &str) -> String {
    match host.strip_prefix('[').and_then(|rest| rest.split_once("]:")) {
        Some((name, port)) => format!("-p {port} {name}"),
        None => host.to_owned(),
    }
}

fn phase(log: &str) -> Phase {
    // Each ssh that ssh itself has put on the way notes the same next to it, and before it.
    let others = log.matches(carrier::OWN).count();
    let signs = [
        (Phase::Done, "Authenticated to ", others),
        (Phase::Login, "SSH2_MSG_NEWKEYS received", others),
        (Phase::KeyExchange, "Remote protocol version", others),
        (Phase::Banner, "Connection established", 0),
        (Phase::Banner, carrier::MARK, 0),
        (Phase::Tcp, "Connecting to ", 0),
    ];
    let reached = signs
        .iter()
        .find(|(_, sign, others)| log.matches(sign).count() > *others);
    reached.map_or(Phase::Start, |(phase, ..)| *phase)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What OpenSSH 9.2 wrote, cut to what matters.
    const TCP: &str = "debug1: Connecting to 192.0.2.1 [192.0.2.1] port 22.\n";
    const BANNER: &str = "debug1: Connecting to 127.0.0.1 [127.0.0.1] port 29923.\n\
        debug1: fd 4 clearing O_NONBLOCK\ndebug1: Connection established.\n";
    const KEYS: &str = "debug1: Connection established.\n\
        debug1: Remote protocol version 2.0, remote software version OpenSSH_9.2p1 Debian-2+deb12u10\n\
        debug1: Authenticating to 127.0.0.1:29922 as 'root'\ndebug1: SSH2_MSG_KEXINIT sent\n\
        debug1: Server host key: ssh-ed25519 SHA256:ESZDbhi416zJ3urvQfcWdA12OEUfzJKbXFfjhy8zuN4\n";
    const LOGIN: &str = "debug1: Connection established.\ndebug1: Remote protocol version 2.0\n\
        debug1: SSH2_MSG_NEWKEYS received\ndebug1: SSH2_MSG_SERVICE_ACCEPT received\n\
        debug1: Authentications that can continue: publickey,password,keyboard-interactive\n";
    const CHANGED: &str = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
        @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
        @@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
        Offending ED25519 key in /home/u/.ssh/known_hosts:1\n  remove with:\n\
        Host key for [127.0.0.1]:29922 has changed and you have requested strict checking.\n\
        Host key verification failed.\n";

    fn target(way: &str) -> Target {
        Target {
            options: Vec::new(),
            destination: "web1".into(),
            forwards: false,
            way: way.into(),
        }
    }

    #[test]
    fn what_fails_on_the_way_is_told_from_what_fails_behind_it() {
        let way = "debug1: Executing proxy command: exec ssh\n";
        let refused = format!("{way}ssh: connect to host bastion port 22: Connection refused\n");
        let found = of(refused.as_bytes(), &target("`bastion`"), false);
        assert_eq!(found.cause, Cause::Refused);
        assert!(
            found
                .message
                .starts_with("no way through the jump host `bastion`"),
            "{found}"
        );
        let behind = format!(
            "{way}channel 0: open failed: connect failed: Connection refused\nstdio forwarding failed\n"
        );
        let found = of(behind.as_bytes(), &target("`bastion`"), false);
        assert!(
            found
                .message
                .starts_with("`web1` is not reached through the jump host `bastion`: connect failed"),
            "{found}"
        );
        let login =
            format!("{way}debug1: Remote protocol version 2.0\nroot@web1: Permission denied (publickey).\n");
        let found = of(login.as_bytes(), &target("`bastion`"), false);
        assert!(!found.message.contains("bastion"), "{found}");
    }

    #[test]
    fn what_ssh_wrote_gives_the_cause_and_the_phase() {
        let cases: [(&str, &str, bool, Cause, &str); 13] = [
            (
                "",
                "ssh: Could not resolve hostname nx.invalid: Name or service not known\r\n",
                false,
                Cause::Dns,
                "nx.invalid",
            ),
            (
                "debug1: connect to address 127.0.0.1 port 1: Connection refused\n",
                "ssh: connect to host 127.0.0.1 port 1: Connection refused\n",
                false,
                Cause::Refused,
                "port 1",
            ),
            (
                TCP,
                "ssh: connect to host 192.0.2.1 port 22: No route to host\n",
                false,
                Cause::NoRoute,
                "No route",
            ),
            (
                TCP,
                "ssh: connect to host 192.0.2.1 port 22: Connection timed out\n",
                false,
                Cause::Timeout,
                "TCP",
            ),
            (
                BANNER,
                "Connection timed out during banner exchange\nConnection to 127.0.0.1 port 29923 timed out\n",
                false,
                Cause::Timeout,
                "banner",
            ),
            (
                BANNER,
                "kex_exchange_identification: Connection closed by remote host\n",
                false,
                Cause::Dropped,
                "before its banner",
            ),
            (KEYS, "", true, Cause::Timeout, "keys"),
            (LOGIN, "", true, Cause::Timeout, "logging in"),
            (
                KEYS,
                "Host key verification failed.\n",
                false,
                Cause::KeyUnknown,
                "ESZDbhi416",
            ),
            (KEYS, CHANGED, false, Cause::KeyChanged, "known_hosts:1"),
            (
                LOGIN,
                "root@127.0.0.1: Permission denied (publickey,password,keyboard-interactive).\n",
                false,
                Cause::LoginRefused,
                "root@127.0.0.1",
            ),
            (
                "",
                "command-line: line 0: Bad configuration option: nonsense\n",
                false,
                Cause::Local,
                "nonsense",
            ),
            ("", "", false, Cause::Other, "without an error message"),
        ];
        for (notes, said, hurried, cause, words) in cases {
            let found = of(format!("{notes}{said}").as_bytes(), &target(""), hurried);
            assert_eq!(found.cause, cause, "{said}{found}");
            assert!(found.message.contains(words), "{words}: {found}");
            assert!(!found.message.contains("debug1"), "{found}");
        }
    }

    #[test]
    fn control_characters_of_a_server_do_not_reach_the_terminal() {
        let found = of(b"banner \x1b]0;owned\x07\x1b[31m red\n", &target(""), false);
        assert!(found.message.chars().all(|c| !c.is_control()), "{found:?}");
    }
}
