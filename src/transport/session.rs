//! One connection to one host, with its agent at the other end.

use tokio::sync::mpsc;

use crate::cause::Unreachable;
use crate::protocol::{Hello, Reply, Request, ToAgent};
use crate::system::{Level, Stream};

/// How long an agent has to say goodbye.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);

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
pub struct Sender {
    pub(super) calls: mpsc::UnboundedSender<ToAgent>,
}

impl Sender {
    /// Sends a call ahead. On a connection that is closed already it does nothing: `Incoming::Closed` says it.
    pub fn call(&self, request: Request) {
        self.send(ToAgent::Call(Box::new(request)));
    }

    /// Ends a call.
    pub fn cancel(&self, id: u64) {
        self.send(ToAgent::Cancel { id });
    }

    /// Drops a call that has not started.
    pub fn withdraw(&self, id: u64) {
        self.send(ToAgent::Withdraw { id });
    }

    /// Asks the agent to end once nothing runs.
    pub fn bye(&self) {
        self.send(ToAgent::Bye);
    }

    fn send(&self, message: ToAgent) {
        drop(self.calls.send(message));
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

impl Session {
    /// Ends the agent and lets the connection go; it stays for later runs where it is to persist.
    pub async fn close(mut self) {
        self.sender.bye();
        let ended = async {
            while let Some(incoming) = self.incoming.recv().await {
                if matches!(incoming, Incoming::Closed(_)) {
                    return;
                }
            }
        };
        // An agent that does not end in time is ended with the connection.
        let _late = tokio::time::timeout(FAREWELL, ended).await;
    }
}
