//! What came of an entry on a host, as `results.<id>` gives it.

use std::sync::Arc;

use crate::diff::Diff;
use crate::event::Outcome;
use crate::failure::Failure;
use crate::name::HostName;
use crate::runner::status::{Status, Tri};
use crate::template::{Lookup, Root};
use crate::value::{Map, Value};

/// What came of an entry on a host: the envelope, the tool's typed fields, and for a loop its items.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) status: Status,
    pub(super) error: Option<Failure>,
    /// The label of the call that failed, where it is not the entry itself.
    pub(super) failed_call: Option<String>,
    pub(super) warnings: Vec<String>,
    pub(super) diff: Vec<Diff>,
    pub(super) fields: Map,
    pub(super) attempts: u32,
    /// The host on which it was done, if that is another one.
    pub(super) delegate: Option<HostName>,
    /// The host that did it for all.
    pub(super) shared_by: Option<HostName>,
    /// The run that did it, where that is an earlier one, which this one resumes.
    pub(super) from_run: Option<String>,
    /// The item, of an item's record.
    pub(super) item: Option<Value>,
    /// The items' records, of a loop's.
    pub(super) items: Option<Vec<Arc<Self>>>,
    /// The call because of which the fields are not known (check mode).
    pub(super) unknown: Option<String>,
    /// Whether nothing of it is shown; whatever is made of it is secret.
    pub(super) is_hidden: bool,
    /// Whether its fields were made of a secret.
    pub(super) is_secret: bool,
    /// Whether its item was.
    pub(super) is_item_secret: bool,
}

impl Record {
    /// Of something that ended this way without doing anything.
    pub(super) fn of(outcome: Outcome) -> Self {
        Self {
            status: Status::of(outcome),
            error: None,
            failed_call: None,
            warnings: Vec::new(),
            diff: Vec::new(),
            fields: Map::new(),
            attempts: 0,
            delegate: None,
            shared_by: None,
            from_run: None,
            item: None,
            items: None,
            unknown: None,
            is_hidden: false,
            is_secret: false,
            is_item_secret: false,
        }
    }

    /// Of something that failed before it was done.
    pub(super) fn failed(failure: Failure) -> Self {
        Self {
            error: Some(failure),
            ..Self::of(Outcome::Failed)
        }
    }

    /// Of something that depends on a call that did not happen.
    pub(super) fn unknown(because: String) -> Self {
        Self {
            unknown: Some(because),
            ..Self::of(Outcome::Unknown)
        }
    }

    /// Nothing of it is to be shown: of a failure only its sort is left.
    pub(super) fn hide(&mut self, why: &str) {
        self.is_hidden = true;
        self.error = self.error.take().map(|error| Failure {
            kind: error.kind,
            message: format!(
                "{} (details are hidden {why})",
                error.kind.as_str().replace('_', " ")
            ),
            exit_code: error.exit_code,
            stderr: None,
            stdout: None,
        });
    }

    /// How it came out.
    pub(super) const fn outcome(&self) -> Outcome {
        self.status.outcome
    }

    /// Whether it failed.
    pub(super) fn has_failed(&self) -> bool {
        self.status.has_failed()
    }

