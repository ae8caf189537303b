//! `--start-at`: what is written above an entry is left out.

use crate::cli::error::CliError;
use crate::diagnostic::nearest;
use crate::name::EntryId;
use crate::playbook::Playbook;
use crate::template::Form;
use crate::value::Value;

/// The entry that an id or a name means: the first one that is called so.
///
/// # Errors
/// Where none is.
pub(in crate::cli) fn start_at(name: &str, playbook: &Playbook) -> Result<EntryId, CliError> {
    let written = |form: &Form| match form.literal() {
        Some(Value::Str(text)) => Some(text.clone()),
        _ => None,
    };
    let called: Vec<[Option<String>; 2]> = (playbook.entries.iter())
        .map(|entry| {
            let id = entry.id.as_ref().map(|id| id.value.clone());
            [id, entry.name.as_ref().and_then(written)]
        })
        .collect();
    for at in 0..2 {
        if let Some(entry) = called.iter().position(|names| names[at].as_deref() == Some(name)) {
            return Ok(EntryId::at(entry));
        }
    }
    let error = CliError::invalid(format!("--start-at: no entry has the id or name `{name}`"));
    let known = called.iter().flatten().flatten().map(String::as_str);
    Err(match nearest(name, known) {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None => error.help("`--list-calls` lists them."),
    })
}
