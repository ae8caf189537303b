//! The inventory as meant: every name checked, every range expanded.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::inventory::Privilege;
use crate::name::{HostId, HostName};
use crate::source::Span;
use crate::template::Variables;

/// How a host is reached.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Transport {
    /// Through OpenSSH.
    Ssh,
    /// This machine, without a connection.
    Local,
    /// Through a command that gives a shell on its standard input and output.
    Command(Vec<String>),
}

/// Everything that decides how a host is reached. The defaults of `connection:` are already in it.
#[derive(Debug, Clone)]
pub struct Connection {
    /// How.
    pub transport: Transport,
    /// What is connected to instead of the host's name.
    pub address: Option<String>,
    /// The port, where ssh's own configuration is not to decide.
    pub port: Option<u16>,
    /// The account, where ssh's own configuration is not to decide.
    pub user: Option<String>,
    /// A private key file; relative ones were made absolute.
    pub identity: Option<String>,
    /// More options for ssh, as `Name=value`, given by `-o`.
    pub ssh_options: Vec<String>,
    /// How long everything up to the agent's hello may take. Default: 10 s.
    pub connect_timeout: Duration,
    /// How many more times a connection that failed (but was not refused for its key or login) is tried.
    pub connect_retries: u32,
    /// As whom its calls act, where they do not say otherwise.
    pub privilege: Privilege,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            transport: Transport::Ssh,
            address: None,
            port: None,
            user: None,
            identity: None,
            ssh_options: Vec::new(),
            connect_timeout: Duration::from_secs(10),
            connect_retries: 0,
            privilege: Privilege::default(),
        }
    }
}

/// A host.
#[derive(Debug, Clone)]
pub struct Host {
    /// Its name.
    pub name: HostName,
    /// Where it is declared.
    pub span: Option<Span>,
    /// How it is reached.
    pub connection: Connection,
    /// Its own variables.
    pub vars: Arc<Variables>,
    /// The groups that it is in, directly or through others; parents before children, then by name. `all` is not listed.
    pub groups: Vec<usize>,
}

/// A group.
#[derive(Debug, Clone)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Option<Span>,
    /// Its variables.
    pub vars: Arc<Variables>,
    /// Its hosts, those of its children included, in the inventory's order.
    pub hosts: Vec<HostId>,
    /// Distance from the top: a child's is greater than its parents'.
    pub depth: usize,
}

/// All hosts and groups. `localhost` is always there (see [`Inventory::is_implicit`]).
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// The hosts in written order.
    pub hosts: Vec<Host>,
    /// The groups in written order.
    pub groups: Vec<Group>,
    /// Hosts by name.
    pub host_names: HashMap<String, HostId>,
    /// Groups by name.
    pub group_names: HashMap<String, usize>,
    /// `localhost`, where the inventory does not declare it: not in `all`.
    pub implicit: Option<HostId>,
}

impl Inventory {
    /// The host of an id that this inventory gave.
    pub fn host(&self, id: HostId) -> &Host {
        &self.hosts[id.index()]
    }

    /// Whether a host is there only because it always is.
    pub fn is_implicit(&self, id: HostId) -> bool {
        self.implicit == Some(id)
    }

    /// The hosts of `all`, in order.
    pub fn all(&self) -> impl Iterator<Item = HostId> + '_ {
        (0..self.hosts.len())
            .map(HostId::at)
            .filter(|id| !self.is_implicit(*id))
    }
}
