//! What names mean at one place of a playbook for one host.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;

use crate::source::Spanned;
use crate::template::Form;
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
    below: Option<Arc<Self>>,
    layer: Layer,
}

/// What one scope adds to the one below.
#[derive(Debug)]
enum Layer {
    Nothing,
    Variables(Arc<Variables>),
    Bound(Binding),
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

/// What a name was found to mean.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning<'a> {
    Variable(&'a Spanned<Form>),
    Bound(&'a Binding),
}

impl Scope {
    /// An empty scope. `extra` are the variables of `-e`: they win over every layer, and are never templates.
    pub fn new(extra: Arc<Variables>) -> Arc<Self> {
        Arc::new(Self {
            extra,
            below: None,
            layer: Layer::Nothing,
        })
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

    fn over(self: &Arc<Self>, layer: Layer) -> Arc<Self> {
        Arc::new(Self {
            extra: Arc::clone(&self.extra),
            below: Some(Arc::clone(self)),
            layer,
        })
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> {
        std::iter::successors(Some(self), |scope| scope.below.as_deref()).map(|scope| &scope.layer)
    }

    /// What a name means here.
    pub(super) fn lookup(&self, name: &str) -> Option<Meaning<'_>> {
        let found = self.layers().find_map(|layer| match layer {
            Layer::Bound(binding) if binding.name == name => Some(Meaning::Bound(binding)),
            Layer::Variables(variables) => variables.get(name).map(Meaning::Variable),
            Layer::Nothing | Layer::Bound(_) => None,
        });
        match found {
            Some(Meaning::Bound(_)) => found,
            Some(Meaning::Variable(_)) | None => self.extra.get(name).map(Meaning::Variable).or(found),
        }
    }

    /// All names that mean something here, for suggestions.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.extra.keys().map(String::as_str).collect();
        for layer in self.layers() {
            match layer {
                Layer::Nothing => {}
                Layer::Bound(binding) => names.push(&binding.name),
                Layer::Variables(variables) => names.extend(variables.keys().map(String::as_str)),
            }
        }
        names
    }
}
