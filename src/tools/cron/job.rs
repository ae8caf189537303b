//! A job in a crontab.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde::{Deserialize, Serialize};

use crate::argument::{FileMode, Text};
use crate::diff::Diff;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::cron::line::Sort;
use crate::tools::cron::program;
use crate::tools::cron::table::{self, ANSIBLES_MARK, MARK, with_job, with_variables};
use crate::tools::cron::time;
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

/// Who owns the files that cron reads.
const ROOT: &str = "0";

/// `cron.job`.
#[derive(Debug)]
pub(crate) struct Job;

/// Makes sure that a crontab has a job, or has not. A comment line above the job, `# rmote-play: NAME`, tells which it is;
/// all other lines stay as they are, also comments between that line and the job. A user's crontab is read and written by
/// the host's `crontab` program; with `file` it is a file of its own, such as `/etc/cron.d/backup`. The times are checked,
/// and that the user exists, since cron passes over a whole file for one wrong line; lines of others that it does not read
/// are a warning.
///
/// Check mode: says how the crontab would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What the job is called; one line.
    name: String,
    /// The command, as cron has it: what follows the first `%` is given to it as input, unless it is written `\%`. A `%` is
    /// therefore a warning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-role" = "command"))]
    job: Option<String>,
    /// Whether the job is to be there.
    #[serde(default)]
    state: State,
    /// The job is there as a comment, which cron does not run.
    #[serde(default)]
    disabled: bool,
    /// What is written above the job, before its name. `"#Ansible: "` takes over a job that Ansible made.
    #[serde(default = "mark")]
    marker: String,
    /// Minutes, as in a crontab: `0`, `*/5`, `0,30`, `1-10`.
    #[serde(default = "any")]
    minute: Text,
    /// Hours, likewise.
    #[serde(default = "any")]
    hour: Text,
    /// Days of the month, likewise.
    #[serde(default = "any")]
    day: Text,
    /// Months, likewise, or by their names: `jan`.
    #[serde(default = "any")]
    month: Text,
    /// Days of the week, likewise, or by their names: `mon-fri`; 0 and 7 are Sunday.
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
    /// Variables such as `MAILTO` or `PATH`. They hold for all jobs below them; `absent` leaves them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<String, String>,
}

fn mark() -> String {
    MARK.to_owned()
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

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        args.check()
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let line = args.line();
        let job = args.job(line.as_deref());
        args.warn_of_percent(host);
        let edit = |before: &str| {
            let after = with_job(before, &job);
            args.warn_of_others(before, &after, &job, host);
            match line {
                Some(_) => with_variables(&after, &args.env, &job),
                None => after,
            }
        };
        let Some(path) = &args.file else {
            let before = program::table(args.user.as_deref(), host)?;
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
        if let (Some(user), true) = (&args.user, line.is_some()) {
            // Cron passes over a file with a job of nobody.
            host.uid_of(&Text::from(&**user))?;
        }
        let Some(before) = read_old(path, true, line.is_some(), host)? else {
            return Ok(Finding::Settled(Output {}));
        };
        let before = as_text(path, before)?;
        let after = edit(&before).into_bytes();
        let root = ROOT.into();
        Ok(
            match compare_edit(&wanted(path, &root), before.as_bytes(), after, host)? {
                Ok(_) => Finding::Settled(Output {}),
                Err(change) => Finding::Pending(Change::File(Box::new(change))),
            },
        )
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        match (change, &args.file) {
            (Change::File(change), Some(path)) => {
                deploy(&wanted(path, &ROOT.into()), *change, host)?;
            }
            (Change::File(_), None) => {}
            (Change::Table { after, .. }, _) => {
                program::write(args.user.as_deref(), &after, host)?;
            }
        }
        Ok(Output {})
    }
}

/// Cron passes over a file that somebody else may write, or owns.
fn wanted<'a>(path: &'a HostPath, root: &'a Text) -> Wanted<'a> {
    let is_crons = path.as_path().starts_with("/etc");
    Wanted {
        path,
        mode: Some(FileMode(0o644).into()),
        owner: is_crons.then_some(root),
        group: None,
        caution: caution(false, None),
        parents: false,
        text: Texts::Kept,
    }
}

