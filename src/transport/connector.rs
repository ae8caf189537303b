//! From a host's settings to a session.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time;

use crate::cause::{Cause, Unreachable};
use crate::inventory::{Connection, Transport};
use crate::name::HostName;
use crate::protocol::Hello;
use crate::tool::Blobs;
use crate::transport::frames::Frames;
use crate::transport::local;
use crate::transport::pipes::{Input, Origin, Pipes};
use crate::transport::session::{Sender, Session};
use crate::transport::stream;

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
pub struct Connector {
    settings: Settings,
    program: PathBuf,
    under_way: Semaphore,
}

/// A connection whose agent has introduced itself.
struct Met {
    hello: Hello,
    frames: Frames,
    input: Input,
    origin: Origin,
    reused: bool,
    installed: bool,
}

impl Connector {
    /// With these settings.
    pub fn new(settings: Settings) -> Self {
        let under_way = Semaphore::new(settings.forks.max(1));
        Self {
            settings,
            program: PathBuf::from("/proc/self/exe"),
            under_way,
        }
    }

    /// Another binary as the agent than the one that runs.
    #[must_use]
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.program = path.into();
        self
    }

    /// Connects to a host and starts its agent; all of it within the connection's `connect_timeout`.
    ///
    /// # Errors
    /// Why it could not be reached. What was started for it is ended.
    pub async fn connect(&self, host: &HostName, connection: &Connection) -> Result<Session, Unreachable> {
        let _turn = self.under_way.acquire().await;
        let met = self.meet(host, connection).await?;
        let blobs = Arc::clone(&self.settings.blobs);
        let (calls, incoming) = stream::start(met.frames, met.input, met.origin, blobs);
        Ok(Session {
            hello: met.hello,
            reused: met.reused,
            installed: met.installed,
            sender: Sender { calls },
            incoming,
        })
    }

    async fn meet(&self, _host: &HostName, connection: &Connection) -> Result<Met, Unreachable> {
        match &connection.transport {
            Transport::Local => {
                let pipes = local::start(&self.program)?;
                greet(pipes, Vec::new(), local::BUILD, connection.connect_timeout).await
            }
            Transport::Ssh | Transport::Command(_) => unimplemented!(),
        }
    }
}

/// Waits for the agent's introduction.
async fn greet(pipes: Pipes, begun: Vec<u8>, build: &str, timeout: Duration) -> Result<Met, Unreachable> {
    let origin = Origin {
        process: pipes.process,
        stderr: pipes.stderr,
    };
    let mut frames = Frames::new(pipes.output, begun);
    let hello = time::timeout(timeout, frames.hello(build)).await;
    let hello = hello.map_err(|_| {
        let message = format!(
            "the agent did not introduce itself within {} s",
            timeout.as_secs()
        );
        Unreachable::new(Cause::Timeout, message)
    })??;
    let Some(hello) = hello else {
        let said = origin.stderr.text();
        let message = format!("the agent ended before it had introduced itself: {said}");
        return Err(Unreachable::new(Cause::Agent, message));
    };
    Ok(Met {
        hello,
        frames,
        input: pipes.input,
        origin,
        reused: false,
        installed: false,
    })
}
