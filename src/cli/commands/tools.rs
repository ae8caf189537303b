//! `rmote-play tools`: the reference of tools, drawn from their types.

use std::fmt::Write as _;

use crate::cli::args::ToolsArgs;
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::diagnostic::nearest;
use crate::tool::{Access, Entry, Field, Place, Signature};
use crate::tools::registry;

/// Lists the tools, or explains one.
pub(crate) fn tools(args: &ToolsArgs, printer: Printer) -> Result<Exit, CliError> {
    let registry = registry();
    let text = match &args.name {
        None => {
            let width = registry.names().map(str::len).max().unwrap_or(0);
            let line = |entry: &Entry| {
                let first = entry.args().doc.lines().next().unwrap_or_default().to_owned();
                format!("{:width$}  {first}\n", entry.name)
            };
            registry.iter().map(line).collect()
        }
        Some(name) => {
            let Some(entry) = registry.get(name) else {
                let error = CliError::invalid(format!("there is no tool `{name}`"));
                let near = nearest(name, registry.names()).map(|it| format!("Did you mean `{it}`?"));
                let help = near.unwrap_or_else(|| "`rmote-play tools` lists them all.".into());
                return Err(error.help(help));
            };
            explain(entry)
        }
    };
    printer.out(&text)?;
    Ok(Exit::Success)
}

fn explain(entry: &Entry) -> String {
    let mut text = format!("{}\n\n{}\n", entry.name, indent(&entry.args().doc, "  "));
    text.push_str("\nArguments\n");
    text.push_str(&fields(entry.args()));
    if let Some(name) = entry.shorthand {
        let _ = writeln!(text, "  A bare value is `{name}`.");
    }
    text.push_str("\nResult\n");
    text.push_str(&fields(entry.output()));
    text.push_str("\nOrder and check mode\n");
    text.push_str(&indent(access(entry), "  "));
    text.push_str("\n\nExample\n");
    text.push_str(&indent(entry.example.trim_end(), "  "));
    text.push('\n');
    text
}

fn access(entry: &Entry) -> &'static str {
    match (entry.place, entry.access) {
        (Place::Controller, Access::Fence) => {
            "Decided on the controller. Keeps its place against every other call; in check mode it is decided too."
        }
        (Place::Controller, _) => "Done on the controller; in check mode too.",
        (Place::Host | Place::Agent, Access::Reads) => {
            "Only reads: runs beside other reads, runs in check mode, and is never `changed`."
        }
        (Place::Host | Place::Agent, Access::Writes) => {
            "Looks first and changes only what differs. In check mode it looks and says what would change."
        }
        (Place::Host | Place::Agent, Access::Opaque) => {
            "May read and write anything unless `reads` and `writes` on the call say less; `writes: []` says that it only \
             reads. In check mode it does not run unless it only reads; a guard (`creates`, `removes`, `unless`) is looked at."
        }
        (Place::Host | Place::Agent, Access::Fence) => "Keeps its place against every other call.",
    }
}

fn fields(signature: &Signature) -> String {
    if signature.fields.is_empty() {
        return "  none\n".into();
    }
    signature.fields.iter().map(field).collect()
}

fn field(field: &Field) -> String {
    let mut head = format!("  {} ({}", field.name, field.of);
    if field.required {
        head.push_str(", required");
    } else if let Some(default) = &field.default {
        let _ = write!(head, ", default {default}");
    }
    head.push_str(")\n");
    if !field.doc.is_empty() {
        head.push_str(&indent(&field.doc, "      "));
        head.push('\n');
    }
    head
}

fn indent(text: &str, by: &str) -> String {
    let line = |line: &str| {
        if line.is_empty() {
            String::new()
        } else {
            format!("{by}{line}")
        }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
