//! Lists and maps with secrets in them: a secret is read when its part is, so that what reads another part is no secret.

use std::sync::{Arc, Mutex};

use indexmap::IndexMap;
use minijinja::value::{Enumerator, Object, ObjectRepr};

use crate::template::interrupt::Interrupt;
use crate::template::render::{Render, lock};
use crate::template::{Form, Secrecy};

/// A part as the engine sees it, and the secrecy of what was read for it.
type Part = (minijinja::Value, Secrecy);

impl Render {
    /// A part of a list or a map. What was read for it is not noted before the part is read.
    pub(super) fn engine_part(self: &Arc<Self>, form: &Form) -> Result<Part, Interrupt> {
        let before = std::mem::take(&mut *lock(&self.secrecy));
        let value = self.engine_value(form);
        let own = std::mem::replace(&mut *lock(&self.secrecy), before);
        value.map(|value| (value, own)).inspect_err(|_| self.note(own))
    }

    /// A map of these keys, or a list where there are none.
    pub(super) fn parted(&self, keys: Option<Vec<&str>>, parts: Vec<Part>) -> minijinja::Value {
        let is_secret = parts.iter().any(|(_, secrecy)| *secrecy > Secrecy::Public);
        let values = parts.iter().map(|(value, _)| value.clone());
        match keys {
            Some(keys) if !is_secret => minijinja::Value::from_pairs(keys.into_iter().zip(values)),
            None if !is_secret => values.collect(),
            keys => minijinja::Value::from_object(Parted {
                secrecy: Arc::clone(&self.secrecy),
                keys: keys.map(|keys| keys.into_iter().map(str::to_owned).zip(0..).collect()),
                parts,
            }),
        }
    }
}

/// A list or a map with secrets in it: a secret is read when its part is, so that the other parts can be shown.
#[derive(Debug)]
struct Parted {
    /// What notes that one was read. Not the rendering itself, which keeps this.
    secrecy: Arc<Mutex<Secrecy>>,
    /// Where it is a map; a list has no keys.
    keys: Option<IndexMap<String, usize>>,
    /// Each with the secrecy of what was read for it.
    parts: Vec<(minijinja::Value, Secrecy)>,
}

impl Parted {
    fn part(&self, index: usize) -> Option<minijinja::Value> {
        let (value, secrecy) = self.parts.get(index)?;
        let mut known = lock(&self.secrecy);
        *known = (*known).max(*secrecy);
        Some(value.clone())
    }
}

impl Object for Parted {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if self.keys.is_some() {
            ObjectRepr::Map
        } else {
            ObjectRepr::Seq
        }
    }

    fn get_value(self: &Arc<Self>, key: &minijinja::Value) -> Option<minijinja::Value> {
        let index = match &self.keys {
            Some(keys) => *keys.get(key.as_str()?)?,
            None => key.as_usize()?,
        };
        self.part(index)
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match &self.keys {
            Some(keys) => {
                let keys: Vec<_> = keys
                    .keys()
                    .map(|key| minijinja::Value::from(key.as_str()))
                    .collect();
                Enumerator::Iter(Box::new(keys.into_iter()))
            }
            None => Enumerator::Seq(self.parts.len()),
        }
    }
}
