//! `secrets`: names, and the place that each comes from.

use std::path::PathBuf;

use indexmap::IndexMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::keys::{self, Key, Site};
use crate::playbook::read::{Fields, Reading};
use crate::playbook::table::{TEXT, key};
use crate::secret::{Source, is_armored};
use crate::source::{Span, Spanned};
use crate::yaml::{Kind, Node};

const SECRET: &[Site] = &[Site::Secret];

/// The key of secrets, and those of each.
pub(super) const KEYS: &[Key] = &[
    key(
        "secrets",
        &[Site::Playbook],
        r##"{"type": "object", "propertyNames": {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}, "additionalProperties": {"$ref": "#/$defs/secret"}}"##,
        "Secrets, each with the place it comes from; `secrets.<name>` reads one. Those of the environment and of files are got before the first call, the others when a call first needs them; they are shown nowhere from then on.",
    ),
    key("env", SECRET, TEXT, "A variable of the controller's environment."),
    key(
        "file",
        SECRET,
        TEXT,
        "A file of the controller; a relative path counts from the directory of the playbook, `~/` is the home directory.",
    ),
    key(
        "command",
        SECRET,
        r#"{"type": "array", "items": {"type": "string"}, "minItems": 1}"#,
        "A program of the controller and its arguments: what it prints.",
    ),
    key("prompt", SECRET, TEXT, "A question to ask before the run."),
    key("age", SECRET, TEXT, "A file of age, or its armored text."),
];

impl Reading<'_> {
    /// The secrets of a playbook. None of them is got.
    pub(super) fn secrets(&mut self, fields: &Fields<'_>) -> IndexMap<String, Spanned<Source>> {
        let mut secrets = IndexMap::new();
        let Some(node) = fields.get("secrets") else {
            return secrets;
        };
        let Kind::Map(entries) = &node.kind else {
            self.wrong_type("secrets", "a map of names to sources", node);
            return secrets;
        };
        for (name, node) in entries {
            let source = self.secret(name, node);
            if self.identifier("a secret", name)
                && let Some(source) = source
            {
                secrets.insert(name.value.clone(), Spanned::new(source, name.span));
            }
        }
        secrets
    }

    fn secret(&mut self, name: &Spanned<String>, node: &Node) -> Option<Source> {
        if let Kind::Str(_) = &node.kind {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::WrongType,
                    format!(
                        "the secret `{}` takes a map with its source, not a text",
                        name.value
                    ),
                )
                .at(node.span)
                .help("A playbook holds no secrets: write where it comes from, as in `{ env: NAME }`."),
            );
            return None;
        }
        let fields = self.fields(Site::Secret, &name.value, node)?;
        let given: Vec<&str> = keys::names(Site::Secret)
            .filter(|key| fields.get(key).is_some())
            .collect();
        let [key] = given[..] else {
            if let Kind::Map(entries) = &node.kind
                && (given.len() > 1 || entries.is_empty())
            {
                self.one_source(&name.value, fields.start());
            }
            return None;
        };
        let node = fields.get(key)?;
        if key == "command" {
            return self.program(node).map(|argv| Source::Command {
                argv,
                folder: self.sources.folder(node.span.source).to_path_buf(),
            });
        }
        let text = self.text_of(key, node)?;
        if text.value.is_empty() {
            self.null_at(key, fields.key_span(key));
            return None;
        }
        Some(match key {
            "env" => Source::Env(text.value),
            "file" => Source::File(self.home_or_beside(text.span, &text.value)),
            "prompt" => Source::Prompt(text.value),
            _ if is_armored(&text.value) => Source::AgeText(text.value),
            _ => {
                let path = self.home_or_beside(text.span, &text.value);
                if !path.exists() {
                    let message = format!("`age` names `{}`, which does not exist", path.display());
                    self.error(Code::MissingFile, message, text.span);
                }
                Source::AgeFile(path)
            }
        })
    }

    fn one_source(&mut self, name: &str, span: Span) {
        self.diagnostics.push(
            Diagnostic::error(
                Code::WrongType,
                format!("the secret `{name}` needs exactly one source"),
            )
            .at(span)
            .help("It is one of `env`, `file`, `command`, `prompt` and `age`."),
        );
    }

    fn program(&mut self, node: &Node) -> Option<Vec<String>> {
        let Kind::Seq(words) = &node.kind else {
            self.wrong_type("command", "a list of words", node);
            return None;
        };
        if words.is_empty() {
            self.error(Code::WrongType, "`command` has no program", node.span);
            return None;
        }
        let words: Vec<_> = words.iter().map(|word| self.text_of("command", word)).collect();
        words.into_iter().map(|word| word.map(|it| it.value)).collect()
    }

    fn home_or_beside(&self, span: Span, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), std::env::home_dir()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.beside(span, path),
        }
    }
}
