//! The text of a crontab: jobs that are known by a comment above them, and variables. All other lines stay byte for byte.

use std::collections::BTreeMap;

use crate::tools::cron::line::{Line, Sort};

/// What is written above a job of ours, before its name.
pub(super) const MARK: &str = "# rmote-play: ";
/// What Ansible writes there.
pub(super) const ANSIBLES_MARK: &str = "#Ansible: ";
/// What keeps a job from being run.
const OFF: &str = "#disabled: ";

/// A job to be put into a table, or taken out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job<'a> {
    /// What is written above it, before its name.
    pub(super) marker: &'a str,
    pub(super) name: &'a str,
    /// Its line; nothing where it is to be absent.
    pub(super) line: Option<&'a str>,
    /// It is there, and cron does not run it.
    pub(super) disabled: bool,
    pub(super) sort: Sort,
}

impl Job<'_> {
    fn mark(&self) -> String {
        format!("{}{}", self.marker, self.name)
    }

    /// Where the job below a mark is: that many lines further down. Comments may be between them; a variable, an empty line
    /// or another mark says that the job is not there any more.
    fn below(&self, lines: &[String]) -> Option<usize> {
        for (at, line) in lines.iter().enumerate() {
            let text = bare(line);
            if text.starts_with(OFF) || at == 0 && self.is_commented_out(text) {
                return Some(at);
            }
            match Line::read(text, self.sort) {
                Line::Comment if !self.is_mark(text) => {}
                Line::Job | Line::Wrong(_) => return Some(at),
                Line::Comment | Line::Blank | Line::Variable(_) => return None,
            }
        }
        None
    }

    /// As Ansible leaves a job that is disabled.
    fn is_commented_out(&self, text: &str) -> bool {
        let inner = text.strip_prefix('#').unwrap_or_default();
        self.marker != MARK && Line::read(inner, self.sort) == Line::Job
    }

    fn is_mark(&self, text: &str) -> bool {
        [self.marker, MARK, ANSIBLES_MARK]
            .iter()
            .any(|it| text.starts_with(it))
    }
}

/// The table with a job in it, or without.
pub(super) fn with_job(text: &str, job: &Job<'_>) -> String {
    let mark = job.mark();
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let wanted = job.line.map(|line| {
        let off = if job.disabled { OFF } else { "" };
        format!("{off}{line}\n")
    });
    let mut is_there = false;
    let mut at = 0;
    while at < lines.len() {
        if bare(&lines[at]) != mark {
            at += 1;
            continue;
        }
        let found = job.below(&lines[at + 1..]).map(|below| at + 1 + below);
        match (&wanted, found) {
            (Some(wanted), Some(found)) if !is_there => {
                if lines[found] != *wanted {
                    lines[found].clone_from(wanted);
                }
                is_there = true;
                at = found + 1;
            }
            (Some(wanted), None) if !is_there => {
                end(&mut lines[at]);
                lines.insert(at + 1, wanted.clone());
                is_there = true;
                at += 2;
            }
            (_, found) => {
                if let Some(found) = found {
                    lines.remove(found);
                }
                lines.remove(at);
            }
        }
    }
    if let (Some(wanted), false) = (wanted, is_there) {
        if let Some(last) = lines.last_mut() {
            end(last);
        }
        lines.extend([format!("{mark}\n"), wanted]);
    }
    if let (true, Some(last)) = (job.line.is_some(), lines.last_mut()) {
        end(last);
    }
    lines.concat()
}

/// The table with these variables, as they are to be for a job: each in the last line above it that sets it, new ones at the
/// beginning.
pub(super) fn with_variables(text: &str, variables: &BTreeMap<String, String>, job: &Job<'_>) -> String {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let mark = job.mark();
    let above = lines.iter().position(|it| bare(it) == mark);
    let above = above.unwrap_or(lines.len());
    let mut new = Vec::new();
    for (name, value) in variables {
        let wanted = format!("{name}=\"{value}\"\n");
        let is_it = |line: &String| matches!(Line::read(line, job.sort), Line::Variable(it) if it == *name);
        match lines[..above].iter().rposition(is_it) {
            Some(index) => lines[index] = wanted,
            None => new.push(wanted),
        }
    }
    lines.splice(0..0, new);
    lines.concat()
}

/// The lines that cron does not read, counted from 1, and why. Because of one it may pass over the whole table.
pub(super) fn wrong_lines(text: &str, sort: Sort) -> Vec<(usize, String)> {
    let numbered = text.lines().zip(1..);
    numbered
        .filter_map(|(line, number)| match Line::read(line, sort) {
            Line::Wrong(why) => Some((number, why)),
            _ => None,
        })
        .collect()
}

fn bare(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}

