//! The text of a crontab: jobs that are known by a comment above them, and variables.

use std::collections::BTreeMap;

/// What stands above a job of ours, before its name.
const MARK: &str = "# rmote-play: ";

/// The table with a job in it, or without.
pub(super) fn with_job(text: &str, name: &str, job: Option<&str>) -> String {
    let mark = format!("{MARK}{name}");
    let mut lines: Vec<&str> = text.lines().collect();
    let mut at = None;
    while let Some(index) = lines.iter().position(|line| *line == mark) {
        at.get_or_insert(index);
        let is_followed = lines.get(index + 1).is_some_and(|next| !next.starts_with(MARK));
        lines.drain(index..=index + usize::from(is_followed));
    }
    if let Some(job) = job {
        let at = at.unwrap_or(lines.len());
        lines.splice(at..at, [mark.as_str(), job]);
    }
    joined(&lines)
}

/// The table with these variables: each in its line, new ones at the beginning.
pub(super) fn with_variables(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut new = Vec::new();
    for (name, value) in variables {
        let wanted = format!("{name}=\"{value}\"");
        let is_it = |line: &String| line.split_once('=').is_some_and(|(left, _)| left.trim() == name);
        match lines.iter().position(is_it) {
            Some(index) => lines[index] = wanted,
            None => new.push(wanted),
        }
    }
    lines.splice(0..0, new);
    joined(&lines)
}

/// Cron does not run a last line that has no newline.
fn joined(lines: &[impl AsRef<str>]) -> String {
    lines.iter().flat_map(|line| [line.as_ref(), "\n"]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_put_in_changed_and_taken_out() {
        let old = "MAILTO=x\n# mine\n0 0 * * * mine";
        let once = with_job(old, "backup", Some("5 4 * * * backup"));
        assert_eq!(once, format!("{old}\n# rmote-play: backup\n5 4 * * * backup\n"));
        assert_eq!(with_job(&once, "backup", Some("5 4 * * * backup")), once);
        let two = with_job(&once, "other", Some("@daily other"));
        let changed = with_job(&two, "backup", Some("@reboot backup"));
        assert_eq!(
            changed,
            format!("{old}\n# rmote-play: backup\n@reboot backup\n# rmote-play: other\n@daily other\n")
        );
        assert_eq!(
            with_job(&changed, "backup", None),
            format!("{old}\n# rmote-play: other\n@daily other\n")
        );
        assert_eq!(with_job("a\n", "none", None), "a\n");
    }

    #[test]
    fn a_mark_without_its_job_takes_nothing_else_with_it() {
        let torn = "# rmote-play: a\n# rmote-play: b\n@daily b\n";
        assert_eq!(with_job(torn, "a", None), "# rmote-play: b\n@daily b\n");
    }

    #[test]
    fn a_variable_has_one_line() {
        let variables = BTreeMap::from([("MAILTO".to_owned(), "ops".to_owned())]);
        assert_eq!(
            with_variables("* * * * * x\n", &variables),
            "MAILTO=\"ops\"\n* * * * * x\n"
        );
        assert_eq!(
            with_variables("A=1\nMAILTO = x\n", &variables),
            "A=1\nMAILTO=\"ops\"\n"
        );
    }
}
