//! As whom calls act, as the command line says it.

use std::collections::HashSet;
use std::path::Path;

use crate::cli::args::{PrivilegeArgs, RunArgs};
use crate::cli::error::{CliError, Exit};
use crate::inventory::Privilege;
use crate::login::{Password, is_user};
use crate::name::HostId;
use crate::playbook::Playbook;
use crate::secret::{Unanswered, ask};
use crate::source::{SourceMap, Span, Spanned, read_text};
use crate::template::Form;
use crate::value::Value;

/// The longest password file.
const LIMIT: u64 = 64 << 10;

/// What `--become` says.
///
/// # Errors
/// Where it names no user.
pub(super) fn privilege(args: &PrivilegeArgs) -> Result<Privilege, CliError> {
    let Some(user) = &args.user else {
        return Ok(Privilege::default());
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
        ..Privilege::default()
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
    if args.privilege.user.is_none() || is_call {
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

/// The password of `-K` or `--become-password-file`, asked for once, and not before a playbook is known to be right.
#[derive(Debug, Default)]
pub(super) struct Asked {
    was_asked: bool,
    password: Option<Password>,
}

impl Asked {
    /// The password, if one is to be used.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub(super) fn password(&mut self, args: &PrivilegeArgs) -> Result<Option<Password>, CliError> {
        if !self.was_asked {
            self.password = password(args)?;
            self.was_asked = true;
        }
        Ok(self.password.clone())
    }
}

fn password(args: &PrivilegeArgs) -> Result<Option<Password>, CliError> {
    if let Some(file) = &args.become_password_file {
        return of_file(file).map(Some);
    }
    if !args.ask_become_pass {
        return Ok(None);
    }
    match ask("Password to become another user") {
        Ok(line) => Ok(Some(Password::new(&line))),
        Err(Unanswered::Canceled) => Err(CliError {
            exit: Exit::Interrupted,
            message: "no password was given".into(),
            help: None,
        }),
        Err(error) => {
            let error = CliError::usage(format!("`-K` cannot ask: {error}"));
            Err(error.help("Use `--become-password-file FILE`."))
        }
    }
}

fn of_file(file: &Path) -> Result<Password, CliError> {
    let text = read_text(file, LIMIT).map_err(|error| {
        let file = file.display();
        CliError::usage(format!("`--become-password-file {file}` cannot be read: {error}"))
    })?;
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        let message = format!(
            "`--become-password-file {}` begins with no password",
            file.display()
        );
        return Err(CliError::usage(message));
    }
    Ok(Password::new(line))
}
