//! A playbook's text.

use std::fmt::Write as _;

use super::book::{Book, Condition, Entry, FailedWhen, Round, Until, What};

/// How long a call may take that says `timeout`, in seconds: longer than any that ends by itself.
const TIMEOUT: u64 = 2;
/// How long a group or round may take that says `timeout`: longer than all that is in it, also what is killed by its own
/// timeout, but for what does not end by itself, or takes as long as the one below.
const GROUP_TIMEOUT: u64 = 240;
/// How long a call takes that is to outlast the limits around it.
pub(super) const LONG: usize = 300_000;

impl Book {
    pub(super) fn yaml(&self) -> String {
        let mut text = "hosts:\n".to_owned();
        for (host, _) in &self.hosts {
            let _ = writeln!(text, "  {host}: {{ transport: local }}");
        }
        text.push_str("rounds:\n");
        for round in &self.rounds {
            head(&mut text, round);
            text.push_str("    calls:\n");
            entries(&mut text, &round.entries, 6, &[]);
        }
        text
    }
}

impl Book {
    /// How the calls end that do not just change something.
    pub(super) fn endings(&self) -> String {
        let mut text = String::new();
        for (host, _) in self.hosts.iter().filter(|(_, is_up)| !is_up) {
            let _ = writeln!(text, "# {host} is not there");
        }
        for entry in self.all().filter(|it| it.what == What::Call) {
            let words: Vec<_> = entry.words.iter().map(|it| it.as_str()).collect();
            let special = entry.by_item.iter().chain(&entry.by_host);
            let special: Vec<_> = special
                .map(|(of, word)| format!(" {of}:{}", word.as_str()))
                .collect();
            let _ = writeln!(
                text,
                "# {} ends {}{}",
                entry.id,
                words.join(" "),
                special.concat()
            );
        }
        text
    }
}

fn head(text: &mut String, round: &Round) {
    let _ = writeln!(text, "  - name: {}", round.name);
    let _ = writeln!(text, "    hosts: {:?}", round.hosts.join(","));
    if let Some(needs) = &round.needs {
        let _ = writeln!(text, "    needs: {needs:?}");
    }
    if round.is_loose {
        text.push_str("    barrier: false\n");
    }
    if !round.serial.is_empty() {
        let _ = writeln!(text, "    serial: {:?}", round.serial);
    }
    if let Some(most) = round.max_failures {
        let _ = writeln!(text, "    max_failures: {most}");
    }
    if round.timeout {
        let _ = writeln!(text, "    timeout: {GROUP_TIMEOUT}s");
    }
    if let Some(when) = &round.when {
        let _ = writeln!(text, "    when: {:?}", condition(when));
    }
}

fn condition(condition: &Condition) -> String {
    let not = |is: bool| if is { "" } else { "not " };
    match condition {
        Condition::Is(is) => is.to_string(),
        Condition::Host(host, is) => format!("host.name {} '{host}'", if *is { "==" } else { "!=" }),
        Condition::Result(of, field, is) => format!("{}results.{of}.{}", not(*is), field.as_str()),
    }
}

fn entries(text: &mut String, all: &[Entry], indent: usize, loops: &[&str]) {
    for it in all {
        let _ = writeln!(text, "{:indent$}- id: {}", "", it.id);
        for line in keys(it) {
            let _ = writeln!(text, "{:indent$}  {line}", "");
        }
        let mut inner = loops.to_vec();
        if let Some(items) = &it.items {
            let _ = writeln!(text, "{:indent$}  loop: {{ i_{}: {items:?} }}", "", it.id);
            inner.push(&it.id);
        }
        match it.what {
            What::Fail => drop(writeln!(text, "{:indent$}  fail: as asked", "")),
            What::Group => {
                let _ = writeln!(text, "{:indent$}  calls:", "");
                entries(text, &it.entries, indent + 4, &inner);
            }
            What::Call => {
                let key: Vec<_> = inner.iter().map(|id| format!("{{{{ i_{id} }}}}")).collect();
                let mut words = vec![
                    "call".to_owned(),
                    "{{ host.name }}".into(),
                    it.id.clone(),
                    key.join("-"),
                ];
                if let Some(other) = &it.see {
                    let field = |name: &str| format!("{{{{ results.{other}.{name} }}}}");
                    words.push([field("changed"), field("failed"), field("skipped")].join(","));
                }
                let _ = writeln!(text, "{:indent$}  exec.command: {words:?}", "");
            }
        }
    }
}

fn keys(it: &Entry) -> Vec<String> {
    let mut lines = Vec::new();
    let mut list = |key: &str, values: &[String]| {
        if !values.is_empty() {
            lines.push(format!("{key}: {values:?}"));
        }
    };
    list("when", &it.when.iter().map(condition).collect::<Vec<_>>());
    list("on_change", &it.on_change);
    list("on_failure", &it.on_failure);
    for (key, is) in [
        ("always", it.always),
        ("ignore_errors", it.ignore),
        ("run_once", it.once),
    ] {
        if is {
            lines.push(format!("{key}: true"));
        }
    }
    for (key, paths) in [("writes", &it.writes), ("reads", &it.reads)] {
        if let Some(paths) = paths {
            lines.push(format!("{key}: {paths:?}"));
        }
    }
    if let Some(host) = &it.delegate {
        lines.push(format!("delegate_to: {host}"));
    }
    if it.timeout {
        let is_group = it.what == What::Group;
        lines.push(format!(
            "timeout: {}s",
            if is_group { GROUP_TIMEOUT } else { TIMEOUT }
        ));
    }
    if let Some((until, retries)) = it.until {
        let text = match until {
            Until::Good => "not result.failed",
            Until::Ok => "result.stdout == 'o'",
        };
        lines.push(format!("until: {text:?}"));
        lines.push(format!("retries: {retries}"));
        lines.push("delay: 300ms".to_owned());
    }
    if let Some(failed) = it.failed_when {
        let text = match failed {
            FailedWhen::Never => "false",
            FailedWhen::Changed => "result.stdout == 'c'",
        };
        lines.push(format!("failed_when: {text:?}"));
    }
    if it.what == What::Call && !it.plain {
        lines.push("changed_when: \"result.stdout == 'c'\"".to_owned());
    }
    lines
}
