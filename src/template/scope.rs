//! What names mean at one place of a playbook for one host.

use std::fmt::Debug;
use std::sync::Arc;

use crate::inventory::Variables;
use crate::value::Value;

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
pub struct Scope {}

impl Scope {
    /// An empty scope. `extra` are the variables of `-e`: they win over every layer, and are never templates.
    pub fn new(extra: Arc<Variables>) -> Arc<Self> {
        let _ = extra;
        unimplemented!()
    }

    /// The same with a layer of variables over it.
    pub fn with(self: &Arc<Self>, layer: Arc<Variables>) -> Arc<Self> {
        let _ = layer;
        unimplemented!()
    }

    /// The same with a name bound over it: reserved names, `item`, names of a loop.
    pub fn bind(self: &Arc<Self>, name: &str, root: Root) -> Arc<Self> {
        let _ = (name, root);
        unimplemented!()
    }
}
