//! From a path to a playbook, and everything that is wrong with it at once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::ansible::{Gaps, Scripts};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::{Connection, Inventory, Limit};
use crate::playbook::check;
use crate::playbook::closed;
use crate::playbook::entry::Entries;
use crate::playbook::import::{Holds, Link, holds, unit_file};
use crate::playbook::inventory::Base;
use crate::playbook::keys::Site;
use crate::playbook::model::Playbook;
use crate::playbook::privilege::Level;
use crate::playbook::read::{Fields, Reading};
use crate::playbook::round::Ground;
use crate::playbook::settled::settle;
use crate::playbook::tools::Scoping;
use crate::playbook::unit::Unit;
use crate::secret::Keys;
use crate::source::{SourceId, SourceMap};
use crate::template::Variables;
use crate::tool::Registry;
use crate::yaml::{Kind, Node};

/// Errors by which a value or a type may not be what was written.
const VALUES: &[Code] = &[
    Code::WrongType,
    Code::NullValue,
    Code::InvalidInput,
    Code::ImpreciseNumber,
    Code::UnquotedTemplate,
    Code::UnusableValue,
    Code::YamlTag,
    Code::LeadingBang,
    Code::UnusedAnchor,
    Code::DuplicateKey,
];

/// What decides, besides the files, how a playbook is understood.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Variables of `-e`: they win over all others.
    pub extra: Arc<Variables>,
    /// Whether a part of a pattern may match nothing.
    pub allow_empty_pattern: bool,
    /// The text of the playbook, where it is not that of its file.
    pub text: Option<String>,
    /// Inventories; relative paths count from the working directory.
    pub inventories: Vec<String>,
    /// Whether they stand in the place of those that the playbook names, and not next to them.
    pub replaces_inventory: bool,
    /// What runs executable inventories; `None`: they are not run.
    pub scripts: Option<Arc<dyn Scripts>>,
    /// What becomes of inventories and files of variables that cannot be read yet.
    pub gaps: Gaps,
    /// Whether a unit may be loaded, too: it is checked as if its inputs were given. Nothing of it can be run.
    pub units: bool,
    /// The inventories where neither these nor the playbook name any host; absolute paths.
    pub usual_inventories: Vec<String>,
    /// How hosts are reached where nothing else says it.
    pub connection: Connection,
    /// Which hosts are meant, where not all of them are: values of others need not be there.
    pub limit: Option<Arc<dyn Limit>>,
    /// What opens encrypted files of variables. `None`: they stay closed, and what they define is not known.
    pub keys: Option<Arc<Keys>>,
}

/// The names of variables that something in a playbook reads or declares; with them those of `asked` of which that cannot
/// be told, since names are made in a run.
pub fn names_read(playbook: &Playbook, asked: &[String]) -> Vec<String> {
    check::names_read(playbook, asked)
}

/// What loading came to.
#[derive(Debug)]
pub struct Loaded {
    /// All texts that were read: diagnostics are drawn over them.
    pub sources: Arc<SourceMap>,
    /// The playbook, if nothing is wrong with it but warnings.
    pub playbook: Option<Playbook>,
    /// What is understood of it where something is wrong: for showing, not for running.
    pub draft: Option<Playbook>,
    /// Everything that is wrong with it.
    pub diagnostics: Diagnostics,
}

