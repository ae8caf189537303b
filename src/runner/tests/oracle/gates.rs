//! Gates: whether an entry is begun (R 11, R 12).

use super::Oracle;
use crate::runner::tests::book::{Condition, Entry, Field};
use crate::runner::tests::status::{Outcome, Status, Tri};

impl Oracle<'_> {
    /// In apply mode, what is not certain is left open: nothing that depends on it is judged.
    fn certain(&self, value: Tri) -> Tri {
        if value == Tri::Maybe && !self.is_check {
            self.out.borrow_mut().is_vague = true;
            return Tri::No;
        }
        value
    }

    pub(super) fn holds(&self, host: &str, condition: &Condition) -> Tri {
        let is = |holds: bool| if holds { Tri::Yes } else { Tri::No };
        match condition {
            Condition::Is(holds) => is(*holds),
            Condition::Host(name, wanted) => is((name == host) == *wanted),
            Condition::Result(of, field, wanted) => {
                let status = self.get(host, of);
                let value = match field {
                    Field::Changed => status.changed,
                    Field::Failed => status.failed,
                    // R 9: of what is unknown, each of the three is.
                    Field::Skipped if status.outcome == Outcome::Unknown || status.is_either => Tri::Maybe,
                    Field::Skipped => is(status.outcome == Outcome::Skipped),
                };
                let value = self.certain(value);
                match (value, wanted) {
                    (Tri::Maybe, _) | (_, true) => value,
                    (value, false) => is(value == Tri::No),
                }
            }
        }
    }

    /// R 12: the first *no* decides, also after a *maybe*.
    pub(super) fn whens(&self, host: &str, entry: &Entry) -> Tri {
        let all = entry.when.iter().map(|when| self.holds(host, when));
        all.min().unwrap_or(Tri::Yes)
    }

    /// What is asked once, also on a loop.
    pub(super) fn triggers(&self, host: &str, entry: &Entry) -> Tri {
        let any = |sources: &[String], value: fn(Status) -> Tri| {
            let values = sources.iter().map(|id| value(self.get(host, id)));
            values.max().unwrap_or(Tri::Yes)
        };
        let changed = any(&entry.on_change, |status| status.changed);
        let changed = match changed {
            // R 26: in apply mode maybe counts as changed for handlers.
            Tri::Maybe if !self.is_check => Tri::Yes,
            it => it,
        };
        any(&entry.on_failure, |status| status.failed).min(changed)
    }

    /// All that is asked before an entry is begun; of a loop, `when` is asked for each item.
    pub(super) fn gate(&self, host: &str, entry: &Entry) -> Tri {
        let triggers = self.triggers(host, entry);
        match entry.items {
            Some(_) => triggers,
            None if triggers == Tri::No => triggers,
            None => triggers.min(self.whens(host, entry)),
        }
    }
}
