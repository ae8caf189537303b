//! The open texts, and what was found in them and in what they reach.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Severity};
use crate::lsp::files;
use crate::lsp::text::Units;
use crate::playbook::Playbook;
use crate::source::{Drafts, SourceMap, Span, with_drafts};

/// A text above this is not looked at: an answer would come late.
const LARGEST: usize = 8 << 20;
/// The most mistakes of one file that are told.
const MOST_SHOWN: usize = 1_000;
/// How many playbooks that are not open are looked at for one that reaches an open file.
const MOST_CLOSED: usize = 500;

/// Checks the playbook or unit at a path.
pub type Checker<'a> = dyn Fn(&Path) -> (Arc<SourceMap>, Diagnostics, Option<Playbook>) + 'a;

/// An open text.
#[derive(Debug)]
pub(super) struct Document {
    /// As the client names it.
    pub(super) uri: String,
    pub(super) version: Value,
    pub(super) text: Arc<str>,
}

/// What checking a playbook came to.
pub(super) struct Snapshot {
    pub(super) sources: Arc<SourceMap>,
    pub(super) diagnostics: Diagnostics,
    pub(super) playbook: Option<Playbook>,
    /// The files that it reads.
    pub(super) files: BTreeSet<PathBuf>,
}

/// Everything that the server knows.
pub(super) struct Workspace<'a> {
    checker: &'a Checker<'a>,
    pub(super) units: Units,
    pub(super) open: BTreeMap<PathBuf, Document>,
    /// By the files of the playbooks.
    pub(super) snapshots: BTreeMap<PathBuf, Snapshot>,
    /// Directories of the workspace.
    pub(super) folders: Vec<PathBuf>,
    /// Files for which something is shown.
    shown: BTreeSet<PathBuf>,
    /// Playbooks of the workspace that are not open, once they were looked for.
    closed: Option<Vec<PathBuf>>,
    /// Open files that no playbook of the workspace reaches, as far as was looked.
    orphans: BTreeSet<PathBuf>,
    /// Files that changed since the last check.
    pub(super) dirty: BTreeSet<PathBuf>,
}

impl<'a> Workspace<'a> {
    pub(super) fn new(checker: &'a Checker<'a>) -> Self {
        Self {
            checker,
            units: Units::Utf16,
            open: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            folders: Vec::new(),
            shown: BTreeSet::new(),
            closed: None,
            orphans: BTreeSet::new(),
            dirty: BTreeSet::new(),
        }
    }

    /// Forgets what was found in files that are not open: they may have changed.
    pub(super) fn forget(&mut self) {
        self.closed = None;
        self.orphans.clear();
        let open: Vec<PathBuf> = self.open.keys().cloned().collect();
        self.snapshots.retain(|path, _| open.contains(path));
        self.dirty.extend(open);
    }

    /// The snapshot in which a file is best understood: its own, else that of a playbook that reaches it.
    pub(super) fn snapshot(&self, path: &Path) -> Option<&Snapshot> {
        let reaching = || {
            let mut all = self.snapshots.values();
            all.find(|it| it.files.contains(path) && it.playbook.is_some())
        };
        self.snapshots.get(path).or_else(reaching)
    }

    fn drafts(&self) -> Arc<Drafts> {
        let texts = self.open.iter();
        Arc::new(
            texts
                .map(|(path, it)| (path.clone(), Arc::clone(&it.text)))
                .collect(),
        )
    }

    /// Checks what changed files reach and what reaches them. Gives what the client is to be shown: all that is wrong with
    /// each file of which something changed.
    pub(super) fn check(&mut self) -> Vec<Value> {
        let dirty = std::mem::take(&mut self.dirty);
        let is_root = |it: &Document| files::has_shape(&it.text) && it.text.len() <= LARGEST;
        let open = &self.open;
        self.snapshots.retain(|path, _| {
            open.get(path).is_none_or(is_root) && (open.contains_key(path) || path.is_file())
        });
        let mut roots: BTreeSet<PathBuf> = dirty
            .iter()
            .filter(|path| self.open.get(*path).is_some_and(is_root))
            .cloned()
            .collect();
        let reaching = self.snapshots.iter();
        let reaching = reaching.filter(|(_, it)| dirty.iter().any(|path| it.files.contains(path)));
        roots.extend(reaching.map(|(path, _)| path.clone()));
        let drafts = self.drafts();
        for root in roots {
            self.look(root, &drafts);
        }
        // A file that no open playbook reaches may be of one that is not open.
        for path in &dirty {
            let is_known = self.snapshots.values().any(|it| it.files.contains(path));
            if self.open.contains_key(path) && !is_known && !self.orphans.contains(path) {
                self.seek(path, &drafts);
            }
        }
        self.publish()
    }

