//! What is meant: what was typed, the environment and the defaults together.

use std::sync::Arc;
use std::time::Duration;

use crate::blob::Blobs;
use crate::cli::args::RunArgs;
use crate::cli::error::CliError;
use crate::source::{SourceMap, Span, Spanned};
use crate::template::Form;
use crate::template::Variables;
use crate::transport;
use crate::value::{Map, Value};

/// How long connections stay after a run, where nothing else says.
const PERSIST: Duration = Duration::from_mins(1);

/// The settings of a run's connections.
pub(super) fn connections(args: &RunArgs, blobs: Arc<Blobs>) -> transport::Settings {
    // A job's machine goes away with its connections.
    let is_ci = std::env::var_os("CI").is_some_and(|it| !it.is_empty());
    let persist = args
        .persist
        .map_or(if is_ci { Duration::ZERO } else { PERSIST }, |it| it.0);
    transport::Settings {
        ssh_config: args.ssh_config.clone(),
        persist,
        agents: args.agents.clone(),
        forks: args.forks as usize,
        blobs,
    }
}

/// The variables of `-e`: text is text, whatever it looks like; JSON keeps its types.
///
/// # Errors
/// Where an argument is neither.
pub(super) fn extra(words: &[String]) -> Result<Arc<Variables>, CliError> {
    let mut sources = SourceMap::default();
    let mut variables = Variables::new();
    for word in words {
        let source = sources.add(std::path::Path::new("-e"), word.as_str());
        let span = Span::new(source, 0, word.len());
        for (name, value) in pairs(word)? {
            variables.insert(name, Spanned::new(Form::Literal(value), span));
        }
    }
    Ok(Arc::new(variables))
}

fn pairs(word: &str) -> Result<Map, CliError> {
    if word.trim_start().starts_with('{') {
        return serde_json::from_str(word)
            .map_err(|error| CliError::usage(format!("`-e {word}` is not a JSON object: {error}")));
    }
    match word.split_once('=') {
        Some((name, value)) if is_name(name) => Ok(Map::from([(name.to_owned(), value.into())])),
        _ => Err(CliError::usage(format!("`-e {word}` is not name=value"))
            .help("Write `-e name=text`, or a JSON object as in `-e '{\"count\": 3}'`.")),
    }
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && Value::from(name).as_str().is_some()
}
