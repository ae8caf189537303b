//! The binaries of a run, each read, hashed and packed at most once.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Mutex, OnceCell};

use crate::cause::{Cause, Unreachable};
use crate::transport::binary::{Binary, Parcel, blocking};

/// One binary, and its packed form once it was needed.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) binary: Arc<Binary>,
    parcel: OnceCell<Arc<Parcel>>,
}

impl Agent {
    /// The packed form.
    pub(super) async fn parcel(&self) -> Result<Arc<Parcel>, Unreachable> {
        let binary = Arc::clone(&self.binary);
        let pack = || {
            blocking(move || {
                binary.pack().map_err(|error| {
                    let message = format!("cannot read the agent that is to be sent: {error}");
                    Unreachable::new(Cause::Local, message)
                })
            })
        };
        self.parcel.get_or_try_init(pack).await.cloned()
    }
}

/// All binaries that a run needed so far.
#[derive(Debug)]
pub(super) struct Agents {
    program: PathBuf,
    dir: Option<PathBuf>,
    own: OnceCell<Arc<Agent>>,
    foreign: Mutex<HashMap<String, Arc<Agent>>>,
}

impl Agents {
    /// `program` is the one for this machine's type; those for others lie in `dir` or next to this program.
    pub(super) fn new(program: PathBuf, dir: Option<PathBuf>) -> Self {
        Self {
            program,
            dir,
            own: OnceCell::new(),
            foreign: Mutex::default(),
        }
    }

    /// The one for this machine's type.
    pub(super) async fn own(&self) -> Result<Arc<Agent>, Unreachable> {
        let program = self.program.clone();
        let read = || async move {
            let binary = blocking(move || Binary::own(&program)).await?;
            Ok(agent(binary))
        };
        self.own.get_or_try_init(read).await.cloned()
    }

    /// The one for a machine type.
    pub(super) async fn of(&self, machine: &str) -> Result<Arc<Agent>, Unreachable> {
        let own = self.own().await?;
        if own.binary.machine == machine {
            return Ok(own);
        }
        let mut foreign = self.foreign.lock().await;
        if let Some(known) = foreign.get(machine) {
            return Ok(Arc::clone(known));
        }
        let (name, dir) = (machine.to_owned(), self.dir.clone());
        let found = agent(blocking(move || Binary::foreign(&name, dir.as_deref())).await?);
        foreign.insert(machine.to_owned(), Arc::clone(&found));
        Ok(found)
    }
}

fn agent(binary: Arc<Binary>) -> Arc<Agent> {
    Arc::new(Agent {
        binary,
        parcel: OnceCell::new(),
    })
}
