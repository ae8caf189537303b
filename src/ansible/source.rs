//! What an inventory is: a list of hosts, a directory, a program, YAML or INI.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::ansible::{Reading, address, values};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::inventory::Builder;
use crate::source::{self, SourceId, Span, Spanned};
use crate::template::{Form, Variables};
use crate::value::Value;
use crate::yaml::{Dialect, Kind, Node};

/// How deep directories may lie in each other.
const DEPTH: usize = 16;
/// Endings of what is in a directory of inventories and is none.
const NOT_INVENTORIES: [&str; 12] = [
    ".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry",
];

impl Reading<'_> {
    /// Reads one inventory, as `-i` and `inventory:` name it. Relative paths count from `base`.
    pub fn source(&mut self, written: &str, base: &Path, named: Option<Span>) {
        self.named = named;
        self.builder.has_source();
        let path = if base == Path::new(".") {
            PathBuf::from(written)
        } else {
            base.join(written)
        };
        if written.contains(',') && !path.exists() {
            return self.list(written);
        }
        match fs::metadata(&path) {
            Ok(meta) if meta.is_dir() => {
                self.beside_of(&path);
                self.folder(&path, DEPTH);
            }
            Ok(_) => {
                let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
                let folder = folder.unwrap_or(Path::new(".")).to_path_buf();
                self.beside_of(&folder);
                self.file(&path);
            }
            Err(error) => {
                let (code, message) = unreadable(&path, &error);
                let mut diagnostic = Diagnostic::error(code, message);
                if error.kind() == std::io::ErrorKind::NotFound {
                    diagnostic = diagnostic.help("A list of hosts has a comma, as in `-i web1,`.");
                }
                self.tell(diagnostic);
            }
        }
    }

    /// Notes a directory of variables: the last time that it is named counts.
    fn beside_of(&mut self, folder: &Path) {
        self.folders.retain(|it| it != folder);
        self.folders.push(folder.to_path_buf());
    }

    fn list(&mut self, written: &str) {
        let source = self.sources.add(Path::new("-i"), written);
        let mut start = 0;
        for piece in written.split(',') {
            let at = start + (piece.len() - piece.trim_start().len());
            start += piece.len() + 1;
            let piece = piece.trim();
            let span = Span::new(source, at, at + piece.len());
            let (name, port) = address::split(piece);
            if piece.is_empty() || self.builder.has_host(name) {
                continue;
            }
            let Some(host) = self.host(name, span) else {
                continue;
            };
            if let Some(port) = port {
                let port = Spanned::new(Form::Literal(Value::Int(port.into())), span);
                let vars = Variables::from_iter([("ansible_port".to_owned(), port)]);
                self.builder.set_host_variables(host, &std::sync::Arc::new(vars));
            }
            self.builder.put(host, Builder::UNGROUPED);
        }
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let (code, message) = unreadable(folder, &error);
                return self.tell(Diagnostic::error(code, message));
            }
        };
        if depth == 0 {
            let message = format!("`{}` is too deep in directories", folder.display());
            return self.tell(Diagnostic::error(Code::UnreadableFile, message));
        }
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            let is_other = name.starts_with('.')
                || ["host_vars", "group_vars", "vars_plugins"].contains(&&*name)
                || NOT_INVENTORIES.iter().any(|end| name.ends_with(end));
            if is_other {
                continue;
            }
            let path = entry.path();
            if path.is_dir() {
                self.folder(&path, depth - 1);
            } else {
                self.file(&path);
            }
        }
    }

    fn file(&mut self, path: &Path) {
        let (bytes, mode) = match read(path) {
            Ok(found) => found,
            Err((code, message)) => return self.tell(Diagnostic::error(code, message)),
        };
        let is_executable = mode & 0o111 != 0;
        if bytes.starts_with(b"#!") || (is_executable && bytes.starts_with(b"\x7fELF")) {
            return self.program(path, mode);
        }
        let Ok(text) = String::from_utf8(bytes) else {
            let message = format!("`{}` is not UTF-8 text", path.display());
            return self.tell(Diagnostic::error(Code::UnreadableFile, message));
        };
        let source = if values::is_vaulted(&text) {
            match self.open(path, &text) {
                Ok(text) => self.sources.add_hidden(path, text),
                Err(why) => {
                    let message = format!("the inventory `{}` {why}", path.display());
                    let error = Diagnostic::error(Code::UnusableValue, message);
                    return self.tell(error.help("Give --vault-password-file."));
                }
            }
        } else {
            self.sources.add(path, text)
        };
        let ending = path.extension().map(|it| it.to_string_lossy().into_owned());
        match ending.as_deref() {
            Some("yml" | "yaml" | "json") => {
                if let Some(root) = self.yaml(source) {
                    self.tree(&root);
                }
            }
            Some("toml") => {
                let message = format!("`{}` is TOML, which is not read", path.display());
                self.tell(
                    Diagnostic::error(Code::InventoryFormat, message)
                        .help("Write it as YAML: `ansible-inventory --list --yaml` does so."),
                );
            }
            Some(_) => self.ini(source),
            None => self.by_content(source),
        }
    }

    /// A file without an ending: YAML, if it is a map of YAML, else INI.
    fn by_content(&mut self, source: SourceId) {
        let mut trial = Diagnostics::default();
        let root = Node::parse_as(Dialect::Ansible, source, self.sources, &mut trial);
        match root {
            Some(root) if matches!(root.kind, Kind::Map(_)) && !trial.has_unread() => {
                let found = trial.sorted().into_iter().cloned();
                found.for_each(|it| self.diagnostics.push(it));
                self.tree(&root);
            }
            _ => self.ini(source),
        }
    }

    fn yaml(&mut self, source: SourceId) -> Option<Node> {
        let mut found = Diagnostics::default();
        let root = Node::parse_as(Dialect::Ansible, source, self.sources, &mut found);
        let mut is_broken = false;
        for diagnostic in found.sorted() {
            is_broken |= diagnostic.severity == Severity::Error;
            self.diagnostics.push(diagnostic.clone());
        }
        self.diagnostics.add_unread(found);
        root.filter(|root| !(is_broken && matches!(root.kind, Kind::Null)))
    }
}

/// The bytes and the mode of a file.
pub(super) fn read(path: &Path) -> Result<(Vec<u8>, u32), (Code, String)> {
    let wrong = |error: &std::io::Error| unreadable(path, error);
    let meta = fs::metadata(path).map_err(|error| wrong(&error))?;
    let bytes = source::read_file(path, source::LARGEST_TEXT).map_err(|error| wrong(&error))?;
    Ok((bytes, meta.permissions().mode()))
}

pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> (Code, String) {
    let shown = path.display();
    if error.kind() == std::io::ErrorKind::NotFound {
        let message = format!("the inventory `{shown}` does not exist");
        return (Code::MissingFile, message);
    }
    (Code::UnreadableFile, format!("`{shown}` cannot be read: {error}"))
}
