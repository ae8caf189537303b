//! One line of a crontab, as cron reads it.

use crate::tools::cron::time;

/// Whether the lines of a table say as whom a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    /// They do: a file such as those in `/etc/cron.d`.
    System,
    /// They do not: the table of a user.
    Users,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// Empty.
    Blank,
    /// A comment.
    Comment,
    /// A variable, by its name.
    Variable(String),
    /// A job.
    Job,
    /// Something that cron does not read, and why.
    Wrong(String),
}

const BLANK: [char; 2] = [' ', '\t'];

impl Line {
    /// Reads a line, without what ends it.
    pub(super) fn read(line: &str, sort: Sort) -> Self {
        let text = line.trim_start_matches(BLANK).trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            return Self::Blank;
        }
        if text.starts_with('#') {
            return Self::Comment;
        }
        if let Some(name) = variable(text) {
            return Self::Variable(name);
        }
        match job(text, sort) {
            Ok(()) => Self::Job,
            Err(why) => Self::Wrong(why),
        }
    }
}

/// The name of a variable that the line sets.
fn variable(text: &str) -> Option<String> {
    let (name, rest) = match text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        Some(quote) => text[1..].split_once(quote)?,
        None => text.split_at(text.find([' ', '\t', '='])?),
    };
    let is_set = rest.trim_start_matches(BLANK).starts_with('=');
    (is_set && !name.is_empty()).then(|| name.to_owned())
}

fn job(text: &str, sort: Sort) -> Result<(), String> {
    let mut rest = text;
    let mut word = || {
        let (word, after) = rest.split_once(BLANK).unwrap_or((rest, ""));
        rest = after.trim_start_matches(BLANK);
        word
    };
    let first = word();
    if first.starts_with('@') {
        if !time::is_named(first) {
            return Err(format!("there is no time `{first}`"));
        }
    } else {
        time::check([first, word(), word(), word(), word()]).map_err(|it| it.1)?;
    }
    if sort == Sort::System && word().is_empty() {
        return Err("it does not say as whom the job runs".to_owned());
    }
    if rest.is_empty() {
        return Err("it has no command".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_told_apart_as_cron_does() {
        let users = |line: &str| Line::read(line, Sort::Users);
        let system = |line: &str| Line::read(line, Sort::System);
        let variable = |name: &str| Line::Variable(name.to_owned());
        assert_eq!(users(" \t"), Line::Blank);
        assert_eq!(users("  # x"), Line::Comment);
        assert_eq!(users("MAILTO=ops"), variable("MAILTO"));
        assert_eq!(users(" A = b"), variable("A"));
        assert_eq!(users("\"A B\" = b"), variable("A B"));
        assert_eq!(users("* * * * * A=b x"), Line::Job);
        assert_eq!(users("@daily x"), Line::Job);
        assert_eq!(users("*/5\t0 * jan mon-fri  x % y"), Line::Job);
        assert_eq!(system("0 5 * * * root x"), Line::Job);
        assert!(matches!(system("0 5 * * * root"), Line::Wrong(_)));
        assert!(matches!(system("@daily"), Line::Wrong(_)));
        assert!(matches!(users("@often x"), Line::Wrong(_)));
        assert!(matches!(users("61 * * * * x"), Line::Wrong(_)));
        assert!(matches!(users("just words"), Line::Wrong(_)));
    }
}
