//! Threads that are kept: a new one is started only where none is idle.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// At most this many calls run at once; more wait.
const LIMIT: usize = 64;

/// Threads that do jobs of one kind.
pub(super) struct Workers<J> {
    shared: Arc<Shared<J>>,
}

struct Shared<J> {
    state: Mutex<State<J>>,
    wake: Condvar,
    work: Box<dyn Fn(J) + Send + Sync>,
}

struct State<J> {
    jobs: VecDeque<J>,
    idle: usize,
    threads: usize,
    /// Whether a thread was woken or started that has not looked for a job yet. Only one at a time: whoever takes a job
    /// sees to the next one, so that a burst of short jobs does not wake a thread for each.
    waking: bool,
}

/// Who takes the next job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Called {
    /// A thread that is on its way.
    Comes,
    /// A thread that must be woken.
    Sleeps,
    /// Who has done what he does.
    Nobody,
}

impl<J: Send + 'static> Workers<J> {
    pub(super) fn new(work: impl Fn(J) + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    jobs: VecDeque::new(),
                    idle: 0,
                    threads: 0,
                    waking: false,
                }),
                wake: Condvar::new(),
                work: Box::new(work),
            }),
        }
    }

    /// Has a job done before all that wait, by a thread that has nothing else to do; gives it back where there is none.
    pub(super) fn give(&self, job: J) -> Option<J> {
        let mut state = self.shared.lock();
        let called = Shared::call(&self.shared, &mut state);
        if called == Called::Nobody {
            return Some(job);
        }
        state.jobs.push_front(job);
        self.shared.unlock(state, called);
        None
    }

    /// Has a job done.
    pub(super) fn submit(&self, job: J) {
        let mut state = self.shared.lock();
        state.jobs.push_back(job);
        let called = Shared::call(&self.shared, &mut state);
        if called == Called::Nobody && state.threads == 0 {
            // Not even one thread: the job is done here, so that the call is answered at all.
            let job = state.jobs.pop_back();
            drop(state);
            job.into_iter().for_each(&self.shared.work);
            return;
        }
        self.shared.unlock(state, called);
    }
}

impl<J: Send + 'static> Shared<J> {
    /// Finds a thread that will take the next job.
    fn call(shared: &Arc<Self>, state: &mut State<J>) -> Called {
        if state.waking {
            return Called::Comes;
        }
        if state.idle > 0 {
            state.waking = true;
            return Called::Sleeps;
        }
        if state.threads >= LIMIT {
            return Called::Nobody;
        }
        let worker = Arc::clone(shared);
        let started = thread::Builder::new()
            .name("call".into())
            .spawn(move || Self::run(&worker))
            .is_ok();
        if !started {
            return Called::Nobody;
        }
        state.threads += 1;
        state.waking = true;
        Called::Comes
    }

    fn run(shared: &Arc<Self>) {
        let mut state = shared.lock();
        state.waking = false;
        loop {
            while let Some(job) = state.jobs.pop_front() {
                let called = if state.jobs.is_empty() {
                    Called::Nobody
                } else {
                    Self::call(shared, &mut state)
                };
                shared.unlock(state, called);
                (shared.work)(job);
                state = shared.lock();
            }
            state.idle += 1;
            while state.jobs.is_empty() {
                state = shared.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.waking = false;
            }
            state.idle -= 1;
        }
    }
}

impl<J> Shared<J> {
    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes a thread that sleeps only now, so that it does not have to wait for the lock.
    fn unlock(&self, state: MutexGuard<'_, State<J>>, called: Called) {
        drop(state);
        if called == Called::Sleeps {
            self.wake.notify_one();
        }
    }
}
