//! Typed readings of YAML nodes; whatever is wrong is told, and reading goes on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::argument;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::playbook::foreign;
use crate::playbook::import::Link;
use crate::playbook::input::Inputs;
use crate::playbook::keys::{self, Known, Site};
use crate::playbook::model::TemplatePath;
use crate::playbook::settled::Late;
use crate::playbook::tools::OwnTools;
use crate::secret::Keys;
use crate::source::{SourceId, SourceMap, Span, Spanned};
use crate::template::{Expression, Template, Variables};
use crate::tool::Registry;
use crate::yaml::{Kind, Node, Style};

/// What every reader shares.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    pub(super) registry: &'a Registry,
    pub(super) sources: SourceMap,
    pub(super) diagnostics: Diagnostics,
    /// How many templates and expressions did not compile.
    pub(super) broken: usize,
    /// What opens encrypted files.
    pub(super) keys: Option<Arc<Keys>>,
    /// Files of variables that stay closed, and why.
    pub(super) closed: Vec<String>,
    /// Template files by path, so that each is loaded once. `None`: it could not be used, and that was said.
    pub(super) templates: HashMap<(PathBuf, Arc<Path>), Option<Arc<Template>>>,
    /// The files that they bring in.
    pub(super) brought: HashMap<PathBuf, SourceId>,
    /// Imported files by path, so that each is parsed once. `None`: it could not be read, and that was said.
    pub(super) files: HashMap<PathBuf, Option<Arc<Node>>>,
    /// The files that are being read, from the playbook to the innermost import.
    pub(super) chain: Vec<Link>,
    /// The tools that the files that are being read bring along, the innermost last.
    pub(super) own_tools: Vec<OwnTools>,
    /// What the files that are being read declare, and what their imports pass; the innermost last.
    pub(super) declared: Vec<(Arc<Inputs>, Arc<Variables>)>,
    /// Templates of the call that is being read whose paths are not known yet.
    pub(super) template_paths: Vec<TemplatePath>,
    /// Keys that are put in when all of the playbook is read.
    pub(super) late: Vec<Late>,
    /// Directories of sources, as compiled templates keep them.
    pub(super) folders: HashMap<SourceId, Arc<Path>>,
}

/// The keys of a map that may stand there, each with a value that is not null.
#[derive(Debug)]
pub(super) struct Fields<'n> {
    pub(super) span: Span,
    first: Option<Span>,
    found: Vec<(&'n Spanned<String>, &'n Node)>,
    empty: Vec<&'n str>,
}

impl<'n> Fields<'n> {
    /// The value of a key.
    pub(super) fn get(&self, name: &str) -> Option<&'n Node> {
        self.found
            .iter()
            .find(|(key, _)| key.value == name)
            .map(|(_, node)| *node)
    }

    /// Where the map begins: what stands for the whole of it.
    pub(super) fn start(&self) -> Span {
        self.first.unwrap_or(self.span)
    }

    /// Whether a key is there without a value, which was told.
    pub(super) fn is_empty(&self, name: &str) -> bool {
        self.empty.contains(&name)
    }

    /// Where a key is; the whole where it does not.
    pub(super) fn key_span(&self, name: &str) -> Span {
        self.found
            .iter()
            .find(|(key, _)| key.value == name)
            .map_or(self.span, |(key, _)| key.span)
    }
}

