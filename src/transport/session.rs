//! One connection to one host, with its agent at the other end.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::cause::Unreachable;
use crate::login::Login;
use crate::protocol::{Hello, Reply, Request, ToAgent};
use crate::system::{Level, Push, Stream};

/// How long an agent has to say goodbye.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);

/// What comes from the host.
#[derive(Debug)]
pub enum Incoming {
    /// A call has ended.
    Reply(u64, Box<Reply>),
    /// A child of a call has written something.
    Output(u64, Stream, Vec<u8>),
    /// A part of a file that a call brings.
    Push(u64, Push),
    /// A call has logged something.
    Log(u64, Level, String),
    /// The agent of an account ended while it had this call, and another one makes it again; why that one had ended.
    Retried(u64, String),
    /// What the owner of the host should know, and belongs to no call.
    Notice(String),
    /// Nothing more comes: `Ok` after the agent's goodbye, else why the connection broke.
    Closed(Result<(), Unreachable>),
}

/// Speaks to the host. May be cloned; never blocks.
#[derive(Debug, Clone)]
pub struct Sender {
    calls: mpsc::UnboundedSender<ToAgent>,
    /// The accounts that the agent was told of, by their numbers.
    accounts: Arc<Mutex<Vec<Login>>>,
}

impl Sender {
    pub(super) fn new(calls: mpsc::UnboundedSender<ToAgent>) -> Self {
        let accounts = Arc::default();
        Self { calls, accounts }
    }

    /// The number of an account, of which the agent is told when it is new.
    fn account(&self, login: &Login) -> u32 {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = accounts.iter().position(|it| it == login);
        let number = |at| u32::try_from(at).expect("fewer than 2^32 of them");
        if let Some(at) = known {
            return number(at);
        }
        accounts.push(login.clone());
        let account = number(accounts.len() - 1);
        let login = Box::new(login.clone());
        // Told before anybody else learns the number.
        self.send(ToAgent::Become { account, login });
        account
    }

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
    /// A session whose far end is a test.
    #[cfg(test)]
    pub(crate) fn scripted(
        hello: Hello,
        calls: mpsc::UnboundedSender<ToAgent>,
        incoming: mpsc::Receiver<Incoming>,
    ) -> Self {
        Self {
            hello,
            reused: false,
            installed: false,
            sender: Sender::new(calls),
            incoming,
        }
    }

    /// The account that calls act as; none where that is the one that has logged in.
    pub fn account(&self, login: &Login) -> Option<u32> {
        (self.hello.facts.user.name != login.user).then(|| self.sender.account(login))
    }

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
