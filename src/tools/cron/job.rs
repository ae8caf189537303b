//! A job in a crontab.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, FileMode, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Program, Reader, Writer};
use crate::tool::{Access, Area, Controller, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::cron::table::{with_job, with_variables};
use crate::tools::fs::deploy::{FileChange, Texts, Wanted, caution, compare_edit, deploy, footprint};
use crate::tools::fs::old::{as_text, read_old};

/// Whether the job is to be there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It is.
    #[default]
    Present,
    /// It is not.
    Absent,
}

/// Names of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Special {
    /// When the host has started.
    Reboot,
    /// At the beginning of an hour.
    Hourly,
    /// At midnight.
    Daily,
    /// At the beginning of Sunday.
    Weekly,
    /// At the beginning of a month.
    Monthly,
    /// At the beginning of a year.
    Yearly,
}

/// `cron.job`.
#[derive(Debug)]
pub(crate) struct Job;

/// Makes sure that a crontab has a job, or has not. A comment line above the job, `# rmote-play: NAME`, tells which it is;
/// all other lines stay as they are. A user's crontab is read and written by the host's `crontab` program; with `file` it
/// is a file of its own, such as `/etc/cron.d/backup`.
///
/// Check mode: says how the crontab would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What the job is called; one line.
    name: String,
    /// The command, as cron has it: `%` means a new line unless it is written `\%`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "command"))]
    job: Option<String>,
    /// Whether the job is to be there.
    #[serde(default)]
    state: State,
    /// Minutes, as in a crontab: `0`, `*/5`, `0,30`, `1-10`.
    #[serde(default = "any")]
    minute: Text,
    /// Hours, likewise.
    #[serde(default = "any")]
    hour: Text,
    /// Days of the month, likewise.
    #[serde(default = "any")]
    day: Text,
    /// Months, likewise.
    #[serde(default = "any")]
    month: Text,
    /// Days of the week, likewise; 0 and 7 are Sunday.
    #[serde(default = "any")]
    weekday: Text,
    /// A named time instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    special: Option<Special>,
    /// Whose crontab it is; with `file`: as whom the job runs, root unless given. Without either it is the connection's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// A crontab file, such as `/etc/cron.d/backup`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<HostPath>,
    /// Variables such as `MAILTO` or `PATH`. They hold for the whole crontab; `absent` leaves them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<String, String>,
}

fn any() -> Text {
    "*".into()
}

/// Nothing but whether something changed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Change {
    File(Box<FileChange>),
    Table {
        before: String,
        after: String,
        title: String,
    },
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        match self {
            Self::File(change) => change.diff(),
            Self::Table { before, after, title } => {
                vec![Diff::of_text(title, before.as_bytes(), after.as_bytes())]
            }
        }
    }
}

impl Tool for Job {
    const NAME: &'static str = "cron.job";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "cron.job: { name: backup, minute: 30, hour: 3, job: /usr/local/bin/backup, file: /etc/cron.d/backup }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        match &args.file {
            Some(path) => footprint(path, None, None),
            None => Footprint::writes(Area::path("/var/spool/cron")),
        }
    }

    fn prepare(args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        args.check()
            .map_err(|message| Failure::new(Kind::Invalid, message))?;
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let line = args.line();
        let edit = |before: &str| {
            let after = with_job(before, &args.name, line.as_deref());
            match line {
                Some(_) => with_variables(&after, &args.env),
                None => after,
            }
        };
        let Some(path) = &args.file else {
            let before = args.table(host)?;
            let after = edit(&before);
            // Nothing is written for the sake of a newline at the end.
            if after == before || after.strip_suffix('\n') == Some(&before) {
                return Ok(Finding::Settled(Output {}));
            }
            let title = match &args.user {
                Some(user) => format!("crontab of {user}"),
                None => "crontab".to_owned(),
            };
            return Ok(Finding::Pending(Change::Table { before, after, title }));
        };
        let Some(before) = read_old(path, true, line.is_some(), host)? else {
            return Ok(Finding::Settled(Output {}));
        };
        let before = as_text(path, before)?;
        let after = edit(&before).into_bytes();
        Ok(
            match compare_edit(&wanted(path), before.as_bytes(), after, host)? {
                Ok(_) => Finding::Settled(Output {}),
                Err(change) => Finding::Pending(Change::File(Box::new(change))),
            },
        )
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        match (change, &args.file) {
            (Change::File(change), Some(path)) => {
                deploy(&wanted(path), *change, host)?;
            }
            (Change::File(_), None) => {}
            (Change::Table { after, .. }, _) => {
                let command = args.crontab("-");
                let ended = host.run(&Program {
                    stdin: after.as_bytes(),
                    ..Program::of(&command)
                })?;
                if ended.exit_code != 0 {
                    return Err(ended.failure("crontab"));
                }
            }
        }
        Ok(Output {})
    }
}

