//! What the playbook says of a call's outcome: `changed_when`, `failed_when`, `until`.

use std::sync::Arc;

use crate::event::Outcome;
use crate::failure::{Failure, Kind};
use crate::playbook::Call;
use crate::protocol::Mode;
use crate::runner::host::view::View;
use crate::runner::record::{Record, RecordLookup};
use crate::runner::schedule::effect::Judged;
use crate::runner::schedule::state::gate::Gate;
use crate::runner::status::{Status, Tri};
use crate::template::{Expression, Root, Scope};

impl View {
    /// What the playbook says of an outcome.
    pub(super) fn judge(&self, mut record: Record, call: &Call, scope: &Arc<Scope>) -> Judged {
        let until = match self.redefine(&mut record, call, scope) {
            Err(failure) => {
                record.fail(failure);
                None
            }
            Ok(()) if self.context.program.mode == Mode::Apply && !call.until.is_empty() => {
                Some(self.until(&record, call, scope))
            }
            Ok(()) => None,
        };
        Judged { record, until }
    }

    /// `changed_when` and `failed_when`. In check mode they may depend on what was not done.
    fn redefine(&self, record: &mut Record, call: &Call, scope: &Arc<Scope>) -> Result<(), Failure> {
        if !call.changed_when.is_empty() && !record.has_failed() {
            match self.says(&call.changed_when, record, scope) {
                Gate::Open => record.status = Status::of(Outcome::Changed),
                Gate::Shut(_) => record.status = Status::of(Outcome::Ok),
                Gate::Unknown(because) => {
                    record.status = Status::of(Outcome::Unknown);
                    record.status.failed = Tri::No;
                    record.unknown.get_or_insert(because);
                }
                Gate::Failed(failure) => return Err(failure),
            }
        }
        if call.failed_when.is_empty() {
            return Ok(());
        }
        match self.says(&call.failed_when, record, scope) {
            Gate::Open => {
                let text = call
                    .failed_when
                    .iter()
                    .map(Expression::text)
                    .collect::<Vec<_>>()
                    .join(" and ");
                let failure = || Failure::new(Kind::Invalid, format!("`failed_when` holds: {text}"));
                let error = record.error.take();
                record.fail(error.unwrap_or_else(failure));
            }
            Gate::Shut(_) if record.has_failed() => {
                record.error = None;
                record.status = record.status.handled();
            }
            Gate::Shut(_) => {}
            Gate::Unknown(because) => {
                record.error = None;
                record.status.outcome = Outcome::Unknown;
                record.status.failed = Tri::Maybe;
                record.unknown.get_or_insert(because);
            }
            // Of a call that did not get so far the fields are not there: its own failure says more.
            Gate::Failed(_) if record.has_failed() => {}
            Gate::Failed(failure) => return Err(failure),
        }
        Ok(())
    }

    fn until(&self, record: &Record, call: &Call, scope: &Arc<Scope>) -> Result<bool, Failure> {
        match self.says(&call.until, record, scope) {
            Gate::Open => Ok(true),
            Gate::Shut(_) | Gate::Unknown(_) => Ok(false),
            // Of a failed call the fields are not there: it does not hold then.
            Gate::Failed(_) if record.has_failed() => Ok(false),
            Gate::Failed(failure) => Err(failure),
        }
    }

    /// What conditions on a result say.
    fn says(&self, conditions: &[Expression], record: &Record, scope: &Arc<Scope>) -> Gate {
        let lookup = RecordLookup(Arc::new(record.clone()));
        let scope = scope.bind("result", Root::Lookup(Arc::new(lookup)));
        self.gate(conditions, &scope, None)
    }
}
