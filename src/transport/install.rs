//! From a shell on a host to an agent that has introduced itself; sent there where the host lacks it.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncWriteExt, sink};
use tokio::task;
use tokio::time::{self, Instant};

use crate::bootstrap::{self, SHELL, Task};
use crate::cause::{Cause, Unreachable};
use crate::transport::agents::{Agent, Agents};
use crate::transport::greeting::{Met, greet};
use crate::transport::pipes::{Input, Pipes, clean};
use crate::transport::shell::Shell;

/// How long all of an installation may take, next to the time for the connection.
const INSTALL: Duration = Duration::from_mins(1);
/// How much of the file is read at once.
const PIECE: usize = 64 << 10;

/// What a host needs, as its shell says.
struct Need {
    machine: String,
    gzip: bool,
}

/// Starts the agent through shells that `open` gives, which is told what they are to run. `asks_login`: whether that
/// is asked of the login's own shell; else it is [`bootstrap::SHELL`]. `time`: for all but the installation; `deadline`:
/// for what comes before it.
pub(super) async fn start(
    open: impl AsyncFn(&str) -> Result<Pipes, Unreachable>,
    asks_login: bool,
    agents: &Agents,
    time: Duration,
    mut deadline: Instant,
) -> Result<Met, Unreachable> {
    let mut agent = agents.own().await?;
    let mut installed = false;
    let mut straight = asks_login;
    // At most: straight, for this machine's type, for another's, broken, installed.
    for _ in 0..5 {
        let build = &agent.binary.build;
        let nonce = bootstrap::nonce();
        let command = if straight {
            bootstrap::straight(build, &nonce)
        } else {
            SHELL.to_owned()
        };
        let pipes = within(deadline, open(&command)).await?;
        let mut shell = Shell::run(pipes, build, nonce, Task::Start, deadline).await?;
        let answer = match shell.answer(deadline).await {
            // A shell with another language, or a login that runs one program and no more.
            Err(cause) if straight && cause.cause == Cause::Shell => {
                straight = false;
                continue;
            }
            // What is there may start and hang; the script can tell.
            Err(cause) if straight && cause.cause == Cause::Timeout && !installed => {
                straight = false;
                deadline = Instant::now() + time / 2;
                continue;
            }
            answer => answer?,
        };
        let gzip = if let Some(dir) = bootstrap::runs(&answer) {
            let place = place(dir, build);
            let (pipes, begun) = shell.into_parts();
            // Until it is known to start, it has half of the time that is left.
            let left = deadline.saturating_duration_since(Instant::now());
            let until = if installed { deadline } else { deadline - left / 2 };
            match greet(pipes, begun, build, until).await {
                Ok(Ok(met)) => return Ok(Met { installed, ..met }),
                // What is there under the right name does not run: sent again, once.
                Ok(Err(ended)) if installed => return Err(named(ended, &place)),
                Err(late) if installed && late.cause == Cause::Timeout => return Err(named(late, &place)),
                Err(late) if late.cause == Cause::Timeout => false,
                Ok(Err(_)) => false,
                Err(other) => return Err(other),
            }
        } else {
            let need = Need::parse(&answer)?;
            if need.machine != agent.binary.machine {
                agent = agents.of(&need.machine).await?;
                continue;
            }
            need.gzip
        };
        if installed {
            break;
        }
        install(&open, &agent, gzip).await?;
        installed = true;
        deadline = Instant::now() + time;
    }
    let message = "the agent was installed and is not found again";
    Err(Unreachable::new(Cause::Agent, message))
}

/// Where the agent is that a shell became.
fn place(dir: &str, build: &str) -> String {
    let dir = clean(dir.as_bytes());
    let dir = if dir.is_empty() {
        "~/.cache/rmote-play"
    } else {
        &dir
    };
    format!("{dir}/{build}")
}

/// Why the agent does not come up that was just put there.
fn named(mut why: Unreachable, place: &str) -> Unreachable {
    let message = std::mem::take(&mut why.message);
    why.message = format!("{message} (`{place}`, which was just sent)");
    why
}

