//! What is said of names that nothing defines, and of variables that are made of themselves.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::name::{HostId, RoundId};
use crate::playbook::check::constant::Probed;
use crate::playbook::check::names::{Checker, Step, Use};
use crate::playbook::check::place::Place;
use crate::playbook::foreign;
use crate::playbook::model::Playbook;
use crate::source::Span;
use crate::template::Access;

impl<'a> Checker<'a, '_> {
    /// Of the hosts of classes that have no variable those that are certain to read it: not where a condition leaves the entry
    /// out, or may do so, nor where all that is looked at comes to something all the same. All of them, where no host has
    /// it.
    pub(super) fn without(&mut self, place: &Place<'a>, classes: &[usize], usage: Use<'_>) -> Vec<HostId> {
        let hosts = classes
            .iter()
            .flat_map(|it| place.classes[*it].hosts.iter().copied());
        let mut hosts: Vec<HostId> = hosts.collect();
        hosts.sort_unstable();
        if hosts.len() == place.hosts {
            return hosts;
        }
        if self.knows_values() {
            let end = self.rows_after();
            hosts.retain(|host| {
                let rows = if self.rows_left > end {
                    self.certain_rows(*host, place)
                } else {
                    Vec::new()
                };
                rows.iter().any(|row| {
                    let probed = usage.probe.map(|probe| probe(&row.scope));
                    match probed {
                        None | Some(Probed::Fails) => true,
                        Some(Probed::Unknown) => !usage.is_conditional,
                        Some(Probed::Known) => false,
                    }
                })
            });
        }
        hosts
    }

    /// Whether it is certain that a host comes to a place, as far as it gets there.
    pub(super) fn is_certain(&mut self, host: HostId, place: &Place<'a>) -> bool {
        !self.knows_values() || !self.certain_rows(host, place).is_empty()
    }

    /// The error for a name that is not defined: for some hosts, or for none of those that read it.
    pub(super) fn undefined(
        &self,
        place: &Place<'_>,
        access: &Access,
        name: &str,
        without: Option<Vec<HostId>>,
    ) -> Diagnostic {
        let some = without.filter(|it| it.len() < place.hosts);
        if let Some(hosts) = some {
            let missing = hosts.len();
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
        let error =
            Diagnostic::error(Code::UndefinedVariable, format!("`{name}` is not defined")).at(access.span);
        let error = match foreign::variable(name) {
            Some(instead) => error.help(instead),
            None => error.did_you_mean(name, known),
        };
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

/// For each round those that have ended before it, through any number of others.
pub(super) fn earlier_rounds(playbook: &Playbook) -> Vec<HashSet<RoundId>> {
    let mut before: Vec<HashSet<RoundId>> = Vec::with_capacity(playbook.rounds.len());
    for round in &playbook.rounds {
        let mut own: HashSet<RoundId> = round.needs.iter().copied().collect();
        for need in &round.needs {
            own.extend(before.get(need.index()).into_iter().flatten().copied());
        }
        before.push(own);
    }
    before
}