/// Loads a playbook with its files and checks all of it. Connects to nothing.
pub fn load(path: &Path, registry: &Registry, options: &Options) -> Loaded {
    let path = &unit_file(path);
    let mut reading = Reading::new(registry, Some(path), options);
    let source = match &options.text {
        Some(text) => Some(reading.sources.add(path, text.as_str())),
        None => reading.load(path, None),
    };
    let draft = source.and_then(|source| reading.file(path, source, options));
    let Reading {
        sources,
        mut diagnostics,
        broken,
        closed,
        late,
        ..
    } = reading;
    let sources = Arc::new(sources);
    let playbook = draft.map(|(mut playbook, entries)| {
        playbook.sources = Arc::clone(&sources);
        let is_closed = !closed.is_empty();
        playbook.inventory.gaps.extend(closed);
        let has_gaps = broken > 0 || diagnostics.has_unread() || !playbook.inventory.gaps.is_empty();
        settle(&mut playbook, &late, has_gaps, &mut diagnostics);
        check::links(&mut playbook, &entries.links, &mut diagnostics);
        check::conflicts(&playbook.inventory, &mut diagnostics);
        check::delegates(&playbook, &mut diagnostics);
        let is_broken = broken > 0 || diagnostics.has_unread() || diagnostics.has_error_of(VALUES);
        check::names(&playbook, options, is_broken, &mut diagnostics);
        if is_closed {
            closed::fold(&mut diagnostics);
        }
        soften(&playbook.inventory, &mut diagnostics);
        if !diagnostics.has_errors() && options.text.is_none() {
            check::unused(&playbook, &mut diagnostics);
            check::lints(&playbook, &mut diagnostics);
        }
        playbook
    });
    diagnostics.drop_follow_ups(&sources);
    if diagnostics.has_errors() {
        // What is not meant in what is wrong may well be a part of the mistake.
        diagnostics.retain_warnings(|code, _| !code.is_lint());
    }
    check::silence(&sources, &mut diagnostics);
    let (playbook, draft) = if diagnostics.has_errors() {
        (None, playbook)
    } else {
        (playbook, None)
    };
    Loaded {
        sources,
        playbook,
        draft,
        diagnostics,
    }
}

/// Where hosts or variables are not known, what depends on them is no error yet.
fn soften(inventory: &Inventory, diagnostics: &mut Diagnostics) {
    if !inventory.gaps.is_empty() {
        diagnostics.soften(&[
            Code::EmptyPattern,
            Code::UndefinedVariable,
            Code::UnknownHost,
            Code::UnknownGroup,
        ]);
    }
}

/// The hosts of a playbook, or of inventories alone.
#[derive(Debug)]
pub struct Hosts {
    /// All texts that were read: diagnostics are drawn over them.
    pub sources: SourceMap,
    /// Hosts and groups.
    pub inventory: Inventory,
    /// Variables below those of groups and hosts; low to high.
    pub vars: Vec<Arc<Variables>>,
    /// Everything that is wrong with them.
    pub diagnostics: Diagnostics,
}

/// Loads hosts, groups and their variables, and looks at no round.
pub fn load_hosts(path: Option<&Path>, registry: &Registry, options: &Options) -> Hosts {
    let mut reading = Reading::new(registry, path, options);
    let base = match path {
        None => reading.base(None, None, options),
        Some(path) => reading.hosts_of(path, options).unwrap_or_default(),
    };
    let mut diagnostics = reading.diagnostics;
    check::conflicts(&base.inventory, &mut diagnostics);
    soften(&base.inventory, &mut diagnostics);
    diagnostics.drop_follow_ups(&reading.sources);
    Hosts {
        sources: reading.sources,
        inventory: base.inventory,
        vars: base.vars,
        diagnostics,
    }
}

impl<'a> Reading<'a> {
    /// Nothing is read yet; `path` is the file that it begins with.
    fn new(registry: &'a Registry, path: Option<&Path>, options: &Options) -> Self {
        let link = |path: &Path| Link {
            path: path.canonicalize().unwrap_or_else(|_| path.to_path_buf()),
            at: None,
        };
        Self {
            registry,
            sources: SourceMap::default(),
            diagnostics: Diagnostics::default(),
            broken: 0,
            keys: options.keys.clone(),
            closed: Vec::new(),
            templates: HashMap::new(),
            brought: HashMap::new(),
            files: HashMap::new(),
            chain: path.map(link).into_iter().collect(),
            folders: HashMap::new(),
            declared: Vec::new(),
            own_tools: Vec::new(),
            template_paths: Vec::new(),
            late: Vec::new(),
        }
    }

    fn hosts_of(&mut self, path: &Path, options: &Options) -> Option<Base> {
        let source = self.load(path, None)?;
        let node = Node::parse(source, &self.sources, &mut self.diagnostics)?;
        let fields = self.playbook_fields(&node)?;
        let folder = self.sources.folder(source).to_path_buf();
        Some(self.base(Some(&fields), Some(&folder), options))
    }

