//! INI inventories.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::ansible::literal::literal;
use crate::ansible::words::{Word, words};
use crate::ansible::{Reading, address, settings};
use crate::diagnostic::{Code, Diagnostic};
use crate::inventory::{Builder, GroupId};
use crate::source::{Place, SourceId, Span, Spanned};
use crate::template::{Form, Variables};
use crate::value::Value;

/// What the lines of a section are.
#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Hosts,
    Vars,
    Children,
}

/// A group that was named before it was declared.
enum Pending {
    /// By its `:vars`.
    Vars(Span),
    /// As a child of these.
    Child(Span, Vec<GroupId>),
}

struct Ini<'r, 'a> {
    reading: &'r mut Reading<'a>,
    source: SourceId,
    group: GroupId,
    sort: Sort,
    pending: IndexMap<String, Pending>,
}

impl Reading<'_> {
    /// Reads an INI inventory.
    pub(super) fn ini(&mut self, source: SourceId) {
        let text = Arc::clone(&self.sources.source(source).text);
        let mut ini = Ini {
            reading: self,
            source,
            group: Builder::UNGROUPED,
            sort: Sort::Hosts,
            pending: IndexMap::new(),
        };
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let at = start + (line.len() - line.trim_start().len());
            start += line.len();
            let line = line.trim();
            if !line.is_empty() && !line.starts_with(['#', ';']) {
                ini.line(line, at);
            }
        }
        ini.finish();
    }
}

impl Ini<'_, '_> {
    fn span(&self, start: usize, length: usize) -> Span {
        Span::new(self.source, start, start + length)
    }

    fn wrong(&mut self, message: &str, help: &str, span: Span) {
        let diagnostic = Diagnostic::error(Code::InventoryFormat, message)
            .at(span)
            .help(help);
        self.reading.diagnostics.push(diagnostic);
    }

    fn line(&mut self, line: &str, at: usize) {
        if let Some((name, suffix)) = section(line) {
            let span = self.span(at + 1, name.len());
            self.section(name, suffix, span);
        } else if line.starts_with('[') && line.ends_with(']') {
            let help = "A section is `[name]`, `[name:vars]` or `[name:children]`, without spaces.";
            self.wrong("this is no section", help, self.span(at, line.len()));
        } else {
            match self.sort {
                Sort::Hosts => self.hosts(line, at),
                Sort::Vars => self.variable(line, at),
                Sort::Children => self.child(line, at),
            }
        }
    }

    fn section(&mut self, name: &str, suffix: Option<&str>, span: Span) {
        self.sort = match suffix {
            None | Some("hosts") => Sort::Hosts,
            Some("vars") => Sort::Vars,
            Some("children") => Sort::Children,
            Some(other) => {
                let help = "It is `vars` or `children`.";
                self.wrong(
                    &format!("`{other}` is no sort of section"),
                    help,
                    self.span(span.start as usize, name.len() + 1 + other.len()),
                );
                Sort::Hosts
            }
        };
        let is_new = !self.reading.builder.has_group(name);
        if is_new && self.sort == Sort::Vars && !self.pending.contains_key(name) {
            self.pending.insert(name.to_owned(), Pending::Vars(span));
        }
        let Some(group) = self.reading.group(name, span) else {
            return;
        };
        self.group = group;
        if self.sort != Sort::Vars
            && let Some(Pending::Child(_, parents)) = self.pending.shift_remove(name)
        {
            for parent in parents {
                self.reading
                    .builder
                    .add_child(parent, Spanned::new(name.to_owned(), span));
            }
        }
    }

    fn child(&mut self, line: &str, at: usize) {
        let name = line.split('#').next().unwrap_or(line).trim_end();
        let span = self.span(at, name.len());
        if name.is_empty() || name.contains(|c: char| c.is_whitespace() || ":[]".contains(c)) {
            let help = "Below `:children` is one name of a group on each line.";
            self.wrong("a name of a group is expected", help, self.span(at, line.len()));
        } else if self.reading.builder.has_group(name) {
            let child = Spanned::new(name.to_owned(), span);
            self.reading.builder.add_child(self.group, child);
        } else if let Some(Pending::Child(_, parents)) = self.pending.get_mut(name) {
            parents.push(self.group);
        } else {
            let pending = Pending::Child(span, vec![self.group]);
            self.pending.insert(name.to_owned(), pending);
        }
    }

    fn variable(&mut self, line: &str, at: usize) {
        let Some((name, value)) = line.split_once('=') else {
            let help = "Below `:vars` is `name=value` on each line.";
            self.wrong("`name=value` is expected", help, self.span(at, line.len()));
            return;
        };
        let start = at + name.len() + 1 + (value.len() - value.trim_start().len());
        let (name, value) = (name.trim_end(), value.trim());
        let span = self.span(start, value.len());
        let form = self.value(name, value, span, true);
        if name == "ansible_group_priority" {
            self.reading.priority(self.group, &form, span);
            return;
        }
        self.reading.variable_name(name, self.span(at, name.len()));
        let value = Spanned::new(form, span);
        self.reading
            .builder
            .set_group_variable(self.group, name.to_owned(), value);
    }

