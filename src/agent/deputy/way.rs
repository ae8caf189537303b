//! The programs that change the user: where they are, what they are told, what their refusal means.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::geteuid;

use crate::failure::{Failure, Kind};
use crate::login::{Login, Method};

/// Where they lie on hosts whose `PATH` does not say so.
const USUAL: [&str; 5] = [
    "/usr/bin",
    "/bin",
    "/usr/local/bin",
    "/usr/sbin",
    "/run/wrappers/bin",
];

/// A way to become another user.
pub(super) struct Way {
    pub(super) method: Method,
    program: PathBuf,
}

impl Way {
    /// The one that is asked for, else the first that the host has.
    pub(super) fn find(login: &Login) -> Result<Self, Failure> {
        let wanted = match &login.method {
            Some(method) => std::slice::from_ref(method),
            // Root's own password is seldom what somebody has who does not say `su`.
            None if geteuid().is_root() => &Method::ALL[..],
            None => &Method::ALL[..2],
        };
        for method in wanted {
            if let Some(program) = find_program(method.program()) {
                return Ok(Self {
                    method: *method,
                    program,
                });
            }
        }
        let names: Vec<_> = wanted.iter().map(|it| format!("`{}`", it.program())).collect();
        let user = &login.user;
        let message = match names.as_slice() {
            [one] => format!("cannot become `{user}`: {one} is not installed on this host"),
            names => format!(
                "cannot become `{user}`: none of {} is installed on this host",
                names.join(", ")
            ),
        };
        Err(Failure::new(Kind::Unsupported, message))
    }

    /// A shell for this user, but for its descriptors.
    pub(super) fn command(&self, user: &str) -> Command {
        let mut command = Command::new(&self.program);
        match self.method {
            Method::Sudo => command.args(["-H", "-u", user, "--", "/bin/sh"]),
            Method::Doas => command.args(["-u", user, "--", "/bin/sh"]),
            Method::Su => command.args(["-s", "/bin/sh", "-c", "exec /bin/sh <&1", "--", user]),
        };
        command
    }

    /// Whether it reads passwords from its standard input, which must then be the terminal; the shell reads where it writes.
    pub(super) fn reads_input(&self) -> bool {
        self.method == Method::Su
    }

    /// It asks, and there is no answer.
    pub(super) fn unanswered(&self, user: &str) -> Failure {
        let program = self.method.program();
        let message = format!(
            "`{program}` asks for a password to become `{user}`, and none was given: use `-K`, \
             `--become-password-file`, or `become: {{ password: NAME }}`"
        );
        Failure::new(Kind::PermissionDenied, message)
    }

    /// It did not take the password.
    pub(super) fn wrong(&self, user: &str) -> Failure {
        let program = self.method.program();
        let message = format!("the password to become `{user}` is wrong: `{program}` did not take it");
        Failure::new(Kind::PermissionDenied, message)
    }

    /// It asks once more. `said`: what is written at the terminal since it was answered.
    pub(super) fn asks_again(&self, user: &str, said: &str) -> Failure {
        let lines = said.lines().map(str::trim);
        let expired = lines.clone().find(|line| {
            let line = line.to_ascii_lowercase();
            [
                "expired",
                "change your password",
                "required to change",
                "new password",
            ]
            .iter()
            .any(|it| line.contains(it))
        });
        let Some(expired) = expired else {
            return self.wrong(user);
        };
        let program = self.method.program();
        let message = format!(
            "the password to become `{user}` was taken and must be changed first, which nobody can do here: `{program}` \
             says: {expired}"
        );
        Failure::new(Kind::PermissionDenied, message)
    }

    /// It ended before there was a shell. `asked`: after it had asked for a password. `has_terminal`: whether it could.
    pub(super) fn refused(&self, user: &str, said: &str, asked: bool, has_terminal: bool) -> Failure {
        let program = self.method.program();
        let said = said
            .lines()
            .rfind(|line| !line.trim().is_empty())
            .unwrap_or_default();
        let lower = said.to_ascii_lowercase();
        // In these words they say that it was wrong, and some say nothing.
        let is_wrong = ["incorrect password", "authentication fail", "permission denied"]
            .iter()
            .any(|it| lower.contains(it));
        if asked && (is_wrong || said.trim().is_empty() || self.method == Method::Doas) {
            return self.wrong(user);
        }
        let said = if said.is_empty() {
            "it does not say why"
        } else {
            said.trim()
        };
        if has_terminal {
            let message = format!("this account may not become `{user}`: {said}");
            return Failure::new(Kind::PermissionDenied, message);
        }
        let message = format!(
            "`{program}` needs a terminal (tty) to become `{user}`, and this host gives none, as `/dev/ptmx` cannot \
             be opened: {said}"
        );
        Failure::new(Kind::Unsupported, message)
    }

    /// It did not come to an end.
    pub(super) fn late(&self, user: &str, allowed: std::time::Duration) -> Failure {
        let program = self.method.program();
        let allowed = crate::argument::Duration(allowed);
        let message =
            format!("no answer in time: `{program}` did not start a shell for `{user}` within {allowed}");
        Failure::new(Kind::Timeout, message)
    }
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let usual = USUAL.iter().map(PathBuf::from);
    env::split_paths(&path)
        .filter(|dir| dir.is_absolute())
        .chain(usual)
        .map(|dir| dir.join(name))
        .find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata()
        .is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
}
