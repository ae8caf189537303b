//! The inventory as meant: every name checked, every range expanded.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::inventory::{Answers, Jump, Privilege};
use crate::name::{HostId, HostName};
use crate::source::{Span, Spanned};
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
    /// In a container that runs on this machine.
    Container {
        /// What runs it.
        engine: Engine,
        /// Its name; where none is said, the host's address or name.
        name: Option<String>,
    },
}

/// What runs containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

impl Engine {
    /// The one with this program.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Docker, Self::Podman]
            .into_iter()
            .find(|it| it.program() == name)
    }

    /// Its program.
    pub const fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

/// How ssh agrees on the key of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum KeyExchange {
    /// As ssh's own configuration says.
    #[default]
    Configured,
    /// By curve25519 first: several times cheaper than what OpenSSH chose before version 10, and open to whoever records
    /// it now and has a quantum computer later.
    Fast,
}

/// Which keys of hosts are accepted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum HostKeys {
    /// As ssh's own configuration says.
    #[default]
    Configured,
    /// Those of new hosts are, and kept; one that has changed is not.
    AcceptNew,
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
    /// The account where nothing of the playbook or an inventory says one, on hosts that are reached by ssh.
    pub usual_user: Option<String>,
    /// A private key file; relative ones were made absolute.
    pub identity: Option<String>,
    /// Hosts on the way, as written: of the inventory, or `user@host:port`.
    pub jump: Vec<Spanned<String>>,
    /// The same with all that is said of them, in the order in which they are passed; see [`crate::inventory::find_ways`].
    pub way: Vec<Jump>,
    /// How keys are exchanged.
    pub key_exchange: KeyExchange,
    /// Which keys of hosts are accepted.
    pub host_keys: HostKeys,
    /// More options for ssh, as `Name=value`, given by `-o`.
    pub ssh_options: Vec<String>,
    /// What is answered where ssh asks for a password.
    pub answers: Answers,
    /// How long everything up to the agent's hello may take. Default: 10 s.
    pub connect_timeout: Duration,
    /// How many more times a connection that failed (but was not refused for its key or login) is tried.
    pub connect_retries: u32,
    /// As whom its calls act, where they do not say otherwise.
    pub privilege: Privilege,
}

impl Connection {
    /// The account of logins by ssh; `None`: ssh's own configuration decides.
    pub fn login_user(&self) -> Option<&str> {
        self.user.as_deref().or(self.usual_user.as_deref())
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            transport: Transport::Ssh,
            address: None,
            port: None,
            user: None,
            usual_user: None,
            identity: None,
            jump: Vec::new(),
            way: Vec::new(),
            key_exchange: KeyExchange::default(),
            host_keys: HostKeys::default(),
            ssh_options: Vec::new(),
            answers: Answers::default(),
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
    /// The groups that it is in, directly or through others; parents before children, then by priority and name. `all`
    /// is not listed; a host of no other group is in `ungrouped`, which is not listed either.
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
    /// The hosts that it lists itself, in order.
    pub own: Vec<HostId>,
    /// Its hosts: its own, then those of its children, level by level.
    pub hosts: Vec<HostId>,
    /// The groups that are directly part of it, in order.
    pub children: Vec<usize>,
    /// Distance from the top: a child's is greater than its parents'.
    pub depth: usize,
    /// Among groups of one depth, the greater one's variables win; 1 where nothing says otherwise.
    pub priority: i64,
}

/// The files of variables of one directory: its `group_vars` and `host_vars`.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// The directory.
    pub folder: PathBuf,
    /// `group_vars/all`.
    pub all: Arc<Variables>,
    /// `group_vars/ungrouped`.
    pub ungrouped: Arc<Variables>,
    /// `group_vars/NAME`, by group.
    pub groups: HashMap<usize, Arc<Variables>>,
    /// `host_vars/NAME`, by host.
    pub hosts: HashMap<HostId, Arc<Variables>>,
}

/// All hosts and groups. `localhost` is always there (see [`Inventory::is_implicit`]).
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// The hosts: those of the playbook in written order, then those of inventories in theirs.
    pub hosts: Vec<Host>,
    /// The groups in written order, without `all` and `ungrouped`.
    pub groups: Vec<Group>,
    /// The groups directly below `all`, in order.
    pub top: Vec<usize>,
    /// Hosts by name.
    pub host_names: HashMap<String, HostId>,
    /// Groups by name.
    pub group_names: HashMap<String, usize>,
    /// `localhost`, where the inventory does not declare it: not in `all`.
    pub implicit: Option<HostId>,
    /// Variables of `all`.
    pub all_vars: Arc<Variables>,
    /// Variables of `ungrouped`.
    pub ungrouped_vars: Arc<Variables>,
    /// Files of variables: of inventories in their order, then of the playbook.
    pub beside: Vec<Beside>,
    /// Whether an inventory was read that is not the playbook's own: then its usual names are there too.
    pub has_sources: bool,
    /// Why some hosts or variables are not known; empty: all of them are.
    pub gaps: Vec<String>,
    /// The hosts that a limited run is for: what is wrong with others is not looked at. `None`: all.
    pub meant: Option<HashSet<HostId>>,
    /// Hosts that are not meant, and of which some variables could not be read: why.
    pub closed: HashMap<HostId, String>,
}

/// Which hosts a run is limited to, said once hosts and groups are known.
pub trait Limit: fmt::Debug + Send + Sync {
    /// They; nothing where the run is for all of them, or where what was asked for is wrong.
    fn hosts(&self, inventory: &Inventory) -> Option<HashSet<HostId>>;
}

impl Inventory {
    /// Whether a run is for a host.
    pub fn is_meant(&self, id: HostId) -> bool {
        self.meant.as_ref().is_none_or(|meant| meant.contains(&id))
    }

    /// The host of an id that this inventory gave.
    pub fn host(&self, id: HostId) -> &Host {
        &self.hosts[id.index()]
    }

    /// Whether a host is there only because it always is.
    pub fn is_implicit(&self, id: HostId) -> bool {
        self.implicit == Some(id)
    }

    /// Whether a host is in no group.
    pub fn is_ungrouped(&self, id: HostId) -> bool {
        self.host(id).groups.is_empty() && !self.is_implicit(id)
    }

    /// The names of a host's groups, as templates see them.
    pub fn group_names_of(&self, id: HostId) -> impl Iterator<Item = &str> + '_ {
        let groups = &self.host(id).groups;
        groups.iter().map(|at| self.groups[*at].name.as_str())
    }

    /// What Ansible calls `group_names`: sorted, and `ungrouped` for a host of no other group.
    pub fn sorted_groups(&self, id: HostId) -> Vec<&str> {
        if self.is_ungrouped(id) {
            return vec!["ungrouped"];
        }
        let mut names: Vec<&str> = self.group_names_of(id).collect();
        names.sort_unstable();
        names
    }

    /// The name of a host up to its first point; an address as it is.
    pub fn short_name(&self, id: HostId) -> &str {
        let name = self.host(id).name.as_str();
        match name.parse::<std::net::IpAddr>() {
            Ok(_) => name,
            Err(_) => name.split('.').next().unwrap_or(name),
        }
    }

    /// The hosts of `all`, in order.
    pub fn all(&self) -> impl Iterator<Item = HostId> + '_ {
        (0..self.hosts.len())
            .map(HostId::at)
            .filter(|id| !self.is_implicit(*id))
    }
}
