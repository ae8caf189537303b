//! Sessions at a terminal: the command that opens one, on the connection that runs have.

use std::ffi::OsString;

use tokio::time::Instant;

use crate::cause::{Cause, Unreachable};
use crate::inventory::{Connection, Transport};
use crate::name::HostName;
use crate::transport::command;
use crate::transport::connector::Connector;
use crate::transport::credentials::Credentials;

/// A shell that shows a prompt, in a place of which nothing is known.
const SHELL: &str = "command -v bash >/dev/null 2>&1 && exec bash -l; exec sh -l";

impl Connector {
    /// Connects to a host, and gives the command whose terminal is the host's. `script`: what runs there instead of the login
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
            Transport::Command(argv) if argv.is_empty() => Err(Unreachable::new(
                Cause::Local,
                "the command that connects is empty",
            )),
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
                let deadline = Instant::now() + connection.connect_timeout;
                let master = self
                    .master(host, connection, credentials, false, deadline)
                    .await?;
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
