//! Sessions at a terminal: the command that opens one, on the connection that runs have.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;

use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::cause::{Cause, Unreachable};
use crate::inventory::{Connection, Transport};
use crate::name::HostName;
use crate::transport::command;
use crate::transport::connector::{Connector, tried};
use crate::transport::credentials::Credentials;

/// A session at a terminal that can be begun.
#[derive(Debug)]
pub struct Terminal {
    argv: Vec<OsString>,
}

impl Terminal {
    /// Hands the terminal of this program over until the session ends; `private`: variables of the environment that it does
    /// not see. What it ended with.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub async fn run<'v>(self, private: impl Iterator<Item = &'v str>) -> Result<u8, Unreachable> {
        let (program, rest) = self
            .argv
            .split_first()
            .ok_or_else(|| local("there is no command"))?;
        let mut command = Command::new(program);
        for variable in private {
            command.env_remove(variable);
        }
        // What is typed is for the session: an interrupt does not end who waits for it.
        let _heard = signal(SignalKind::interrupt());
        let status = command
            .args(rest)
            .status()
            .await
            .map_err(|error| local(&format!("cannot start `{}`: {error}", program.to_string_lossy())))?;
        let code = status
            .code()
            .or_else(|| status.signal().map(|signal| 128 + signal));
        Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
    }
}

fn local(message: &str) -> Unreachable {
    Unreachable::new(Cause::Local, message)
}

/// A shell that shows a prompt, in a place of which nothing is known.
const SHELL: &str = "command -v bash >/dev/null 2>&1 && exec bash -l; exec sh -l";

impl Connector {
    /// Connects to a host, for a session at a terminal there. `script`: what runs there instead of the login
    /// shell of the account.
    ///
    /// # Errors
    /// Why it could not be reached.
    pub async fn terminal(
        &self,
        host: &HostName,
        connection: &Connection,
        credentials: &Credentials,
        script: Option<&str>,
    ) -> Result<Terminal, Unreachable> {
        let argv = self.argv(host, connection, credentials, script).await?;
        Ok(Terminal { argv })
    }

    async fn argv(
        &self,
        host: &HostName,
        connection: &Connection,
        credentials: &Credentials,
        script: Option<&str>,
    ) -> Result<Vec<OsString>, Unreachable> {
        let shell = |argv: &[String]| {
            let mut argv: Vec<OsString> = at_terminal(argv).into_iter().map(OsString::from).collect();
            argv.extend(["-c".into(), script.unwrap_or(SHELL).into()]);
            argv
        };
        match &connection.transport {
            Transport::Local => Ok(match script {
                Some(script) => vec!["/bin/sh".into(), "-c".into(), script.into()],
                None => vec![
                    std::env::var_os("SHELL").unwrap_or_else(|| "/bin/sh".into()),
                    "-l".into(),
                ],
            }),
            Transport::Command(argv) if argv.is_empty() => Err(local("the command that connects is empty")),
            Transport::Command(argv) => Ok(shell(argv)),
            Transport::Container { engine, name } => {
                let name = name.as_deref().or(connection.address.as_deref());
                let name = name.unwrap_or(host.as_str());
                Ok(shell(&command::container(
                    *engine,
                    name,
                    connection.user.as_deref(),
                )))
            }
            Transport::Ssh => {
                let attempt = async || {
                    let deadline = Instant::now() + connection.connect_timeout;
                    self.master(host, connection, credentials, false, deadline).await
                };
                let master = tried(connection, attempt).await?;
                let mut argv = master.terminal();
                argv.extend(script.map(OsString::from));
                Ok(argv)
            }
        }
    }
}

/// `docker exec -i` and the like, at a terminal.
fn at_terminal(argv: &[String]) -> Vec<String> {
    let mut argv = argv.to_vec();
    let is_engine = argv
        .first()
        .is_some_and(|program| ["docker", "podman", "kubectl"].contains(&program.as_str()));
    if is_engine && let Some(flag) = argv.iter_mut().find(|word| *word == "-i") {
        "-it".clone_into(flag);
    }
    argv
}
