//! What names mean at one place of a playbook for one host.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use crate::source::Spanned;
use crate::template::gate::PASSING;
use crate::template::{Form, Gate};
use crate::value::Value;

/// One layer of variables: name to value as written, with the place of the value. Later layers shadow earlier ones.
pub type Variables = IndexMap<String, Spanned<Form>>;

/// What a name or a key stands for, when it is no variable of the playbook.
#[derive(Debug, Clone)]
pub enum Root {
    /// Data.
    Value(Value),
    /// Data that a reading of makes secret.
    Secret(Value),
    /// Looked up key by key.
    Lookup(Arc<dyn Lookup>),
    /// Not known, since this call did not happen (check mode).
    Unknown(String),
    /// Undefined; the message says why it is not there. `default` and `is defined` accept it.
    Gap(String),
    /// It cannot be had; the message says why. Whatever reads it fails, `default` included.
    Broken(String),
}

/// Whether a secret was read to make a value: then all of it is secret.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secrecy {
    /// None was read.
    #[default]
    Public,
    /// Only such as can be looked for in whatever is shown.
    Findable,
    /// One that is too short to be looked for: what it is in must be hidden.
    Blind,
}

/// Who keeps secrets out of what is shown: it is told of every secret that is read, and of what is made of one.
pub trait Keeper: Debug + Send + Sync {
    /// A secret is read. Whether it can be looked for in whatever is shown.
    fn read(&self, secret: &Value) -> bool;
    /// A value was made for which a secret was read. Whether it can be looked for in whatever is shown.
    fn made(&self, value: &Value) -> bool;
}

/// Something whose parts are looked up only when they are read.
pub trait Lookup: Debug + Send + Sync {
    /// The part of this name; `None`: there is none, as an ordinary undefined name.
    fn get(&self, key: &str) -> Option<Root>;
    /// The names of its parts, in order, for loops over it.
    fn keys(&self) -> Vec<String>;
    /// Whether it is a list: its keys are the indexes from 0 on.
    fn is_list(&self) -> bool {
        false
    }
}

/// What names mean: layers of variables and bound names, each over the one before. Variables are evaluated where they are
/// used, in the scope of the use.
#[derive(Debug)]
pub struct Scope {
    extra: Arc<Variables>,
    keeper: Option<Arc<dyn Keeper>>,
    is_brief: bool,
    below: Option<Arc<Self>>,
    layer: Layer,
}

/// What one scope adds to the one below.
#[derive(Debug)]
enum Layer {
    Nothing,
    Variables(Arc<Variables>),
    Bound(Binding),
    /// A name that means this where nothing else defines it.
    Spare(Binding),
    Gate(Arc<dyn Gate>),
}

/// A bound name.
#[derive(Debug)]
pub(super) struct Binding {
    name: String,
    /// What it stands for.
    pub(super) root: Root,
    /// The same as the engine sees it, made when it is first read.
    pub(super) converted: OnceLock<minijinja::Value>,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning<'a> {
    Variable(&'a Spanned<Form>),
    /// A variable of `-e`.
    Extra(&'a Spanned<Form>),
    Bound(&'a Binding),
}

/// What a name was found to mean.
#[derive(Debug, Clone)]
pub(super) struct Found<'a> {
    pub(super) meaning: Meaning<'a>,
    /// The scope in which a variable is evaluated; `None`: where it is used.
    pub(super) scope: Option<&'a Arc<Scope>>,
    /// The gates that declare it, innermost first.
    pub(super) gates: Vec<&'a dyn Gate>,
}

impl Scope {
    /// An empty scope. `extra` are the variables of `-e`: they win over every layer, and are never templates.
    pub fn new(extra: Arc<Variables>) -> Arc<Self> {
        Arc::new(Self {
            extra,
            keeper: None,
            is_brief: false,
            below: None,
            layer: Layer::Nothing,
        })
    }

    /// An empty scope, like [`Scope::new`], in which every reading of a secret is told.
    pub fn kept(extra: Arc<Variables>, keeper: Arc<dyn Keeper>) -> Arc<Self> {
        Arc::new(Self {
            extra,
            keeper: Some(keeper),
            is_brief: false,
            below: None,
            layer: Layer::Nothing,
        })
    }

    /// An empty scope, like [`Scope::new`], for what is rendered before a run: what takes long is unknown.
    pub fn brief(extra: Arc<Variables>) -> Arc<Self> {
        Arc::new(Self {
            extra,
            keeper: None,
            is_brief: true,
            below: None,
            layer: Layer::Nothing,
        })
    }

    /// Whether what takes long is unknown.
    pub(super) const fn is_brief(&self) -> bool {
        self.is_brief
    }

    /// Who is told when a secret is read.
    pub(super) fn keeper(&self) -> Option<&dyn Keeper> {
        self.keeper.as_deref()
    }

    /// The same with a layer of variables over it.
    pub fn with(self: &Arc<Self>, layer: Arc<Variables>) -> Arc<Self> {
        if layer.is_empty() {
            return Arc::clone(self);
        }
        self.over(Layer::Variables(layer))
    }

    /// The same with a name bound over it: reserved names, `item`, names of a loop.
    pub fn bind(self: &Arc<Self>, name: &str, root: Root) -> Arc<Self> {
        self.over(Layer::Bound(Binding {
            name: name.to_owned(),
            root,
            converted: OnceLock::new(),
        }))
    }

    /// The same with a name that means this where nothing else defines it, further out or in.
    pub fn spare(self: &Arc<Self>, name: &str, root: Root) -> Arc<Self> {
        self.over(Layer::Spare(Binding {
            name: name.to_owned(),
            root,
            converted: OnceLock::new(),
        }))
    }

    /// The scope inside a gate, of which this one is the outside.
    pub fn enter(self: &Arc<Self>, gate: Arc<dyn Gate>) -> Arc<Self> {
        self.over(Layer::Gate(gate))
    }

    fn over(self: &Arc<Self>, layer: Layer) -> Arc<Self> {
        Arc::new(Self {
            extra: Arc::clone(&self.extra),
            keeper: self.keeper.clone(),
            is_brief: self.is_brief,
            below: Some(Arc::clone(self)),
            layer,
        })
    }

    /// What a name means here.
    pub(super) fn lookup(&self, name: &str) -> Option<Found<'_>> {
        let mut search = Search::default();
        let found = match search.run(self, name) {
            Way::Hidden => return search.spare(),
            Way::Open => None,
            Way::Found(meaning) => Some(meaning),
        };
        let extra = self.extra.get(name).map(Meaning::Extra);
        if found.is_none() && extra.is_none() {
            return search.default.take().or_else(|| search.spare());
        }
        let meaning = match found {
            // Names of loops and reserved ones are nearer than `-e`, but not those of a caller.
            Some(found @ Meaning::Bound(_)) if search.gates.is_empty() => found,
            found => extra.or(found)?,
        };
        Some(Found {
            meaning,
            scope: search.outside,
            gates: search.gates,
        })
    }

    /// What a name means here by a gate alone, where what is passed to it, or defined outside, has no value.
    pub(super) fn default(&self, name: &str) -> Option<Found<'_>> {
        let mut search = Search::default();
        search.run(self, name);
        search.default
    }