    /// A playbook, or a unit where one may be loaded.
    fn file(&mut self, path: &Path, source: SourceId, options: &Options) -> Option<(Playbook, Entries)> {
        let node = Node::parse(source, &self.sources, &mut self.diagnostics)?;
        match holds(&node) {
            Some(Holds::Calls) if options.units => self.unit_alone(path, node, options),
            Some(Holds::Calls) => {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::WrongImport,
                        "this file is a unit: it has `calls`, not `rounds`",
                    )
                    .at(node.span)
                    .help("Import it among the `calls` of a round; `rmote-play validate` takes it as it is."),
                );
                None
            }
            _ => self.playbook(path, &node, options),
        }
    }

    /// Everything of a playbook but what needs all of it: links between entries, and names.
    pub(super) fn playbook(
        &mut self,
        path: &Path,
        node: &Node,
        options: &Options,
    ) -> Option<(Playbook, Entries)> {
        if matches!(node.kind, Kind::Null) {
            self.diagnostics.push(
                Diagnostic::error(Code::MissingKey, "the playbook is empty")
                    .at(node.span)
                    .help("A playbook has at least `rounds`."),
            );
            return None;
        }
        let fields = self.playbook_fields(node)?;
        let name = self.text(&fields, "name").map(|it| it.value);
        let _description = self.text(&fields, "description");
        let folder = self.sources.folder(node.span.source).to_path_buf();
        let inputs = self.inputs("the playbook", &fields);
        let Base { inventory, vars } = self.base(Some(&fields), Some(&folder), options);
        let secrets = self.secrets(&fields);
        let ground = Ground {
            inventory: &inventory,
            options,
        };
        let mut entries = Entries {
            units: vec![Unit {
                path: path.to_path_buf(),
                label: "the playbook".to_owned(),
                is_open: true,
                inputs: Arc::new(inputs),
                ..Unit::default()
            }],
            ..Entries::default()
        };
        self.own_tools(&fields, Scoping::Open);
        let rounds = if let Some(node) = fields.get("rounds") {
            self.rounds(ground, &mut entries, node)
        } else {
            self.missing(&fields, "rounds", "A playbook has a list of `rounds`.");
            Vec::new()
        };
        self.own_tools.pop();
        let playbook = Playbook {
            path: path.to_path_buf(),
            name,
            sources: Arc::default(),
            inventory,
            vars,
            privilege: self.privilege(&fields, Level::Playbook),
            secrets,
            rounds,
            entries: std::mem::take(&mut entries.all),
            units: std::mem::take(&mut entries.units),
            extra: Arc::clone(&options.extra),
            is_unit: false,
            settled: Vec::new(),
        };
        Some((playbook, entries))
    }

    fn playbook_fields<'n>(&mut self, node: &'n Node) -> Option<Fields<'n>> {
        if matches!(node.kind, Kind::Seq(_)) {
            self.diagnostics.push(
                Diagnostic::error(Code::WrongType, "a playbook is a map, not a list")
                    .at(node.span)
                    .help("What Ansible calls plays is under `rounds:`."),
            );
            return None;
        }
        self.fields(Site::Playbook, "playbook", node)
    }

    /// `vars`, then each of `vars_files`: low to high.
    pub(super) fn layers(&mut self, fields: &Fields<'_>) -> Vec<Arc<Variables>> {
        let mut layers = vec![self.variables("vars", fields.get("vars"))];
        let node = fields.get("vars_files");
        let items: &[Node] = match node.map(|it| (&it.kind, it)) {
            None => &[],
            Some((Kind::Seq(items), _)) => items.as_slice(),
            Some((_, node)) => std::slice::from_ref(node),
        };
        for item in items {
            let layer = match &item.kind {
                Kind::Map(_) => self.chosen_file(item, &layers),
                Kind::Str(_) => match self.text_of("vars_files", item) {
                    Some(file) => self.variables_file(&file),
                    None => continue,
                },
                _ => {
                    self.wrong_type("vars_files", "a text or a list of texts", item);
                    continue;
                }
            };
            layers.push(layer);
        }
        layers
    }
}
