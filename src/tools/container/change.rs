//! What is done to a container that is there.

use std::time::{Duration, Instant};

use crate::argument;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Domain, Writer};
use crate::tool::{Area, Describe, Spoils};
use crate::tools::container::engine::{Container, Engine};

/// How long an engine may take to remove what removes itself once it has stopped.
const GOING: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(100);

/// The end of a container, or of its processes.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(super) name: String,
    pub(super) engine: Engine,
    pub(super) container: Container,
    pub(super) to: &'static str,
}

impl Describe for Ending {
    fn diff(&self) -> Vec<Diff> {
        let title = format!("container {}", self.name);
        let before = &*self.container.state;
        vec![Diff::of_property(&title, "state", Some(before), Some(self.to))]
    }
}

impl Ending {
    /// Stops it in good order, if it runs.
    pub(super) fn stop(
        &self,
        patience: Option<argument::Duration>,
        host: &Writer<'_>,
    ) -> Result<(), Failure> {
        if !self.container.is_running() {
            return Ok(());
        }
        if self.container.state == "paused" {
            // Its processes cannot end by themselves while they are held, and Podman does not let go of them for that.
            self.engine.act(&["unpause", &self.container.id], host)?;
        }
        // Parts of a second count as a whole one, so that a short time is not none.
        let seconds = patience.map(|it| it.0.as_millis().div_ceil(1000).to_string());
        let mut words = vec!["stop"];
        if let Some(seconds) = &seconds {
            words.extend(["-t", seconds]);
        }
        words.push(&self.container.id);
        match self.engine.act(&words, host) {
            // It may have ended by itself meanwhile, and be gone with that.
            Err(failure)
                if failure.kind != Kind::CommandFailed
                    || self.now(host)?.is_some_and(|it| it.is_running()) =>
            {
                Err(failure)
            }
            _ => Ok(()),
        }
    }

    /// Removes it, and with it volumes that have no name, if that is wanted.
    pub(super) fn remove(&self, volumes: bool, host: &Writer<'_>) -> Result<(), Failure> {
        let until = Instant::now() + GOING;
        loop {
            if self.now(host)?.is_none() {
                return Ok(());
            }
            let mut words = vec!["rm", "--force"];
            words.extend(volumes.then_some("--volumes"));
            words.push(&self.container.id);
            match self.engine.act(&words, host) {
                Ok(()) => return Ok(()),
                // One that removes itself is not removed twice, and is gone soon.
                Err(failure) if failure.kind == Kind::CommandFailed && Instant::now() < until => {
                    let is_going = self.now(host)?.is_none_or(|it| it.state == "removing");
                    if !is_going {
                        return Err(failure);
                    }
                    host.link().cancel().sleep(PAUSE)?;
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// The same container now, and not another that has got its name.
    fn now(&self, host: &Writer<'_>) -> Result<Option<Container>, Failure> {
        let found = self.engine.look(&self.name, host)?;
        Ok(found.filter(|it| it.id == self.container.id))
    }
}

/// What is unknown after it.
pub(super) fn spoils() -> Spoils {
    Spoils::of(Area::path("/proc")).with(&[Domain::Containers, Domain::Units])
}
