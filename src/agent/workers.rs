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

/// A thread that is on its way to take a job.
pub(super) struct Another<'a, J>(MutexGuard<'a, State<J>>);

impl<J> Another<'_, J> {
    /// Gives it this one, before all that wait.
    pub(super) fn give(mut self, job: J) {
        self.0.jobs.push_front(job);
    }
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

    /// Another thread that has nothing else to do, where there is one.
    pub(super) fn another(&self) -> Option<Another<'_, J>> {
        let mut state = self.shared.lock();
        Shared::call(&self.shared, &mut state).then_some(Another(state))
    }

    /// Has a job done.
    pub(super) fn submit(&self, job: J) {
        let mut state = self.shared.lock();
        state.jobs.push_back(job);
        if !Shared::call(&self.shared, &mut state) && state.threads == 0 {
            // Not even one thread: the job is done here, so that the call is answered at all.
            let job = state.jobs.pop_back();
            drop(state);
            job.into_iter().for_each(&self.shared.work);
        }
    }
}

impl<J: Send + 'static> Shared<J> {
    /// Sees to it that some thread takes the next job; whether one will that is not busy.
    fn call(shared: &Arc<Self>, state: &mut State<J>) -> bool {
        if state.waking {
            return true;
        }
        if state.idle > 0 {
            state.waking = true;
            shared.wake.notify_one();
            return true;
        }
        if state.threads >= LIMIT {
            return false;
        }
        let worker = Arc::clone(shared);
        let started = thread::Builder::new()
            .name("call".into())
            .spawn(move || Self::run(&worker))
            .is_ok();
        if started {
            state.threads += 1;
            state.waking = true;
        }
        started
    }

    fn run(shared: &Arc<Self>) {
        let mut state = shared.lock();
        state.waking = false;
        loop {
            while let Some(job) = state.jobs.pop_front() {
                if !state.jobs.is_empty() {
                    Self::call(shared, &mut state);
                }
                drop(state);
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
}
