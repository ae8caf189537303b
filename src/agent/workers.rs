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
}

impl<J: Send + 'static> Workers<J> {
    pub(super) fn new(work: impl Fn(J) + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    jobs: VecDeque::new(),
                    idle: 0,
                    threads: 0,
                }),
                wake: Condvar::new(),
                work: Box::new(work),
            }),
        }
    }

    /// Has a job done.
    pub(super) fn submit(&self, job: J) {
        let mut state = self.shared.lock();
        state.jobs.push_back(job);
        if state.idle >= state.jobs.len() {
            self.shared.wake.notify_one();
        } else if state.threads < LIMIT {
            let shared = Arc::clone(&self.shared);
            let started = thread::Builder::new()
                .name("call".into())
                .spawn(move || shared.run());
            if started.is_ok() {
                state.threads += 1;
            } else if state.threads == 0 {
                // Not even one thread: the job is done here, so that the call is answered at all.
                let job = state.jobs.pop_back();
                drop(state);
                job.into_iter().for_each(&self.shared.work);
            }
        }
    }
}

impl<J> Shared<J> {
    fn lock(&self) -> MutexGuard<'_, State<J>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        let mut state = self.lock();
        loop {
            while let Some(job) = state.jobs.pop_front() {
                drop(state);
                (self.work)(job);
                state = self.lock();
            }
            state.idle += 1;
            state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}
