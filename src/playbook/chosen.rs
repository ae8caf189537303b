//! Files of variables of which one is chosen on each host.

use std::path::Path;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::keys::{Key, Site};
use crate::playbook::read::Reading;
use crate::playbook::settings::is_templated;
use crate::playbook::table::{TEXT, TEXTS, key};
use crate::source::Spanned;
use crate::template::{self, By, Choice, Chosen, Form, Variables};
use crate::yaml::{Kind, Node};

const CHOSEN: &[Site] = &[Site::ChosenFile];

/// The keys of an item of `vars_files` that is a map.
pub(super) const KEYS: &[Key] = &[
    key(
        "choose",
        CHOSEN,
        TEXT,
        "An expression, or a text with templates: which of the files in `of` counts on a host.",
    ),
    key(
        "of",
        CHOSEN,
        r#"{"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}"#,
        "What `choose` may come to, and the file that counts then.",
    ),
    key(
        "else",
        CHOSEN,
        TEXT,
        "The file that counts where `choose` comes to something else; default: none.",
    ),
    key(
        "first",
        CHOSEN,
        TEXTS,
        "Paths with templates: the first of them that is there counts.",
    ),
];

impl Reading<'_> {
    /// The variables of an item of `vars_files` that is a map; `below` are those that they are over.
    pub(super) fn chosen_file(&mut self, node: &Node, below: &[Arc<Variables>]) -> Arc<Variables> {
        let Some(fields) = self.fields(Site::ChosenFile, "vars_files", node) else {
            return Arc::default();
        };
        let (choose, first) = (fields.get("choose"), fields.get("first"));
        let (Some(node), false) = (choose.or(first), choose.is_some() && first.is_some()) else {
            self.diagnostics.push(
                Diagnostic::error(Code::MissingKey, "a file is chosen by either `choose` or `first`")
                    .at(fields.start())
                    .help("Write `choose` with `of`, or `first` with a list of paths."),
            );
            return Arc::default();
        };
        let mut other = None;
        let (by, files) = if choose.is_some() {
            other = self.text(&fields, "else").map(|it| self.variables_file(&it));
            let Some(of) = fields.get("of") else {
                self.missing(
                    &fields,
                    "of",
                    "Write which file counts for what `choose` comes to.",
                );
                return Arc::default();
            };
            (self.choosing(node).map(By::Key), self.files_of(of))
        } else {
            for name in ["of", "else"] {
                if fields.get(name).is_some() {
                    let message = format!("`{name}` belongs to `choose`, not to `first`");
                    self.error(Code::NotOnThisEntry, message, fields.key_span(name));
                }
            }
            let (forms, files) = self.files_first(node);
            (Some(By::First(forms)), files)
        };
        let Some(by) = by else { return Arc::default() };
        let choice = Arc::new(Choice {
            by,
            files: files.keys().cloned().collect(),
        });
        let layers = files.values().chain(&other);
        let names: IndexSet<String> = layers.flat_map(|layer| layer.keys()).cloned().collect();
        let mut made = Variables::with_capacity(names.len());
        for name in names {
            let lower = below.iter().rev().find_map(|layer| layer.get(&name));
            let in_file = |file: &Variables| file.get(&name).or(lower).cloned();
            let of = files
                .iter()
                .filter_map(|(key, file)| Some((key.clone(), in_file(file)?)));
            let of: IndexMap<_, _> = of.collect();
            let other = match &other {
                Some(file) => in_file(file),
                None => lower.cloned(),
            };
            let chosen = Chosen {
                choice: Arc::clone(&choice),
                of,
                other,
            };
            made.insert(name, Spanned::new(Form::Chosen(Arc::new(chosen)), fields.start()));
        }
        Arc::new(made)
    }

    /// What tells which file counts.
    fn choosing(&mut self, node: &Node) -> Option<Spanned<Form>> {
        match &node.kind {
            Kind::Str(text) if !is_templated(node) => {
                let expression = self.expression(text)?;
                Some(Spanned::new(Form::Expression(Arc::new(expression)), node.span))
            }
            Kind::Str(_) => Some(self.form(node).map(Form::as_data)),
            _ => {
                self.wrong_type("choose", "an expression or a text with templates", node);
                None
            }
        }
    }

    /// The files of `of`, by what chooses them.
    fn files_of(&mut self, node: &Node) -> IndexMap<String, Arc<Variables>> {
        let Kind::Map(entries) = &node.kind else {
            self.wrong_type("of", "a map of what `choose` may come to and files", node);
            return IndexMap::new();
        };
        let mut files = IndexMap::with_capacity(entries.len());
        for (name, node) in entries {
            if let Some(path) = self.text_of(&name.value, node) {
                files.insert(name.value.clone(), self.variables_file(&path));
            }
        }
        files
    }

    /// The files that `first` may come to, by their paths.
    fn files_first(&mut self, node: &Node) -> (Vec<Spanned<Form>>, IndexMap<String, Arc<Variables>>) {
        let items = match &node.kind {
            Kind::Seq(items) => items.as_slice(),
            _ => std::slice::from_ref(node),
        };
        let (mut forms, mut files) = (Vec::new(), IndexMap::new());
        for item in items {
            let Kind::Str(text) = &item.kind else {
                self.wrong_type("first", "paths with templates", item);
                continue;
            };
            forms.push(self.form(item).map(Form::as_data));
            let folder = self.folder(item.span);
            let mut found = self.candidates(&folder, item, &pattern(&text.text));
            found.retain(|path| !files.contains_key(path));
            for path in found {
                let layer = self.variables_file(&Spanned::new(path.clone(), item.span));
                files.insert(path, layer);
            }
        }
        (forms, files)
    }

    /// The files that a pattern stands for, as paths that are written as it is.
    fn candidates(&mut self, folder: &Path, item: &Node, pattern: &str) -> Vec<String> {
        let found = template::glob(&folder.join(pattern)).unwrap_or_default();
        if found.is_empty() {
            let message = format!("there is no file `{pattern}`: this is never chosen");
            self.diagnostics
                .push(Diagnostic::warning(Code::MissingFile, message).at(item.span));
        }
        let shown = |path: &Path| {
            let is_full = pattern.starts_with('/');
            let path = path
                .strip_prefix(folder)
                .ok()
                .filter(|_| !is_full)
                .unwrap_or(path);
            path.to_string_lossy().into_owned()
        };
        found.iter().map(|path| shown(path)).collect()
    }
}

/// The pattern of the files that a path with templates may come to.
fn pattern(text: &str) -> String {
    let mut pattern = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        pattern.push_str(&escaped(&rest[..at]));
        pattern.push('*');
        rest = rest[at..].find("}}").map_or("", |end| &rest[at + end + 2..]);
    }
    pattern + &escaped(rest)
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        match character {
            '*' | '?' | '[' | ']' | '{' | '}' => out.extend(['[', character, ']']),
            other => out.push(other),
        }
    }
    out
}
