//! Imports: files that stand for entries or rounds of others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::name::UnitId;
use crate::playbook::entry::Entries;
use crate::playbook::keys::Site;
use crate::playbook::read::{Fields, Reading};
use crate::playbook::tools::Scoping;
use crate::playbook::unit::Unit;
use crate::source::{Span, Spanned};
use crate::yaml::{Kind, Node};

/// How deep files may import each other.
const DEPTH: usize = 16;
/// How many entries a playbook may have with all that it imports.
const ENTRIES: usize = 100_000;

/// The file that a directory stands for.
pub(super) const MAIN: &str = "main.yml";

/// A file that is being read, and where it is imported.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) path: PathBuf,
    pub(super) at: Option<Span>,
}

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// `calls`: a unit.
    Calls,
    /// `rounds`.
    Rounds,
}

impl Holds {
    const fn key(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Rounds => "rounds",
        }
    }

    const fn site(self) -> Site {
        match self {
            Self::Calls => Site::Unit,
            Self::Rounds => Site::RoundsFile,
        }
    }
}

/// An imported file that was opened: it must be closed again.
struct Opened {
    node: Arc<Node>,
    path: PathBuf,
}

impl Reading<'_> {
    /// Reads what an import names, with whatever `read` makes of its `calls` or `rounds`, and gives the unit's number.
    pub(super) fn import<T>(
        &mut self,
        entries: &mut Entries,
        caller: UnitId,
        (fields, import): (&Fields<'_>, &Node),
        holds: Holds,
        read: impl FnOnce(&mut Self, &mut Entries, UnitId, &Node) -> T,
    ) -> Option<(UnitId, T)> {
        let told = |reading: &mut Self| {
            // What it would have been given may have mistakes of its own.
            reading.variables("vars", fields.get("vars"));
        };
        let written = self.text_of("import", import);
        let Some(written) = written else {
            told(self);
            return None;
        };
        let Some(opened) = self.open(&written, entries.all.len(), holds) else {
            told(self);
            return None;
        };
        let made = self.unit(entries, caller, (fields, &written), holds, &opened, read);
        self.chain.pop();
        if made.is_none() {
            told(self);
        }
        made
    }

    /// Reads an imported file.
    fn unit<T>(
        &mut self,
        entries: &mut Entries,
        caller: UnitId,
        (import, written): (&Fields<'_>, &Spanned<String>),
        holds: Holds,
        opened: &Opened,
        read: impl FnOnce(&mut Self, &mut Entries, UnitId, &Node) -> T,
    ) -> Option<(UnitId, T)> {
        let fields = self.fields(holds.site(), &written.value, &opened.node)?;
        let name = self.text(&fields, "name").map(|it| it.value);
        let _description = self.text(&fields, "description");
        let label = name.unwrap_or_else(|| written.value.clone());
        let inputs = self.inputs(&label, &fields);
        let given = self.passed(&label, &inputs, import);
        let vars = self.layers(&fields);
        for (name, form) in vars.iter().flat_map(|layer| layer.iter()) {
            if let Some(input) = inputs.get(name) {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("`{name}` is both an input and a variable of its own"),
                    )
                    .at(form.span)
                    .label(input.span, "the input")
                    .help("Give one of the two another name."),
                );
            }
        }
        let (inputs, id) = (Arc::new(inputs), UnitId::at(entries.units.len()));
        self.declared.push((Arc::clone(&inputs), Arc::clone(&given)));
        entries.units.push(Unit {
            path: opened.path.clone(),
            label,
            at: Some(written.span),
            caller: Some(caller),
            is_open: holds == Holds::Rounds,
            inputs,
            given,
            vars,
            ..Unit::default()
        });
        self.own_tools(
            &fields,
            match holds {
                Holds::Calls => Scoping::Closed,
                Holds::Rounds => Scoping::Open,
            },
        );
        let made = fields
            .get(holds.key())
            .map(|inside| (id, read(self, entries, id, inside)));
        self.own_tools.pop();
        self.declared.pop();
        made
    }

    /// Opens an imported file and makes sure that it is what is needed there.
    fn open(&mut self, written: &Spanned<String>, count: usize, holds: Holds) -> Option<Opened> {
        let path = unit_file(&self.beside(written.span, &written.value));
        let known = path.canonicalize().unwrap_or_else(|_| path.clone());
        if let Some(from) = self.chain.iter().position(|link| link.path == known) {
            let error = self.cycle(from, written);
            self.diagnostics.push(error);
            return None;
        }
        if self.chain.len() > DEPTH {
            let message = format!("files import each other more than {DEPTH} deep");
            self.error(Code::TooDeep, message, written.span);
            return None;
        }
        if count > ENTRIES {
            let message = format!("the playbook has more than {ENTRIES} entries with all that it imports");
            self.error(Code::TooLarge, message, written.span);
            return None;
        }
        let node = if let Some(node) = self.files.get(&known) {
            node.clone()
        } else {
            let source = self.load(&path, Some(written.span));
            let node = source.and_then(|it| Node::parse(it, &self.sources, &mut self.diagnostics));
            let node = node.map(Arc::new);
            self.files.insert(known.clone(), node.clone());
            node
        }?;
        if let Some(error) = wrong_import(&node, holds, written) {
            self.diagnostics.push(error);
            return None;
        }
        self.chain.push(Link {
            path: known,
            at: Some(written.span),
        });
        Some(Opened { node, path })
    }

    /// The error for a file that is being read already, with the way that led back to it.
    fn cycle(&self, from: usize, back: &Spanned<String>) -> Diagnostic {
        let mut names: Vec<String> = Vec::new();
        let mut error = Diagnostic::error(Code::ImportCycle, String::new()).at(back.span);
        for link in &self.chain[from..] {
            names.push(self.shown(&link.path));
        }
        for link in &self.chain[from + 1..] {
            if let Some(at) = link.at {
                error = error.label(at, format!("`{}` is imported here", self.shown(&link.path)));
            }
        }
        names.push(self.shown(&self.chain[from].path));
        error.message = format!("a file imports itself: `{}`", names.join("` → `"));
        error.help("Put what both need into a file of its own.")
    }

    /// A file as people know it: from the directory of the playbook on.
    fn shown(&self, path: &Path) -> String {
        let folder = self.chain.first().and_then(|link| link.path.parent());
        let shown = folder
            .and_then(|folder| path.strip_prefix(folder).ok())
            .unwrap_or(path);
        shown.display().to_string()
    }
}