    fn hosts(&mut self, line: &str, at: usize) {
        let words = match words(line) {
            Ok(words) => words,
            Err(message) => {
                let help = "Quote values as in a shell.";
                self.wrong(message, help, self.span(at, line.len()));
                return;
            }
        };
        let Some((first, words)) = words.split_first() else {
            return;
        };
        let span = self.span(at + first.start, first.end - first.start);
        let (names, port) = match address::hosts(&first.text) {
            Ok(found) => found,
            Err(error) => {
                let mut diagnostic = Diagnostic::error(Code::InvalidHost, error.message).at(span);
                diagnostic.help = error.help;
                self.reading.diagnostics.push(diagnostic);
                return;
            }
        };
        if port.is_none() && first.text.ends_with(':') {
            let help = "Write the port behind it, or leave the colon out.";
            self.wrong("a `:` ends the name of a host", help, span);
            return;
        }
        let vars = Arc::new(self.host_variables(words, at));
        let with_port = port.map(|port| {
            let mut all = Variables::new();
            let port = Form::Literal(Value::Int(port.into()));
            all.insert("ansible_port".to_owned(), Spanned::new(port, span));
            all.extend(vars.iter().map(|(name, value)| (name.clone(), value.clone())));
            Arc::new(all)
        });
        for name in names {
            let is_new = !self.reading.builder.has_host(&name);
            let Some(host) = self.reading.host(&name, span) else {
                return;
            };
            let vars = with_port.as_ref().filter(|_| is_new).unwrap_or(&vars);
            self.reading.builder.set_host_variables(host, vars);
            self.reading.builder.put(host, self.group);
        }
    }

    fn host_variables(&mut self, words: &[Word], at: usize) -> Variables {
        let mut vars = Variables::with_capacity(words.len());
        for word in words {
            let span = self.span(at + word.start, word.end - word.start);
            let Some((name, value)) = word.text.split_once('=') else {
                let help = "Behind the name of a host is `name=value`; quote values that hold spaces.";
                self.wrong("`name=value` is expected", help, span);
                continue;
            };
            let start = span.start as usize + name.len() + 1;
            let value_span = Span::new(self.source, start.min(span.end as usize), span.end as usize);
            let form = self.value(name, value, value_span, false);
            self.reading.variable_name(name, span);
            vars.insert(name.to_owned(), Spanned::new(form, value_span));
        }
        vars
    }

    /// A value by the rules of Python, with a warning where its type is not what it looks like.
    fn value(&mut self, name: &str, text: &str, span: Span, in_section: bool) -> Form {
        let (value, had_comment) = match literal(text) {
            Some(found) => (found.value, found.had_comment),
            None => (Value::from(text), false),
        };
        if !settings::is_boolean(name)
            && let Some(odd) = odd(text, &value, had_comment, in_section)
        {
            self.reading
                .diagnostics
                .push(Diagnostic::warning(Code::SurprisingValue, odd).at(span).help(
                    "Quote it twice to make it text for sure, as in `\"'text'\"`, or use a YAML inventory.",
                ));
        }
        if let Value::Str(it) = &value
            && it == text
        {
            let start = (0, span.start);
            let is_bare = span.len() == text.len();
            let place = Place {
                whole: span,
                lines: if is_bare { vec![start] } else { Vec::new() },
            };
            return self.reading.values(span).text(text, place);
        }
        self.reading.values(span).data(value, span)
    }

    fn finish(self) {
        for (name, pending) in self.pending {
            let (message, span) = match pending {
                Pending::Vars(span) => (
                    format!("the group `{name}` has variables, and is not declared"),
                    span,
                ),
                Pending::Child(span, _) => (format!("`{name}` is not a group"), span),
            };
            self.reading.diagnostics.push(
                Diagnostic::error(Code::UnknownGroup, message)
                    .at(span)
                    .help(format!("Declare it by a section `[{name}]`.")),
            );
        }
    }
}

/// The name and the suffix of a section's head.
fn section(line: &str) -> Option<(&str, Option<&str>)> {
    let (inside, after) = line.strip_prefix('[')?.split_once(']')?;
    let after = after.trim_start();
    if !(after.is_empty() || after.starts_with('#')) {
        return None;
    }
    let (name, suffix) = match inside.split_once(':') {
        Some((name, suffix)) => (name, Some(suffix)),
        None => (inside, None),
    };
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_');
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    (is_name && suffix.is_none_or(is_word)).then_some((name, suffix))
}

/// What a reader would not expect of a value.
fn odd(text: &str, value: &Value, had_comment: bool, in_section: bool) -> Option<String> {
    if had_comment {
        return Some(format!(
            "the comment behind `{text}` is dropped: it is a {}",
            value.type_name()
        ));
    }
    if value.as_str() != Some(text) {
        return None;
    }
    let is_boolean = ["true", "false"].contains(&text.to_ascii_lowercase().as_str());
    if is_boolean {
        return Some(format!("`{text}` is text: only `True` and `False` are booleans"));
    }
    if text.len() > 1 && text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(format!("`{text}` is text, since a number does not begin with 0"));
    }
    (in_section && text.contains(" #")).then(|| "what looks like a comment is part of the value".to_owned())
}
