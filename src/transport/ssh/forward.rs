//! `ForwardAgent`: whether ssh's configuration wants the ssh-agent of this machine to be asked from a host.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use globset::Glob;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;
use tokio::time::{self, Instant};

use crate::cause::{Cause, Unreachable};

const WORD: &str = "forwardagent";
/// How deep files may include each other.
const DEPTH: usize = 8;

/// What ssh would do for a host of which its own options say this. ssh itself is asked only where a file of its configuration
/// has the word.
///
/// # Errors
/// Where it does not answer before the deadline: its configuration may run programs (`Match exec`).
pub(super) async fn is_wanted(
    ssh_options: &[String],
    options: &[OsString],
    destination: &str,
    config: Option<&Path>,
    deadline: Instant,
) -> Result<bool, Unreachable> {
    if let Some(value) = ssh_options.iter().find_map(|it| value_of(it)) {
        return Ok(value != "no");
    }
    if !has_word(config) {
        return Ok(false);
    }
    let mut ssh = Command::new("ssh");
    ssh.arg("-G").args(options).args(["--", destination]);
    ssh.stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let Ok(asked) = ssh.process_group(0).spawn() else {
        return Ok(false);
    };
    // With the programs that its configuration runs.
    let group = asked.id().and_then(|id| Pid::from_raw(id.cast_signed()));
    let Ok(said) = time::timeout_at(deadline, asked.wait_with_output()).await else {
        let _ended = group.map(|group| kill_process_group(group, Signal::KILL));
        let message = "timed out while ssh read its configuration: a program of `Match exec` may hang";
        return Err(Unreachable::new(Cause::Timeout, message));
    };
    let said = said.map(|it| it.stdout).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    Ok(said.lines().find_map(value_of).is_some_and(|value| value != "no"))
}

/// The value in `ForwardAgent=yes` or `forwardagent yes`.
fn value_of(line: &str) -> Option<String> {
    let line = line.trim_start().to_ascii_lowercase();
    let rest = line.strip_prefix(WORD)?;
    let value = rest.trim_start_matches([' ', '\t', '=']);
    (value.len() < rest.len()).then(|| value.trim().to_owned())
}

/// Whether a file that ssh reads has the word.
fn has_word(config: Option<&Path>) -> bool {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let own = home.join(".ssh");
    match config {
        Some(file) => is_in(file, &own, &home, DEPTH),
        None => {
            is_in(&own.join("config"), &own, &home, DEPTH)
                || is_in(
                    Path::new("/etc/ssh/ssh_config"),
                    Path::new("/etc/ssh"),
                    &home,
                    DEPTH,
                )
        }
    }
}

/// The same of a file and of those that it includes, whose paths count from `folder`.
fn is_in(file: &Path, folder: &Path, home: &Path, depth: usize) -> bool {
    let Ok(text) = std::fs::read_to_string(file) else {
        return false;
    };
    text.lines().any(|line| {
        let line = line.trim_start().to_ascii_lowercase();
        line.starts_with(WORD)
    }) || depth > 0
        && text
            .lines()
            .filter_map(included)
            .flat_map(|words| words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
            .flat_map(|word| found(word.trim_matches('"'), folder, home))
            .any(|file| is_in(&file, folder, home, depth - 1))
}

fn included(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let (word, rest) = line.split_at_checked("include".len())?;
    let is_it = word.eq_ignore_ascii_case("include") && rest.starts_with([' ', '\t', '=']);
    is_it.then(|| rest.trim_start_matches([' ', '\t', '=']))
}

/// The files that a word of `Include` stands for.
fn found(word: &str, folder: &Path, home: &Path) -> Vec<PathBuf> {
    let path = match word.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None => folder.join(word),
    };
    let (Some(above), Some(name)) = (path.parent(), path.file_name()) else {
        return Vec::new();
    };
    let name = name.to_string_lossy();
    if !name.contains(['*', '?', '[']) {
        return vec![path.clone()];
    }
    let Ok(glob) = Glob::new(&name) else {
        return Vec::new();
    };
    let glob = glob.compile_matcher();
    let entries = std::fs::read_dir(above).into_iter().flatten().flatten();
    entries
        .filter(|entry| glob.is_match(entry.file_name()))
        .map(|entry| entry.path())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_found_where_it_is_included() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at("config.d")).unwrap();
        std::fs::write(at("config"), "Host a\n  User b\ninclude=config.d/*.conf\n").unwrap();
        let has = || is_in(&at("config"), folder.path(), folder.path(), DEPTH);
        std::fs::write(at("config.d/one.txt"), "ForwardAgent yes\n").unwrap();
        assert!(!has());
        std::fs::write(at("config.d/two.conf"), "Host *\n\tforwardAgent no\n").unwrap();
        assert!(has());
    }

    #[test]
    fn options_of_a_host_are_read_as_ssh_reads_them() {
        for (text, value) in [
            ("ForwardAgent=yes", Some("yes")),
            ("forwardagent  no", Some("no")),
            ("ForwardAgent = /run/agent", Some("/run/agent")),
            ("ForwardAgents=yes", None),
            ("ForwardX11=yes", None),
        ] {
            let found = value_of(text);
            assert_eq!(
                found.as_deref(),
                value.map(str::to_lowercase).as_deref(),
                "{text}"
            );
        }
    }
}