impl Need {
    fn parse(answer: &str) -> Result<Self, Unreachable> {
        let words: Vec<&str> = answer.split_ascii_whitespace().collect();
        let [_, system, machine, tools @ ..] = &words[..] else {
            return Err(puzzled(answer));
        };
        if words[0] != "need" || !machine.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(puzzled(answer));
        }
        if *system != "Linux" {
            let message = format!(
                "there is no agent for hosts that run {}",
                clean(system.as_bytes())
            );
            return Err(Unreachable::new(Cause::Agent, message));
        }
        let machine = match *machine {
            "arm64" => "aarch64",
            "amd64" => "x86_64",
            machine => machine,
        };
        Ok(Self {
            machine: machine.to_owned(),
            gzip: tools.contains(&"gzip"),
        })
    }
}

fn puzzled(answer: &str) -> Unreachable {
    let shown: String = clean(answer.as_bytes()).chars().take(80).collect();
    Unreachable::new(
        Cause::Shell,
        format!("the remote shell gave a strange answer: `{shown}`"),
    )
}

/// Sends the agent into the first of the host's directories that takes it.
async fn install(
    open: &impl AsyncFn(&str) -> Result<Pipes, Unreachable>,
    agent: &Arc<Agent>,
    gzip: bool,
) -> Result<(), Unreachable> {
    let deadline = Instant::now() + INSTALL;
    let parcel = agent.parcel().await?;
    let mut refused = Vec::new();
    let mut from = 1;
    loop {
        let pipes = within(deadline, open(SHELL)).await?;
        let job = Task::Install {
            from,
            gzip,
            size: agent.binary.size,
            hash: &parcel.hash,
        };
        let mut shell = Shell::run(pipes, &agent.binary.build, bootstrap::nonce(), job, deadline).await?;
        let answer = shell.answer(deadline).await?;
        let mut words = answer.splitn(3, ' ');
        let place = match (
            words.next(),
            words.next().and_then(|it| it.parse::<usize>().ok()),
            words.next(),
        ) {
            (Some("send"), Some(place), Some(dir)) if (from..=9).contains(&place) => {
                from = place + 1;
                clean(dir.as_bytes())
            }
            (Some("none"), None, None) => return Err(nowhere(&refused)),
            _ => return Err(puzzled(&answer)),
        };
        let input = std::mem::replace(&mut shell.pipes.input, Box::new(sink()));
        let sent = async {
            if gzip {
                send_bytes(input, &parcel.gzip).await;
            } else {
                send_file(input, agent).await;
            }
        };
        time::timeout_at(deadline, sent).await.map_err(|_| slow())?;
        let answer = shell.answer(deadline).await?;
        match answer.split_once(' ') {
            None if answer == "done" => return Ok(()),
            Some(("failed", step)) => refused.push(format!("`{place}` ({})", bootstrap::refusal(step))),
            _ => return Err(puzzled(&answer)),
        }
    }
}

fn nowhere(refused: &[String]) -> Unreachable {
    Unreachable::new(Cause::Agent, bootstrap::nowhere(refused)).help(bootstrap::NOWHERE_HELP)
}

fn slow() -> Unreachable {
    let seconds = INSTALL.as_secs();
    let message = format!("the agent could not be sent within {seconds} s");
    Unreachable::new(Cause::Timeout, message)
}

async fn within<T>(
    deadline: Instant,
    work: impl Future<Output = Result<T, Unreachable>>,
) -> Result<T, Unreachable> {
    time::timeout_at(deadline, work).await.unwrap_or_else(|_| {
        let message = "no answer in time: the host opened no session";
        Err(Unreachable::new(Cause::Timeout, message))
    })
}

/// Sends bytes and ends the stream. Where the other end stops reading, its answer says why.
async fn send_bytes(mut input: Input, bytes: &[u8]) {
    if input.write_all(bytes).await.is_ok() {
        drop(input.shutdown().await);
    }
}

async fn send_file(mut input: Input, agent: &Arc<Agent>) {
    let Ok(mut file) = agent.binary.open() else {
        return;
    };
    loop {
        let read = task::spawn_blocking(move || {
            let mut piece = vec![0; PIECE];
            let length = file.read(&mut piece);
            (file, piece, length)
        });
        let Ok((again, piece, Ok(length @ 1..))) = read.await else {
            break;
        };
        file = again;
        if input.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
    drop(input.shutdown().await);
}
