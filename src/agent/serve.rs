//! The serve loop: frames in, calls started in their order, frames out.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io::{BufReader, Read, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::agent::call::{self, Job};
use crate::agent::deputy::{self, Deputies};
use crate::agent::foresight::Foresight;
use crate::agent::link::CallLink;
use crate::agent::order::{Order, Step};
use crate::agent::outlet::Outlet;
use crate::agent::pulls::Pulls;
use crate::agent::workers::Workers;
use crate::protocol::{self, ARGS_LIMIT, FrameError, FromAgent, Hello, Outcome, Reply, Request, ToAgent};
use crate::system::{Cancel, Level, remove_kept};
use crate::tool::{Place, Servers};

/// How long calls that run have to notice that they must end.
const GRACE: Duration = Duration::from_secs(1);
/// How much is read at once.
const READ_AHEAD: usize = 64 << 10;

/// What all threads of an agent share.
pub(super) struct Agent {
    pub(super) servers: Arc<Servers>,
    pub(super) outlet: Outlet,
    pub(super) pulls: Pulls,
    pub(super) deputies: Deputies,
    pub(super) foresight: Foresight,
    build: String,
    board: Mutex<Board>,
    quiet: Condvar,
    level: AtomicU8,
    workers: Workers<Task>,
    end: mpsc::Sender<End>,
}

type Input = BufReader<Box<dyn Read + Send>>;

/// What a thread of an agent does.
enum Task {
    Read(Arc<Agent>, Input),
    Call(Job),
}

impl Task {
    fn run(self) {
        match self {
            Self::Read(agent, input) => agent.read(input),
            Self::Call(job) => Arc::clone(&job.agent).make(vec![job]),
        }
    }
}

#[derive(Default)]
struct Board {
    order: Order,
    /// Arguments that have come ahead of their calls.
    arguments: HashMap<u64, Vec<u8>>,
    running: BTreeMap<u64, Cancel>,
    bye: bool,
    closing: bool,
}

/// Why the agent ends.
enum End {
    /// Asked to, by the controller or a call.
    Quit(i32),
    /// The controller is gone.
    Closed,
    /// What came is not the protocol.
    Bad(FrameError),
}

/// Serves calls until the controller says goodbye or is gone; gives the exit code. Calls that still run then have
/// been told to end.
///
/// # Errors
/// Why it could not go on.
pub fn serve(
    servers: Arc<Servers>,
    hello: Hello,
    input: impl Read + Send + 'static,
    output: impl Write + Send + 'static,
) -> Result<i32, FrameError> {
    let (end, ended) = mpsc::channel();
    let agent = Arc::new(Agent {
        servers,
        outlet: Outlet::new(Box::new(output)),
        pulls: Pulls::default(),
        deputies: Deputies::default(),
        foresight: Foresight::default(),
        build: hello.build.clone(),
        board: Mutex::default(),
        quiet: Condvar::new(),
        level: AtomicU8::new(Level::Trace as u8),
        workers: Workers::new(Task::run),
        end,
    });
    agent.outlet.send(&FromAgent::Hello(Box::new(hello)))?;
    let input: Input = BufReader::with_capacity(READ_AHEAD, Box::new(input));
    agent.workers.submit(Task::Read(Arc::clone(&agent), input));
    match ended.recv() {
        Ok(End::Quit(code)) => {
            agent.shut_down();
            remove_left(&agent);
            drop(agent.outlet.send(&FromAgent::Bye));
            agent.outlet.flush();
            Ok(code)
        }
        Ok(End::Closed) | Err(_) => {
            agent.outlet.close();
            agent.shut_down();
            remove_left(&agent);
            Ok(0)
        }
        Ok(End::Bad(error)) => {
            agent.outlet.flush();
            agent.outlet.close();
            agent.shut_down();
            remove_left(&agent);
            Err(error)
        }
    }
}

/// Removes what was to be there as long as this agent.
fn remove_left(agent: &Arc<Agent>) {
    remove_kept(&CallLink::new(Arc::clone(agent), 0, Cancel::default(), false));
}

