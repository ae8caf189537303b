//! The secrets of a run, and the questions that are asked for them.

use std::collections::HashSet;
use std::sync::Arc;

use crate::cli::error::CliError;
use crate::inventory::Answer;
use crate::login::Password;
use crate::name::EntryId;
use crate::plan::Plan;
use crate::playbook::Playbook;
use crate::secret::{Keys, Masker, Secrets};

/// The playbook's secrets. Whoever sits at the terminal is asked now for those that the run reads: later, other things
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
    password: Option<&Password>,
) -> Result<Arc<Secrets>, CliError> {
    let sources = playbook.secrets.iter();
    let sources = sources.map(|(name, source)| (name.clone(), source.value.clone()));
    let secrets = Secrets::new(sources, keys, masker);
    let entries = (0..playbook.entries.len()).map(EntryId::at);
    let run = entries.filter(|entry| !left_out.contains(entry));
    let read = run.flat_map(|entry| &plan.node(entry).secrets);
    secrets.ask(read.map(String::as_str)).map_err(CliError::invalid)?;
    secrets.ask(passwords(playbook)).map_err(CliError::invalid)?;
    if let Some(password) = password {
        secrets.masker().hide(password.reveal());
    }
    Ok(Arc::new(secrets))
}

/// The secrets that are passwords of `become`.
fn passwords(playbook: &Playbook) -> impl Iterator<Item = &str> {
    let hosts = playbook
        .inventory
        .hosts
        .iter()
        .map(|host| &host.connection.privilege);
    let rounds = playbook.rounds.iter().map(|round| &round.privilege);
    let entries = playbook.entries.iter().map(|entry| &entry.privilege);
    std::iter::once(&playbook.privilege)
        .chain(hosts)
        .chain(rounds)
        .chain(entries)
        .filter_map(|privilege| match &privilege.password.as_ref()?.value {
            Answer::Secret(name) => Some(name.as_str()),
            Answer::Value(_) => None,
        })
}
