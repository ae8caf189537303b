//! The accounts that calls act as, each with its deputy once the first call has needed one.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use crate::agent::deputy::relay;
use crate::agent::deputy::start::start;
use crate::agent::serve::Agent;
use crate::failure::{Failure, Kind};
use crate::login::Login;
use crate::protocol::{Request, ToAgent};
use crate::system::Reader;

/// How often a call that waits for a deputy looks whether it was canceled.
const GLANCE: Duration = Duration::from_millis(50);
/// How long deputies may take to end their children and themselves.
const FAREWELL: Duration = Duration::from_secs(2);

/// All accounts of a connection.
#[derive(Default)]
pub(crate) struct Deputies {
    table: Mutex<Table>,
    changed: Condvar,
}

#[derive(Default)]
struct Table {
    accounts: BTreeMap<u32, Account>,
    /// The calls that deputies have, each with its account.
    forwarded: HashMap<u64, u32>,
    /// How many deputies have not ended.
    alive: usize,
    closing: bool,
}

struct Account {
    login: Arc<Login>,
    state: State,
    /// How often its deputy was started.
    tries: u64,
}

enum State {
    Idle,
    Starting,
    Up(mpsc::Sender<ToAgent>),
    /// It did not start; asked again only by calls that came later, or never.
    Refused {
        failure: Failure,
        is_final: bool,
    },
}

impl Deputies {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of an account.
    pub(crate) fn introduce(&self, account: u32, login: Login) {
        let login = Arc::new(login);
        let (state, tries) = (State::Idle, 0);
        self.lock()
            .accounts
            .entry(account)
            .or_insert(Account { login, state, tries });
    }

    /// Gives a call to its account's deputy, which is started where there is none. The answer comes by
    /// [`Agent::ended`].
    ///
    /// # Errors
    /// Why there is no deputy.
    pub(crate) fn forward(
        &self,
        agent: &Arc<Agent>,
        account: u32,
        request: Request,
        host: &Reader<'_>,
    ) -> Result<(), Failure> {
        let deputy = self.deputy(agent, account, host)?;
        let id = request.id;
        let mut table = self.lock();
        table.forwarded.insert(id, account);
        let request = Box::new(Request {
            account: None,
            after: Vec::new(),
            if_changed: None,
            ..request
        });
        // One that has just ended takes the connection with it.
        drop(deputy.send(ToAgent::Call(request)));
        if host.link().cancel().check().is_err() {
            drop(deputy.send(ToAgent::Cancel { id }));
        }
        Ok(())
    }

    fn deputy(
        &self,
        agent: &Arc<Agent>,
        account: u32,
        host: &Reader<'_>,
    ) -> Result<mpsc::Sender<ToAgent>, Failure> {
        let mut table = self.lock();
        let mut waited_for = None;
        loop {
            if table.closing {
                return Err(Failure::new(Kind::Canceled, "the agent ends"));
            }
            let Some(entry) = table.accounts.get_mut(&account) else {
                let message = format!("there is no account {account} on this connection");
                return Err(Failure::new(Kind::Invalid, message));
            };
            match &entry.state {
                State::Up(deputy) => return Ok(deputy.clone()),
                State::Refused { failure, is_final } if *is_final || waited_for == Some(entry.tries) => {
                    return Err(failure.clone());
                }
                State::Idle | State::Refused { .. } => {
                    entry.tries += 1;
                    entry.state = State::Starting;
                    let login = Arc::clone(&entry.login);
                    drop(table);
                    return self.start(agent, account, &login, host);
                }
                State::Starting => waited_for = Some(entry.tries),
            }
            table = self
                .changed
                .wait_timeout(table, GLANCE)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
            host.check_canceled()?;
        }
    }

    fn start(
        &self,
        agent: &Arc<Agent>,
        account: u32,
        login: &Login,
        host: &Reader<'_>,
    ) -> Result<mpsc::Sender<ToAgent>, Failure> {
        let started = start(login, agent.build(), host);
        let mut table = self.lock();
        let (state, result) = match started {
            Ok(started) => match relay::begin(agent, account, &login.user, started) {
                Ok(deputy) => {
                    table.alive += 1;
                    (State::Up(deputy.clone()), Ok(deputy))
                }
                Err(error) => {
                    let failure = Failure::io("cannot start a thread", &error);
                    (State::Idle, Err(failure))
                }
            },
            // Whoever else waits is not canceled by this.
            Err(refusal) if refusal.failure.kind == Kind::Canceled => (State::Idle, Err(refusal.failure)),
            Err(refusal) => {
                let (failure, is_final) = (refusal.failure, refusal.is_final);
                let result = Err(failure.clone());
                (State::Refused { failure, is_final }, result)
            }
        };
        if let Some(entry) = table.accounts.get_mut(&account) {
            entry.state = state;
        }
        drop(table);
        self.changed.notify_all();
        result
    }

    /// Ends a call that a deputy has.
    pub(crate) fn cancel(&self, id: u64) {
        let account = self.lock().forwarded.get(&id).copied();
        self.tell(account, ToAgent::Cancel { id });
    }

    /// Passes something on to a deputy; where there is none any more, nobody waits for it.
    pub(crate) fn tell(&self, account: Option<u32>, message: ToAgent) {
        let table = self.lock();
        let entry = account.and_then(|account| table.accounts.get(&account));
        if let Some(State::Up(deputy)) = entry.map(|it| &it.state) {
            drop(deputy.send(message));
        }
    }

    /// A call that a deputy had was answered.
    pub(crate) fn answered(&self, id: u64) {
        self.lock().forwarded.remove(&id);
    }

    /// A deputy has ended; whether it was to.
    pub(crate) fn ended(&self) -> bool {
        let mut table = self.lock();
        table.alive -= 1;
        let was_asked = table.closing;
        drop(table);
        self.changed.notify_all();
        was_asked
    }

    /// Ends all deputies, with their children, and waits for that a moment.
    pub(crate) fn close(&self) {
        let mut table = self.lock();
        table.closing = true;
        for account in table.accounts.values_mut() {
            account.state = State::Idle;
        }
        self.changed.notify_all();
        drop(
            self.changed
                .wait_timeout_while(table, FAREWELL, |table| table.alive > 0)
                .unwrap_or_else(PoisonError::into_inner),
        );
    }
}
