//! Names that are no variables: what they mean at a place, and what may be taken of them.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::check::fields::one_of;
use crate::playbook::check::links::is_inside;
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::{Near, Place};
use crate::playbook::check::scope::definition;
use crate::playbook::run_names::{ROUND, RUN, RUN_ROUND};
use crate::playbook::unit::{SPARE, Target};
use crate::template::Access;

impl<'a> Checker<'a, '_> {
    /// Checks an access of a reserved name; `None`: it is none.
    pub(super) fn reserved(
        &self,
        place: &Place<'a>,
        access: &Access,
        guarded: bool,
    ) -> Option<Result<(), Diagnostic>> {
        let name = access.path.first()?.as_str();
        let error = match name {
            "host" => one_of(access, 1, "host", &["name", "address", "groups", "vars"]),
            "run" => one_of(access, 1, "run", &RUN).or_else(|| {
                let is_round = access.path.get(1).is_some_and(|it| it == ROUND);
                is_round.then(|| one_of(access, 2, "run.round", &RUN_ROUND)).flatten()
            }),
            "facts" => self.shapes.facts(access, &access.path[1..], "facts"),
            "hosts" => self.hosts(place, access),
            "groups" => self.groups(access),
            "results" => self.results(place, access),
            "result" => match place.result {
                Some((entry, tool)) => self.shapes.own_result(entry, tool, access),
                None => Some(
                    absent(access, name)
                        .help("It is there in `until`, `changed_when` and `failed_when` of a call; elsewhere use `results.<id>`."),
                ),
            },
            "loop" if place.in_loop => {
                one_of(access, 1, "loop", &["index", "index0", "length", "first", "last"])
            }
            "loop" | "item" => Some(absent(access, name).help("It is there only in a call or group with `loop`.")),
            "failed" if place.in_rescue => failed(access),
            "failed" => {
                Some(absent(access, name).help("It is there only in an entry with `on_failure`, and in what is in it."))
            }
            "inventory_hostname" | "inventory_hostname_short" | "group_names"
                if self.playbook.inventory.has_sources =>
            {
                None
            }
            "hostvars" if self.playbook.inventory.has_sources => self.host_variables(access),
            "secrets" if !self.playbook.unit(place.unit).is_open => Some(
                absent(access, name).help("A unit does not see the `secrets` of others: declare an input of type `secret`, and pass it."),
            ),
            "secrets" => self.secrets(access),
            _ => return None,
        };
        Some(match error {
            Some(error) if !(guarded && is_gap(&error)) => Err(error),
            _ => Ok(()),
        })
    }

    /// Checks an access of a name that means something where nothing defines it; `None`: it is none, or something does.
    pub(super) fn spare(&self, near: &Near<'_>, access: &Access) -> Option<Result<(), Diagnostic>> {
        let name = access.path.first()?;
        let (_, known) = SPARE.iter().find(|(spare, _)| spare == name)?;
        match near {
            Near::Nothing => {}
            Near::OfHosts => {
                let is_defined =
                    self.names.depends_on_host(name) || definition(self.playbook, None, name).is_some();
                if is_defined {
                    return None;
                }
            }
            Near::Form(_) | Near::Input(_) => return None,
        }
        if known.is_empty() {
            return Some(Ok(()));
        }
        Some(one_of(access, 1, name, known).map_or(Ok(()), Err))
    }

    fn hosts(&self, place: &Place<'_>, access: &Access) -> Option<Diagnostic> {
        let name = access.path.get(1)?;
        let inventory = &self.playbook.inventory;
        if !inventory.host_names.contains_key(name) && self.playbook.is_unit {
            return None;
        }
        if !inventory.host_names.contains_key(name) {
            let known = inventory.hosts.iter().map(|it| it.name.as_str());
            return Some(
                Diagnostic::error(Code::UnknownHost, format!("there is no host `{name}`"))
                    .at(access.span)
                    .did_you_mean(name, known),
            );
        }
        let known = [
            "name", "address", "groups", "vars", "facts", "results", "status", "error",
        ];
        let what = format!("hosts['{name}']");
        match access.path.get(2)?.as_str() {
            "facts" => self
                .shapes
                .facts(access, &access.path[3..], &format!("{what}.facts")),
            "results" => {
                access.path.get(3)?;
                let Target { entry: target, steps } = match self.target(place, access, 3) {
                    Ok(found) => found,
                    Err(error) => return Some(error),
                };
                let id = &access.path[3..3 + steps].join(".");
                let entry = self.playbook.entry(target);
                if !self.before[place.round.index()].contains(&entry.round) {
                    return Some(
                        Diagnostic::error(
                            Code::LaterId,
                            format!("`{id}` is not of an earlier round: `{name}` may not have run it yet"),
                        )
                        .at(access.span)
                        .help("Put it in a round of its own, which this one needs."),
                    );
                }
                if !self.playbook.round(place.round).barrier {
                    return Some(
                        Diagnostic::error(
                            Code::LaterId,
                            format!("without a barrier, `{name}` may not have run `{id}` yet"),
                        )
                        .at(access.span)
                        .help("Remove `barrier: false` from this round."),
                    );
                }
                let what = format!("{what}.results.{id}");
                self.shapes
                    .result(entry, access, &access.path[3 + steps..], &what)
            }
            key @ ("status" | "error") => self.outcome_of(place, access, name, key),
            _ => one_of(access, 2, &what, &known),
        }
    }

    /// How a host came out is known once it has left a round that comes before this one.
    fn outcome_of(&self, place: &Place<'_>, access: &Access, name: &str, key: &str) -> Option<Diagnostic> {
        let id = self.playbook.inventory.host_names.get(name)?;
        let before = &self.before[place.round.index()];
        let is_known = before
            .iter()
            .any(|round| self.playbook.round(*round).hosts.contains(id));
        let help = if !is_known {
            "Read it in a round that needs one of that host."
        } else if !self.playbook.round(place.round).barrier {
            "Remove `barrier: false` from this round."
        } else {
            return None;
        };
        let message = format!("`hosts['{name}'].{key}` is not known yet: no round of `{name}` has ended");
        Some(
            Diagnostic::error(Code::LaterId, message)
                .at(access.span)
                .help(help),
        )
    }

    fn host_variables(&self, access: &Access) -> Option<Diagnostic> {
        let name = access.path.get(1)?;
        let inventory = &self.playbook.inventory;
        if inventory.host_names.contains_key(name) {
            return None;
        }
        let known = inventory.hosts.iter().map(|it| it.name.as_str());
        Some(
            Diagnostic::error(Code::UnknownHost, format!("there is no host `{name}`"))
                .at(access.span)
                .did_you_mean(name, known),
        )
    }

    fn groups(&self, access: &Access) -> Option<Diagnostic> {
        let name = access.path.get(1)?;
        let groups = &self.playbook.inventory.group_names;
        let is_known = name == "all" || name == "ungrouped" || groups.contains_key(name);
        if is_known || self.playbook.is_unit {
            return None;
        }
        let known = self.playbook.inventory.groups.iter().map(|it| it.name.as_str());
        Some(
            Diagnostic::error(Code::UnknownGroup, format!("there is not a group `{name}`"))
                .at(access.span)
                .did_you_mean(name, known.chain(["all"])),
        )
    }

    fn results(&self, place: &Place<'_>, access: &Access) -> Option<Diagnostic> {
        access.path.get(1)?;
        let Target { entry: target, steps } = match self.target(place, access, 1) {
            Ok(found) => found,
            Err(error) => return Some(error),
        };
        let id = &access.path[1..=steps].join(".");
        let entry = self.playbook.entry(target);
        let there = entry.id.as_ref().map_or(entry.span, |it| it.span);
        let late = |message: String, help: String| {
            Diagnostic::error(Code::LaterId, message)
                .at(access.span)
                .label(there, format!("`{id}` is here"))
                .help(help)
        };
        if entry.round != place.round {
            if !self.before[place.round.index()].contains(&entry.round) {
                let round = &self.playbook.round(entry.round).name.value;
                return Some(if entry.round > place.round {
                    late(
                        format!("`{id}` is of a later round, `{round}`"),
                        "A call reads results of what runs before it.".to_owned(),
                    )
                } else {
                    late(
                        format!("`{id}` is of the round `{round}`, which this round does not need"),
                        format!("Add `{round}` to this round's `needs`."),
                    )
                });
            }
        } else if target == place.entry && place.result.is_some() {
            return Some(late(
                format!("the result of `{id}` is not there yet"),
                "A call's own result is `result`.".to_owned(),
            ));
        } else if target >= place.entry {
            return Some(late(
                format!("`{id}` has not run yet"),
                "A call reads results of what is written above it: move it under.".to_owned(),
            ));
        } else if is_inside(self.playbook, place.entry, target) {
            return Some(late(
                format!("the group `{id}` has not ended yet"),
                "Move this entry out of the group, or read the result of a call in it.".to_owned(),
            ));
        }
        let what = format!("results.{id}");
        self.shapes
            .result(entry, access, &access.path[1 + steps..], &what)
    }

    /// The entry that the ids from a step of an access on name, and how many they are.
    fn target(&self, place: &Place<'_>, access: &Access, at: usize) -> Result<Target, Diagnostic> {
        self.playbook
            .target(place.unit, &access.path[at..])
            .ok_or_else(|| {
                let id = &access.path[at];
                let mut known: Vec<_> = self
                    .playbook
                    .unit(place.unit)
                    .ids
                    .keys()
                    .map(String::as_str)
                    .collect();
                known.sort_unstable();
                Diagnostic::error(Code::UnknownId, format!("no entry has the id `{id}`"))
                    .at(access.span)
                    .did_you_mean(id, known)
            })
    }
}

/// What is in `failed`.
fn failed(access: &Access) -> Option<Diagnostic> {
    let parts = ["kind", "message", "exit_code", "stderr", "stdout", "call"];
    one_of(access, 1, "failed", &["id", "name", "tool", "error"]).or_else(|| {
        let is_error = access.path.get(1).is_some_and(|it| it == "error");
        is_error
            .then(|| one_of(access, 2, "failed.error", &parts))
            .flatten()
    })
}

fn absent(access: &Access, name: &str) -> Diagnostic {
    Diagnostic::error(Code::UndefinedVariable, format!("`{name}` is not there")).at(access.span)
}

/// Whether `default` and `is defined` accept it: something may not be there; not a name that cannot be meant.
fn is_gap(error: &Diagnostic) -> bool {
    matches!(
        error.code,
        Code::UndefinedVariable | Code::UnknownHost | Code::UnknownGroup
    )
}
