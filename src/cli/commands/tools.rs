//! `rmote-play tools`: the reference of tools, drawn from their types.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::cli::args::{Listing, ToolsArgs};
use crate::cli::error::{CliError, Exit};
use crate::cli::printer::Printer;
use crate::diagnostic::nearest;
use crate::tool::{Access, Entry, Field, HOST_PATH, Place, Role, Signature, Type};
use crate::tools::registry;

/// How wide the text is.
const WIDTH: usize = 100;

/// Lists the tools, or explains one.
pub(crate) fn tools(args: &ToolsArgs, printer: Printer) -> Result<Exit, CliError> {
    let registry = registry();
    let text = match (&args.name, args.format) {
        (None, Listing::Human) => {
            let width = registry.names().map(str::len).max().unwrap_or(0);
            let line =
                |entry: &Entry| format!("{:width$}  {}\n", entry.name, first_sentence(&entry.args().doc));
            registry.iter().map(line).collect()
        }
        (None, Listing::Json) => pretty(&registry.iter().map(as_json).collect())?,
        (Some(name), format) => {
            let Some(entry) = registry.get(name) else {
                let error = CliError::invalid(format!("there is no tool `{name}`"));
                let near = nearest(name, registry.names()).map(|it| format!("Did you mean `{it}`?"));
                let help = near.unwrap_or_else(|| "`rmote-play tools` lists them all.".into());
                return Err(error.help(help));
            };
            match format {
                Listing::Human => explain(entry),
                Listing::Json => pretty(&as_json(entry))?,
            }
        }
    };
    printer.out(&text)?;
    Ok(Exit::Success)
}

fn first_sentence(doc: &str) -> String {
    let paragraph = doc.split("\n\n").next().unwrap_or_default().replace('\n', " ");
    match paragraph.split_once(". ") {
        Some((first, _)) => format!("{first}."),
        None => paragraph,
    }
}

fn pretty(value: &Json) -> Result<String, CliError> {
    let text = serde_json::to_string_pretty(value).map_err(std::io::Error::from)?;
    Ok(format!("{text}\n"))
}

fn as_json(entry: &Entry) -> Json {
    json!({
        "name": entry.name,
        "description": entry.args().doc,
        "shorthand": entry.shorthand,
        "example": entry.example.trim_end(),
        "order": order(entry),
        "arguments": entry.args().schema,
        "result": entry.output().schema,
    })
}

fn explain(entry: &Entry) -> String {
    let (about, check) = split(&entry.args().doc);
    let mut text = format!(
        "{} – {}\n\n{}",
        entry.name,
        first_sentence(&about),
        paragraphs(&about, "  ")
    );
    text.push_str("\nArguments\n");
    text.push_str(&fields(entry.args()));
    if let Some(name) = &entry.shorthand {
        let _ = writeln!(text, "  A bare value is `{name}`: `{}: ...`.", entry.name);
    }
    text.push_str("\nResult\n");
    if !entry.output().fields.is_empty() {
        text.push_str(&fields(entry.output()));
    }
    text.push_str(&paragraphs(
        "Every result also has `status`, `changed`, `failed`, `skipped`, `error`, `warnings`, `diff` and `attempts`.",
        "  ",
    ));
    text.push_str("\nOrder\n");
    text.push_str(&paragraphs(order(entry), "  "));
    text.push_str("\nCheck mode\n");
    text.push_str(&paragraphs(
        check.as_deref().unwrap_or(in_check_mode(entry)),
        "  ",
    ));
    text.push_str("\nExample\n");
    for line in entry.example.trim_end().lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// What a tool does, and what its manual says of check mode.
fn split(doc: &str) -> (String, Option<String>) {
    let (mut about, mut check) = (Vec::new(), None);
    for paragraph in doc.split("\n\n") {
        match paragraph.strip_prefix("Check mode: ") {
            Some(rest) => {
                let mut letters = rest.chars();
                let first = letters.next().into_iter().flat_map(char::to_uppercase);
                check = Some(first.chain(letters).collect());
            }
            None => about.push(paragraph),
        }
    }
    (about.join("\n\n"), check)
}

/// Which other calls it may run next to.
fn order(entry: &Entry) -> &'static str {
    match (entry.place, entry.access) {
        (_, Access::Waits | Access::Fence) => "Keeps its place against every other call.",
        (Place::Controller, _) => "Done on the controller; the host is not asked.",
        (Place::Host | Place::Agent, Access::Reads) => {
            "Only reads what its arguments name: runs next to other reads, and is never `changed`."
        }
        (Place::Host | Place::Agent, Access::Writes) => {
            "Reads and writes what its arguments name, looks first, and changes only what differs: a second run changes nothing."
        }
        (Place::Host | Place::Agent, Access::Opaque) => {
            "May read and write anything unless `reads` and `writes` on the call say less; `writes: []` says that it only reads."
        }
    }
}

