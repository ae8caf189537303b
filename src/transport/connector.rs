//! From a host's settings to a session.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::Semaphore;
use tokio::time::{self, Instant};

use crate::blob::Blobs;
use crate::cause::{Cause, Unreachable};
use crate::inventory::{Connection, Jump, Transport};
use crate::name::HostName;
use crate::transport::agents::Agents;
use crate::transport::command;
use crate::transport::credentials::Credentials;
use crate::transport::greeting::{Met, greet};
use crate::transport::install;
use crate::transport::local;
use crate::transport::session::{Sender, Session};
use crate::transport::ssh::{self, Master};
use crate::transport::stream;

/// How long the first wait before another try is; each further one is twice as long, up to the last.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LAST_WAIT: Duration = Duration::from_secs(8);
/// How many connections may be under way through one jump host: OpenSSH's server drops some from 10 on.
const THROUGH_JUMP: usize = 8;
/// A connection takes four descriptors; this many are asked for where the system allows them.
const DESCRIPTORS: u64 = 65_536;

/// What holds for every connection of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Another configuration file for ssh, as by `ssh -F`.
    pub ssh_config: Option<PathBuf>,
    /// How long a connection stays after the run; zero: it ends with the run.
    pub persist: Duration,
    /// The directory of agents for other architectures.
    pub agents: Option<PathBuf>,
    /// How many connections may be under way to their hello at once.
    pub forks: usize,
    /// Content that hosts may ask for.
    pub blobs: Arc<Blobs>,
    /// Variables of the environment that hold secrets: agents of this machine do not inherit them.
    pub private_env: Vec<String>,
}

/// Makes connections.
#[derive(Debug)]
pub struct Connector {
    settings: Settings,
    program: PathBuf,
    agents: Agents,
    under_way: Semaphore,
    /// The same through each jump host.
    jumps: Mutex<HashMap<String, Arc<Semaphore>>>,
    /// Those that end with the run, each used by one host alone.
    masters: Mutex<HashMap<HostName, Vec<Master>>>,
    /// What is asked for sessions in place of hosts.
    #[cfg(test)]
    stand_in: Option<StandIn>,
}

/// Gives sessions with hosts that are no more than a test's words.
#[cfg(test)]
pub(crate) struct StandIn(pub(crate) Box<dyn Fn(&HostName) -> Opening + Send + Sync>);

/// A session on its way.
#[cfg(test)]
pub(crate) type Opening = std::pin::Pin<Box<dyn Future<Output = Result<Session, Unreachable>> + Send>>;

#[cfg(test)]
impl std::fmt::Debug for StandIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StandIn")
    }
}

impl Connector {
    /// With these settings.
    pub fn new(settings: Settings) -> Self {
        allow_descriptors();
        let program = PathBuf::from("/proc/self/exe");
        Self {
            agents: Agents::new(program.clone(), settings.agents.clone()),
            program,
            under_way: Semaphore::new(settings.forks.max(1)),
            jumps: Mutex::default(),
            masters: Mutex::default(),
            settings,
            #[cfg(test)]
            stand_in: None,
        }
    }

    /// Connects to nothing: sessions come from here.
    #[cfg(test)]
    pub(crate) fn stand_in(mut self, stand_in: StandIn) -> Self {
        self.stand_in = Some(stand_in);
        self
    }

