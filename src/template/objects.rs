//! What the engine is given to look things up in: the names of a scope, and what is looked up key by key.

use std::path::Path;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, ObjectRepr};

use crate::template::functions;
use crate::template::render::Render;
use crate::template::{Lookup, Root};

/// The names of a scope as the engine asks for them.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) render: Arc<Render>,
    /// What `file()` counts from.
    pub(super) folder: Option<Arc<Path>>,
    /// The same in files that are brought in.
    pub(super) folders: Arc<[Arc<Path>]>,
}

impl Object for Names {
    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<minijinja::Value> {
        if let Some(function) = functions::counted(key, self.folder.as_ref(), &self.folders) {
            return Some(function);
        }
        self.render.name(key)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::NonEnumerable
    }
}

/// What is looked up key by key.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) render: Arc<Render>,
    pub(super) lookup: Arc<dyn Lookup>,
}

impl Object for Looked {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }

    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<minijinja::Value> {
        match self.lookup.get(key)? {
            // As with every other map, what is not there is not a part of it.
            Root::Gap(_) => None,
            root => Some(self.render.root(&root)),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let keys = self.lookup.keys().into_iter().map(minijinja::Value::from);
        Enumerator::Iter(Box::new(keys.collect::<Vec<_>>().into_iter()))
    }
}
