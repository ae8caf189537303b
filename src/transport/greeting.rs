//! The first words of an agent.

use tokio::time::{self, Instant};

use crate::cause::{Cause, Unreachable};
use crate::protocol::Hello;
use crate::transport::frames::Frames;
use crate::transport::pipes::{Input, Origin, Pipes};

/// A connection whose agent has introduced itself.
pub(super) struct Met {
    pub(super) hello: Hello,
    pub(super) frames: Frames,
    pub(super) input: Input,
    pub(super) origin: Origin,
    /// Whether it was sent there.
    pub(super) installed: bool,
}

/// Waits for the agent's introduction; the inner error: it ended without one. `begun`: what was read of it already.
pub(super) async fn greet(
    pipes: Pipes,
    begun: Vec<u8>,
    build: &str,
    deadline: Instant,
) -> Result<Result<Met, Unreachable>, Unreachable> {
    let origin = Origin {
        process: pipes.process,
        stderr: pipes.stderr,
    };
    let mut frames = Frames::new(pipes.output, begun);
    let hello = time::timeout_at(deadline, frames.hello(build)).await;
    let hello = hello.map_err(|_| {
        let message = "no answer in time: the agent did not introduce itself";
        Unreachable::new(Cause::Timeout, message)
    })?;
    let Some(hello) = hello? else {
        let mut message = "the agent ended before it had introduced itself".to_owned();
        origin.stderr.settled().await;
        let said = origin.stderr.text();
        if !said.is_empty() {
            message.push_str("; it said: ");
            message.push_str(&said);
        }
        return Ok(Err(Unreachable::new(Cause::Agent, message)));
    };
    Ok(Ok(Met {
        hello,
        frames,
        input: pipes.input,
        origin,
        installed: false,
    }))
}
