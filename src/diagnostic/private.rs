//! Passwords and the like in sources: a line that is drawn, and words that repeat a part of it, do not show them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::diagnostic::Diagnostic;
use crate::name::is_private;
use crate::source::{SourceId, SourceMap};

/// What stands for one in words.
const MASK: &str = "***";
/// Shorter values are not looked for in words: they would be found everywhere.
const SHORTEST: usize = 4;

/// A key, and what parts it from its value.
static KEY: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"([A-Za-z0-9_.-]+)["']?[ \t]*([:=])[ \t]*"#).expect("it is one"));
/// A password in a URL.
static URL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"://[^/\s:@'\x22]*:([^/\s@'\x22]+)@").expect("it is one"));

/// Where the private values of the sources of some diagnostics stand.
#[derive(Debug, Default)]
pub(super) struct Private(HashMap<SourceId, Vec<Range<usize>>>);

impl Private {
    /// Those of every source that a diagnostic marks.
    pub(super) fn of(all: &[&Diagnostic], sources: &SourceMap) -> Self {
        let mut found = HashMap::new();
        for label in all.iter().flat_map(|it| &it.labels) {
            let source = label.span.source;
            found
                .entry(source)
                .or_insert_with(|| ranges(&sources.source(source).text));
        }
        Self(found)
    }

    /// A source without them, byte for byte.
    pub(super) fn without<'t>(&self, source: SourceId, text: &'t str) -> Cow<'t, str> {
        let Some(ranges) = self.0.get(&source).filter(|it| !it.is_empty()) else {
            return Cow::Borrowed(text);
        };
        let (mut out, mut at) = (String::with_capacity(text.len()), 0);
        for range in ranges {
            out.push_str(&text[at..range.start]);
            for c in text[range.clone()].chars() {
                match c {
                    '\n' | '\r' => out.push(c),
                    _ => out.extend(std::iter::repeat_n('*', c.len_utf8())),
                }
            }
            at = range.end;
        }
        out.push_str(&text[at..]);
        Cow::Owned(out)
    }

    /// A diagnostic whose words do not repeat them.
    pub(super) fn hidden<'d>(&self, diagnostic: &'d Diagnostic, sources: &SourceMap) -> Cow<'d, Diagnostic> {
        let mut values: Vec<&str> = Vec::new();
        for label in &diagnostic.labels {
            let text = &sources.source(label.span.source).text;
            let ranges = self.0.get(&label.span.source).into_iter().flatten();
            values.extend(ranges.map(|range| text[range.clone()].trim()));
        }
        values.retain(|value| value.len() >= SHORTEST);
        // The longer one first: it may hold the other.
        values.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
        let texts = || {
            let labels = diagnostic.labels.iter().map(|it| &it.text);
            labels.chain([&diagnostic.message]).chain(&diagnostic.help)
        };
        if !values.iter().any(|value| texts().any(|it| it.contains(value))) {
            return Cow::Borrowed(diagnostic);
        }
        let mut hidden = diagnostic.clone();
        for value in values {
            hidden.message = hidden.message.replace(value, MASK);
            hidden.help = hidden.help.map(|it| it.replace(value, MASK));
            for label in &mut hidden.labels {
                label.text = label.text.replace(value, MASK);
            }
        }
        Cow::Owned(hidden)
    }
}

/// Where they stand in a text: in order, apart from each other.
fn ranges(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for key in KEY.captures_iter(text) {
        let (Some(name), Some(sign), Some(whole)) = (key.get(1), key.get(2), key.get(0)) else {
            continue;
        };
        if is_private(name.as_str()) && !is_name_of_secret(text, name.as_str(), name.start()) {
            found.extend(value(text, name.start(), sign.as_str(), whole.end()));
        }
    }
    let urls = URL
        .captures_iter(text)
        .filter_map(|url| Some(url.get(1)?.range()));
    found.extend(urls);
    found.sort_unstable_by_key(|range| range.start);
    found.dedup_by(|next, last| {
        let meet = next.start < last.end;
        if meet {
            last.end = last.end.max(next.end);
        }
        meet
    });
    found
}

/// Whether it is the `password` of `become`, which names a secret.
fn is_name_of_secret(text: &str, name: &str, at: usize) -> bool {
    let lines_before = text[..at].rsplit('\n').take(4);
    name == "password" && lines_before.into_iter().any(|line| line.contains("become:"))
}

