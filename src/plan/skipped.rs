//! `results` as far as they follow from what is left out: those entries are skipped, and of all others nothing is known.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::name::{EntryId, UnitId};
use crate::playbook::{ENVELOPE, Playbook};
use crate::template::{Lookup, Root};
use crate::value::Value;

/// What is there of a result, whatever became of its entry.
const ALWAYS: [&str; 7] = [
    "status", "changed", "failed", "skipped", "warnings", "attempts", "diff",
];

/// Whether a field, by the keys that lead to it, is there even of an entry that was skipped.
pub(super) fn is_always_there(field: &[String]) -> bool {
    match field {
        [] => true,
        [name] => ALWAYS.contains(&name.as_str()),
        _ => false,
    }
}

/// The results of a unit.
pub(super) fn results(playbook: &Playbook, left_out: &BTreeSet<EntryId>, unit: UnitId) -> Root {
    let inside = inside(playbook, left_out, unit);
    Root::Lookup(Arc::new(Results {
        is_skipped: false,
        inside,
    }))
}

fn inside(playbook: &Playbook, left_out: &BTreeSet<EntryId>, unit: UnitId) -> BTreeMap<String, Root> {
    let unit = playbook.unit(unit);
    let imports = unit.imports.iter();
    let imports = imports.map(|(id, inner)| (id.clone(), results(playbook, left_out, *inner)));
    let entries = unit.ids.iter().map(|(id, entry)| {
        let inner = playbook.imported(*entry);
        let result = Results {
            is_skipped: left_out.contains(entry),
            inside: inner.map_or_else(BTreeMap::new, |inner| inside(playbook, left_out, inner)),
        };
        (id.clone(), Root::Lookup(Arc::new(result)))
    });
    imports.chain(entries).collect()
}

/// The result of an entry, and of what is in it where that is a unit.
#[derive(Debug)]
struct Results {
    is_skipped: bool,
    inside: BTreeMap<String, Root>,
}

impl Lookup for Results {
    fn get(&self, key: &str) -> Option<Root> {
        if let Some(inner) = self.inside.get(key).filter(|_| !ENVELOPE.contains(&key)) {
            return Some(inner.clone());
        }
        if !self.is_skipped {
            return Some(Root::Unknown(String::new()));
        }
        Some(match key {
            "status" => Root::Value("skipped".into()),
            "changed" | "failed" => Root::Value(false.into()),
            "skipped" => Root::Value(true.into()),
            "warnings" | "diff" => Root::Value(Value::List(Vec::new())),
            "attempts" => Root::Value(0_u64.into()),
            _ => Root::Gap(format!("`{key}` is not there, since the call was skipped")),
        })
    }

    fn keys(&self) -> Vec<String> {
        let own: &[&str] = if self.is_skipped { &ALWAYS } else { &[] };
        let own = own.iter().map(|key| (*key).to_owned());
        own.chain(self.inside.keys().cloned()).collect()
    }
}