    fn look(&mut self, root: PathBuf, drafts: &Arc<Drafts>) {
        let work = || (self.checker)(&root);
        // The server lives on where the checker panics.
        let checked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| with_drafts(drafts, work)));
        let Ok((sources, diagnostics, playbook)) = checked else {
            self.snapshots.remove(&root);
            return;
        };
        let paths = sources.paths().map(files::real).collect();
        let snapshot = Snapshot {
            sources,
            diagnostics,
            playbook,
            files: paths,
        };
        self.snapshots.insert(root, snapshot);
    }

    /// Looks for a playbook of the workspace that reaches a file.
    fn seek(&mut self, path: &Path, drafts: &Arc<Drafts>) {
        let closed = self.closed.take().unwrap_or_else(|| {
            let mut all: Vec<_> = self.folders.iter().flat_map(|it| files::playbooks(it)).collect();
            all.truncate(MOST_CLOSED);
            all
        });
        let mut is_found = false;
        for root in &closed {
            if self.snapshots.contains_key(root) {
                continue;
            }
            self.look(root.clone(), drafts);
            is_found = self.snapshots.get(root).is_some_and(|it| it.files.contains(path));
            if is_found {
                break;
            }
            self.snapshots.remove(root);
        }
        if !is_found {
            // Not sought again with each letter, but when something is saved.
            self.orphans.insert(path.to_path_buf());
        }
        self.closed = Some(closed);
    }

    fn publish(&mut self) -> Vec<Value> {
        let mut found: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
        // Two playbooks may say the same of what both read.
        let mut seen = BTreeSet::new();
        let mut real: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
        for snapshot in self.snapshots.values() {
            for diagnostic in snapshot.diagnostics.sorted() {
                let Some(label) = diagnostic.labels.first() else {
                    continue;
                };
                let named = &snapshot.sources.source(label.span.source).path;
                let path = match real.get(named) {
                    Some(path) => path.clone(),
                    None => files::real(named),
                };
                real.insert(named.clone(), path.clone());
                if !snapshot.files.contains(&path) || !path.is_absolute() {
                    continue;
                }
                let all = found.entry(path.clone()).or_default();
                if all.len() < MOST_SHOWN {
                    let drawn = self.drawn(diagnostic, &snapshot.sources);
                    if seen.insert((path, drawn.to_string())) {
                        all.push(drawn);
                    }
                }
            }
        }
        let mut told = Vec::new();
        let now: BTreeSet<PathBuf> = found.keys().cloned().collect();
        let own = self.open.keys().filter(|it| {
            self.snapshots
                .values()
                .any(|snapshot| snapshot.files.contains(*it))
        });
        let all: BTreeSet<PathBuf> = now.iter().chain(&self.shown).chain(own).cloned().collect();
        for path in all {
            let mut params = json!({
                "uri": self.uri(&path),
                "diagnostics": found.remove(&path).unwrap_or_default(),
            });
            if let Some(document) = self.open.get(&path) {
                params["version"] = document.version.clone();
            }
            told.push(params);
        }
        self.shown = now;
        told
    }

    /// The name of a file in the protocol: as the client has it, where it is open.
    pub(super) fn uri(&self, path: &Path) -> String {
        let open = self.open.get(path);
        open.map_or_else(|| files::uri_of(path), |it| it.uri.clone())
    }

    /// A place, as the protocol has it.
    pub(super) fn location(&self, span: Span, sources: &SourceMap) -> Option<Value> {
        let source = sources.source(span.source);
        let path = files::real(&source.path);
        if !path.is_absolute() {
            return None;
        }
        Some(json!({ "uri": self.uri(&path), "range": self.units.span(span, sources) }))
    }

    fn drawn(&self, diagnostic: &Diagnostic, sources: &SourceMap) -> Value {
        let label = &diagnostic.labels[0];
        let message = match &diagnostic.help {
            Some(help) => format!("{}\n{help}", diagnostic.message),
            None => diagnostic.message.clone(),
        };
        let severity = match diagnostic.severity {
            Severity::Error => 1,
            Severity::Warning => 2,
        };
        let mut drawn = json!({
            "range": self.units.span(label.span, sources),
            "severity": severity,
            "code": diagnostic.code.as_str(),
            "source": "rmote-play",
            "message": message,
        });
        let others = diagnostic.labels.iter().skip(1).filter_map(|it| {
            let location = self.location(it.span, sources)?;
            Some(json!({ "location": location, "message": it.text }))
        });
        let others: Vec<Value> = others.collect();
        if !others.is_empty() {
            drawn["relatedInformation"] = others.into();
        }
        if matches!(
            diagnostic.code,
            Code::UnusedId | Code::UnusedVariable | Code::Unreachable
        ) {
            drawn["tags"] = json!([1]);
        }
        drawn
    }

    /// The open document that a request is about.
    pub(super) fn document(&self, params: &Value) -> Option<(PathBuf, &Document)> {
        let path = files::path_of(params["textDocument"]["uri"].as_str()?)?;
        self.open.get(&path).map(|it| (path, it))
    }
}
