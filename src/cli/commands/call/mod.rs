//! `rmote-play call`: one call, without a playbook.

mod arguments;

use std::path::{Path, PathBuf};

use crate::cli::args::RunArgs;
use crate::cli::commands::run::{What, run_all};
use crate::cli::commands::validate::is_playbook;
use crate::cli::error::{CliError, Exit};
use crate::cli::inventories::Inventories;
use crate::cli::printer::Printer;
use crate::cli::privilege::Asked;
use crate::diagnostic::nearest;
use crate::report::Again;
use crate::source::{LARGEST_TEXT, read_text};
use crate::tool::Registry;
use crate::tools;

/// Calls a tool on hosts: as a playbook of one round with one call.
pub(crate) fn call(args: &RunArgs, again: &Again, printer: Printer) -> Result<Exit, CliError> {
    call_with(args, again, &mut Asked::default(), printer)
}

/// The same with what was answered before.
pub(in crate::cli) fn call_with(
    args: &RunArgs,
    again: &Again,
    asked: &mut Asked,
    printer: Printer,
) -> Result<Exit, CliError> {
    let words: Vec<String> = (args.playbooks.iter())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let [pattern, name, words @ ..] = words.as_slice() else {
        return Err(CliError::usage("a call needs a host pattern and a tool")
            .help("As in `rmote-play call 'web*' fs.stat path=/etc/hosts`."));
    };
    let registry = tools::registry();
    let tool = registry.get(name).ok_or_else(|| unknown_tool(&registry, name))?;
    let arguments = arguments::arguments(tool, words)?;
    let (pattern, name) = (serde_json::Value::from(pattern.as_str()), &tool.name);
    // Said of the call itself: what is said of a round does not reach this machine.
    let user = match args.privilege.act.user.as_deref() {
        None => String::new(),
        Some("") => "        become: true\n".to_owned(),
        Some(user) => format!("        become: {}\n", serde_json::Value::from(user)),
    };
    let round = format!(
        "rounds:\n  - name: call\n    hosts: {pattern}\n    calls:\n      - {name}: {arguments}\n{user}"
    );
    let what = synthetic(&args.inventories, &round)?;
    run_all(args, &[what], again, asked, printer)
}

/// A playbook of this round, on hosts of the inventories, of which one may be a playbook.
///
/// # Errors
/// Where that cannot be read.
pub(in crate::cli) fn synthetic(inventories: &Inventories, round: &str) -> Result<What, CliError> {
    let (playbooks, inventories): (Vec<String>, Vec<String>) = inventories
        .named
        .all()
        .into_iter()
        .partition(|it| is_playbook(Path::new(it)));
    let (path, base) = match playbooks.as_slice() {
        [] => (PathBuf::from("call"), String::new()),
        [path] => {
            let text = read_text(Path::new(path), LARGEST_TEXT)
                .map_err(|error| CliError::invalid(format!("`{path}` cannot be read: {error}")))?;
            (PathBuf::from(path), without_rounds(&text))
        }
        _ => return Err(CliError::usage("the hosts of one playbook can be had at a time")),
    };
    Ok(What {
        path,
        text: Some(base + round),
        inventories,
        replaces_inventory: false,
    })
}

fn unknown_tool(registry: &Registry, name: &str) -> CliError {
    let error = CliError::usage(format!("there is no tool `{name}`"));
    match nearest(name, registry.names()) {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None => error.help("`rmote-play tools` lists them all."),
    }
}

/// A playbook without its rounds: hosts, groups, variables and the settings of connections stay.
fn without_rounds(text: &str) -> String {
    let mut kept = String::new();
    let mut is_left_out = false;
    for line in text.split_inclusive('\n') {
        if line.starts_with(|c: char| !c.is_whitespace() && c != '#' && c != '-') {
            is_left_out = line
                .strip_prefix("rounds")
                .is_some_and(|rest| rest.trim_start().starts_with(':'));
        }
        if !is_left_out {
            kept.push_str(line);
        }
    }
    if !kept.is_empty() && !kept.ends_with('\n') {
        kept.push('\n');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::without_rounds;

    #[test]
    fn everything_but_the_rounds_of_a_playbook_stays() {
        let text = "hosts: [a]\nrounds:\n- name: x\n  calls: []\n\n# more\n  - y\nvars: { a: 1 }";
        assert_eq!(without_rounds(text), "hosts: [a]\nvars: { a: 1 }\n");
        assert_eq!(without_rounds("rounds : []\n"), "");
        assert_eq!(without_rounds("rounds_of: 1\n"), "rounds_of: 1\n");
    }
}
