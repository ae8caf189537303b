//! What ssh's log holds of the commands that carry a connection: jump hosts and `ProxyCommand` of its configuration, and of
//! a connection that was there.

use std::path::Path;

use crate::transport::pipes::clean;
use crate::transport::ssh::socket::log_path;

/// The note of a command that carries a connection.
pub(super) const MARK: &str = "Executing proxy command: ";
/// In it: that ssh itself has made it of a `ProxyJump`. That one notes what it does in the same log.
pub(super) const OWN: &str = " -v -W '[";

/// The hosts that ssh's own configuration puts on the way, as people know them; empty: none.
pub(super) fn jumps(log: &str) -> String {
    let command = log.lines().find_map(|line| line.split_once(MARK));
    let words = command.and_then(|(_, command)| command.split_once(OWN));
    let Some((before, after)) = words else {
        return String::new();
    };
    let last = after.split_once(' ').map_or("", |(_, name)| name.trim());
    let first = before.split_once(" -J ").map_or("", |(_, rest)| rest);
    let first = first.split(' ').next().unwrap_or_default();
    let all = first.split(',').filter(|name| !name.is_empty()).chain([last]);
    all.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What a command said that carries a connection; nothing where there is no such command.
pub(super) fn words(log: &str) -> Option<String> {
    let (_, after) = log.split_once(MARK)?;
    // What ssh says itself of a connection that is not there.
    let own = [
        "debug",
        "kex_exchange_identification",
        "ssh_exchange_identification",
        "banner exchange",
        "Connection closed by",
        "Connection reset by",
        "Connection timed out during banner exchange",
        "Connection to UNKNOWN",
    ];
    let said = after.lines().skip(1).map(str::trim);
    let said: Vec<&str> = said
        .filter(|line| !line.is_empty() && !own.iter().any(|it| line.starts_with(it)))
        .collect();
    Some(said[said.len().saturating_sub(3)..].join("; "))
}

/// What the master of a socket said last, its notes to itself and its counts left out: why it ended.
pub(in crate::transport) fn last_word(socket: &Path) -> Option<String> {
    last_line(&clean(&std::fs::read(log_path(socket)).ok()?))
}

fn last_line(log: &str) -> Option<String> {
    let (_, after) = log.rsplit_once("Authenticated to ")?;
    let own = ["debug", "Transferred: ", "Bytes per second: ", "Exit status"];
    let mut said = after.split_once('\n')?.1.lines().map(str::trim);
    said.rfind(|line| !line.is_empty() && !own.iter().any(|it| line.starts_with(it)))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_no_reason_for_the_end_of_a_connection() {
        let log = "debug1: Authenticated to 127.0.0.1 ([127.0.0.1]:2222) using \"publickey\".\n\
            debug1: channel 0: free\nConnection to 127.0.0.1 closed by remote host.\n\
            Transferred: sent 8044, received 5820 bytes, in 1.3 seconds\n\
            Bytes per second: sent 28653.4, received 10700.6\ndebug1: Exit status -1\n";
        assert_eq!(
            last_line(log).as_deref(),
            Some("Connection to 127.0.0.1 closed by remote host.")
        );
        let silent = log.replace("Connection to 127.0.0.1 closed by remote host.\n", "");
        assert_eq!(last_line(&silent), None);
    }

    #[test]
    fn hosts_that_sshs_configuration_puts_on_the_way_are_known() {
        let one = "debug1: Executing proxy command: exec ssh -l bob -p 23 -v -W '[web]:22' bastion\n";
        assert_eq!(jumps(one), "`bastion`");
        let two = "debug1: Executing proxy command: exec ssh -J a,b -v -W '[web]:22' c\n";
        assert_eq!(jumps(two), "`a`, `b`, `c`");
        assert_eq!(jumps("debug1: Executing proxy command: exec nc web 22\n"), "");
    }
}
