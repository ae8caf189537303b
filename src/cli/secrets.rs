//! The secrets of a run, and the questions that are asked for them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::cli::error::CliError;
use crate::inventory::{Answer, Answers, Transport};
use crate::name::{EntryId, HostId, is_private};
use crate::plan::Plan;
use crate::playbook::Playbook;
use crate::secret::{Keys, Masker, Secrets};
use crate::template::Form;
use crate::value::Value;

/// The playbook's secrets. Who sits at the terminal is asked now for those that the run reads: later, other things
/// move there.
///
/// # Errors
/// Where one of those cannot be had.
pub(super) fn of(
    playbook: &Playbook,
    plan: &Plan,
    left_out: &HashSet<EntryId>,
    keys: Arc<Keys>,
    masker: Arc<Masker>,
) -> Result<Arc<Secrets>, CliError> {
    let sources = playbook.secrets.iter();
    let sources = sources.map(|(name, source)| (name.clone(), source.value.clone()));
    let secrets = Secrets::new(sources, keys, masker);
    let entries = (0..playbook.entries.len()).map(EntryId::at);
    let run = entries.filter(|entry| !left_out.contains(entry));
    let read = run.flat_map(|entry| &plan.node(entry).secrets);
    secrets.ask(read.map(String::as_str)).map_err(CliError::invalid)?;
    secrets.ask(passwords(playbook)).map_err(CliError::invalid)?;
    secrets.get_ahead();
    for name in certain(playbook, plan, left_out) {
        secrets.try_plain(name).map_err(|why| {
            CliError::invalid(why).help("It is read in this run, of which nothing was done yet.")
        })?;
    }
    secrets.masker().hide_many(encrypted(playbook));
    Ok(Arc::new(secrets))
}

/// Those of a playbook of which nothing is run, for the login on one host: who sits at the terminal is asked now for what is
/// answered there and on the way.
///
/// # Errors
/// Where one of those cannot be had.
pub(super) fn of_login(playbook: &Playbook, id: HostId, keys: Arc<Keys>) -> Result<Arc<Secrets>, CliError> {
    let sources = playbook.secrets.iter();
    let sources = sources.map(|(name, source)| (name.clone(), source.value.clone()));
    let secrets = Secrets::new(sources, keys, Arc::new(Masker::default()));
    let connection = &playbook.inventory.host(id).connection;
    let way = connection.way.iter().filter(|jump| jump.host.is_some());
    let answers = std::iter::once(&connection.answers).chain(way.map(|jump| &jump.answers));
    // Nothing else asks for one.
    let answers = answers.filter(|_| connection.transport == Transport::Ssh);
    let names = answers.flat_map(Answers::all).filter_map(|it| named(&it.value));
    secrets.ask(names).map_err(CliError::invalid)?;
    Ok(Arc::new(secrets))
}

/// The secrets that are read for certain: by a call without a condition, and not by a part of a template that has one.
fn certain<'p>(
    playbook: &'p Playbook,
    plan: &'p Plan,
    left_out: &HashSet<EntryId>,
) -> impl Iterator<Item = &'p str> {
    let ids = (0..playbook.entries.len()).map(EntryId::at);
    let run: Vec<EntryId> = ids.filter(|id| !left_out.contains(id)).collect();
    run.into_iter()
        .filter(|id| is_done_for_certain(playbook, *id))
        .flat_map(move |id| {
            let written = playbook.entry(id).action.call().map(|call| {
                let env = call.env.as_ref().map(|env| env.value.written(""));
                [Some(call.args.value.written("")), env]
            });
            let names = plan.node(id).secrets.iter().map(String::as_str);
            names.filter(move |name| {
                let parts = written.iter().flatten().flatten();
                parts.into_iter().any(|part| reads_plainly(part, name))
            })
        })
}