impl Args {
    fn check(&self) -> Result<(), (&'static str, String)> {
        let is_line = |text: &str| !text.is_empty() && !text.contains(['\n', '\r', '\0']);
        let refuse = |argument: &'static str, message: &str| Err((argument, message.to_owned()));
        if !is_line(&self.name) {
            return refuse("name", "`name` must be one line");
        }
        match (&self.job, self.state) {
            (None, State::Present) => return refuse(" job state", "`job` is missing"),
            (Some(job), _) if !is_line(job) => return refuse("job", "`job` must be one line"),
            _ => {}
        }
        let fields = self.fields();
        if let Some(special) = self.special
            && fields.iter().any(|it| it != "*")
        {
            let word = special.word();
            let message = format!("`special: {word}` and the fields of a time exclude each other");
            return Err(("special minute hour day month weekday", message));
        }
        time::check(fields.each_ref().map(|it| &**it))?;
        if !is_line(&self.marker) || !self.marker.starts_with('#') || self.marker.trim() == "#" {
            let message = "`marker` must be one line, a comment that begins with `#` and says more";
            return refuse("marker", message);
        }
        let odd = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '$'));
        if self
            .user
            .as_deref()
            .is_some_and(|user| user.is_empty() || user.starts_with('-') || user.contains(odd))
        {
            return refuse("user", "`user` is not the name of a user");
        }
        if let Some(path) = &self.file {
            let name = path.as_path().file_name().unwrap_or(OsStr::new("")).as_bytes();
            let good = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-".contains(byte);
            if name.is_empty() || !name.iter().all(good) {
                let message =
                    format!("cron passes over `{path}`: a name may have letters, digits, `_` and `-` only");
                return Err(("file", message));
            }
        }
        for (name, value) in &self.env {
            let odd = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            if name.is_empty() || name.contains(odd) || value.contains(['\n', '\r', '"']) {
                let message = format!("`{name}` cannot be a variable of a crontab with this value");
                return Err(("env", message));
            }
        }
        Ok(())
    }

    /// The five fields of its time.
    fn fields(&self) -> [String; 5] {
        [&self.minute, &self.hour, &self.day, &self.month, &self.weekday]
            .map(|it| it.to_string_lossy().into_owned())
    }

    /// The job as its table has it.
    fn job<'a>(&'a self, line: Option<&'a str>) -> table::Job<'a> {
        table::Job {
            marker: &self.marker,
            name: &self.name,
            line,
            disabled: self.disabled,
            sort: match self.file {
                Some(_) => Sort::System,
                None => Sort::Users,
            },
        }
    }

    fn warn_of_percent(&self, host: &Reader<'_>) {
        let command = self.job.as_ref().filter(|_| self.state == State::Present);
        let is_cut = |job: &String| job.replace("\\%", "").contains('%');
        if command.is_some_and(is_cut) {
            host.link().warn(format!(
                "cron ends the command of `{}` at the first `%`, and gives it what follows as input; `\\%` is a percent sign",
                self.name
            ));
        }
    }

    /// Says what others have in the table that keeps the job from being run as it is meant.
    fn warn_of_others(&self, before: &str, after: &str, job: &table::Job<'_>, host: &Reader<'_>) {
        if job.line.is_none() {
            return;
        }
        let what = match &self.file {
            Some(path) => format!("`{path}`"),
            None => "the crontab".to_owned(),
        };
        if let Some((number, why)) = table::wrong_lines(after, job.sort).first() {
            host.link().warn(format!(
                "cron does not read line {number} of {what}, and may pass over all of it: {why}"
            ));
        }
        let ansibles = format!("{ANSIBLES_MARK}{}", self.name);
        if self.marker == MARK && before.lines().any(|it| it == ansibles) {
            host.link().warn(format!(
                "{what} also has a job `{}` that Ansible made; `marker: \"{ANSIBLES_MARK}\"` takes it over",
                self.name
            ));
        }
    }

    /// The job's own line; nothing where it is to be absent.
    fn line(&self) -> Option<String> {
        let job = self.job.as_ref().filter(|_| self.state == State::Present)?;
        let when = match self.special {
            Some(special) => format!("@{}", special.word()),
            None => self.fields().join(" "),
        };
        Some(match (&self.file, &self.user) {
            (Some(_), user) => format!("{when} {} {job}", user.as_deref().unwrap_or("root")),
            (None, _) => format!("{when} {job}"),
        })
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
