//! One connection to one host, with its agent at the other end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::cause::Unreachable;
use crate::inventory::Connection;
use crate::name::HostName;
use crate::protocol::{Hello, Reply, Request};
use crate::system::{Level, Stream};
use crate::tool::Blobs;

/// What holds for every connection of a run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Another configuration file for ssh, as by `ssh -F`.
    pub ssh_config: Option<PathBuf>,
    /// How long a connection stays after the run; zero: it ends with the run.
    pub persist: Duration,
    /// Where agents for other architectures lie.
    pub agents: Option<PathBuf>,
    /// How many connections may be under way to their hello at once.
    pub forks: usize,
    /// Content that hosts may ask for.
    pub blobs: Arc<Blobs>,
}

/// Makes connections.
#[derive(Debug)]
pub struct Connector {}

impl Connector {
    /// With these settings.
    pub fn new(settings: Settings) -> Self {
        let _ = settings;
        unimplemented!()
    }

    /// Connects to a host and starts its agent; all of it within the connection's `connect_timeout`.
    ///
    /// # Errors
    /// Why it could not be reached. What was started for it is ended.
    pub async fn connect(&self, host: &HostName, connection: &Connection) -> Result<Session, Unreachable> {
        let _ = (host, connection);
        unimplemented!()
    }
}

/// What comes from the host.
#[derive(Debug)]
pub enum Incoming {
    /// A call has ended.
    Reply(u64, Box<Reply>),
    /// A child of a call has written something.
    Output(u64, Stream, Vec<u8>),
    /// A call has logged something.
    Log(u64, Level, String),
    /// Nothing more comes: `Ok` after the agent's goodbye, else why the connection broke.
    Closed(Result<(), Unreachable>),
}

/// Speaks to the host. May be cloned; never blocks.
#[derive(Debug, Clone)]
pub struct Sender {}

impl Sender {
    /// Sends a call ahead. On a connection that is closed already it does nothing: `Incoming::Closed` says it.
    pub fn call(&self, request: Request) {
        let _ = request;
        unimplemented!()
    }

    /// Ends a call.
    pub fn cancel(&self, id: u64) {
        let _ = id;
        unimplemented!()
    }

    /// Drops a call that has not started.
    pub fn withdraw(&self, id: u64) {
        let _ = id;
        unimplemented!()
    }

    /// Asks the agent to end once nothing runs.
    pub fn bye(&self) {
        unimplemented!()
    }
}

/// An open connection whose agent has introduced itself.
#[derive(Debug)]
pub struct Session {
    /// The introduction; its facts are sanitized.
    pub hello: Hello,
    /// Whether a connection of an earlier run was taken over.
    pub reused: bool,
    /// Whether the agent was sent.
    pub installed: bool,
    /// Speaks to the host.
    pub sender: Sender,
    /// Hears the host.
    pub incoming: mpsc::Receiver<Incoming>,
}
