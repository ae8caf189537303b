//! What is wrong for a class of hosts, and whether that makes it wrong.

use crate::diagnostic::Diagnostic;
use crate::playbook::check::guards::Guards;
use crate::playbook::check::names::Checker;
use crate::playbook::check::typing::require::CLASSES;
use crate::source::Span;

/// Something wrong, as it is for a class of hosts.
pub(super) struct Mistake {
    error: Diagnostic,
    /// Whether it is one only where it is so for all of them: which of them come to it is not known, or it fails for none.
    of_all: bool,
}

impl Mistake {
    /// What is wrong where it is so for all hosts.
    pub(super) const fn of_all(error: Diagnostic) -> Self {
        Self { error, of_all: true }
    }

    /// What is wrong under conditions.
    pub(super) fn under(guards: &Guards, error: Diagnostic) -> Self {
        Self {
            of_all: guards.is_some(),
            error,
        }
    }

    fn at(&self) -> Option<Span> {
        self.error.labels.first().map(|it| it.span)
    }
}

impl Checker<'_, '_> {
    /// Says what is wrong for classes of hosts, each once, unless something within is wrong anyway.
    pub(super) fn tell_of_classes(&mut self, classes: &[usize], find: impl Fn(&Self, usize) -> Vec<Mistake>) {
        let mut told: Vec<Mistake> = Vec::new();
        let mut of_all: Option<Vec<Mistake>> = None;
        for (index, class) in classes.iter().enumerate() {
            if index >= CLASSES && of_all.as_ref().is_none_or(Vec::is_empty) {
                break;
            }
            let (all, own): (Vec<_>, Vec<_>) = find(self, *class).into_iter().partition(|it| it.of_all);
            for mistake in own {
                if told.iter().all(|it| it.at() != mistake.at()) {
                    told.push(mistake);
                }
            }
            match &mut of_all {
                None => of_all = Some(all),
                Some(before) => before.retain(|it| all.iter().any(|other| other.at() == it.at())),
            }
        }
        for Mistake { error, .. } in told.into_iter().chain(of_all.into_iter().flatten()) {
            let at = error.labels.first().map(|it| it.span);
            if at.is_none_or(|at| !self.diagnostics.has_error_within(at)) {
                self.diagnostics.push(error);
            }
        }
    }
}
