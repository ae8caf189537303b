//! As whom calls act, as the command line says it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::args::RunArgs;
use crate::cli::error::{CliError, Exit};
use crate::cli::reach::{ReachArgs, method};
use crate::inventory::Privilege;
use crate::login::{Method, Password, is_user};
use crate::name::HostId;
use crate::playbook::Playbook;
use crate::secret::{Masker, Unanswered, ask};
use crate::source::{SourceMap, Span, Spanned, read_text};
use crate::template::Form;
use crate::transport::Answers;
use crate::value::Value;

/// The longest password file.
const LIMIT: u64 = 64 << 10;

/// As whom is acted, and how one comes to.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct BecomeArgs {
    /// Calls act as another user where rounds and entries do not say otherwise: -b for root, -b=USER for another one
    #[arg(id = "become", short = 'b', long = "become", value_name = "USER", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(super) user: Option<String>,
    /// How calls become another user, where nothing else says it: sudo, doas or su
    #[arg(long, value_name = "METHOD", value_parser = method)]
    pub(super) become_method: Option<Method>,
}

/// As whom calls act.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PrivilegeArgs {
    #[command(flatten)]
    pub(crate) act: BecomeArgs,
    /// Ask once for the password that becoming another user takes
    #[arg(short = 'K', long, conflicts_with = "become_password_file")]
    pub(super) ask_become_pass: bool,
    /// Take that password from the first line of a file
    #[arg(long, value_name = "FILE")]
    pub(super) become_password_file: Option<PathBuf>,
}

/// What `--become` says.
///
/// # Errors
/// Where it names no user.
pub(super) fn privilege(args: &BecomeArgs) -> Result<Privilege, CliError> {
    let method = args.become_method;
    let Some(user) = &args.user else {
        return Ok(Privilege {
            method,
            ..Privilege::default()
        });
    };
    let user = match user.as_str() {
        "" => None,
        name if is_user(name) => {
            let source = SourceMap::default().add(Path::new("--become"), name);
            let form = Form::Literal(Value::Str(name.to_owned()));
            Some(Spanned::new(form, Span::new(source, 0, name.len())))
        }
        name => {
            let message = format!("`--become={}`: that cannot be a user", name.escape_debug());
            return Err(CliError::usage(message));
        }
    };
    Ok(Privilege {
        is_on: Some(true),
        user,
        method,
        password: None,
    })
}

/// Refuses a `-b` that nobody would act by: what is said of all hosts does not reach the machine that this runs on.
///
/// # Errors
/// Where no other host is called.
pub(super) fn reaches(
    args: &RunArgs,
    is_call: bool,
    playbook: &Playbook,
    limit: Option<&HashSet<HostId>>,
) -> Result<(), CliError> {
    if args.privilege.act.user.is_none() || is_call {
        return Ok(());
    }
    let is_called = |id: &&HostId| limit.is_none_or(|limit| limit.contains(id));
    let mut called = (playbook.rounds.iter())
        .flat_map(|round| &round.hosts)
        .filter(is_called)
        .peekable();
    let is_local = |id: &HostId| playbook.inventory.host(*id).name.as_str() == "localhost";
    if called.peek().is_some() && called.all(is_local) {
        return Err(
            CliError::usage("`--become` does not reach `localhost`, and there is no other host")
                .help("Write `become` on the entries, or run rmote-play as that user."),
        );
    }
    Ok(())
}

/// The passwords of `-K` and `-k`, and of their files, asked for once, and not before a playbook is known to be right.
#[derive(Debug, Default)]
pub(super) struct Asked {
    is_known: bool,
    password: Option<Password>,
    login: Option<Answers>,
}

impl Asked {
    /// The password, if one is to be used.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub(super) fn password(&mut self, args: &PrivilegeArgs) -> Result<Option<Password>, CliError> {
        if !self.is_known {
            self.password = password(args)?;
            self.is_known = true;
        }
        Ok(self.password.clone())
    }

    /// What is answered where ssh asks.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub(super) fn login(&mut self, args: &ReachArgs) -> Result<Answers, CliError> {
        if self.login.is_none() {
            self.login = Some(args.answers()?);
        }
        Ok(self.login.clone().unwrap_or_default())
    }

    /// Has nothing of what was answered shown.
    pub(super) fn hide(&self, masker: &Masker) {
        let of_login = self.login.iter().flat_map(|it| [&it.password, &it.passphrase]);
        for password in of_login.chain([&self.password]).flatten() {
            masker.hide(password.reveal());
        }
    }
}

fn password(args: &PrivilegeArgs) -> Result<Option<Password>, CliError> {
    if let Some(file) = &args.become_password_file {
        return of_file("--become-password-file", file).map(Some);
    }
    if !args.ask_become_pass {
        return Ok(None);
    }
    let help = "Use `--become-password-file FILE`.";
    asked("Password to become another user", "`-K` cannot ask", help).map(Some)
}

/// What somebody at the terminal answers.
///
/// # Errors
/// Where nobody does: `failure` and `help` say it.
pub(super) fn asked(question: &str, failure: &str, help: &str) -> Result<Password, CliError> {
    match ask(question) {
        Ok(line) => Ok(Password::new(&line)),
        Err(Unanswered::Canceled) => Err(CliError {
            exit: Exit::Interrupted,
            message: "no password was given".into(),
            help: None,
        }),
        Err(error) => {
            let error = CliError::usage(format!("{failure}: {error}"));
            Err(error.help(help))
        }
    }
}

/// The password in the first line of a file that an option names.
///
/// # Errors
/// Where there is none.
pub(super) fn of_file(option: &str, file: &Path) -> Result<Password, CliError> {
    let text = read_text(file, LIMIT).map_err(|error| {
        let file = file.display();
        CliError::usage(format!("`{option} {file}` cannot be read: {error}"))
    })?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        let message = format!("`{option} {}` begins with no password", file.display());
        return Err(CliError::usage(message));
    }
    Ok(Password::new(line))
}
