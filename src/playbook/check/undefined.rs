//! What is said of names that nothing defines, and of variables that are made of themselves.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::check::names::{Checker, Step};
use crate::playbook::check::place::Place;
use crate::source::Span;
use crate::template::Access;

impl Checker<'_, '_> {
    /// The error for a name that is not defined for some classes of hosts.
    pub(super) fn undefined(
        &self,
        place: &Place<'_>,
        access: &Access,
        name: &str,
        classes: &[usize],
    ) -> Diagnostic {
        let missing: usize = classes.iter().map(|it| place.classes[*it].hosts.len()).sum();
        if missing < place.hosts {
            let hosts = classes
                .iter()
                .flat_map(|it| place.classes[*it].hosts.iter().copied());
            let mut hosts: Vec<_> = hosts.collect();
            hosts.sort_unstable();
            let message = format!(
                "`{name}` is not defined for {}: {missing} of {} hosts",
                self.some_hosts(&hosts),
                place.hosts
            );
            return Diagnostic::error(Code::UndefinedVariable, message)
                .at(access.span)
                .help("Define it for them, take them out of the round, or use `default`.");
        }
        let unit = self.playbook.unit(place.unit);
        let of_playbook = self
            .playbook
            .vars
            .iter()
            .flat_map(|it| it.keys())
            .map(String::as_str);
        let outside = self.names.of_hosts().chain(of_playbook).filter(|_| unit.is_open);
        let mut known: Vec<&str> = outside
            .chain(unit.inputs.keys().map(String::as_str))
            .chain(place.layers.iter().flat_map(|it| it.keys()).map(String::as_str))
            .chain(place.bound.iter().copied())
            .chain(["host", "hosts", "groups", "facts", "results", "run"])
            .collect();
        known.sort_unstable();
        let error = Diagnostic::error(Code::UndefinedVariable, format!("`{name}` is not defined"))
            .at(access.span)
            .did_you_mean(name, known);
        if unit.is_open || error.help.is_some() {
            return error;
        }
        error.help("A unit sees its own `inputs` and `vars`, and what is about the host: declare an input and pass it.")
    }
}

/// The error for variables that are made of each other, the same from wherever it is met.
pub(super) fn cycle(steps: &[Step<'_>], back: Span) -> Diagnostic {
    let first = (0..steps.len())
        .min_by_key(|it| steps[*it].form.span)
        .unwrap_or_default();
    let mut names = Vec::with_capacity(steps.len() + 1);
    let mut error = Diagnostic::error(Code::VariableCycle, String::new());
    for offset in 0..steps.len() {
        let at = (first + offset) % steps.len();
        let reads = steps.get(at + 1).map_or(back, |next| next.used);
        let next = &steps[(at + 1) % steps.len()].name;
        names.push(steps[at].name.as_str());
        error = error.label(reads, format!("`{}` reads `{next}`", steps[at].name));
    }
    names.push(&steps[first].name);
    error.message = format!("a variable is made of itself: `{}`", names.join("` → `"));
    error
}
