//! The laws of check mode, on a real machine.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Fixture, Machine, Ran, fingerprint};

/// Calls on one machine, as entries of a playbook.
pub(super) struct On<'a> {
    machine: &'a Machine,
    user: &'a str,
}

pub(super) fn on(machine: &Machine) -> On<'_> {
    // One that still starts changes by itself; what fails there in starting is not asked here.
    machine.sh("command -v systemctl >/dev/null && timeout 30 systemctl is-system-running --wait");
    On {
        machine,
        user: "root",
    }
}

impl On<'_> {
    /// The same, logged in as somebody else.
    pub(super) fn logged_in_as(self, user: &'static str) -> Self {
        Self { user, ..self }
    }

    /// Runs these entries, each a line of YAML; the first call is to be known as `it`.
    pub(super) fn run(&self, entries: &[&str], args: &[&str]) -> Ran {
        let mut playbook = format!(
            "connection: {{ connect_timeout: 60s }}\nhosts:\n  m: {{ user: {} }}\nrounds:\n  - name: r\n    hosts: m\n    calls:\n",
            self.user
        );
        for entry in entries {
            playbook.push_str("      - ");
            playbook.push_str(&entry.replace('\n', "\n        "));
            playbook.push('\n');
        }
        let fixture = Fixture::new(playbook)
            .machine("m", self.machine)
            .limit(Duration::from_mins(2));
        fixture.events(&[&["-D"], args].concat())
    }

    /// One call: how it ended.
    #[track_caller]
    pub(super) fn call(&self, call: &str) -> Value {
        let ran = self.run(&[&format!("id: it\n{call}")], &[]);
        ran.end("m", "it").clone()
    }

    /// A call that is to fail: its message.
    #[track_caller]
    pub(super) fn fails(&self, call: &str) -> String {
        let end = self.call(call);
        assert_eq!(end["outcome"], "failed", "{end:#}");
        format!(
            "{}: {}",
            end["error"]["kind"].as_str().unwrap(),
            end["error"]["message"].as_str().unwrap()
        )
    }

    /// A call that is refused before the run: what is said of it.
    #[track_caller]
    pub(super) fn is_refused(&self, call: &str) -> String {
        let ran = self.run(&[call], &[]);
        assert!(ran.events.is_empty() && ran.code != Some(0), "{ran}");
        ran.stderr + &ran.stdout
    }

    /// Calls that are to fail, each by itself, and to touch nothing: their messages.
    pub(super) fn all_fail(&self, calls: &[&str]) -> Vec<String> {
        let entry = |(at, call)| format!("id: c{at}\nignore_errors: true\n{call}");
        let entries: Vec<_> = calls.iter().enumerate().map(entry).collect();
        let entries: Vec<_> = entries.iter().map(String::as_str).collect();
        // Whoever has never logged in gets an agent first.
        self.run(&["exec.command: ['true']"], &[]).code(0);
        let before = fingerprint_of(self.machine);
        let ran = self.run(&entries, &[]);
        assert_untouched(&before, self.machine, "what was refused");
        let message = |at| {
            let end = ran.end("m", &format!("c{at}"));
            assert_eq!(end["outcome"], "failed", "{}: {ran}", calls[at]);
            format!(
                "{}: {}",
                end["error"]["kind"].as_str().unwrap(),
                end["error"]["message"].as_str().unwrap()
            )
        };
        (0..calls.len()).map(message).collect()
    }

    /// A call that has nothing to do: its result.
    #[track_caller]
    pub(super) fn is_settled(&self, call: &str) -> Value {
        let before = fingerprint_of(self.machine);
        let end = self.call(call);
        assert_eq!(end["outcome"], "ok", "{end:#}");
        assert_untouched(&before, self.machine, call);
        end["result"].clone()
    }

    /// A call that has something to do, in check mode: it changes nothing.
    #[track_caller]
    pub(super) fn would_change(&self, call: &str) -> Ran {
        let before = fingerprint_of(self.machine);
        let checked = self.run(&[&format!("id: it\n{call}")], &["-C"]);
        let expected = if is_known_late(call) { "unknown" } else { "changed" };
        assert_eq!(checked.outcome("m", "it"), expected, "check mode:\n{checked}");
        assert_untouched(&before, self.machine, "check mode");
        checked
    }

    /// A call that has something to do, twice in check mode: nothing is changed, and the second one finds the host as the
    /// first would leave it, or says that only the first can tell.
    #[track_caller]
    fn is_foreseen(&self, call: &str) {
        let before = fingerprint_of(self.machine);
        let (first, second) = (format!("id: it\n{call}"), format!("id: again\n{call}"));
        let checked = self.run(&[&first, &second], &["-C"]);
        assert_untouched(&before, self.machine, "check mode of a second call");
        assert_eq!(checked.outcome("m", "it"), "changed", "check mode:\n{checked}");
        let again = checked.end("m", "again");
        let is_right = match again["outcome"].as_str() {
            Some("ok") => true,
            Some("unknown") => again["because"] == "it",
            _ => false,
        };
        assert!(is_right, "the same call after it, in check mode:\n{checked}");
    }

    /// The laws: check mode changes nothing and says what comes true; then nothing is left to do. Gives the diff, and
    /// the result of the call.
    #[track_caller]
    pub(super) fn keeps_the_laws(&self, call: &str) -> (String, Value) {
        let checked = self.would_change(call);
        if !is_known_late(call) {
            self.is_foreseen(call);
        }
        let entry = format!("id: it\n{call}");
        let applied = self.run(&[&entry], &[]);
        assert_eq!(applied.outcome("m", "it"), "changed", "apply:\n{applied}");
        let diff = |ran: &Ran| ran.end("m", "it")["change"]["diff"].clone();
        if !is_known_late(call) {
            assert_eq!(diff(&checked), diff(&applied), "another diff came true");
        }
        let texts = diff(&applied);
        let texts = texts.as_array().unwrap_or_else(|| panic!("no diff:\n{applied}"));
        let mut text = String::new();
        for diff in texts {
            text.extend([
                diff["title"].as_str().unwrap(),
                "\n",
                diff["text"].as_str().unwrap(),
            ]);
        }
        self.is_settled(call);
        (text, applied.end("m", "it")["result"].clone())
    }
}