fn in_check_mode(entry: &Entry) -> &'static str {
    match (entry.place, entry.access) {
        (Place::Controller, _) => "The same.",
        (Place::Host | Place::Agent, Access::Reads) => "It runs.",
        (Place::Host | Place::Agent, Access::Writes) => "It looks, and says what would change.",
        (Place::Host | Place::Agent, Access::Opaque) => "It does not run, unless it only reads.",
        (Place::Host | Place::Agent, Access::Waits) => {
            "It looks once; the outcome is unknown if it would have to wait."
        }
        (Place::Host | Place::Agent, Access::Fence) => "It does not run.",
    }
}

fn fields(signature: &Signature) -> String {
    if signature.fields.is_empty() {
        return "  none\n".into();
    }
    let describe = |it: &Field| described(it, signature, 2);
    signature.fields.iter().map(describe).collect()
}

fn described(field: &Field, signature: &Signature, indent: usize) -> String {
    let space = " ".repeat(indent);
    let mut head = format!("{space}{}  {}", field.name, type_of(field, signature));
    if field.required {
        head.push_str(", required");
    } else if let Some(default) = &field.default {
        let _ = write!(head, ", default {default}");
    }
    head.push('\n');
    head.push_str(&paragraphs(&field.doc, &" ".repeat(indent + 6)));
    if let Some(inner) = inner(&field.of) {
        for field in inner {
            head.push_str(&described(field, signature, indent + 6));
        }
    }
    head
}

/// The fields of what a field holds.
fn inner(of: &Type) -> Option<&[Field]> {
    match of {
        Type::Record(fields) => Some(fields),
        Type::List(of) | Type::Map(of) => inner(of),
        Type::Union(options) => options.iter().find_map(inner),
        _ => None,
    }
}

fn type_of(field: &Field, signature: &Signature) -> String {
    let is_path = || {
        let schema = signature
            .schema
            .get("properties")
            .and_then(|all| all.get(&field.name));
        let pattern = format!("\"pattern\":\"{HOST_PATH}\"");
        schema.is_some_and(|it| it.to_string().contains(&pattern))
    };
    match field.role {
        Some(Role::ControllerFile) => "path on the controller".to_owned(),
        Some(Role::TemplateFile) => "path of a template on the controller".to_owned(),
        Some(Role::Expression) => "expression, or a list of them".to_owned(),
        _ if is_path() => field.of.to_string().replace("string", "absolute path"),
        _ => field.of.to_string(),
    }
}

/// Text in lines of at most [`WIDTH`], paragraphs kept apart.
fn paragraphs(text: &str, indent: &str) -> String {
    let mut out = String::new();
    for (at, paragraph) in text.split("\n\n").filter(|it| !it.trim().is_empty()).enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && indent.len() + line.chars().count() + 1 + word.chars().count() > WIDTH {
                let _ = writeln!(out, "{indent}{line}");
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        let _ = writeln!(out, "{indent}{line}");
    }
    out
}