    /// All names that mean something here, for suggestions.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        let mut at = Some(self);
        while let Some(scope) = at {
            match &scope.layer {
                Layer::Nothing => {}
                Layer::Bound(binding) | Layer::Spare(binding) => names.push(&binding.name),
                Layer::Variables(variables) => names.extend(variables.keys().map(String::as_str)),
                Layer::Gate(gate) => {
                    names.extend(gate.names());
                    if !gate.is_open() {
                        names.extend(PASSING);
                        return names;
                    }
                }
            }
            at = scope.below.as_deref();
        }
        names.extend(self.extra.keys().map(String::as_str));
        names
    }
}

/// What became of a name on its way through the layers.
enum Way<'a> {
    /// It does not pass a gate: it means nothing here, whatever `-e` says.
    Hidden,
    /// Nothing so far defines it.
    Open,
    /// This defines it.
    Found(Meaning<'a>),
}

/// The way of a name through the layers.
#[derive(Debug, Default)]
struct Search<'a> {
    gates: Vec<&'a dyn Gate>,
    /// The scope outside the last closed gate.
    outside: Option<&'a Arc<Scope>>,
    default: Option<Found<'a>>,
    /// What it means where nothing defines it.
    spare: Option<&'a Binding>,
}

impl<'a> Search<'a> {
    fn run(&mut self, scope: &'a Scope, name: &str) -> Way<'a> {
        let mut at = Some(scope);
        while let Some(scope) = at {
            let way = match &scope.layer {
                Layer::Bound(binding) if binding.name == name => Way::Found(Meaning::Bound(binding)),
                Layer::Variables(variables) => match variables.get(name) {
                    Some(variable) => Way::Found(Meaning::Variable(variable)),
                    None => Way::Open,
                },
                Layer::Gate(gate) => self.pass(scope, gate.as_ref(), name),
                Layer::Spare(binding) if binding.name == name => {
                    self.spare.get_or_insert(binding);
                    Way::Open
                }
                Layer::Nothing | Layer::Bound(_) | Layer::Spare(_) => Way::Open,
            };
            if !matches!(way, Way::Open) {
                return way;
            }
            at = scope.below.as_deref();
        }
        Way::Open
    }

    fn spare(&self) -> Option<Found<'a>> {
        let meaning = Meaning::Bound(self.spare?);
        Some(Found {
            meaning,
            scope: None,
            gates: Vec::new(),
        })
    }

    /// Goes out through a gate, and takes what it gives for the name.
    fn pass(&mut self, scope: &'a Scope, gate: &'a dyn Gate, name: &str) -> Way<'a> {
        let is_inside = self.outside.is_none();
        let Some(declared) = gate.declared(name) else {
            if !is_inside && !gate.is_open() {
                self.outside = scope.below.as_ref();
            }
            let passes = !is_inside || gate.is_open() || PASSING.contains(&name);
            return if passes { Way::Open } else { Way::Hidden };
        };
        self.gates.push(gate);
        if let Some(default) = declared.default {
            self.default = Some(Found {
                meaning: Meaning::Variable(default),
                scope: self.outside,
                gates: self.gates.clone(),
            });
        }
        if declared.given.is_some() || !gate.is_open() {
            self.outside = scope.below.as_ref();
        }
        match declared.given {
            Some(given) => Way::Found(Meaning::Variable(given)),
            None => Way::Open,
        }
    }
}
