//! Running a program of the controller that prints a secret.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::time::Duration;

use crate::argument::Argv;
use crate::blob::Range;
use crate::system::{Cancel, Level, Link, Program, Push, Show, Stream, What, Writer};

/// How long it may take: long enough for a question to whoever sits there.
const LONGEST: Duration = Duration::from_mins(2);

/// A program that nobody watches.
#[derive(Debug, Default)]
struct Unwatched {
    cancel: Cancel,
}

impl Link for Unwatched {
    fn open(&self, _: &[Range]) -> Box<dyn Read + '_> {
        Box::new(std::io::empty())
    }
    fn push(&self, _: Push) {}
    fn output(&self, _: Stream, _: &[u8]) {}
    fn log(&self, _: Level, _: &str) {}
    fn set_log_level(&self, _: Level) {}
    fn warn(&self, _: String) {}
    fn cancel(&self) -> &Cancel {
        &self.cancel
    }
    fn quit(&self, _: i32) {}
}

/// What a program writes to standard output, without newlines at its end.
///
/// # Errors
/// Why there is nothing: it failed, was killed after two minutes, wrote too much or no text.
pub(super) fn output(argv: &[String], folder: &Path) -> Result<String, String> {
    let link = Unwatched::default();
    link.cancel.start(Some(LONGEST));
    let host = Writer::new(&link);
    let argv = Argv(argv.iter().map(|word| word.as_str().into()).collect());
    let env = BTreeMap::new();
    let program = Program {
        what: What::Argv(&argv),
        cwd: Some(folder),
        env: &env,
        stdin: &[],
        stdout: None,
        show: Show::Live,
        keeps: None,
    };
    let ended = host.act(&program).map_err(|failure| failure.message)?;
    if ended.exit_code != 0 {
        return Err(ended.failure(&program.name()).message);
    }
    if ended.stdout.truncated {
        return Err("it wrote more than 1 MiB".to_owned());
    }
    let text = String::from_utf8(ended.stdout.bytes)
        .map_err(|_| "it wrote something that is not UTF-8".to_owned())?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}
