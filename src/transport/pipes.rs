//! A process that was started, here or on a host, with its three pipes.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time;

use crate::cause::{Cause, Unreachable};
use crate::transport::ssh;

/// What is kept of what a process says next to the frames.
const KEPT: usize = 4 << 10;
/// How long the last words of a process that has ended are waited for.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How long a process whose input has ended may take to end.
const PATIENCE: Duration = Duration::from_secs(2);

/// The writing end of a process's standard input.
pub(super) type Input = Box<dyn AsyncWrite + Send + Unpin>;
/// The reading end of a process's standard output.
pub(super) type Output = Box<dyn AsyncRead + Send + Unpin>;

/// A process and its pipes.
pub(super) struct Pipes {
    pub(super) input: Input,
    pub(super) output: Output,
    pub(super) stderr: Tail,
    pub(super) process: Process,
}

/// What keeps a process there.
pub(super) enum Process {
    /// It runs on this machine.
    Child(Child),
    /// It runs behind the ssh master of this socket.
    Channel {
        channel: openssh::Child<Arc<openssh::Session>>,
        socket: PathBuf,
    },
}

impl Pipes {
    /// Starts a program with all three piped. An interrupt from the terminal does not reach it: that is for the controller,
    /// which lets calls end.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub(super) fn start(command: &mut Command) -> io::Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).process_group(0).spawn()?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(input), Some(output), Some(stderr)) = pipes else {
            return Err(io::Error::other("it has no pipes"));
        };
        Ok(Self {
            input: Box::new(input),
            output: Box::new(output),
            stderr: Tail::of(stderr),
            process: Process::Child(child),
        })
    }
}

impl Process {
    /// Waits for the end of a process whose input has ended.
    pub(super) async fn reap(self) {
        match self {
            Self::Child(mut child) => drop(time::timeout(PATIENCE, child.wait()).await),
            Self::Channel { channel, .. } => drop(time::timeout(PATIENCE, channel.wait()).await),
        }
    }
}

/// The end of what is written to a stream, read as it comes.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail {
    kept: Arc<Mutex<Vec<u8>>>,
    /// Closed when the stream has ended.
    open: Option<watch::Receiver<()>>,
}

impl Tail {
    /// Reads a stream to its end in the background.
    pub(super) fn of(mut stream: impl AsyncRead + Send + Unpin + 'static) -> Self {
        let kept = Self::default();
        let (until_end, open) = watch::channel(());
        let tail = Self {
            open: Some(open),
            ..kept.clone()
        };
        tokio::spawn(async move {
            let _until_end = until_end;
            let mut buffer = [0; 1024];
            while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                kept.push(&buffer[..length]);
            }
        });
        tail
    }

    /// Waits a moment for the end of the stream: what a process says last may come after its end.
    pub(super) async fn settled(&self) {
        if let Some(mut open) = self.open.clone() {
            drop(time::timeout(LAST_WORDS, open.changed()).await);
        }
    }

    /// Adds to the end; what is too old goes.
    pub(super) fn push(&self, bytes: &[u8]) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&bytes[bytes.len().saturating_sub(KEPT)..]);
        let excess = kept.len().saturating_sub(KEPT);
        kept.drain(..excess);
    }

    /// What is kept, as text without control characters but line ends.
    pub(super) fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        clean(&kept)
    }
}

/// Bytes from elsewhere as text that can be shown.
pub(super) fn clean(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text: String = text
        .chars()
        .map(|c| if c == '\t' { ' ' } else { c })
        .filter(|c| *c == '\n' || !c.is_control())
        .collect();
    text.trim().to_owned()
}

/// Where a connection comes from: what keeps it, and what can tell why it broke.
pub(super) struct Origin {
    pub(super) process: Process,
    pub(super) stderr: Tail,
}

impl Origin {
    /// Why the connection ended without a goodbye. Waits a moment for whatever may say so.
    pub(super) async fn loss(self) -> Unreachable {
        let (how, socket) = match self.process {
            Process::Child(mut child) => {
                let status = time::timeout(PATIENCE, child.wait()).await;
                (status.ok().and_then(Result::ok), None)
            }
            Process::Channel { channel, socket } => {
                let status = time::timeout(PATIENCE, channel.wait()).await;
                (status.ok().and_then(Result::ok), Some(socket))
            }
        };
        self.stderr.settled().await;
        let own_words = self.stderr.text().lines().last().unwrap_or_default().to_owned();
        let (mut message, said) = match (how, socket) {
            (Some(status), _) => (
                format!("the connection is lost: the agent was ended ({status})"),
                own_words,
            ),
            // Of what a signal has ended the server gives no status.
            (None, Some(socket)) if ssh::is_alive(&socket).await => {
                let message = "the connection is lost: the agent on the host was ended, as by a signal";
                (message.to_owned(), own_words)
            }
            (None, Some(socket)) => {
                let last = ssh::last_word(&socket);
                let last =
                    last.unwrap_or_else(|| "the ssh process that carried it ended without a word".into());
                ("the connection is lost".to_owned(), last)
            }
            (None, None) => ("the connection is lost".to_owned(), own_words),
        };
        if !said.is_empty() {
            message.push_str(": ");
            message.push_str(&said);
        }
        Unreachable::new(Cause::Lost, message)
    }
}