/// Where the value of a key is that begins at `at`.
fn value(text: &str, key: usize, sign: &str, at: usize) -> Option<Range<usize>> {
    let line_start = text[..key].rfind('\n').map_or(0, |it| it + 1);
    let line_end = text[at..].find(['\n', '\r']).map_or(text.len(), |it| at + it);
    let before = &text[line_start..key];
    let rest = &text[at..line_end];
    let end = match rest.chars().next()? {
        '{' | '!' | '&' | '*' => return None,
        quote @ ('"' | '\'') => {
            let inner = &text[at + 1..];
            let mut is_escaped = false;
            let close = inner.find(|c| {
                let ends = c == quote && !is_escaped;
                is_escaped = c == '\\' && quote == '"' && !is_escaped;
                ends
            });
            let end = close.map_or(text.len(), |it| at + 1 + it);
            return plain(text, at + 1..end);
        }
        '|' | '>' if sign == ":" => {
            let indent = before.len() - before.trim_start_matches([' ', '-']).len();
            let is_inside = |line: &str| {
                line.trim().is_empty() || line.len() - line.trim_start_matches(' ').len() > indent
            };
            let lines = text[line_end..].split_inclusive('\n').skip(1);
            let length: usize = lines.take_while(|line| is_inside(line)).map(str::len).sum();
            let begin = (line_end + 1).min(text.len());
            return plain(text, begin..(begin + length).min(text.len()));
        }
        _ if sign == "=" => {
            let is_alone = before.trim().is_empty();
            match rest.find([' ', '\t']) {
                Some(end) if !is_alone => at + end,
                _ => line_end,
            }
        }
        // `key:value` is no key of YAML.
        _ if !text[..at].ends_with([' ', '\t']) => return None,
        _ if before.contains('{') => at + rest.find([',', '}']).unwrap_or(rest.len()),
        _ => line_end,
    };
    plain(text, at..end)
}

/// A range without blanks at its end; none where what is there says nothing.
fn plain(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    const WORDS: [&str; 10] = [
        "", "~", "null", "none", "true", "false", "yes", "no", "secret", "string",
    ];
    let value = text.get(range.clone())?.trim_end();
    let is_template = value.trim_start().starts_with("{{") || value.starts_with("$ANSIBLE_VAULT");
    let is_word = WORDS.contains(&value.to_ascii_lowercase().as_str());
    (!is_template && !is_word).then_some(range.start..range.start + value.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Diagnostics, Format, render};
    use crate::source::Span;
    use std::path::Path;

    /// Each line is marked, and nothing of what is between `<` and `>` may be shown in any format.
    #[test]
    fn no_line_that_is_drawn_shows_a_password() {
        for (line, rest) in [
            (
                "w1 ansible_password=<hunter2> ansible_become_password=<s3cr3t> port=22",
                "port=22",
            ),
            ("w1 ansible_ssh_pass='<two words>' x=1", "x=1"),
            ("ansible_become_pass = <to the end>", "ansible_become_pass"),
            ("  db_password: <hunter2>", "db_password"),
            ("  db_password: \"<hun\\\"ter2>\"", "db_password"),
            ("{\"api_token\": \"<hunter2>\", \"port\": 22}", "22"),
            (
                "h: { ansible_password: <hunter2>, ansible_port: 22 }",
                "ansible_port: 22",
            ),
            ("AWS_SECRET_ACCESS_KEY=<hunter2>", "AWS"),
            ("db: postgres://app:<hunter2>@db/app", "@db/app"),
            (
                "client_secret: |\n  <line one\n  line two>\nnext: 1",
                "client_secret",
            ),
        ] {
            let text = line.replace(['<', '>'], "");
            let hidden: Vec<&str> = line
                .split('<')
                .skip(1)
                .filter_map(|it| it.split('>').next())
                .collect();
            let mut sources = SourceMap::default();
            let source = sources.add(Path::new("hosts.ini"), text.as_str());
            let mut diagnostics = Diagnostics::default();
            diagnostics.push(
                Diagnostic::warning(Code::UnmappedSetting, format!("`{}` is odd", hidden[0]))
                    .at(Span::new(source, 0, text.len()))
                    .help(format!("Not `{}`.", hidden[0])),
            );
            for format in [
                Format::Human { color: false },
                Format::Json,
                Format::Github,
                Format::Sarif,
            ] {
                let shown = render(&diagnostics, &sources, format);
                for part in hidden.iter().flat_map(|it| it.lines()).map(str::trim) {
                    assert!(!shown.contains(part), "{format:?} shows {part}: {shown}");
                }
            }
            let shown = render(&diagnostics, &sources, Format::Human { color: false });
            assert!(shown.contains(rest), "{shown}");
        }
    }

    #[test]
    fn what_only_names_a_secret_is_shown() {
        for line in [
            "db_password: \"{{ secrets.db }}\"",
            "become: { user: root, password: sudo_secret }",
            "secrets: { db_password: { env: DB_PASSWORD } }",
            "inputs: { token: secret }",
            "become_password_file: path/to/file",
            "update_password: on_create",
        ] {
            assert!(ranges(line).is_empty(), "{line}");
        }
    }
}