/// Cron does not run a last line that has no newline, or passes over the whole table, and nothing is to be written behind
/// one.
fn end(line: &mut String) {
    if !line.ends_with('\n') {
        line.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job<'a>(name: &'a str, line: Option<&'a str>) -> Job<'a> {
        Job {
            marker: MARK,
            name,
            line,
            disabled: false,
            sort: Sort::Users,
        }
    }

    #[test]
    fn a_job_is_put_in_changed_and_taken_out() {
        let old = "MAILTO=x\n# mine\n0 0 * * * mine";
        let once = with_job(old, &job("backup", Some("5 4 * * * backup")));
        assert_eq!(once, format!("{old}\n# rmote-play: backup\n5 4 * * * backup\n"));
        assert_eq!(with_job(&once, &job("backup", Some("5 4 * * * backup"))), once);
        let two = with_job(&once, &job("other", Some("@daily other")));
        let changed = with_job(&two, &job("backup", Some("@reboot backup")));
        assert_eq!(
            changed,
            format!("{old}\n# rmote-play: backup\n@reboot backup\n# rmote-play: other\n@daily other\n")
        );
        assert_eq!(
            with_job(&changed, &job("backup", None)),
            format!("{old}\n# rmote-play: other\n@daily other\n")
        );
        assert_eq!(with_job("a\r\n\nb", &job("none", None)), "a\r\n\nb");
        assert_eq!(
            with_job("# rmote-play: a\n@daily a", &job("a", Some("@daily a"))),
            "# rmote-play: a\n@daily a\n"
        );
        let others = "# rmote-play: a\n@daily a\n@daily b";
        assert_eq!(
            with_job(others, &job("a", Some("@daily a"))),
            format!("{others}\n")
        );
        assert_eq!(with_job(others, &job("c", None)), others);
    }

    #[test]
    fn what_is_below_a_mark_that_lost_its_job_stays() {
        for rest in [
            "# rmote-play: b\n@daily b\n",
            "#Ansible: b\n@daily b\n",
            "MAILTO=ops\n@daily mine\n",
            "PATH = /bin\n",
            "\n@daily mine\n",
            "",
        ] {
            let torn = format!("# rmote-play: a\n{rest}");
            assert_eq!(with_job(&torn, &job("a", None)), rest, "{rest}");
            assert_eq!(
                with_job(&torn, &job("a", Some("@hourly a"))),
                format!("# rmote-play: a\n@hourly a\n{rest}"),
                "{rest}"
            );
        }
    }

    #[test]
    fn a_comment_between_a_mark_and_its_job_stays() {
        let text = "# rmote-play: a\n# why\n#1 1 * * * older\n@daily old\n";
        assert_eq!(
            with_job(text, &job("a", Some("@daily new"))),
            text.replace("@daily old", "@daily new")
        );
        assert_eq!(with_job(text, &job("a", None)), "# why\n#1 1 * * * older\n");
    }

    #[test]
    fn a_job_that_is_there_twice_is_there_once() {
        let text = "# rmote-play: a\n@daily x\n0 1 * * * mine\n# rmote-play: a\n@daily y\n";
        assert_eq!(
            with_job(text, &job("a", Some("@daily z"))),
            "# rmote-play: a\n@daily z\n0 1 * * * mine\n"
        );
    }

    #[test]
    fn a_disabled_job_is_a_comment_and_comes_back() {
        let off = |line| Job {
            disabled: true,
            ..job("a", line)
        };
        let disabled = with_job("@daily b\n", &off(Some("@daily a")));
        assert_eq!(disabled, "@daily b\n# rmote-play: a\n#disabled: @daily a\n");
        assert_eq!(with_job(&disabled, &off(Some("@daily a"))), disabled);
        let enabled = with_job(&disabled, &job("a", Some("@daily a")));
        assert_eq!(enabled, "@daily b\n# rmote-play: a\n@daily a\n");
        assert_eq!(with_job(&disabled, &job("a", None)), "@daily b\n");
        // Another job below a disabled one is somebody else's.
        let text = format!("{disabled}0 1 * * * mine\n");
        assert_eq!(with_job(&text, &off(None)), "@daily b\n0 1 * * * mine\n");
    }

    #[test]
    fn a_job_of_ansible_is_taken_over_by_its_marker() {
        let ansibles = |line| Job {
            marker: ANSIBLES_MARK,
            ..job("backup", line)
        };
        let text = "#Ansible: backup\n0 5 * * * old\n@daily mine\n";
        let new = "#Ansible: backup\n0 6 * * * new\n@daily mine\n";
        assert_eq!(with_job(text, &ansibles(Some("0 6 * * * new"))), new);
        let off = "#Ansible: backup\n#0 5 * * * old\n@daily mine\n";
        assert_eq!(with_job(off, &ansibles(Some("0 6 * * * new"))), new);
        assert_eq!(with_job(off, &ansibles(None)), "@daily mine\n");
    }

    #[test]
    fn a_variable_holds_for_the_job() {
        let variables = BTreeMap::from([("MAILTO".to_owned(), "ops".to_owned())]);
        let with = |text: &str| with_variables(text, &variables, &job("x", None));
        assert_eq!(with("* * * * * x\n"), "MAILTO=\"ops\"\n* * * * * x\n");
        assert_eq!(with("A=1\nMAILTO = x\n"), "A=1\nMAILTO=\"ops\"\n");
        // What is below the job does not hold for it; of two lines above it the last one does.
        assert_eq!(
            with("# rmote-play: x\n@daily x\nMAILTO=a\n"),
            "MAILTO=\"ops\"\n# rmote-play: x\n@daily x\nMAILTO=a\n"
        );
        assert_eq!(
            with("MAILTO=a\nMAILTO=b\n# rmote-play: x\n@daily x\n"),
            "MAILTO=a\nMAILTO=\"ops\"\n# rmote-play: x\n@daily x\n"
        );
    }

    #[test]
    fn lines_that_spoil_a_table_are_found() {
        let found = wrong_lines("# x\n\nA=b\n61 * * * * root x\n0 5 * * * root x\n", Sort::System);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].0, 4);
    }
}