fn is_done_for_certain(playbook: &Playbook, id: EntryId) -> bool {
    let is_free = |id: &EntryId| {
        let entry = playbook.entry(*id);
        entry.when.is_empty()
            && entry.on_change.is_empty()
            && entry.on_failure.is_empty()
            && entry.repeat.is_none()
            // Its author says what is to become of a failure.
            && !entry.ignore_errors.may_be()
            && !entry.is_region
    };
    let round = playbook.round(playbook.entry(id).round);
    let mut chain = playbook.around(id);
    round.when.is_empty() && !round.hosts.is_empty() && chain.all(|id| is_free(&id))
}

/// Whether a secret is in a text that has no condition of its own.
fn reads_plainly(written: &Value, name: &str) -> bool {
    match written {
        Value::Str(text) => {
            let has_condition = ["{%", " if ", " or ", " and "].iter().any(|it| text.contains(it));
            let mut reads = text.split("secrets.").skip(1);
            let is_end = |c: char| !c.is_alphanumeric() && c != '_';
            !has_condition
                && reads.any(|rest| {
                    rest.strip_prefix(name)
                        .is_some_and(|it| it.is_empty() || it.starts_with(is_end))
                })
        }
        Value::List(items) => items.iter().any(|item| reads_plainly(item, name)),
        Value::Map(entries) => entries.values().any(|part| reads_plainly(part, name)),
        _ => false,
    }
}

/// What encrypted files and values of variables and of inventories hold, and the passwords of an inventory's connections,
/// whether anything reads them or not.
fn encrypted(playbook: &Playbook) -> Vec<String> {
    let inventory = &playbook.inventory;
    let mut found = Vec::new();
    for layer in &playbook.vars {
        layer
            .values()
            .for_each(|form| texts(&form.value, false, &mut found));
    }
    let mut seen = HashSet::new();
    for id in inventory.all() {
        for (_, layer) in inventory.layers(id) {
            // Those of groups are the same for all of their hosts.
            if !seen.insert(std::ptr::from_ref(layer).addr()) {
                continue;
            }
            for (name, form) in layer.iter() {
                let is_password = name.starts_with("ansible_") && is_private(name);
                texts(&form.value, is_password, &mut found);
            }
        }
    }
    found
}

fn texts(form: &Form, is_secret: bool, found: &mut Vec<String>) {
    match form {
        Form::Secret(inner) => texts(inner, true, found),
        Form::Literal(value) if is_secret => literals(value, found),
        Form::List(items) => items.iter().for_each(|it| texts(&it.value, is_secret, found)),
        Form::Map(entries) => entries.values().for_each(|it| texts(&it.value, is_secret, found)),
        _ => {}
    }
}

fn literals(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Str(text) => found.push(text.clone()),
        Value::List(items) => items.iter().for_each(|item| literals(item, found)),
        Value::Map(entries) => entries.values().for_each(|part| literals(part, found)),
        Value::Null | Value::Bool(_) | Value::Bytes(_) => {}
        number => found.extend(serde_json::to_string(number)),
    }
}

/// The secrets that are passwords of `become` and of logins.
fn passwords(playbook: &Playbook) -> impl Iterator<Item = &str> {
    let hosts = playbook
        .inventory
        .hosts
        .iter()
        .map(|host| &host.connection.privilege);
    let logins = (playbook.inventory.hosts.iter()).flat_map(|host| host.connection.answers.all());
    let rounds = playbook.rounds.iter().map(|round| &round.privilege);
    let entries = playbook.entries.iter().map(|entry| &entry.privilege);
    std::iter::once(&playbook.privilege)
        .chain(hosts)
        .chain(rounds)
        .chain(entries)
        .filter_map(|privilege| privilege.password.as_ref())
        .chain(logins)
        .filter_map(|answer| named(&answer.value))
}

const fn named(answer: &Answer) -> Option<&str> {
    match answer {
        Answer::Secret(name) => Some(name.as_str()),
        Answer::Value(_) => None,
    }
}