/// Whether it is known only once the call is made whether there is anything to do: lists that are read may be the same.
fn is_known_late(call: &str) -> bool {
    call.split(':')
        .next()
        .is_some_and(|tool| tool.ends_with(".update"))
}

/// What differs from the root that a machine was made of, but for logs and the server's own notes.
fn fingerprint_of(machine: &Machine) -> BTreeSet<String> {
    let mut all = fingerprint(&machine.layer());
    for line in fingerprint(&machine.path("/run")).lines() {
        all.extend(["run/", line, "\n"]);
    }
    for name in processes(machine) {
        all.extend(["process ", &name, "\n"]);
    }
    let ours = |line: &&str| {
        let path = line.split(' ').next().unwrap_or_default();
        let is_server = [
            "var/log/",
            "root/.cache",
            "var/lib/systemd",
            "etc/machine-id",
            // Sessions of those who log in, and what is told of them.
            "run/systemd",
            "run/user",
            "run/log",
            "run/utmp",
            "run/sshd",
            "run/dropbear.pid",
            "run/motd.dynamic",
            "run/sudo",
            "run/lock",
        ]
        .iter()
        .any(|it| path.starts_with(it));
        // Locks of dnf, and what readers of its databases share.
        let is_shared =
            path.ends_with(".sqlite-shm") || ["var/cache/dnf", "var/lib/dnf", "var/lib/rpm"].contains(&path);
        !is_server
            && !is_shared
            && !["root", "var", "var/log", "var/lib", "tmp", "var/tmp", "run"].contains(&path)
    };
    // A database that was only read may be written out as it was.
    let known = |line: &str| match line.split_once(' ') {
        Some((path @ "var/lib/dnf/history.sqlite", rest)) => {
            let hash = rest.rsplit(' ').next().unwrap_or_default();
            format!("{path} {hash}")
        }
        _ => line.to_owned(),
    };
    all.lines().filter(ours).map(known).collect()
}

/// The names of what runs there, but for what comes and goes with a login or by itself.
fn processes(machine: &Machine) -> Vec<String> {
    let of_logins = ["sshd", "dropbear", "dbus-daemon", "sleep", "gpg-agent"];
    let mut names = Vec::new();
    for entry in std::fs::read_dir(machine.path("/proc")).unwrap().flatten() {
        let is_process = entry
            .file_name()
            .to_string_lossy()
            .bytes()
            .all(|it| it.is_ascii_digit());
        let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
        let command = std::fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
        // systemd's own helpers; in brackets before they are what they will be.
        let is_systemds = name.starts_with("systemd") || name.starts_with('(');
        // An agent on its way out is none of the call's doing.
        let is_ours = is_systemds
            || of_logins.contains(&name.trim())
            || command.contains("rmote-play")
            || command.is_empty();
        if is_process && !is_ours {
            names.push(name.trim().to_owned());
        }
    }
    names.sort();
    names
}

#[track_caller]
fn assert_untouched(before: &BTreeSet<String>, machine: &Machine, what: &str) {
    let after = fingerprint_of(machine);
    let differs: Vec<_> = before.symmetric_difference(&after).collect();
    assert!(differs.is_empty(), "{what} touched something: {differs:#?}");
}
