//! Files of the controller: the playbook itself, files of variables, templates, and files that calls name.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::read::Reading;
use crate::secret;
use crate::source::{self, SourceId, Span, Spanned};
use crate::template::{Form, Variables};
use crate::value::Value;
use crate::yaml::{Kind, Node};

/// What is said of files that are not there.
const COUNTED: &str = "A relative path counts from the file in which it is written.";

impl Reading<'_> {
    /// Loads a text. `named` is where its path was written, if it was.
    pub(super) fn load(&mut self, path: &Path, named: Option<Span>) -> Option<SourceId> {
        match read_text(path) {
            Ok(text) => Some(self.sources.add(path, text)),
            Err((code, what)) => {
                let error = Diagnostic::error(code, format!("`{}` {what}", path.display()));
                self.diagnostics.push(match named {
                    Some(span) if code == Code::MissingFile => error.at(span).help(COUNTED),
                    Some(span) => error.at(span),
                    None => error,
                });
                None
            }
        }
    }

    /// Loads a file of variables. What is encrypted is opened where that is asked for, and all texts in it are secrets.
    pub(super) fn variables_file(&mut self, name: &Spanned<String>) -> Arc<Variables> {
        let path = self.beside(name.span, &name.value);
        let Some(source) = self.load_variables(&path, name) else {
            return Arc::default();
        };
        let before = self.diagnostics.len();
        let variables = match Node::parse(source, &self.sources, &mut self.diagnostics) {
            Some(node) if matches!(node.kind, Kind::Null) => Arc::default(),
            Some(node) => self.variables(&name.value, Some(&node)),
            None => Arc::default(),
        };
        if self.sources.source(source).is_hidden {
            self.diagnostics.hide_from(before);
        }
        variables
    }

    fn load_variables(&mut self, path: &Path, name: &Spanned<String>) -> Option<SourceId> {
        let is_age = path.extension().is_some_and(|it| it == "age");
        let mut wrong = |code, what: String| {
            let message = format!("`{}` {what}", path.display());
            let error = Diagnostic::error(code, message).at(name.span);
            self.diagnostics.push(match code {
                Code::MissingFile => error.help(COUNTED),
                _ => error,
            });
        };
        let bytes = match read_bytes(path) {
            Ok(bytes) => bytes,
            Err((code, what)) => {
                wrong(code, what);
                return None;
            }
        };
        if !secret::is_age(&bytes) && !secret::is_vault(&bytes) {
            if is_age {
                wrong(
                    Code::EncryptedFile,
                    "is not encrypted by age, as its name says".to_owned(),
                );
                return None;
            }
            return self.load(path, Some(name.span));
        }
        let Some(keys) = self.keys.clone() else {
            let message = format!(
                "`{}` is encrypted, and what it defines is not known here",
                path.display()
            );
            self.closed.push(message.clone());
            self.diagnostics.push(
                Diagnostic::warning(Code::EncryptedFile, message)
                    .at(name.span)
                    .help("A run opens it; a check does not."),
            );
            return None;
        };
        match keys
            .open(&path.display().to_string(), &bytes)
            .map(String::from_utf8)
        {
            Ok(Ok(text)) => Some(self.sources.add_hidden(path, text)),
            Ok(Err(_)) => {
                wrong(Code::EncryptedFile, "does not hold UTF-8 text".to_owned());
                None
            }
            Err(why) => {
                wrong(Code::EncryptedFile, why.clone());
                self.closed.push(format!("`{}` {why}", path.display()));
                None
            }
        }
    }

    /// A path that counts from the file in which it is written.
    pub(super) fn beside(&self, span: Span, path: &str) -> PathBuf {
        let folder = self.sources.folder(span.source);
        if folder == Path::new(".") {
            PathBuf::from(path)
        } else {
            folder.join(path)
        }
    }

    /// The directory of a source, as compiled templates keep it: what `file()` counts from.
    pub(super) fn folder(&mut self, span: Span) -> Arc<Path> {
        let folder = self.folders.entry(span.source);
        Arc::clone(folder.or_insert_with(|| self.sources.folder(span.source).into()))
    }

    /// Whether the file that a literal argument names is there; says so if it is not.
    pub(super) fn controller_file(&mut self, name: &str, form: &Spanned<Form>) {
        let Form::Literal(Value::Str(path)) = &form.value else {
            return;
        };
        let path = self.beside(form.span, path);
        match std::fs::metadata(&path) {
            Err(error) => {
                let message = format!("`{name}` names `{}`, which {}", path.display(), missing(&error));
                let error = Diagnostic::error(Code::MissingFile, message).at(form.span);
                self.diagnostics.push(error.help(COUNTED));
            }
            Ok(meta) if !meta.is_file() && !meta.is_dir() => {
                let path = path.display();
                let message = format!("`{name}` names `{path}`, which is not a regular file");
                self.error(Code::UnreadableFile, message, form.span);
            }
            Ok(_) => {}
        }
    }
}

fn read_bytes(path: &Path) -> Result<Vec<u8>, (Code, String)> {
    source::read_file(path, source::LARGEST_TEXT).map_err(|error| match error.kind() {
        ErrorKind::NotFound => (Code::MissingFile, missing(&error)),
        ErrorKind::IsADirectory => (Code::UnreadableFile, "is a directory, not a file".to_owned()),
        ErrorKind::FileTooLarge => (Code::UnreadableFile, "has more than 64 MiB".to_owned()),
        _ => (Code::UnreadableFile, format!("cannot be read: {error}")),
    })
}

pub(super) fn read_text(path: &Path) -> Result<String, (Code, String)> {
    String::from_utf8(read_bytes(path)?).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].split(|it| *it == b'\n').count();
        (
            Code::UnreadableFile,
            format!("is not UTF-8 text: line {line} holds other bytes"),
        )
    })
}

fn missing(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "does not exist".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}