/// The file that a path names: a directory stands for its main file.
pub(super) fn unit_file(path: &Path) -> PathBuf {
    let main = path.join(MAIN);
    if main.is_file() { main } else { path.to_path_buf() }
}

/// What a file holds, where that is clear.
pub(super) fn holds(node: &Node) -> Option<Holds> {
    let Kind::Map(entries) = &node.kind else {
        return None;
    };
    let has = |name: &str| entries.iter().any(|(key, _)| key.value == name);
    match (has("calls"), has("rounds")) {
        (true, false) => Some(Holds::Calls),
        (false, true) => Some(Holds::Rounds),
        _ => None,
    }
}

/// Says why a file cannot be imported where it is.
fn wrong_import(node: &Node, wanted: Holds, written: &Spanned<String>) -> Option<Diagnostic> {
    let found = holds(node);
    if found == Some(wanted) {
        return None;
    }
    let error = |what: &str| {
        Diagnostic::error(Code::WrongImport, format!("`{}` {what}", written.value)).at(written.span)
    };
    Some(match (&node.kind, found, wanted) {
        (Kind::Seq(_), ..) => error("is a list").help(format!(
            "A file that is imported is a map: write the list under `{}:`.",
            wanted.key()
        )),
        (_, Some(Holds::Rounds), _) => {
            error("holds rounds").help("Import it among the `rounds` of the playbook.")
        }
        (_, Some(Holds::Calls), _) => {
            error("is a unit: it holds calls").help("Import it among the `calls` of a round.")
        }
        (Kind::Map(entries), None, _) if entries.iter().any(|(key, _)| key.value == "calls") => {
            error("has both `calls` and `rounds`")
                .help("Keep what is imported here, and put the other into a file of its own.")
        }
        (_, None, Holds::Calls) => {
            error("has no `calls`").help("A unit is a file with `calls`, and `inputs` for what it needs.")
        }
        (_, None, Holds::Rounds) => error("has no `rounds`").help("Write the rounds under `rounds:`."),
    })
}