impl Reading<'_> {
    /// Says what is wrong at a place.
    pub(super) fn error(&mut self, code: Code, message: impl Into<String>, span: Span) {
        self.diagnostics.push(Diagnostic::error(code, message).at(span));
    }

    /// Says that a value has another type than its key wants.
    pub(super) fn wrong_type(&mut self, key: &str, wanted: &str, node: &Node) {
        if node.kind == Kind::Refused {
            return;
        }
        let message = format!("`{key}` takes {wanted}, not {}", with_article(node.type_name()));
        let mut error = Diagnostic::error(Code::WrongType, message).at(node.span);
        match &node.kind {
            Kind::Int(_) | Kind::Float(_) | Kind::Bool(_) if wanted.contains("text") => {
                error = error.help("Put it in quotes.");
            }
            Kind::Str(text) if wanted.contains("whole number") && text.text.parse::<i64>().is_ok() => {
                error = error.help("Remove the quotes.");
            }
            Kind::Str(text) if wanted.contains("`true`") && matches!(&*text.text, "true" | "false") => {
                error = error.help("Remove the quotes.");
            }
            Kind::Str(_) if wanted.starts_with("a list of ") => {
                error = error.help(
                    "Write it in brackets, as in `[a, b]`, or each item on a line of its own after `- `.",
                );
            }
            _ => {}
        }
        self.diagnostics.push(error);
    }

    /// The keys of a node that must be a map. Keys that may not stand there are told and left out.
    pub(super) fn fields<'n>(&mut self, site: Site, key: &str, node: &'n Node) -> Option<Fields<'n>> {
        let Kind::Map(entries) = &node.kind else {
            if matches!(node.kind, Kind::Null) {
                self.null(key, node);
            } else {
                self.wrong_type(key, "a map", node);
            }
            return None;
        };
        let found = entries
            .iter()
            .filter(|(name, value)| self.admits(site, name, value))
            .map(|(name, value)| (name, value))
            .collect();
        Some(Fields {
            span: node.span,
            first: entries.first().map(|(key, _)| key.span),
            found,
            empty: entries
                .iter()
                .filter(|(_, value)| matches!(value.kind, Kind::Null))
                .map(|(name, _)| name.value.as_str())
                .collect(),
        })
    }

    fn admits(&mut self, site: Site, name: &Spanned<String>, value: &Node) -> bool {
        // What an entry does was looked at before.
        let is_deed = name.value.contains('.') || matches!(name.value.as_str(), "calls" | "fail");
        if site.is_entry() && is_deed && !matches!(keys::find(site, &name.value), Known::Here) {
            return false;
        }
        let error = match keys::find(site, &name.value) {
            Known::Here if matches!(value.kind, Kind::Null) => {
                self.null_at(&name.value, name.span);
                return false;
            }
            Known::Here => return true,
            Known::Elsewhere(key) if site.is_entry() && key.sites.iter().any(|it| it.is_entry()) => {
                Diagnostic::error(
                    Code::NotOnThisEntry,
                    format!("`{}` cannot stand on {}", name.value, site.name()),
                )
                .help(format!("It belongs on {}.", places(key.sites)))
            }
            Known::Elsewhere(key) => Diagnostic::error(
                Code::UnknownKey,
                format!("{} has no key `{}`", site.name(), name.value),
            )
            .help(format!("It belongs on {}.", places(key.sites))),
            Known::Nowhere if name.value.starts_with("become_") => Diagnostic::error(
                Code::UnknownKey,
                format!("{} has no key `{}`", site.name(), name.value),
            )
            .help("Write `become: { user: NAME, method: sudo }`."),
            Known::Nowhere => foreign::unknown_key(site, &name.value),
        };
        self.diagnostics.push(error.at(name.span));
        false
    }

    /// Says that a key has no value.
    pub(super) fn null(&mut self, key: &str, node: &Node) {
        self.null_at(key, node.span);
    }

    /// Says that a key has no value, at the key.
    pub(super) fn null_at(&mut self, key: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::error(Code::NullValue, format!("`{key}` has no value"))
                .at(span)
                .help("Give it a value, or leave the key out."),
        );
    }

    /// A boolean key.
    pub(super) fn flag(&mut self, fields: &Fields<'_>, key: &str) -> Option<bool> {
        let node = fields.get(key)?;
        match &node.kind {
            Kind::Bool(it) => return Some(*it),
            Kind::Str(text) => match truthy_word(&text.text, text.style) {
                Some(meant) => self.truthy(&text.text, meant, node.span),
                None => self.wrong_type(key, "`true` or `false`", node),
            },
            _ => self.wrong_type(key, "`true` or `false`", node),
        }
        None
    }

    /// Says that a word is not a boolean.
    pub(super) fn truthy(&mut self, word: &str, meant: bool, span: Span) {
        self.diagnostics.push(
            Diagnostic::error(
                Code::TruthyWord,
                format!("`{word}` is a text in YAML 1.2, not a boolean"),
            )
            .at(span)
            .help(format!("Write `{meant}`."))
            .fixed_word(word, &meant.to_string()),
        );
    }

    /// The text of a node that must be text without templates.
    pub(super) fn text_of(&mut self, key: &str, node: &Node) -> Option<Spanned<String>> {
        let Kind::Str(text) = &node.kind else {
            self.wrong_type(key, "a text", node);
            return None;
        };
        if text.text.contains("{{") || text.text.contains("{%") {
            self.diagnostics.push(
                Diagnostic::error(Code::WrongType, format!("`{key}` cannot hold a template"))
                    .at(node.span)
                    .help("It is read before anything runs: write the value itself."),
            );
            return None;
        }
        Some(Spanned::new(text.text.clone(), node.span))
    }

    /// A key that holds text without templates.
    pub(super) fn text(&mut self, fields: &Fields<'_>, key: &str) -> Option<Spanned<String>> {
        let node = fields.get(key)?;
        self.text_of(key, node)
    }

    /// A key that holds one text or a list of them.
    pub(super) fn texts(&mut self, fields: &Fields<'_>, key: &str) -> Option<Vec<Spanned<String>>> {
        let node = fields.get(key)?;
        Some(match &node.kind {
            Kind::Seq(items) => items.iter().filter_map(|it| self.text_of(key, it)).collect(),
            Kind::Str(_) => self.text_of(key, node).into_iter().collect(),
            _ => {
                self.wrong_type(key, "a text or a list of texts", node);
                Vec::new()
            }
        })
    }

    /// A key that holds a whole number from `least` to `most`.
    pub(super) fn number(&mut self, fields: &Fields<'_>, key: &str, least: u32, most: u32) -> Option<u32> {
        let node = fields.get(key)?;
        let Kind::Int(number) = node.kind else {
            self.wrong_type(key, "a whole number", node);
            return None;
        };
        let fitting = u32::try_from(number)
            .ok()
            .filter(|it| (least..=most).contains(it));
        if fitting.is_none() {
            let most = match most {
                u32::MAX => "upward".to_owned(),
                most => format!("to {most}"),
            };
            self.error(
                Code::WrongType,
                format!("`{key}` takes a whole number from {least} {most}, not `{number}`"),
                node.span,
            );
        }
        fitting
    }

    /// A key that holds a length of time.
    pub(super) fn duration(&mut self, fields: &Fields<'_>, key: &str) -> Option<Duration> {
        let node = fields.get(key)?;
        match &node.kind {
            Kind::Str(text) => match text.text.parse::<argument::Duration>() {
                Ok(it) if it.0.is_zero() && key.ends_with("timeout") => {
                    let message = format!("`{key}: {}` leaves no time: it would always fail", text.text);
                    self.error(Code::Duration, message, node.span);
                }
                Ok(it) => return Some(it.0),
                Err(error) => self.error(Code::Duration, error, node.span),
            },
            Kind::Int(_) | Kind::Float(_) => {
                let written = self.sources.text(node.span).to_owned();
                self.diagnostics.push(
                    Diagnostic::error(Code::Duration, format!("the duration `{written}` has no unit"))
                        .at(node.span)
                        .help(format!(
                            "Write `{written}s` for seconds; `ms`, `m`, `h` and `d` are units, too."
                        )),
                );
            }
            _ => self.wrong_type(key, "a duration such as `30s`", node),
        }
        None
    }

    /// A key that holds an expression or a list of them.
    pub(super) fn conditions(&mut self, fields: &Fields<'_>, key: &str) -> Vec<Expression> {
        let Some(node) = fields.get(key) else {
            return Vec::new();
        };
        match &node.kind {
            Kind::Seq(items) => items
                .iter()
                .filter_map(|item| self.condition(key, item))
                .collect(),
            _ => self.condition(key, node).into_iter().collect(),
        }
    }

    /// An identifier: what ids and variables are named by.
    pub(super) fn identifier(&mut self, what: &str, name: &Spanned<String>) -> bool {
        let mut chars = name.value.chars();
        let good = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
        let word = matches!(
            name.value.as_str(),
            "true"
                | "false"
                | "none"
                | "True"
                | "False"
                | "None"
                | "not"
                | "and"
                | "or"
                | "in"
                | "is"
                | "if"
                | "else"
        );
        if !good || word {
            let mut error = Diagnostic::error(
                Code::InvalidName,
                format!("`{}` cannot be the name of {what}", name.value.escape_debug()),
            )
            .at(name.span);
            if word {
                error = error.help("It is a word of the expression language.");
            } else {
                error =
                    error.help("Names are made of letters, digits and `_`, and do not begin with a digit.");
            }
            self.diagnostics.push(error);
        }
        good && !word
    }
}

/// What an unquoted word that other YAML takes for a boolean means.
pub(super) fn truthy_word(word: &str, style: Style) -> Option<bool> {
    if style != Style::Plain {
        return None;
    }
    match word.to_ascii_lowercase().as_str() {
        "yes" | "on" | "true" | "y" => Some(true),
        "no" | "off" | "false" | "n" => Some(false),
        _ => None,
    }
}

/// A type's name with its article.
pub(super) fn with_article(type_name: &str) -> String {
    match type_name {
        "null" => "null".to_owned(),
        name if name.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {name}"),
        name => format!("a {name}"),
    }
}

fn places(sites: &[Site]) -> String {
    let names: Vec<_> = sites.iter().map(|site| site.name()).collect();
    match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => names.concat(),
    }
}