/// Cron takes no file that others may write.
fn wanted(path: &HostPath) -> Wanted<'_> {
    Wanted {
        path,
        mode: Some(FileMode(0o644)),
        owner: None,
        group: None,
        caution: caution(false, None),
        parents: false,
        text: Texts::Kept,
    }
}

impl Args {
    fn check(&self) -> Result<(), String> {
        let is_line = |text: &str| !text.is_empty() && !text.contains(['\n', '\r', '\0']);
        if !is_line(&self.name) {
            return Err("`name` must be one line".into());
        }
        match (&self.job, self.state) {
            (None, State::Present) => return Err("`job` is missing".into()),
            (Some(job), _) if !is_line(job) => return Err("`job` must be one line".into()),
            _ => {}
        }
        let fields = [
            ("minute", &self.minute),
            ("hour", &self.hour),
            ("day", &self.day),
            ("month", &self.month),
            ("weekday", &self.weekday),
        ];
        for (name, field) in fields {
            let good = |byte: &u8| byte.is_ascii_alphanumeric() || b"*,-/".contains(byte);
            if field.0.is_empty() || !field.0.iter().all(good) {
                return Err(format!(
                    "`{name}`: `{}` is no such field of a crontab",
                    field.to_string_lossy()
                ));
            }
            if self.special.is_some() && field.0 != b"*" {
                return Err(format!("`special` and `{name}` exclude each other"));
            }
        }
        let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '$'));
        if self
            .user
            .as_deref()
            .is_some_and(|user| user.is_empty() || user.starts_with('-') || user.contains(odd))
        {
            return Err("`user` is not the name of a user".into());
        }
        if let Some(path) = &self.file {
            let name = path.as_path().file_name().unwrap_or(OsStr::new("")).as_bytes();
            let good = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
            if name.is_empty() || !name.iter().all(good) {
                return Err(format!(
                    "`file`: cron passes over `{path}`: a name may have letters, digits, `_` and `-` only"
                ));
            }
        }
        for (name, value) in &self.env {
            let odd = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            if name.is_empty() || name.contains(odd) || value.contains(['\n', '\r', '"']) {
                return Err(format!(
                    "`env`: `{name}` cannot be a variable of a crontab with this value"
                ));
            }
        }
        Ok(())
    }

    /// The job's own line; nothing where it is to be absent.
    fn line(&self) -> Option<String> {
        let job = self.job.as_ref().filter(|_| self.state == State::Present)?;
        let when = match self.special {
            Some(special) => format!("@{}", special.word()),
            None => [&self.minute, &self.hour, &self.day, &self.month, &self.weekday]
                .map(|it| it.to_string_lossy())
                .join(" "),
        };
        Some(match (&self.file, &self.user) {
            (Some(_), user) => format!("{when} {} {job}", user.as_deref().unwrap_or("root")),
            (None, _) => format!("{when} {job}"),
        })
    }

    fn crontab(&self, word: &str) -> Argv {
        let mut words = vec!["crontab"];
        if let Some(user) = &self.user {
            words.extend(["-u", user]);
        }
        words.push(word);
        Argv(words.into_iter().map(Text::from).collect())
    }

    /// The user's crontab; empty where there is none.
    fn table(&self, host: &Reader<'_>) -> Result<String, Failure> {
        let argv = self.crontab("-l");
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
}

impl Special {
    const fn word(self) -> &'static str {
        match self {
            Self::Reboot => "reboot",
            Self::Hourly => "hourly",
            Self::Daily => "daily",
            Self::Weekly => "weekly",
            Self::Monthly => "monthly",
            Self::Yearly => "yearly",
        }
    }
}
