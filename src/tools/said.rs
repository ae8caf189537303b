//! What a program that failed said of it: the reason, and not its last line, which is often advice.

use crate::failure::Failure;
use crate::system::Ended;

/// As many lines of a reason as stand in a message.
const LINES: usize = 4;
/// How lines begin that tell where more may be found, or how the program is used.
const ADVICE: [&str; 9] = [
    "dmesg(1)",
    "(hint)",
    "hint:",
    "See \"",
    "See system logs",
    "Try '",
    "Usage:",
    "usage:",
    "More details",
];

/// The failure of a program that should have ended with 0, with the first lines of what it said.
pub(in crate::tools) fn failure(ended: &Ended, command: &str) -> Failure {
    let failure = ended.failure(command);
    let reasons = [&ended.stderr.bytes, &ended.stdout.bytes].map(|bytes| reason(bytes));
    // What says nothing on its standard error says it on its standard output.
    match reasons.into_iter().find(|it| !it.is_empty()) {
        None => failure,
        Some(reason) => {
            let message = format!("`{command}` {}: {reason}", ended.how());
            Failure { message, ..failure }
        }
    }
}

fn reason(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(64 << 10)]);
    let is_advice = |line: &str| ADVICE.iter().any(|it| line.starts_with(it));
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty() && !is_advice(it));
    // A line so long would have to be cut, and a secret in it with it.
    let lines: Vec<&str> = lines.take_while(|it| it.len() <= 1000).take(LINES).collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_what_was_said_first_without_advice() {
        let said = "mount: /mnt: special device /dev/x does not exist.\n       dmesg(1) may have more information after failed mount system call.\n";
        assert_eq!(
            reason(said.as_bytes()),
            "mount: /mnt: special device /dev/x does not exist."
        );
        let said = "Job for x.service failed because the control process exited with error code.\n\
            See \"systemctl status x.service\" and \"journalctl -xeu x.service\" for details.\n";
        assert_eq!(
            reason(said.as_bytes()),
            "Job for x.service failed because the control process exited with error code."
        );
        assert_eq!(reason(b"a\nb\nc\nd\ne\n"), "a b c d");
        assert_eq!(reason(b"\n \n"), "");
    }
}