    /// It has failed with this, whatever it did. What it changed stays changed.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.status = Status::of(Outcome::Failed).that_changed(self.status.changed);
        self.error = Some(failure);
    }

    /// Whether something was changed, or in check mode would be: for certain.
    pub(super) fn has_changed(&self) -> bool {
        self.status.changed == Tri::Yes
    }

    /// Whether it was done, or tried, or would be.
    pub(super) fn has_run(&self) -> bool {
        !matches!(self.outcome(), Outcome::Skipped | Outcome::Canceled)
    }

    /// This iteration of an entry combined with another one: the status is that of both, the fields are its own.
    #[must_use]
    pub(super) fn beside(&self, other: &Self) -> Self {
        Self {
            status: self.status.merge(other.status),
            unknown: self.unknown.as_ref().or(other.unknown.as_ref()).cloned(),
            error: self.error.as_ref().or(other.error.as_ref()).cloned(),
            is_hidden: self.is_hidden || other.is_hidden,
            ..self.clone()
        }
    }

    /// A value that holds, does not, or is not known. In apply mode, what may have changed counts as changed.
    fn tri(&self, value: Tri) -> Root {
        match (value, &self.unknown) {
            (Tri::No, _) => Root::Value(false.into()),
            (Tri::Maybe, Some(because)) => Root::Unknown(because.clone()),
            (Tri::Maybe, None) | (Tri::Yes, _) => Root::Value(true.into()),
        }
    }

    /// What it holds, as templates see it.
    fn made(&self, value: Value) -> Root {
        if self.is_hidden || self.is_secret {
            Root::Secret(value)
        } else {
            Root::Value(value)
        }
    }

    fn status(&self) -> &'static str {
        match self.outcome() {
            Outcome::Ok => "ok",
            Outcome::Changed => "changed",
            Outcome::Failed => "failed",
            Outcome::Skipped => "skipped",
            Outcome::Unknown => "unknown",
            Outcome::Lost => "lost",
            Outcome::Canceled => "canceled",
        }
    }

    fn error(&self) -> Option<Value> {
        let error = self.error.as_ref()?;
        let mut map = Map::new();
        map.insert("kind".into(), error.kind.as_str().into());
        map.insert("message".into(), error.message.as_str().into());
        if let Some(code) = error.exit_code {
            map.insert("exit_code".into(), i64::from(code).into());
        }
        if let Some(stderr) = &error.stderr {
            map.insert("stderr".into(), stderr.as_str().into());
        }
        if let Some(stdout) = &error.stdout {
            map.insert("stdout".into(), stdout.as_str().into());
        }
        if let Some(call) = &self.failed_call {
            map.insert("call".into(), call.as_str().into());
        }
        Some(Value::Map(map))
    }
}

const ENVELOPE: [&str; 8] = [
    "status", "changed", "failed", "skipped", "error", "warnings", "attempts", "diff",
];

/// A record as templates see it.
#[derive(Debug)]
pub(super) struct RecordLookup(pub(super) Arc<Record>);

impl Lookup for RecordLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let record = &self.0;
        let unknown = || record.unknown.clone().map(Root::Unknown);
        let value = match key {
            // A tool may have a `status` of its own, as that of an answer.
            "status" if !record.fields.contains_key(key) => record.status().into(),
            "changed" => return Some(record.tri(record.status.changed)),
            "failed" => return Some(record.tri(record.status.failed)),
            "skipped" if record.outcome() == Outcome::Unknown => return unknown(),
            "skipped" => (record.outcome() == Outcome::Skipped).into(),
            "error" => record.error()?,
            "warnings" => {
                let warnings = record.warnings.iter().map(|it| it.as_str().into());
                return Some(record.made(Value::List(warnings.collect())));
            }
            "attempts" => u64::from(record.attempts).into(),
            "diff" => {
                let diffs = record.diff.iter().map(|it| it.text.as_str().into());
                return Some(record.made(Value::List(diffs.collect())));
            }
            "item" if record.item.is_some() => {
                let item = record.item.clone()?;
                return Some(if record.is_item_secret {
                    Root::Secret(item)
                } else {
                    Root::Value(item)
                });
            }
            "items" if record.items.is_some() => {
                let items = record.items.as_deref().unwrap_or_default();
                return Some(Root::Lookup(Arc::new(ItemsLookup(items.to_vec()))));
            }
            field => match record.fields.get(field) {
                Some(value) => return Some(record.made(value.clone())),
                None => {
                    return unknown().or_else(|| {
                        let status = record.status();
                        Some(Root::Gap(match &record.from_run {
                            Some(run) => format!("`{field}` is not known: the call was done in run {run}, and its result is not recorded"),
                            None => format!("`{field}` is not there, since the call was {status}"),
                        }))
                    });
                }
            },
        };
        Some(Root::Value(value))
    }

    fn keys(&self) -> Vec<String> {
        let fixed = ENVELOPE
            .iter()
            .filter(|key| **key != "error" || self.0.error.is_some())
            .filter(|key| !self.0.fields.contains_key(**key));
        fixed
            .map(|key| (*key).to_owned())
            .chain(self.0.fields.keys().cloned())
            .collect()
    }
}

/// The items of a loop's record: a list.
#[derive(Debug)]
struct ItemsLookup(Vec<Arc<Record>>);

impl Lookup for ItemsLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let record = self.0.get(key.parse::<usize>().ok()?)?;
        Some(Root::Lookup(Arc::new(RecordLookup(Arc::clone(record)))))
    }

    fn keys(&self) -> Vec<String> {
        (0..self.0.len()).map(|at| at.to_string()).collect()
    }

    fn is_list(&self) -> bool {
        true
    }
}
