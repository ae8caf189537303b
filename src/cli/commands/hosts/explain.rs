//! Where each variable of a host comes from, and what it shadows.

use std::fmt::Write as _;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::cli::commands::hosts::MASK;
use crate::cli::commands::hosts::private::shown;
use crate::cli::error::CliError;
use crate::diagnostic::nearest;
use crate::inventory::{Connection, Layer, Transport};
use crate::name::HostId;
use crate::playbook::Hosts;
use crate::report::safe;
use crate::source::Spanned;
use crate::template::{Form, Variables};
use crate::value::Value;

/// How much of a value is shown.
const SHOWN: usize = 200;

/// The values of a variable, from low to high, each with the words for its layer.
type Chains<'a> = IndexMap<&'a str, Vec<(String, &'a Spanned<Form>)>>;

/// Explains a host, or one of its variables.
pub(super) fn explain(
    loaded: &Hosts,
    extra: &Arc<Variables>,
    id: HostId,
    variable: Option<&str>,
) -> Result<String, CliError> {
    let chains = chains(loaded, extra, id);
    let mut text = String::new();
    if let Some(name) = variable {
        let Some(chain) = chains.get(name) else {
            let host = &loaded.inventory.host(id).name;
            let error = CliError::invalid(format!("nothing gives `{host}` a variable `{name}`"));
            return Err(match nearest(name, chains.keys().copied()) {
                Some(near) => error.help(format!("Did you mean `{near}`?")),
                None => error,
            });
        };
        draw(&mut text, loaded, name, chain);
        return Ok(text);
    }
    head(&mut text, loaded, id);
    let mut names: Vec<_> = chains.keys().copied().collect();
    names.sort_unstable();
    for name in names {
        draw(&mut text, loaded, name, &chains[name]);
    }
    Ok(text)
}

fn chains<'a>(loaded: &'a Hosts, extra: &'a Arc<Variables>, id: HostId) -> Chains<'a> {
    let inventory = &loaded.inventory;
    let mut chains = Chains::new();
    let mut add = |words: &dyn Fn() -> String, layer: &'a Variables| {
        for (name, value) in layer {
            chains.entry(name).or_default().push((words(), value));
        }
    };
    for (at, layer) in loaded.vars.iter().enumerate() {
        let words = if at == 0 {
            "vars of the playbook"
        } else {
            "vars_files"
        };
        add(&|| words.to_owned(), layer);
    }
    for (layer, vars) in inventory.layers(id) {
        let words = || match layer {
            Layer::Group(name) => format!("group `{name}`"),
            Layer::GroupFile(name, _) => format!("group_vars of `{name}`"),
            Layer::Host => "host".to_owned(),
            Layer::HostFile(_) => "host_vars".to_owned(),
        };
        add(&words, vars);
    }
    add(&|| "-e".to_owned(), extra);
    chains
}

fn head(text: &mut String, loaded: &Hosts, id: HostId) {
    let inventory = &loaded.inventory;
    let host = inventory.host(id);
    let _ = writeln!(text, "{}", host.name);
    if let Some(span) = host.span {
        let _ = writeln!(text, "  declared in {}", loaded.sources.location(span));
    }
    let _ = writeln!(
        text,
        "  reached {}",
        safe(&reached(&host.connection, host.name.as_str()))
    );
    let groups: Vec<&str> = inventory.group_names_of(id).collect();
    let groups = if groups.is_empty() {
        "ungrouped".to_owned()
    } else {
        groups.join(", ")
    };
    let _ = writeln!(
        text,
        "  groups, the later over the earlier: all, {}\n",
        safe(&groups)
    );
}

fn reached(connection: &Connection, name: &str) -> String {
    let mut words = match &connection.transport {
        Transport::Ssh => {
            let address = connection.address.as_deref().unwrap_or(name);
            let user = connection
                .login_user()
                .as_ref()
                .map_or(String::new(), |user| format!("{user}@"));
            let port = connection
                .port
                .map_or(String::new(), |port| format!(", port {port}"));
            format!("by ssh: {user}{address}{port}")
        }
        Transport::Local => "as this machine".to_owned(),
        Transport::Container {
            engine,
            name: container,
        } => {
            let address = connection.address.as_deref();
            let container = container.as_deref().or(address).unwrap_or(name);
            format!("in the container {container} of {}", engine.program())
        }
        Transport::Command(argv) => format!("by a command: {}", argv.join(" ")),
    };
    if !connection.jump.is_empty() {
        let names: Vec<_> = connection.jump.iter().map(|jump| jump.value.as_str()).collect();
        let _ = write!(words, ", through {}", names.join(" and "));
    }
    if let Some(identity) = &connection.identity {
        let _ = write!(words, ", key {identity}");
    }
    for option in &connection.ssh_options {
        let _ = write!(words, ", {option}");
    }
    let privilege = &connection.privilege;
    if privilege.is_on == Some(true) {
        let user = privilege.user.as_ref().map(|user| user.value.written(MASK));
        let user = user.as_ref().and_then(Value::as_str).unwrap_or("root");
        let _ = write!(words, ", as {user}");
        if let Some(method) = privilege.method {
            let _ = write!(words, " by {}", method.program());
        }
    }
    words
}

fn draw(text: &mut String, loaded: &Hosts, name: &str, chain: &[(String, &Spanned<Form>)]) {
    for (at, (layer, value)) in chain.iter().rev().enumerate() {
        let written = shown(name, value.value.written(MASK));
        let written = serde_json::to_string(&written).unwrap_or_default();
        let written = match written.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &written[..end]),
            None => written,
        };
        let place = if layer == "-e" {
            String::new()
        } else {
            format!(", {}", loaded.sources.location(value.span))
        };
        let line = match at {
            0 => format!("{name} = {written}\n    from {layer}{place}"),
            _ => format!("    over {written} from {layer}{place}"),
        };
        let lines: Vec<String> = line.lines().map(safe).collect();
        let _ = writeln!(text, "{}", lines.join("\n"));
    }
}
