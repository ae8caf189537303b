//! A user's crontab, by the host's own program.

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Program, Reader, Writer};

fn crontab(user: Option<&str>, word: &str) -> Argv {
    let mut words = vec!["crontab"];
    if let Some(user) = user {
        words.extend(["-u", user]);
    }
    words.push(word);
    Argv(words.into_iter().map(Text::from).collect())
}

/// The crontab of a user, or of the one whom the agent runs as; empty where there is none.
pub(super) fn table(user: Option<&str>, host: &Reader<'_>) -> Result<String, Failure> {
    let argv = crontab(user, "-l");
    let ended = host.run(&Program::of(&argv))?;
    let said = String::from_utf8_lossy(&ended.stderr.bytes);
    if ended.exit_code != 0 {
        let is_missing = said.contains("no crontab for") || said.contains("No such file or directory");
        return if is_missing {
            Ok(String::new())
        } else {
            Err(ended.failure("crontab"))
        };
    }
    if ended.stdout.truncated {
        let message = "the crontab is larger than 1 MiB and is not changed";
        return Err(Failure::new(Kind::Invalid, message));
    }
    String::from_utf8(ended.stdout.bytes)
        .map_err(|_| Failure::new(Kind::Invalid, "the crontab is not UTF-8 text"))
}

/// Puts another crontab in its place.
pub(super) fn write(user: Option<&str>, table: &str, host: &Writer<'_>) -> Result<(), Failure> {
    let argv = crontab(user, "-");
    let ended = host.run(&Program {
        stdin: table.as_bytes(),
        ..Program::of(&argv)
    })?;
    if ended.exit_code == 0 {
        return Ok(());
    }
    Err(ended.failure("crontab"))
}
