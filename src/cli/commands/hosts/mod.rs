//! `rmote-play hosts`: the inventory, resolved.

mod explain;
mod graph;
mod json;
mod private;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::cli::args::{HostsArgs, HostsFormat};
use crate::cli::error::{CliError, Exit};
use crate::cli::extra::extra;
use crate::cli::printer::Printer;
use crate::cli::selection;
use crate::diagnostic::{Format, render};
use crate::name::HostId;
use crate::playbook::{self, Hosts};
use crate::report::safe;
use crate::tools;

/// What stands for a value that may not be shown.
const MASK: &str = "********";

/// Lists hosts, draws groups, or says where a host's variables come from.
pub(crate) fn hosts(args: &HostsArgs, printer: Printer) -> Result<Exit, CliError> {
    let (path, pattern) = playbook_and_pattern(&args.what)?;
    let has_usual = !args.inventories.named.usual.inventories.is_empty();
    if path.is_none() && args.inventories.named.all().is_empty() && !has_usual {
        return Err(CliError::usage("no playbook and no inventory is named")
            .help("`rmote-play hosts site.yml`, or `rmote-play hosts -i inventory`."));
    }
    let extra = extra(&args.extra)?;
    let options = args.inventories.options(&extra, true);
    let loaded = playbook::load_hosts(path.as_deref(), &tools::registry(), &options);
    let format = Format::Human {
        color: printer.err_color(),
    };
    printer.err(&render(&loaded.diagnostics, &loaded.sources, format));
    if loaded.diagnostics.has_errors() {
        return Ok(Exit::Invalid);
    }
    let text = match args.explain.as_deref() {
        Some([host, vars @ ..]) => {
            let known = loaded.inventory.host_names.get(host);
            let Some(&id) = known else {
                return Err(unknown(host, &loaded));
            };
            let variable = vars.first().map(String::as_str);
            explain::explain(&loaded, &extra, id, variable)?
        }
        Some([]) | None => shown(args, &loaded, pattern.as_deref())?,
    };
    printer.out(&text)?;
    Ok(Exit::Success)
}

fn shown(args: &HostsArgs, loaded: &Hosts, pattern: Option<&str>) -> Result<String, CliError> {
    let inventory = &loaded.inventory;
    let selected: HashSet<HostId> = match pattern {
        Some(pattern) => selection::hosts(pattern, "the pattern", inventory, false)?,
        None => inventory.all().collect(),
    };
    if args.graph {
        return Ok(graph::graph(inventory, &selected));
    }
    if args.format == HostsFormat::Json {
        return json::json(inventory, &selected);
    }
    let mut ids: Vec<HostId> = selected.into_iter().collect();
    ids.sort_unstable();
    let line = |id: HostId| format!("{}\n", safe(inventory.host(id).name.as_str()));
    Ok(ids.into_iter().map(line).collect())
}

fn unknown(host: &str, loaded: &Hosts) -> CliError {
    let known = loaded.inventory.hosts.iter().map(|it| it.name.as_str());
    let error = CliError::invalid(format!("there is no host `{host}`"));
    match crate::diagnostic::nearest(host, known) {
        Some(near) => error.help(format!("Did you mean `{near}`?")),
        None => error,
    }
}

/// Which of the words is a playbook: a file, or what is called like one.
fn playbook_and_pattern(words: &[String]) -> Result<(Option<PathBuf>, Option<String>), CliError> {
    let is_playbook = |word: &str| {
        let path = Path::new(word);
        path.is_file()
            || path
                .extension()
                .is_some_and(|it| it == "yml" || it == "yaml" || it == "json")
    };
    match words {
        [] => Ok((None, None)),
        [one] if is_playbook(one) => Ok((Some(one.into()), None)),
        [one] => Ok((None, Some(one.clone()))),
        [playbook, pattern] => Ok((Some(playbook.into()), Some(pattern.clone()))),
        _ => Err(CliError::usage("a playbook and a pattern are enough")),
    }
}
