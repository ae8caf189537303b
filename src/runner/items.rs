//! The items of a loop.

use std::sync::Arc;

use crate::event::Iteration;
use crate::playbook::{Loop, MOST_ITEMS};
use crate::template::{RenderError, Rendering, Root, Scope, Secrecy};
use crate::value::{Map, Value};

/// The names that an item of a loop binds.
#[derive(Debug, Clone, Default)]
pub(super) struct Bindings {
    /// Name and value.
    pub(super) names: Vec<(String, Value)>,
    /// Whether a secret was read for one of them.
    pub(super) is_secret: bool,
}

/// What a loop runs over.
pub(super) enum Items {
    /// These items.
    Known(Vec<Bindings>),
    /// It depends on a call that did not happen.
    Unknown(String),
    /// It is no list, or too long: what is wrong.
    Wrong(String),
    /// It cannot be rendered.
    Failed(RenderError),
}

/// Renders a loop's lists; later names see earlier ones.
pub(super) fn expand(repeat: &Loop, scope: &Arc<Scope>) -> Items {
    let mut rows = vec![(Bindings::default(), Arc::clone(scope))];
    for (name, form) in &repeat.over {
        let mut next = Vec::new();
        for (bindings, scope) in rows {
            let (value, secrecy) = match form.value.render(&scope) {
                Ok(Rendering::Known { value, secrecy }) => (value, secrecy),
                Ok(Rendering::Unknown { because }) => return Items::Unknown(because),
                Err(error) => return Items::Failed(error),
            };
            let list = match value {
                Value::List(list) => list,
                Value::Map(map) => map.into_iter().map(pair).collect(),
                other => {
                    let name = &name.value;
                    return Items::Wrong(format!(
                        "the loop over `{name}` needs a list or a map, not a {}",
                        other.type_name()
                    ));
                }
            };
            if next.len() + list.len() > MOST_ITEMS {
                return Items::Wrong(format!("the loop has more than {MOST_ITEMS} items"));
            }
            for item in list {
                let mut bindings = bindings.clone();
                bindings.names.push((name.value.clone(), item.clone()));
                bindings.is_secret |= secrecy > Secrecy::Public;
                let scope = scope.bind(&name.value, bindings.root(item));
                next.push((bindings, scope));
            }
        }
        rows = next;
    }
    Items::Known(rows.into_iter().map(|(bindings, _)| bindings).collect())
}

fn pair((key, value): (String, Value)) -> Value {
    Value::Map(Map::from([
        ("key".to_owned(), Value::Str(key)),
        ("value".to_owned(), value),
    ]))
}

impl Bindings {
    fn root(&self, value: Value) -> Root {
        if self.is_secret {
            Root::Secret(value)
        } else {
            Root::Value(value)
        }
    }

    /// The scope in which the item is done.
    pub(super) fn scope(&self, scope: &Arc<Scope>, index: usize, count: usize) -> Arc<Scope> {
        if self.names.is_empty() {
            return Arc::clone(scope);
        }
        let mut scope = Arc::clone(scope);
        for (name, value) in &self.names {
            scope = scope.bind(name, self.root(value.clone()));
        }
        let whole = |n: usize| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
        let info = Map::from([
            ("index".to_owned(), whole(index + 1)),
            ("index0".to_owned(), whole(index)),
            ("length".to_owned(), whole(count)),
            ("first".to_owned(), (index == 0).into()),
            ("last".to_owned(), (index + 1 == count).into()),
        ]);
        scope.bind("loop", Root::Value(Value::Map(info)))
    }

    /// The item's value, as its record gives it: the value itself, or a map of the loop's names.
    pub(super) fn value(&self) -> Option<Value> {
        match self.names.as_slice() {
            [] => None,
            [(_, value)] => Some(value.clone()),
            names => Some(Value::Map(names.iter().cloned().collect())),
        }
    }

    /// By what the item is known again in a run that resumes this one: 16 bits of its hash, so that little of it can be
    /// guessed by them. None of a secret.
    pub(super) fn digest(&self) -> Option<String> {
        if self.names.is_empty() || self.is_secret {
            return None;
        }
        let bytes = serde_json::to_vec(&self.names).ok()?;
        Some(blake3::hash(&bytes).to_hex()[..4].to_owned())
    }

    /// The item as events name it.
    pub(super) fn iteration(&self, index: usize, is_hidden: bool) -> Iteration {
        Iteration {
            number: index + 1,
            item: if is_hidden {
                Some(format!("#{}", index + 1))
            } else {
                self.label(index)
            },
            digest: self.digest().filter(|_| !is_hidden),
        }
    }

    /// The item as people are shown it.
    pub(super) fn label(&self, index: usize) -> Option<String> {
        if self.names.is_empty() {
            return None;
        }
        if self.is_secret {
            return Some(format!("#{}", index + 1));
        }
        let shown = self
            .names
            .iter()
            .map(|(_, value)| label(value).unwrap_or_else(|| format!("#{}", index + 1)));
        Some(shown.collect::<Vec<_>>().join(", "))
    }
}

fn label(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text.chars().take(80).collect()),
        Value::Int(n) => Some(n.to_string()),
        Value::Uint(n) => Some(n.to_string()),
        Value::Bool(it) => Some(it.to_string()),
        Value::Map(map) => ["name", "key", "path"]
            .iter()
            .find_map(|key| map.get(*key).and_then(label)),
        _ => None,
    }
}
