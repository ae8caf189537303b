//! Putting right what is certain: the edits of fixes, each kept only where nothing else becomes wrong by it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cli::commands::load::Checked;
use crate::diagnostic::{Code, Edit, Severity, edited};
use crate::source::{Drafts, with_drafts};

/// How often is looked for what can be put right: some of it is seen only when something else is.
const PASSES: usize = 6;
/// How many fixes of one pass are tried one by one.
const SINGLE: usize = 200;

/// A file that is to become another.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    /// As it was named.
    pub(super) shown: PathBuf,
    /// What it holds.
    pub(super) before: Arc<str>,
    /// What it is to hold.
    pub(super) after: Arc<str>,
    /// How many mistakes are put right in it.
    pub(super) count: usize,
}

/// What was put right.
#[derive(Debug, Default)]
pub(super) struct Fixed {
    /// By the real paths of the files.
    pub(super) files: BTreeMap<PathBuf, Changed>,
    /// Files with something to be put right that are not written to.
    pub(super) outside: Vec<PathBuf>,
}

/// A fix that was found: of which mistake, and in which file.
#[derive(Debug, Clone)]
struct Found {
    key: String,
    path: PathBuf,
    edit: Edit,
    /// Whether what it puts right hides other mistakes, which are then seen.
    reveals: bool,
}

/// All mistakes of a state of the files: how often each is there.
type Mistakes = HashMap<String, usize>;

/// Puts right what is certain in the files that are in one of the directories, in memory.
pub(super) fn fix(files: &[PathBuf], roots: &[PathBuf], check: &dyn Fn(&Path) -> Checked) -> Fixed {
    let mut fixed = Fixed::default();
    let mut refused = HashSet::new();
    for _ in 0..PASSES {
        let (before, found) = look(files, check, &mut fixed, roots);
        let mut wanted: Vec<Found> = Vec::new();
        for it in found {
            let meets = |other: &Found| {
                other.path == it.path
                    && other.edit.range.start < it.edit.range.end
                    && it.edit.range.start < other.edit.range.end
            };
            if !refused.contains(&it.key) && !wanted.iter().any(meets) {
                wanted.push(it);
            }
        }
        if wanted.is_empty() {
            break;
        }
        if good(&mut fixed, &wanted, files, check, &before) {
            continue;
        }
        // Some make something else wrong: without them, the rest is tried again.
        let kept = fixed.files.clone();
        let many = refused.len();
        for one in wanted.iter().take(SINGLE) {
            if !good(&mut fixed, std::slice::from_ref(one), files, check, &before) {
                refused.insert(one.key.clone());
            }
            fixed.files.clone_from(&kept);
        }
        // Each is good by itself, and together they are not.
        if refused.len() == many && !good(&mut fixed, &wanted[..1], files, check, &before) {
            break;
        }
    }
    fixed
}

/// What is wrong as things are, and what can be put right of it.
fn look(
    files: &[PathBuf],
    check: &dyn Fn(&Path) -> Checked,
    fixed: &mut Fixed,
    roots: &[PathBuf],
) -> (Mistakes, Vec<Found>) {
    let mut mistakes = Mistakes::new();
    let mut found: Vec<Found> = Vec::new();
    let drafts = drafts(fixed);
    for file in files {
        let checked = with_drafts(&drafts, || check(file));
        for diagnostic in checked.diagnostics.sorted() {
            if diagnostic.severity != Severity::Error {
                continue;
            }
            let key = key(diagnostic, &checked);
            *mistakes.entry(key.clone()).or_default() += 1;
            let is_certain = diagnostic.fix.as_ref().is_some_and(|fix| fix.is_certain);
            let Some(edit) = diagnostic.edit(&checked.sources).filter(|_| is_certain) else {
                continue;
            };
            let source = checked.sources.source(edit.source);
            let real = source.path.canonicalize().ok().filter(|it| it.is_file());
            match real {
                Some(path) if roots.iter().any(|root| path.starts_with(root)) => {
                    fixed.files.entry(path.clone()).or_insert_with(|| Changed {
                        shown: source.path.clone(),
                        before: Arc::clone(&source.text),
                        after: Arc::clone(&source.text),
                        count: 0,
                    });
                    if !found
                        .iter()
                        .any(|it| it.path == path && it.edit.range == edit.range)
                    {
                        let reveals = diagnostic.code == Code::UnknownTool;
                        found.push(Found {
                            key,
                            path,
                            edit,
                            reveals,
                        });
                    }
                }
                _ if !fixed.outside.contains(&source.path) => fixed.outside.push(source.path.clone()),
                _ => {}
            }
        }
    }
    (mistakes, found)
}

/// A mistake, wherever it is in its file: places move.
fn key(diagnostic: &crate::diagnostic::Diagnostic, checked: &Checked) -> String {
    let label = diagnostic.labels.first();
    let path = label.map(|it| checked.sources.source(it.span.source).path.display().to_string());
    format!(
        "{} {}: {}",
        diagnostic.code,
        path.unwrap_or_default(),
        diagnostic.message
    )
}

/// Makes some edits; takes them back, and says so, where a mistake stays or another one comes that was not merely hidden.
fn good(
    fixed: &mut Fixed,
    edits: &[Found],
    files: &[PathBuf],
    check: &dyn Fn(&Path) -> Checked,
    before: &Mistakes,
) -> bool {
    let kept = fixed.files.clone();
    for (path, changed) in &mut fixed.files {
        let own = edits.iter().filter(|it| it.path == *path);
        let own: Vec<Edit> = own.map(|it| it.edit.clone()).collect();
        changed.count += own.len();
        changed.after = edited(&changed.after, &own).into();
    }
    let drafts = drafts(fixed);
    let mut after = Mistakes::new();
    for file in files {
        let checked = with_drafts(&drafts, || check(file));
        let errors = checked.diagnostics.sorted().into_iter();
        for it in errors.filter(|it| it.severity == Severity::Error) {
            *after.entry(key(it, &checked)).or_default() += 1;
        }
    }
    let count = |of: &Mistakes, key: &String| of.get(key).copied().unwrap_or(0);
    let none_is_new =
        edits.iter().all(|it| it.reveals) || after.iter().all(|(key, many)| *many <= count(before, key));
    let all_are_gone = edits
        .iter()
        .all(|it| count(&after, &it.key) < count(before, &it.key));
    if none_is_new && all_are_gone {
        return true;
    }
    fixed.files = kept;
    false
}

fn drafts(fixed: &Fixed) -> Arc<Drafts> {
    let texts = fixed.files.iter();
    Arc::new(
        texts
            .map(|(path, it)| (path.clone(), Arc::clone(&it.after)))
            .collect(),
    )
}