impl Agent {
    /// Whether records of a level are sent.
    pub(super) fn hears(&self, level: Level) -> bool {
        level as u8 >= self.level.load(Ordering::Relaxed)
    }

    /// Sends records from this level on.
    pub(super) fn hear_from(&self, level: Level) {
        self.level.store(level as u8, Ordering::Relaxed);
    }

    /// What this agent was told that its build is.
    pub(super) fn build(&self) -> &str {
        &self.build
    }

    /// Takes note that a call has been answered; gives what waited for it and may start now.
    #[must_use]
    pub(super) fn ended(self: &Arc<Self>, id: u64, outcome: Outcome, quit: Option<i32>) -> Vec<Job> {
        let jobs = {
            self.foresight.end(id, outcome);
            let mut board = self.board();
            board.running.remove(&id);
            if quit.is_some() {
                board.closing = true;
            }
            let steps = board.order.ended(id, outcome);
            self.take(&mut board, steps)
        };
        if let Some(code) = quit {
            drop(self.end.send(End::Quit(code)));
        }
        jobs
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads until the end, or until a call is to be started and nothing more has come yet: another thread reads on then,
    /// and this one makes the call, which so waits for no thread to wake.
    fn read(self: &Arc<Self>, mut input: Input) {
        let end = loop {
            match protocol::read_frame::<ToAgent>(&mut input) {
                Ok(Some(message)) => {
                    let jobs = match self.hear(message) {
                        Ok(jobs) => self.make_instant(jobs),
                        Err(end) => break end,
                    };
                    if input.buffer().is_empty() && !jobs.is_empty() {
                        match self.workers.give(Task::Read(Arc::clone(self), input)) {
                            Some(Task::Read(_, back)) => input = back,
                            Some(Task::Call(_)) | None => return self.make(jobs),
                        }
                    }
                    self.submit(jobs);
                }
                Ok(None) | Err(FrameError::Read(_)) => break End::Closed,
                Err(error) => break End::Bad(error),
            }
        };
        drop(self.end.send(end));
    }

    /// Takes note of a message; gives the calls that are to be started.
    fn hear(self: &Arc<Self>, message: ToAgent) -> Result<Vec<Job>, End> {
        match message {
            ToAgent::Call(request) => return self.call(request),
            ToAgent::Args { id, bytes } => self.arguments(id, &bytes)?,
            ToAgent::Cancel { id } => self.cancel(id),
            ToAgent::Withdraw { id } => self.withdraw(id),
            ToAgent::Become { account, login } => self.deputies.introduce(account, *login),
            ToAgent::Chunk { pull, bytes } => match deputy::inner(pull) {
                Some((account, pull)) => self.deputies.tell(Some(account), ToAgent::Chunk { pull, bytes }),
                None => self.pulls.answer(pull, Ok(bytes)),
            },
            ToAgent::NoChunk { pull, failure } => match deputy::inner(pull) {
                Some((account, pull)) => self
                    .deputies
                    .tell(Some(account), ToAgent::NoChunk { pull, failure }),
                None => self.pulls.answer(pull, Err(failure)),
            },
            ToAgent::Ping { nonce } => drop(self.outlet.send(&FromAgent::Pong { nonce })),
            ToAgent::Bye => {
                let mut board = self.board();
                board.bye = true;
                self.part(&board);
            }
        }
        Ok(Vec::new())
    }

    fn arguments(&self, id: u64, bytes: &[u8]) -> Result<(), End> {
        let mut board = self.board();
        let arguments = board.arguments.entry(id).or_default();
        if arguments.len() + bytes.len() > ARGS_LIMIT {
            return Err(End::Bad(FrameError::TooLong(arguments.len() + bytes.len())));
        }
        arguments.extend_from_slice(bytes);
        Ok(())
    }

    fn call(self: &Arc<Self>, mut request: Box<Request>) -> Result<Vec<Job>, End> {
        let mut board = self.board();
        if let Some(args) = board.arguments.remove(&request.id) {
            request.args = args;
        }
        let steps = board.order.add(request).map_err(|id| {
            let said = format!("call {id} was sent twice");
            End::Bad(FrameError::Read(std::io::Error::other(said)))
        })?;
        Ok(self.take(&mut board, steps))
    }

    fn cancel(&self, id: u64) {
        let mut board = self.board();
        if let Some(cancel) = board.running.get(&id) {
            cancel.cancel();
            self.deputies.cancel(id);
            return;
        }
        self.take_back(&mut board, id);
    }

    fn withdraw(&self, id: u64) {
        self.take_back(&mut self.board(), id);
    }

    /// Answers a call that waits, so that it never starts.
    fn take_back(&self, board: &mut Board, id: u64) {
        if board.order.withdraw(id) {
            call::answer(&self.outlet, id, Reply::ended(Outcome::Dropped));
        }
    }

    /// Answers what never starts, and gives what does; under the board's lock, so that a cancel finds each call either
    /// waiting or running.
    fn take(self: &Arc<Self>, board: &mut Board, steps: Vec<Step>) -> Vec<Job> {
        let mut jobs = Vec::new();
        for step in steps {
            match step {
                Step::Answer(id, outcome) => {
                    call::answer(&self.outlet, id, Reply::ended(outcome));
                }
                Step::Maybe(request, because) => {
                    let outcome = Outcome::Unknown { because };
                    self.might_run(&request, because);
                    call::answer(&self.outlet, request.id, Reply::ended(outcome));
                }
                Step::Run(request) if !board.closing => {
                    let behind = self.foresight.begin(&request);
                    let cancel = Cancel::default();
                    board.running.insert(request.id, cancel.clone());
                    jobs.push(Job {
                        agent: Arc::clone(self),
                        request,
                        behind,
                        is_again: false,
                        cancel,
                    });
                }
                Step::Run(_) => {}
            }
        }
        self.part(board);
        if board.closing && board.running.is_empty() {
            self.quiet.notify_all();
        }
        jobs
    }

    /// Starts calls without waiting for them.
    pub(super) fn start(&self, jobs: Vec<Job>) {
        self.submit(self.make_instant(jobs));
    }

    fn submit(&self, jobs: impl IntoIterator<Item = Job>) {
        for job in jobs {
            self.workers.submit(Task::Call(job));
        }
    }

    /// Makes the first of these calls on this thread, and what follows from it.
    fn make(&self, mut jobs: Vec<Job>) {
        loop {
            let mut rest = self.make_instant(jobs).into_iter();
            let Some(first) = rest.next() else { return };
            self.submit(rest);
            jobs = first.run();
        }
    }

    /// Makes those calls that take no time, one after another: so records that are written in some order are logged in it.
    /// Gives the others.
    fn make_instant(&self, jobs: Vec<Job>) -> Vec<Job> {
        let is_instant = |job: &Job| {
            let server = self.servers.get(&job.request.tool);
            server.is_some_and(|it| it.place == Place::Agent)
        };
        let (mut rest, mut next) = (Vec::new(), VecDeque::from(jobs));
        while let Some(job) = next.pop_front() {
            if is_instant(&job) {
                next.extend(job.run());
            } else {
                rest.push(job);
            }
        }
        rest
    }

    /// Ends the agent where it was asked to and nothing runs or waits any more.
    fn part(&self, board: &Board) {
        if board.bye && board.order.is_idle() {
            drop(self.end.send(End::Quit(0)));
        }
    }

    /// Tells whatever runs to end, and gives it a moment to do so.
    fn shut_down(&self) {
        self.pulls.close();
        let mut board = self.board();
        board.closing = true;
        for (id, cancel) in &board.running {
            cancel.cancel();
            self.deputies.cancel(*id);
        }
        drop(
            self.quiet
                .wait_timeout_while(board, GRACE, |board| !board.running.is_empty()),
        );
        self.deputies.close();
    }
}
