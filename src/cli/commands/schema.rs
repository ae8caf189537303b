//! `rmote-play schema`: what playbooks and events look like, for editors and programs.

use crate::cli::args::{SchemaArgs, SchemaOf};
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::event::Event;
use crate::playbook::{json_schema, unit_json_schema};
use crate::tools;

/// Prints a schema.
pub(crate) fn schema(args: &SchemaArgs, printer: Printer) -> Result<Exit, CliError> {
    let schema = match args.of {
        SchemaOf::Playbook => json_schema(&tools::registry()),
        SchemaOf::Unit => unit_json_schema(&tools::registry()),
        SchemaOf::Event => schemars::schema_for!(Event).into(),
    };
    let text = serde_json::to_string_pretty(&schema).map_err(std::io::Error::from)?;
    printer.out(&format!("{text}\n"))?;
    Ok(Exit::Success)
}
