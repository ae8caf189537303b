//! A shell on a host: given the bootstrap script, heard for its answer through whatever noise the login makes.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{self, Instant};

use crate::bootstrap::{self, Task};
use crate::cause::{Cause, Unreachable};
use crate::transport::pipes::{Pipes, Tail};

/// How much is read at once.
const READ: usize = 4 << 10;
/// The longest answer.
const LINE_LIMIT: usize = 1 << 10;

/// How every message begins that says that there is no shell.
pub(super) const NO_SHELL: &str = "the remote shell did not run the script";

/// A shell that runs the script.
pub(super) struct Shell {
    pub(super) pipes: Pipes,
    nonce: String,
    /// What was read and not used.
    ahead: Vec<u8>,
    noise: Tail,
}

impl Shell {
    /// Gives the script to a shell that was started. `nonce`: marks its answers.
    pub(super) async fn run(
        mut pipes: Pipes,
        build: &str,
        nonce: String,
        task: Task<'_>,
        deadline: Instant,
    ) -> Result<Self, Unreachable> {
        let script = bootstrap::script(build, &nonce, task);
        // A shell that has ended says so by its output, which is read next.
        let written = async {
            drop(pipes.input.write_all(script.as_bytes()).await);
            drop(pipes.input.flush().await);
        };
        time::timeout_at(deadline, written)
            .await
            .map_err(|_| late("did not read its script"))?;
        Ok(Self {
            pipes,
            nonce,
            ahead: Vec::new(),
            noise: Tail::default(),
        })
    }

    /// The next answer of the script, past all noise.
    pub(super) async fn answer(&mut self, deadline: Instant) -> Result<String, Unreachable> {
        let marker = bootstrap::marker(&self.nonce);
        loop {
            if let Some(at) = find(&self.ahead, marker.as_bytes()) {
                let start = at + marker.len();
                let end = self.ahead[start..].iter().position(|byte| *byte == b'\n');
                if let Some(end) = end {
                    let line = String::from_utf8_lossy(&self.ahead[start..start + end]).into_owned();
                    self.noise.push(&self.ahead[..at]);
                    self.ahead.drain(..=start + end);
                    return Ok(line);
                }
                if self.ahead.len() - start > LINE_LIMIT {
                    return Err(self.unanswered("its answer has no end"));
                }
            } else {
                // What may be the beginning of the marker stays.
                let old = self.ahead.len().saturating_sub(marker.len());
                self.noise.push(&self.ahead[..old]);
                self.ahead.drain(..old);
            }
            self.ahead.reserve(READ);
            let read = self.pipes.output.read_buf(&mut self.ahead);
            match time::timeout_at(deadline, read).await {
                Ok(Ok(1..)) => {}
                Ok(_) => {
                    self.noise.push(&self.ahead);
                    self.pipes.stderr.settled().await;
                    return Err(self.unanswered("it ended"));
                }
                Err(_) => {
                    self.noise.push(&self.ahead);
                    let mut late = late("did not answer");
                    self.quote(&mut late);
                    return Err(late);
                }
            }
        }
    }

    /// The pipes, and what was read after the last answer.
    pub(super) fn into_parts(self) -> (Pipes, Vec<u8>) {
        (self.pipes, self.ahead)
    }

    fn unanswered(&self, what: &str) -> Unreachable {
        let message = format!("{NO_SHELL}: {what}");
        let mut cause = Unreachable::new(Cause::Shell, message).help(
            "The account's login shell must run `/bin/sh` when it is asked to; try `ssh HOST /bin/sh`.",
        );
        self.quote(&mut cause);
        cause
    }

    /// Adds what the login said instead.
    fn quote(&self, cause: &mut Unreachable) {
        let said = [self.pipes.stderr.text(), self.noise.text()];
        let said: Vec<&str> = said
            .iter()
            .map(|it| it.trim())
            .filter(|it| !it.is_empty())
            .collect();
        let said = said.join("\n");
        if said.contains(bootstrap::last_line()) {
            let cat = "; it only repeats what it is sent, as a login that runs `cat` does";
            cause.message.push_str(cat);
        } else if !said.is_empty() {
            let from = said.len() - said.len().min(500);
            let from = said.ceil_char_boundary(from);
            cause.message.push_str("; it said: ");
            cause.message.push_str(said[from..].trim());
        }
    }
}

fn late(what: &str) -> Unreachable {
    Unreachable::new(
        Cause::Timeout,
        format!("no answer in time: the remote shell {what}"),
    )
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}