    /// Another binary as the agent than the one that runs.
    #[must_use]
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.program = path.into();
        self.agents = Agents::new(self.program.clone(), self.settings.agents.clone());
        self
    }

    /// Connects to a host and starts its agent; all of it within the connection's `connect_timeout`, but for the
    /// first installation of the agent, which has a minute of its own.
    ///
    /// # Errors
    /// Why it could not be reached. What was started for it is ended.
    pub async fn connect(&self, host: &HostName, connection: &Connection) -> Result<Session, Unreachable> {
        self.connect_anew(host, connection, &Credentials::default(), false)
            .await
    }

    /// The same, with what is answered where ssh asks; `is_fresh`: with a new login, whatever connection is there.
    ///
    /// # Errors
    /// Why it could not be reached.
    pub async fn connect_anew(
        &self,
        host: &HostName,
        connection: &Connection,
        credentials: &Credentials,
        is_fresh: bool,
    ) -> Result<Session, Unreachable> {
        #[cfg(test)]
        if let Some(StandIn(open)) = &self.stand_in {
            return open(host).await;
        }
        let attempt = || self.attempt(host, connection, credentials, is_fresh);
        let (met, reused) = tried(connection, attempt).await?;
        let blobs = Arc::clone(&self.settings.blobs);
        let (calls, incoming) = stream::start(met.frames, met.input, met.origin, blobs);
        Ok(Session {
            hello: met.hello,
            reused,
            installed: met.installed,
            sender: Sender::new(calls),
            incoming,
        })
    }

    /// Ends the connections of a host that end with the run. Its sessions should be closed before.
    pub async fn release(&self, host: &HostName) {
        let masters = self.masters().remove(host);
        for master in masters.into_iter().flatten() {
            master.end().await;
        }
    }

    /// Ends whatever connections end with the run. Sessions should be closed before.
    pub async fn close(&self) {
        let masters = std::mem::take(&mut *self.masters());
        for master in masters.into_values().flatten() {
            master.end().await;
        }
    }

    fn masters(&self) -> MutexGuard<'_, HashMap<HostName, Vec<Master>>> {
        self.masters.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn attempt(
        &self,
        host: &HostName,
        connection: &Connection,
        credentials: &Credentials,
        is_fresh: bool,
    ) -> Result<(Met, bool), Unreachable> {
        let _turn = self.under_way.acquire().await;
        if connection.transport != Transport::Local {
            // Reading this program's own file is not the host's time.
            self.agents.own().await?;
        }
        let timeout = connection.connect_timeout;
        let deadline = Instant::now() + timeout;
        match &connection.transport {
            Transport::Local => {
                let pipes = local::start(&self.program, &self.settings.private_env)?;
                let met = greet(pipes, Vec::new(), local::BUILD, deadline).await??;
                Ok((met, false))
            }
            Transport::Command(argv) => {
                let open = async |_: &str| command::start(argv, &self.settings.private_env);
                let met = install::start(open, false, &self.agents, timeout, deadline).await;
                Ok((met.map_err(|cause| command::explain(cause, argv))?, false))
            }
            Transport::Container { engine, name } => {
                let address = connection.address.as_deref();
                let name = name.as_deref().or(address).unwrap_or(host.as_str());
                let argv = command::container(*engine, name, connection.user.as_deref());
                let open = async |_: &str| command::start(&argv, &self.settings.private_env);
                let met = install::start(open, false, &self.agents, timeout, deadline).await;
                Ok((met.map_err(|cause| command::explain(cause, &argv))?, false))
            }
            Transport::Ssh => {
                let turn = self.jump_turn(&connection.way);
                let _jump = match &turn {
                    Some(turn) => Some(turn.acquire().await),
                    None => None,
                };
                // Waiting for others is not this host's time.
                let deadline = if turn.is_some() {
                    Instant::now() + timeout
                } else {
                    deadline
                };
                let master = self
                    .master(host, connection, credentials, is_fresh, deadline)
                    .await?;
                if !master.reused {
                    return Ok((self.through(&master, timeout, deadline).await?, false));
                }
                // One that an earlier run left may hang on a dead link: it gets half of the time.
                let half = deadline.checked_sub(timeout / 2).unwrap_or(deadline);
                if let Ok(met) = self.through(&master, timeout, half).await {
                    return Ok((met, true));
                }
                let master = self.master(host, connection, credentials, true, deadline).await?;
                Ok((self.through(&master, timeout, deadline).await?, false))
            }
        }
    }

    /// Who goes through a jump host waits for a turn there.
    fn jump_turn(&self, way: &[Jump]) -> Option<Arc<Semaphore>> {
        let first = way.first()?;
        let key = format!("{:?} {} {:?}", first.user, first.destination, first.port);
        let mut jumps = self.jumps.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = jumps
            .entry(key)
            .or_insert_with(|| Arc::new(Semaphore::new(THROUGH_JUMP)));
        Some(Arc::clone(turns))
    }

    async fn through(
        &self,
        master: &Master,
        timeout: Duration,
        deadline: Instant,
    ) -> Result<Met, Unreachable> {
        let open = async |command: &str| master.shell(command).await;
        install::start(open, true, &self.agents, timeout, deadline).await
    }

    pub(super) async fn master(
        &self,
        host: &HostName,
        connection: &Connection,
        credentials: &Credentials,
        stale: bool,
        deadline: Instant,
    ) -> Result<Master, Unreachable> {
        let config = self.settings.ssh_config.as_deref();
        let persist = self.settings.persist;
        let mut wait = FIRST_WAIT;
        let master = loop {
            match ssh::acquire(host, connection, credentials, config, persist, stale, deadline).await {
                // A jump host that takes no more at once does so in a moment.
                Err(error)
                    if error.cause == Cause::Dropped
                        && !connection.way.is_empty()
                        && Instant::now() + wait < deadline =>
                {
                    time::sleep(wait).await;
                    wait = (wait * 2).min(LAST_WAIT);
                }
                master => break master?,
            }
        };
        if persist.is_zero() {
            self.masters()
                .entry(host.clone())
                .or_default()
                .push(master.clone());
        }
        Ok(master)
    }
}

/// Tries to connect as often as the connection says.
pub(super) async fn tried<T>(
    connection: &Connection,
    attempt: impl AsyncFn() -> Result<T, Unreachable>,
) -> Result<T, Unreachable> {
    let mut wait = FIRST_WAIT;
    let mut retries = connection.connect_retries;
    loop {
        match attempt().await {
            Err(error) if retries > 0 && may_pass(error.cause) => {
                retries -= 1;
                time::sleep(wait).await;
                wait = (wait * 2).min(LAST_WAIT);
            }
            met => return met,
        }
    }
}

/// Whether another try may help.
fn may_pass(cause: Cause) -> bool {
    match cause {
        Cause::Dropped
        | Cause::Dns
        | Cause::Refused
        | Cause::NoRoute
        | Cause::Timeout
        | Cause::Lost
        | Cause::Other => true,
        Cause::KeyUnknown
        | Cause::KeyChanged
        | Cause::LoginRefused
        | Cause::Shell
        | Cause::Agent
        | Cause::Local => false,
    }
}

/// Raises the limit of open files as far as it may go.
fn allow_descriptors() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(DESCRIPTORS, |most| most.min(DESCRIPTORS));
    if limit.current.is_some_and(|now| now < wanted) {
        // Where it may not, fewer hosts fit, and their connections say so.
        let _ = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: Some(wanted),
                maximum: limit.maximum,
            },
        );
    }
}
