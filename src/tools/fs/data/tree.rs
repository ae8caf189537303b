//! Values with their places in a text.

use std::ops::Range;

use serde_json::{Map, Value as Json};

use crate::tools::fs::data::place::{Step, not_such};
use crate::tools::fs::data::{Place, Set};

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    pub(super) kind: Kind,
    /// Whether it is in brackets, or a value on a line: not a block of lines of its own.
    pub(super) is_flow: bool,
    /// Whether it has a second name, or is one: what is changed there is changed elsewhere, too.
    pub(super) is_shared: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    Map(Vec<Entry>),
    List(Vec<Node>),
    Scalar(Json),
}

/// A key with its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) key_span: Range<usize>,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn value(&self) -> Json {
        match &self.kind {
            Kind::Scalar(value) => value.clone(),
            Kind::List(list) => Json::Array(list.iter().map(Self::value).collect()),
            Kind::Map(entries) => {
                let pairs = entries.iter().map(|it| (it.key.clone(), it.node.value()));
                Json::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }
}

/// How far a place is there.
pub(super) struct Found<'a> {
    /// The nodes on the way, the whole first; the value itself last where it is there.
    pub(super) way: Vec<&'a Node>,
    /// How many steps lead to what is there.
    pub(super) known: usize,
}

/// Goes to a place as far as it is there.
///
/// # Errors
/// Where something on the way is of another sort, or has a second name.
pub(super) fn find<'a>(root: &'a Node, set: &Set) -> Result<Found<'a>, String> {
    let mut way = vec![root];
    for (number, step) in set.place.0.iter().enumerate() {
        let here = Place(set.place.0[..number].to_vec());
        let node = way[number];
        if node.is_shared {
            return Err(format!(
                "`{here}` has a second name (`&` or `*`): what is set in it would change elsewhere, too"
            ));
        }
        let next = match (step, &node.kind) {
            (Step::Key(key), Kind::Map(entries)) => {
                entries.iter().find(|it| it.key == *key).map(|it| &it.node)
            }
            (Step::Index(index), Kind::List(list)) => {
                if *index > list.len() && set.value.is_some() {
                    return Err(format!("`{here}` has {} items only", list.len()));
                }
                list.get(*index)
            }
            (_, Kind::Scalar(Json::Null)) => None,
            _ if set.value.is_none() => None,
            (step, _) => return Err(not_such(&here, step)),
        };
        match next {
            Some(next) => way.push(next),
            None => return Ok(Found { way, known: number }),
        }
    }
    let known = set.place.0.len();
    if set.value.is_some() && way[known].is_shared {
        return Err(format!(
            "`{}` has a second name (`&` or `*`): what is set there would change elsewhere, too",
            set.place
        ));
    }
    Ok(Found { way, known })
}

/// Whether two values are the same: numbers by what they come to.
pub(super) fn is_same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => {
            one == other || one.as_f64() == other.as_f64() && !(one.is_i64() && other.is_i64())
        }
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let has = |(key, value): (&String, &Json)| other.get(key).is_some_and(|it| is_same(value, it));
            one.len() == other.len() && one.iter().all(has)
        }
        (one, other) => one == other,
    }
}

/// The number of the line that a place in a text is on.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|it| *it == b'\n').count() + 1
}

/// The first key that stands twice in one map.
///
/// # Errors
/// Names it, with its line.
pub(super) fn check_twice(text: &str, entries: &[Entry]) -> Result<(), String> {
    let mut seen = std::collections::BTreeSet::new();
    for entry in entries {
        if !seen.insert(&entry.key) {
            let line = line_of(text, entry.key_span.start);
            return Err(format!("line {line}: the key `{}` is there twice", entry.key));
        }
    }
    Ok(())
}
