//! The accounts that calls act as, each with its deputy once the first call has needed one.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use crate::agent::deputy::given::{Given, Held};
use crate::agent::deputy::relay;
use crate::agent::deputy::start::start;
use crate::agent::deputy::watch;
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
    pub(super) changed: Condvar,
}

#[derive(Default)]
pub(super) struct Table {
    pub(super) accounts: BTreeMap<u32, Account>,
    /// The calls that deputies have, by their numbers. Each is its account's alone: whoever else speaks of it breaks the
    /// rules.
    pub(super) calls: HashMap<u64, Held>,
    /// How many deputies have not ended.
    pub(super) alive: usize,
    pub(super) closing: bool,
    is_watched: bool,
}

pub(super) struct Account {
    pub(super) login: Arc<Login>,
    pub(super) state: State,
    /// How often its deputy was started; names the one that is there.
    pub(super) tries: u64,
}

pub(super) enum State {
    Idle,
    Starting,
    Up(Up),
    /// It did not start; asked again only by calls that came later, or never.
    Refused {
        failure: Failure,
        is_final: bool,
    },
}

/// A deputy at work.
pub(super) struct Up {
    pub(super) to: mpsc::Sender<ToAgent>,
    pub(super) life: Arc<relay::Life>,
    /// When something came from it last, and when it was asked since then whether it is there.
    pub(super) heard: Instant,
    pub(super) asked: Option<Instant>,
    /// How many of its requests for content are not answered.
    pub(super) pulls: usize,
}

impl Deputies {
    pub(super) fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn wait<'a>(&self, table: MutexGuard<'a, Table>, time: Duration) -> MutexGuard<'a, Table> {
        let waited = self.changed.wait_timeout(table, time);
        waited.unwrap_or_else(PoisonError::into_inner).0
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
    /// Why there is no deputy, or none in time.
    pub(crate) fn forward(
        &self,
        agent: &Arc<Agent>,
        given: Given,
        request: Box<Request>,
        host: &Reader<'_>,
    ) -> Result<(), Failure> {
        loop {
            let tries = self.deputy(agent, given.account, host)?;
            host.check_canceled()?;
            let mut table = self.lock();
            let account = table.accounts.get(&given.account);
            let up = account.and_then(|it| match &it.state {
                State::Up(up) if it.tries == tries => Some(up.to.clone()),
                _ => None,
            });
            // It has ended just now; another one is asked.
            let Some(deputy) = up else { continue };
            let id = request.id;
            let passed = given.passed_on(&request);
            table.calls.insert(id, Held::new(given, tries, request));
            drop(deputy.send(ToAgent::Call(passed)));
            drop(table);
            self.changed.notify_all();
            if host.link().cancel().check().is_err() {
                drop(deputy.send(ToAgent::Cancel { id }));
            }
            return Ok(());
        }
    }

    /// Sees to it that there is a deputy, and names it.
    fn deputy(&self, agent: &Arc<Agent>, account: u32, host: &Reader<'_>) -> Result<u64, Failure> {
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
                State::Up(_) => return Ok(entry.tries),
                State::Refused { failure, is_final } if *is_final || waited_for == Some(entry.tries) => {
                    return Err(failure.clone());
                }
                State::Idle | State::Refused { .. } => {
                    entry.tries += 1;
                    entry.state = State::Starting;
                    let (login, tries) = (Arc::clone(&entry.login), entry.tries);
                    drop(table);
                    return self.start(agent, account, tries, &login, host).map(|()| tries);
                }
                State::Starting => waited_for = Some(entry.tries),
            }
            table = self.wait(table, GLANCE);
            host.check_canceled()?;
        }
    }

    fn start(
        &self,
        agent: &Arc<Agent>,
        account: u32,
        tries: u64,
        login: &Login,
        host: &Reader<'_>,
    ) -> Result<(), Failure> {
        let started = start(login, agent.build(), host);
        // Held until the deputy is in the table: what it says is heard only then.
        let mut table = self.lock();
        let (state, result) = match started {
            Ok(started) => match relay::begin(agent, account, tries, &login.user, started) {
                Ok((to, life)) => {
                    table.alive += 1;
                    let up = Up {
                        to,
                        life,
                        heard: Instant::now(),
                        asked: None,
                        pulls: 0,
                    };
                    (State::Up(up), Ok(()))
                }
                Err(error) => {
                    let failure = Failure::io("cannot start a thread", &error);
                    (State::Idle, Err(failure))
                }
            },
            // Who else waits is not canceled by this.
            Err(refusal) if host.check_canceled().is_err() => (State::Idle, Err(refusal.failure)),
            Err(refusal) => {
                let (failure, is_final) = (refusal.failure, refusal.is_final);
                let result = Err(failure.clone());
                (State::Refused { failure, is_final }, result)
            }
        };
        if result.is_ok() && !std::mem::replace(&mut table.is_watched, true) {
            watch::begin(agent);
        }
        if let Some(entry) = table.accounts.get_mut(&account) {
            entry.state = state;
        }
        drop(table);
        self.changed.notify_all();
        result
    }

    /// Ends a call that a deputy has.
    pub(crate) fn cancel(&self, id: u64) {
        let account = self.lock().calls.get(&id).map(|it| it.given.account);
        self.tell(account, ToAgent::Cancel { id });
        self.changed.notify_all();
    }

    /// Passes something on to a deputy; where there is none any more, nobody waits for it.
    pub(crate) fn tell(&self, account: Option<u32>, message: ToAgent) {
        let mut table = self.lock();
        let entry = account.and_then(|account| table.accounts.get_mut(&account));
        if let Some(State::Up(up)) = entry.map(|it| &mut it.state) {
            if matches!(message, ToAgent::Chunk { .. } | ToAgent::NoChunk { .. }) {
                up.pulls = up.pulls.saturating_sub(1);
                self.changed.notify_all();
            }
            drop(up.to.send(message));
        }
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

impl Table {
    /// A deputy, if it is still there.
    pub(super) fn up(&mut self, life: &relay::Life) -> Option<&mut Up> {
        let entry = self.accounts.get_mut(&life.account)?;
        match &mut entry.state {
            State::Up(up) if entry.tries == life.tries => Some(up),
            _ => None,
        }
    }
}
