//! Finding secrets in texts, and putting a mask in their place.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use crate::secret::cut;
use crate::secret::forms::{forms, forms_of_whole, is_long};
use crate::value::{Map, Value};

/// What is shown in the place of a secret.
pub const MASK: &str = "***";
/// How many small automata there are before they are made one.
const SMALL: usize = 32;
/// Longest text that is looked for because it was made of a secret.
const MADE: usize = 4 << 10;

/// Knows every secret that was read, and finds it wherever it is: as it is, and in common encodings.
#[derive(Debug, Default)]
pub struct Masker {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    secrets: BTreeSet<String>,
    forms: BTreeSet<Vec<u8>>,
    automata: Vec<AhoCorasick>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}

impl Masker {
    /// From now on, a text is a secret. Whether it is long enough to be looked for: where not, only whoever knows what it
    /// is in can hide it.
    pub fn hide(&self, secret: &str) -> bool {
        if !is_long(secret) {
            return false;
        }
        if !self.read().secrets.contains(secret) {
            self.add(secret, forms(secret));
        }
        true
    }

    /// The same of many at once, which costs less. Those that are too short are left out.
    pub fn hide_many(&self, secrets: impl IntoIterator<Item = String>) {
        let mut new = BTreeSet::new();
        for secret in secrets.into_iter().filter(|it| is_long(it)) {
            if self.read().secrets.contains(&secret) {
                continue;
            }
            new.extend(forms(&secret));
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.secrets.insert(secret);
        }
        self.look_for(new);
    }

    fn add(&self, secret: &str, forms: BTreeSet<Vec<u8>>) {
        let is_new = {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            known.secrets.insert(secret.to_owned())
        };
        if is_new {
            self.look_for(forms);
        }
    }

    fn look_for(&self, forms: BTreeSet<Vec<u8>>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let new: Vec<_> = forms
            .into_iter()
            .filter(|form| !known.forms.contains(form))
            .collect();
        if new.is_empty() {
            return;
        }
        known.forms.extend(new.iter().cloned());
        if known.automata.len() < SMALL {
            known.automata.push(automaton(&new));
        } else {
            known.automata = vec![automaton(&known.forms)];
        }
    }

    /// Hides every text in a value. Whether all that could be a secret is long enough to be looked for.
    pub fn hide_all(&self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::Str(text) => self.hide(text),
            Value::Bytes(bytes) => std::str::from_utf8(bytes).is_ok_and(|text| self.hide(text)),
            Value::List(list) => list.iter().fold(true, |all, item| self.hide_all(item) & all),
            Value::Map(map) => map.values().fold(true, |all, item| self.hide_all(item) & all),
            Value::Bool(_) => false,
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
                number(value).is_some_and(|text| self.hide(&text))
            }
        }
    }

    /// Hides what was made of a secret, as a whole. A text that contains the secret itself is found without that. Whether
    /// it can be looked for: not, where all of it is short.
    pub fn hide_derived(&self, value: &Value) -> bool {
        match value {
            Value::Null | Value::Bool(_) => true,
            Value::Str(text) => self.hide_made(text),
            Value::Bytes(bytes) => matches!(self.bytes(bytes), Cow::Owned(_)) || bytes.is_empty(),
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
                number(value).is_some_and(|text| self.hide_made(&text))
            }
            Value::List(list) => self.hide_parts(list.iter()),
            Value::Map(map) => self.hide_parts(map.values()),
        }
    }

    fn hide_parts<'v>(&self, parts: impl Iterator<Item = &'v Value>) -> bool {
        let found: Vec<bool> = parts.map(|part| self.hide_derived(part)).collect();
        found.is_empty() || found.contains(&true)
    }

    fn hide_made(&self, text: &str) -> bool {
        if text.is_empty() || matches!(self.text(text), Cow::Owned(_)) {
            return true;
        }
        let is_findable = text.len() <= MADE && is_long(text);
        if is_findable {
            self.add(text, forms_of_whole(text));
        }
        is_findable
    }

    /// Whether there is nothing to hide.
    pub fn is_empty(&self) -> bool {
        self.read().automata.is_empty()
    }

    /// A text without secrets.
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(masked) => Cow::Owned(String::from_utf8_lossy(&masked).into_owned()),
        }
    }

    /// Bytes without secrets.
    pub fn bytes<'t>(&self, bytes: &'t [u8]) -> Cow<'t, [u8]> {
        let found = self.find(bytes);
        if found.is_empty() {
            return Cow::Borrowed(bytes);
        }
        Cow::Owned(masked(bytes, &found))
    }

    /// Takes the secrets out of a value, keys of maps included.
    pub fn value(&self, value: &mut Value) {
        match value {
            Value::Str(text) => {
                if let Cow::Owned(masked) = self.text(text) {
                    *text = masked;
                }
            }
            Value::Bytes(bytes) => {
                if let Cow::Owned(masked) = self.bytes(bytes) {
                    *bytes = masked;
                }
            }
            Value::List(list) => list.iter_mut().for_each(|item| self.value(item)),
            Value::Map(map) => self.map(map),
            Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
                let text = number(value).unwrap_or_default();
                if let Cow::Owned(masked) = self.text(&text) {
                    *value = Value::Str(masked);
                }
            }
            Value::Null | Value::Bool(_) => {}
        }
    }

    /// Takes the secrets out of a map, keys included.
    pub fn map(&self, map: &mut Map) {
        if map.keys().any(|key| matches!(self.text(key), Cow::Owned(_))) {
            let entries = std::mem::take(map).into_iter();
            *map = entries
                .map(|(key, it)| (self.text(&key).into_owned(), it))
                .collect();
        }
        map.values_mut().for_each(|item| self.value(item));
    }

    /// Where secrets stand: in order, apart from each other.
    pub(super) fn find(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let known = self.read();
        let mut found: Vec<Range<usize>> = (known.automata.iter())
            .flat_map(|automaton| automaton.find_overlapping_iter(bytes))
            .map(|it| it.range())
            .collect();
        found.extend(cut::parts(bytes, &known.forms));
        found.sort_unstable_by_key(|it| it.start);
        found.dedup_by(|next, last| {
            let meet = next.start <= last.end;
            if meet {
                last.end = last.end.max(next.end);
            }
            meet
        });
        found
    }

    /// How many bytes at the end may be the begin of a secret.
    pub(super) fn unfinished(&self, bytes: &[u8]) -> usize {
        cut::begun(bytes, &self.read().forms)
    }

    /// Where a gap at the end begins, after which the rest of a secret may still come.
    pub(super) fn open_gap(&self, bytes: &[u8]) -> Option<usize> {
        cut::open_gap(bytes, &self.read().forms)
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number as it is written.
fn number(value: &Value) -> Option<String> {
    serde_json::to_string(value).ok()
}

fn automaton<'f>(forms: impl IntoIterator<Item = &'f Vec<u8>>) -> AhoCorasick {
    AhoCorasick::builder()
        .kind(Some(AhoCorasickKind::ContiguousNFA))
        .build(forms)
        .expect("secrets are far fewer than an automaton has room for")
}

