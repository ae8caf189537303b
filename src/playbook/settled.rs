//! Keys that must be known before a run: what their expressions come to without any host.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::name::{EntryId, RoundId, UnitId};
use crate::playbook::model::Playbook;
use crate::playbook::once::in_loop;
use crate::playbook::setting::Settable as _;
use crate::playbook::share::{Share, shares};
use crate::source::Spanned;
use crate::template::{Form, RenderError, Rendering, Root, Scope};
use crate::value::{Map, Value};

/// A key whose value was an expression, to be put in when all of the playbook is read.
#[derive(Debug)]
pub(super) enum Late {
    /// `serial` of a round.
    Serial(RoundId, Spanned<Form>),
    /// `max_failures` of a round.
    MaxFailures(RoundId, Spanned<Form>),
    /// `run_once` of an entry.
    Once(EntryId, Spanned<Form>),
}

impl Late {
    const fn key(&self) -> &'static str {
        match self {
            Self::Serial(..) => "serial",
            Self::MaxFailures(..) => "max_failures",
            Self::Once(..) => "run_once",
        }
    }

    const fn form(&self) -> &Spanned<Form> {
        match self {
            Self::Serial(_, form) | Self::MaxFailures(_, form) | Self::Once(_, form) => form,
        }
    }
}

/// Puts in what these keys come to.
pub(super) fn settle(playbook: &mut Playbook, late: &[Late], is_broken: bool, diagnostics: &mut Diagnostics) {
    playbook.settled = late.iter().map(|it| it.form().value.clone()).collect();
    for it in late {
        let scope = match it {
            Late::Serial(round, _) | Late::MaxFailures(round, _) => scope_of_round(playbook, *round),
            Late::Once(entry, _) => scope_of_entry(playbook, *entry),
        };
        let value = match it.form().value.render(&scope) {
            Ok(Rendering::Known { value, .. }) => value,
            Ok(Rendering::Unknown { because }) => {
                let message = format!("`{}` must be known before the run: `{because}` is not", it.key());
                refuse(Diagnostic::error(Code::WrongType, message), it, diagnostics);
                continue;
            }
            // What a unit is passed, or what could not be read, may well make it right.
            Err(_) if playbook.is_unit || is_broken => continue,
            Err(error) => {
                diagnostics.push(unsettled(it.key(), error));
                continue;
            }
        };
        let put = match it {
            Late::Serial(round, _) => {
                shares("serial", 1, &value).map(|serial| playbook.rounds[round.index()].serial = serial)
            }
            Late::MaxFailures(round, _) => Share::of("max_failures", 0, &value)
                .map(|share| playbook.rounds[round.index()].max_failures = Some(share)),
            Late::Once(entry, _) => {
                let once = bool::of(&value).map_err(|wrong| format!("`run_once` takes {wrong}"));
                once.map(|once| playbook.entries[entry.index()].run_once = once)
            }
        };
        if let Err(message) = put {
            refuse(Diagnostic::error(Code::WrongType, message), it, diagnostics);
        }
        if let Late::Once(entry, _) = it
            && playbook.entry(*entry).run_once
            && is_looped(playbook, *entry)
        {
            diagnostics.push(in_loop(it.form().span));
        }
    }
}

fn refuse(error: Diagnostic, late: &Late, diagnostics: &mut Diagnostics) {
    diagnostics.push(error.at(late.form().span));
}

fn unsettled(key: &str, error: RenderError) -> Diagnostic {
    let diagnostic = Diagnostic::error(Code::UndefinedVariable, error.message).at(error.span);
    let help = format!(
        "`{key}` is the same for all hosts: it sees variables of the playbook, the round and its inputs, and `-e`."
    );
    diagnostic.help(help)
}

fn is_looped(playbook: &Playbook, entry: EntryId) -> bool {
    let around = std::iter::successors(playbook.entry(entry).parent, |it| playbook.entry(*it).parent);
    around.into_iter().any(|it| playbook.entry(it).repeat.is_some())
}

/// What there is without any host.
fn scope_of_all(playbook: &Playbook) -> Arc<Scope> {
    let mut scope = Scope::brief(Arc::clone(&playbook.extra));
    for layer in &playbook.vars {
        scope = scope.with(Arc::clone(layer));
    }
    let version = Map::from([("version".to_owned(), Value::from(env!("CARGO_PKG_VERSION")))]);
    scope = scope.bind("run", Root::Value(Value::Map(version)));
    for name in ["host", "hosts", "groups", "facts", "results", "secrets"] {
        scope = scope.bind(name, Root::Unknown(name.to_owned()));
    }
    playbook.enter(UnitId::PLAYBOOK, &scope)
}

fn scope_of_round(playbook: &Playbook, round: RoundId) -> Arc<Scope> {
    let round = playbook.round(round);
    let mut scope = scope_of_all(playbook);
    for unit in playbook.enclosing(round.unit).into_iter().skip(1) {
        scope = playbook.enter(unit, &scope);
    }
    scope.with(Arc::clone(&round.vars))
}

fn scope_of_entry(playbook: &Playbook, id: EntryId) -> Arc<Scope> {
    let entry = playbook.entry(id);
    let outer = match entry.parent {
        None => scope_of_round(playbook, entry.round),
        Some(parent) => {
            let scope = scope_of_entry(playbook, parent);
            match playbook.imported(parent) {
                Some(unit) => playbook.enter(unit, &scope),
                None => scope,
            }
        }
    };
    outer.with(Arc::clone(&entry.vars))
}
