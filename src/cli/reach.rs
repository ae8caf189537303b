//! How hosts are reached, as the command line says it for all of them.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::argument::Duration;
use crate::cli::error::CliError;
use crate::cli::privilege::{asked, of_file};
use crate::diagnostic::{Diagnostics, Format, render};
use crate::inventory::{Inventory, Transport, find_ways};
use crate::login::Method;
use crate::source::{SourceMap, Span, Spanned};
use crate::transport::Answers;

/// How hosts are reached; it holds over what playbooks and inventories say.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReachArgs {
    /// Log in as this user on every host that is reached by ssh
    #[arg(short = 'u', long, value_name = "USER", value_parser = word)]
    pub(super) user: Option<String>,
    /// The private key for every host that is reached by ssh
    #[arg(long, value_name = "FILE")]
    pub(super) private_key: Option<PathBuf>,
    /// Reach every host through these: hosts of the inventory, or user@host:port
    #[arg(short = 'J', long, value_name = "HOST", value_delimiter = ',')]
    pub(super) jump: Vec<String>,
    /// Ask once for the password of logins; a host's own `password` comes first
    #[arg(short = 'k', long, conflicts_with = "connection_password_file")]
    pub(super) ask_pass: bool,
    /// Take that password from the first line of a file
    #[arg(long, value_name = "FILE")]
    pub(super) connection_password_file: Option<PathBuf>,
    /// Ask once for the passphrase of private keys; a host's own `passphrase` comes first
    #[arg(long)]
    pub(super) ask_passphrase: bool,
    /// How long connecting may take, for every host (10s, or what the playbook says)
    #[arg(long, value_name = "DURATION")]
    pub(super) connect_timeout: Option<Duration>,
    /// How long connections stay open after the run, for the next one (60s; 0s where CI is set)
    #[arg(long, value_name = "DURATION")]
    pub(super) persist: Option<Duration>,
    /// Another configuration file for ssh, as by ssh -F
    #[arg(long, value_name = "FILE")]
    pub(super) ssh_config: Option<PathBuf>,
    /// Directory of agents for other architectures: files named rmote-play-ARCH-linux
    #[arg(long, value_name = "DIR")]
    pub(super) agents: Option<PathBuf>,
}

/// A text that becomes an argument of ssh.
fn word(text: &str) -> Result<String, String> {
    let is_good = !text.is_empty()
        && !text.starts_with('-')
        && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    is_good
        .then(|| text.to_owned())
        .ok_or_else(|| "that cannot be a user".to_owned())
}

/// Reads a method of becoming another user.
pub(super) fn method(text: &str) -> Result<Method, String> {
    Method::named(text).ok_or_else(|| "it is sudo, doas or su".to_owned())
}

impl ReachArgs {
    /// Says it of all hosts.
    ///
    /// # Errors
    /// Where a file is missing, or what is named as a jump host cannot be one.
    pub(super) fn apply(&self, inventory: &mut Inventory) -> Result<(), CliError> {
        let identity = self.private_key.as_deref().map(key).transpose()?;
        let mut sources = SourceMap::default();
        let jump: Vec<Spanned<String>> = (self.jump.iter())
            .map(|text| {
                let source = sources.add(Path::new("--jump"), text.as_str());
                Spanned::new(text.clone(), Span::new(source, 0, text.len()))
            })
            .collect();
        let is_way = |host: &str| jump.iter().any(|it| it.value == host);
        for host in &mut inventory.hosts {
            let connection = &mut host.connection;
            if let Some(timeout) = self.connect_timeout {
                connection.connect_timeout = timeout.0;
            }
            // Those on the way are reached as ever.
            let is_far = connection.transport == Transport::Ssh && !is_way(host.name.as_str());
            if is_far && !jump.is_empty() {
                connection.jump.clone_from(&jump);
            }
        }
        if !jump.is_empty() {
            let mut found = Diagnostics::default();
            find_ways(inventory, &mut found);
            if found.has_errors() {
                let text = render(&found, &sources, Format::Human { color: false });
                return Err(CliError::usage(format!("`--jump` is not valid:\n{text}")));
            }
        }
        // After the ways are found: who is on one keeps its own user and key there.
        for host in &mut inventory.hosts {
            let connection = &mut host.connection;
            if connection.transport != Transport::Ssh {
                continue;
            }
            if self.user.is_some() {
                connection.user.clone_from(&self.user);
            }
            if identity.is_some() {
                connection.identity.clone_from(&identity);
            }
        }
        Ok(())
    }

    /// What is answered where ssh asks.
    ///
    /// # Errors
    /// Where it cannot be had.
    pub(super) fn answers(&self) -> Result<Answers, CliError> {
        let password = match &self.connection_password_file {
            Some(file) => Some(of_file("--connection-password-file", file)?),
            None if self.ask_pass => Some(asked(
                "SSH password",
                "`-k` cannot ask",
                "Use `--connection-password-file FILE`.",
            )?),
            None => None,
        };
        let passphrase = if self.ask_passphrase {
            let help =
                "Load the key into ssh-agent, or declare a secret and name it as the host's `passphrase`.";
            Some(asked(
                "Passphrase of private keys",
                "`--ask-passphrase` cannot ask",
                help,
            )?)
        } else {
            None
        };
        Ok(Answers { password, passphrase })
    }
}

/// The path of a private key that is there.
fn key(path: &Path) -> Result<String, CliError> {
    let shown = path.display();
    if !path.is_file() {
        let message = format!("`--private-key {shown}` is not a file");
        return Err(CliError::usage(message));
    }
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    match absolute.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(CliError::usage(format!("`--private-key {shown}` is not UTF-8"))),
    }
}