/// The bytes with a mask in each of these places.
pub(super) fn masked(bytes: &[u8], found: &[Range<usize>]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for range in found {
        out.extend_from_slice(&bytes[at..range.start]);
        out.extend_from_slice(MASK.as_bytes());
        at = range.end;
    }
    out.extend_from_slice(&bytes[at..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_masked_wherever_it_stands_and_what_overlaps_it_too() {
        let masker = Masker::default();
        assert!(masker.is_empty());
        assert!(masker.hide("abcdef") && masker.hide("defghi") && !masker.hide("short"));
        assert_eq!(masker.text("x abcdefghi y abcdef"), "x *** y ***");
        assert_eq!(masker.text("-abcdefabcdef-"), "-***-");
        assert!(matches!(masker.text("abcde short"), Cow::Borrowed(_)));
        let mut value = Value::Map([("k abcdef".to_owned(), Value::List(vec!["defghi".into()]))].into());
        masker.value(&mut value);
        assert_eq!(
            value,
            Value::Map([("k ***".to_owned(), Value::List(vec!["***".into()]))].into())
        );
    }

    #[test]
    fn many_secrets_are_all_found() {
        let masker = Masker::default();
        let secret = |n: usize| format!("secret-{n}-secret");
        for n in 0..300 {
            masker.hide(&secret(n));
        }
        for n in 0..300 {
            assert_eq!(masker.text(&secret(n)), MASK);
        }
    }

    #[test]
    fn what_is_made_of_a_secret_is_one_unless_the_secret_stands_in_it() {
        let masker = Masker::default();
        masker.hide("hunter2");
        masker.hide_derived(&"postgres://u:hunter2@h/db".into());
        masker.hide_derived(&"2RETNUH".into());
        assert_eq!(
            masker.text("2RETNUH postgres://u:hunter2@h/db"),
            "*** postgres://u:***@h/db"
        );
    }

    #[test]
    fn an_end_that_may_be_a_begin_is_known() {
        let masker = Masker::default();
        masker.hide("hunter2");
        assert_eq!(masker.unfinished(b"say hunte"), 5);
        assert_eq!(masker.unfinished(b"say hunter2"), 0);
        assert_eq!(masker.unfinished(b"say huntr"), 0);
    }
}
