//! Words that only a shell obeys, given to a program that is started without one.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::playbook::model::Playbook;
use crate::source::{Span, Spanned};
use crate::template::Form;
use crate::value::Value;

/// Words by which a shell joins and redirects.
const SIGNS: [&str; 12] = [
    "|", "||", "&&", "&", ";", ">", ">>", "<", "<<", "2>", "2>&1", "&>",
];

pub(super) fn lint(playbook: &Playbook, diagnostics: &mut Diagnostics) {
    for call in playbook.entries.iter().filter_map(|entry| entry.action.call()) {
        if call.tool.name != "exec.command" {
            continue;
        }
        let written: Vec<(&str, Form, Span)> = match &call.args.value {
            Form::Literal(Value::Map(args)) => args
                .iter()
                .map(|(name, value)| (name.as_str(), Form::Literal(value.clone()), call.args.span))
                .collect(),
            Form::Map(args) => args
                .iter()
                .map(|(name, it)| (name.as_str(), it.value.clone(), it.span))
                .collect(),
            _ => continue,
        };
        for (name, form, span) in written {
            if call.tool.shorthand.as_deref() != Some(name) {
                continue;
            }
            if let Some(word) = shell_word(&form, playbook.sources.text(span)) {
                diagnostics.push(
                    Diagnostic::warning(
                        Code::ShellSyntax,
                        format!(
                            "`{word}` is only a word to the program: `exec.command` starts it without a shell"
                        ),
                    )
                    .at(span)
                    .help("Write `exec.shell`, which runs a script."),
                );
            }
        }
    }
}

/// The first word of a command that is meant for a shell.
fn shell_word(form: &Form, text: &str) -> Option<String> {
    match form {
        Form::Literal(Value::Str(line)) => bare_words(line).into_iter().find(|word| is_for_shell(word)),
        Form::Template(_) => bare_words(&written_parts(text.trim_matches(['"', '\''])))
            .into_iter()
            .find(|word| is_for_shell(word)),
        // A word of a list is chosen as it is: `find` ends a command by `;`, and other programs take `$X` themselves.
        Form::Literal(Value::List(words)) => {
            let mut words = words.iter().filter_map(Value::as_str);
            words.find(|word| joins(word)).map(str::to_owned)
        }
        Form::List(words) => {
            let mut words = words
                .iter()
                .filter_map(|Spanned { value, .. }| value.literal()?.as_str());
            words.find(|word| joins(word)).map(str::to_owned)
        }
        _ => None,
    }
}

fn joins(word: &str) -> bool {
    SIGNS.contains(&word) && word != ";"
}

/// A template with a letter in place of everything that is not written as it is.
fn written_parts(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(start) = rest.find('{') {
        let end = match rest[start..].get(..2) {
            Some("{{") => "}}",
            Some("{%") => "%}",
            Some("{#") => "#}",
            _ => {
                out.push_str(&rest[..=start]);
                rest = &rest[start + 1..];
                continue;
            }
        };
        out.push_str(&rest[..start]);
        out.push('x');
        rest = past(&rest[start + 2..], end);
    }
    out + rest
}

/// What follows the end of a tag; an end in quotes is none.
fn past<'t>(text: &'t str, end: &str) -> &'t str {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if text[at..].starts_with(end) => return &text[at + end.len()..],
            None if end != "#}" && matches!(c, '\'' | '"') => quote = Some(c),
            Some(_) | None => {}
        }
    }
    ""
}

fn is_for_shell(word: &str) -> bool {
    SIGNS.contains(&word)
        || word.starts_with("$(")
        || word
            .strip_prefix('$')
            .is_some_and(|it| it.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '{'))
        || (word.starts_with("2>/") || word.starts_with(">/") || word.starts_with(">>/"))
}

/// The words of a line that are not in quotes.
fn bare_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut is_quoted) = (String::new(), None, false);
    for c in line.chars().chain([' ']) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => {
                quote = Some(c);
                is_quoted = true;
            }
            (None, c) if c.is_whitespace() => {
                if !word.is_empty() && !is_quoted {
                    words.push(std::mem::take(&mut word));
                }
                word.clear();
                is_quoted = false;
            }
            (None, c) => word.push(c),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_words_are_for_a_shell() {
        let found = |line: &str| shell_word(&Form::Literal(line.into()), "");
        for (line, word) in [
            ("ls /etc | wc -l", Some("|")),
            ("echo $HOME", Some("$HOME")),
            ("make && make install", Some("&&")),
            ("prog 2>/dev/null", Some("2>/dev/null")),
            ("echo 'a | b'", None),
            ("grep '$x' f", None),
            ("awk '{ print $1 }' f", None),
            ("echo a|b 5$", None),
        ] {
            assert_eq!(found(line).as_deref(), word, "{line}");
        }
    }
}
