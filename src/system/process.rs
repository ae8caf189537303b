//! Runs a program: one thread, one poll, bounded memory, and nothing of it left behind when the call must end.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::fs::{MemfdFlags, SeekFrom};
use rustix::io::FdFlags;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::capture::{self, Captured};
use crate::system::running::Running;
use crate::system::seal::seal;
use crate::system::{About, Reader, Writer};

/// What to run.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// A program with its arguments.
    Argv(&'a Argv),
    /// A script for `/bin/sh`.
    Script(&'a [u8]),
    /// A file that is not on the host.
    File {
        /// What it is called in messages.
        name: &'a str,
        /// What it holds.
        text: &'a [u8],
        /// The program that runs it, with its first arguments; empty where the kernel does.
        interpreter: &'a [Text],
        /// What comes after the file.
        args: &'a [Text],
    },
}

/// Who sees output while it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Who watches the run.
    Live,
    /// Who watches the run, of its standard error; its standard output is an answer, which is kept whole: if it has
    /// more than 16 MiB, the program is ended.
    Errors,
    /// Nobody: the program is asked something.
    Nothing,
}

/// A program and its surroundings.
#[derive(Debug, Clone, Copy)]
pub struct Program<'a> {
    /// What to run.
    pub what: What<'a>,
    /// The directory to run it in.
    pub cwd: Option<&'a Path>,
    /// Variables added to the agent's.
    pub env: &'a BTreeMap<String, Text>,
    /// What it reads; empty: `/dev/null`.
    pub stdin: &'a [u8],
    /// Where its standard output goes, from where this file is; nothing: it is captured.
    pub stdout: Option<&'a File>,
    /// Who sees its output while it comes.
    pub show: Show,
    /// A new file that it is only to judge: it finds it open under the number that it has here, and can write nowhere.
    pub keeps: Option<&'a Arc<OwnedFd>>,
}

static NO_ENV: BTreeMap<String, Text> = BTreeMap::new();

impl<'a> Program<'a> {
    /// A program whose output is read by a tool: in the C locale.
    pub fn of(argv: &'a Argv) -> Self {
        Self::silent(What::Argv(argv))
    }

    /// Something whose output is read by a tool: in the C locale.
    pub fn silent(what: What<'a>) -> Self {
        Self {
            what,
            cwd: None,
            env: &NO_ENV,
            stdin: &[],
            stdout: None,
            show: Show::Nothing,
            keeps: None,
        }
    }

    /// Its name for messages.
    pub fn name(&self) -> String {
        match self.what {
            What::Argv(argv) => argv.0[0].to_string_lossy().into_owned(),
            What::Script(_) => "/bin/sh".to_owned(),
            What::File { name, .. } => name.to_owned(),
        }
    }
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; 128 + n where signal n ended it.
    pub exit_code: i32,
    /// Its standard output.
    pub stdout: Captured,
    /// Its standard error.
    pub stderr: Captured,
}

impl Ended {
    /// How that was, as it is said of it.
    pub fn how(&self) -> String {
        match self.exit_code {
            signal @ 129..=192 => format!("was ended by signal {}", signal - 128),
            code => format!("ended with exit code {code}"),
        }
    }

    /// The failure of a program that should have ended with 0.
    pub fn failure(&self, name: &str) -> Failure {
        let stderr = capture::end(&self.stderr.bytes);
        // Many programs say on standard output why they fail.
        let stdout = stderr.is_empty().then(|| capture::end(&self.stdout.bytes));
        let how = self.how();
        let message = match capture::last_line(&self.stderr.bytes) {
            Some(line) => format!("`{name}` {how}: {line}"),
            None => format!("`{name}` {how}"),
        };
        Failure {
            exit_code: Some(self.exit_code),
            stderr: (!stderr.is_empty()).then_some(stderr),
            stdout: stdout.filter(|text| !text.is_empty()),
            ..Failure::new(Kind::CommandFailed, message)
        }
    }
}

impl Writer<'_> {
    /// Runs a program that changes something, to its end, in a session and process group of its own. It ends when the
    /// program ends: what that started in the background may live on. In check mode it never runs.
    ///
    /// # Errors
    /// `not_found` where there is no such program, `canceled` and `timeout`, after which its process group is dead. An
    /// exit code is no error. In check mode: what came of it is not known.
    pub fn act(&self, program: &Program<'_>) -> Result<Ended, Failure> {
        match self.unforeseen() {
            Some(failure) => Err(failure),
            None => self.run_now(program),
        }
    }
}

impl Reader<'_> {
    /// Runs a program that only looks, as [`Writer::act`] runs others. In check mode it sees the host as it is: where that
    /// would differ in what its answer is about, the answer is not known. While a call changes the host as it would be, no
    /// program runs.
    ///
    /// # Errors
    /// As [`Writer::act`].
    pub fn ask(&self, program: &Program<'_>, about: &[About<'_>]) -> Result<Ended, Failure> {
        if let Some(model) = self.model()
            && let Some(why) = model.keeps_from_running(about)
        {
            model.raise(why);
            let message = format!("what `{}` would say is not known in check mode", program.name());
            return Err(Failure::new(Kind::Unsupported, message));
        }
        let ended = self.run_now(program);
        if let (Some(model), Err(failure)) = (self.differing(), &ended)
            && failure.kind == Kind::NotFound
            && let Some(why) = model.earlier()
        {
            // It may be there by then.
            model.raise(why);
        }
        ended
    }

    /// Runs a program, whatever it does.
    pub(super) fn run_now(&self, program: &Program<'_>) -> Result<Ended, Failure> {
        self.check_canceled()?;
        let script = match program.what {
            What::Script(text) => script_file(text),
            What::File { text, .. } => Some(script_file(text).ok_or_else(no_script_file)?),
            What::Argv(_) => None,
        };
        let child = spawn(program, script)?;
        Running::new(self, program, child)
            .and_then(Running::follow)
            .map_err(|error| Failure::io(format_args!("cannot follow `{}`", program.name()), &error))?
    }
}

/// How often a program that is open for writing is tried again, and after how long: a second in all.
const BUSY_TRIES: u32 = 100;
const BUSY_PAUSE: Duration = Duration::from_millis(10);

/// A script as a file that has no name, so that neither its length nor its secrets matter on a command line; nothing
/// where the kernel or the root directory has no means for that.
fn script_file(text: &[u8]) -> Option<OwnedFd> {
    if !Path::new("/dev/fd").exists() {
        return None;
    }
    let file = rustix::fs::memfd_create("script", MemfdFlags::CLOEXEC).ok()?;
    let mut file = File::from(file);
    file.write_all(text).ok()?;
    rustix::fs::seek(&file, SeekFrom::Start(0)).ok()?;
    Some(file.into())
}

fn no_script_file() -> Failure {
    let message = "this host cannot run a script from memory: it has no `/dev/fd`, or no memfd";
    Failure::new(Kind::Unsupported, message)
}

fn spawn(program: &Program<'_>, script: Option<OwnedFd>) -> Result<Child, Failure> {
    let mut command = match (program.what, &script) {
        (What::Argv(argv), _) => {
            let mut command = Command::new(argv.0[0].as_os_str());
            command.args(argv.0[1..].iter().map(Text::as_os_str));
            command
        }
        (
            What::File {
                interpreter, args, ..
            },
            Some(file),
        ) => {
            let path = format!("/dev/fd/{}", file.as_raw_fd());
            let mut words = interpreter.iter().map(Text::as_os_str).chain([OsStr::new(&path)]);
            let mut command = Command::new(words.next().unwrap_or_default());
            command.args(words).args(args.iter().map(Text::as_os_str));
            command
        }
        (What::File { .. }, None) => return Err(no_script_file()),
        (What::Script(_), Some(file)) => {
            let mut command = Command::new("/bin/sh");
            command.arg(format!("/dev/fd/{}", file.as_raw_fd()));
            command
        }
        (What::Script(text), None) => {
            let mut command = Command::new("/bin/sh");
            command.arg("-c").arg(OsStr::from_bytes(text));
            command
        }
    };
    if program.show == Show::Nothing {
        command.env("LC_ALL", "C.UTF-8");
    }
    for (name, value) in program.env {
        check_variable(name, value)?;
        command.env(name, value.as_os_str());
    }
    if let Some(cwd) = program.cwd {
        command.current_dir(cwd);
    }
    let stdin = if program.stdin.is_empty() {
        Stdio::null()
    } else {
        Stdio::piped()
    };
    let stdout = match program.stdout {
        Some(file) => Stdio::from(file.try_clone().map_err(|error| not_started(program, &error))?),
        None => Stdio::piped(),
    };
    command.stdin(stdin).stdout(stdout).stderr(Stdio::piped());
    own_session(&mut command, script, program.keeps.cloned());
    start(&mut command).map_err(|error| not_started(program, &error))
}

/// Starts it. A program that was written a moment ago cannot be run while anybody has it open for writing, which may be a
/// child that another call has just forked, and that has not become its own program yet: such a one is waited for.
fn start(command: &mut Command) -> io::Result<Child> {
    for _ in 0..BUSY_TRIES {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(BUSY_PAUSE);
            }
            started => return started,
        }
    }
    command.spawn()
}

fn check_variable(name: &str, value: &Text) -> Result<(), Failure> {
    if name.is_empty() || name.contains(['=', '\0']) || value.0.contains(&0) {
        let message = format!("`{}` cannot be an environment variable", name.escape_debug());
        return Err(Failure::new(Kind::Invalid, message));
    }
    Ok(())
}

/// Gives the program a session of its own, so that it can be killed as a group and finds no terminal to ask at, and lets
/// it keep the script.
#[expect(unsafe_code, reason = "both can be done only between fork and exec")]
fn own_session(command: &mut Command, script: Option<OwnedFd>, keeps: Option<Arc<OwnedFd>>) {
    let prepare = move || {
        rustix::process::setsid()?;
        if let Some(file) = &script {
            rustix::io::fcntl_setfd(file, FdFlags::empty())?;
        }
        if let Some(file) = &keeps {
            rustix::io::fcntl_setfd(&**file, FdFlags::empty())?;
            // Where that cannot be done, it is trusted to write nothing.
            drop(seal());
        }
        Ok(())
    };
    // SAFETY: the closure makes a few system calls, allocates nothing, takes no lock and does not panic; the
    // descriptors live in it as long as the command does.
    unsafe { command.pre_exec(prepare) };
}

fn not_started(program: &Program<'_>, error: &io::Error) -> Failure {
    let name = program.name();
    // The directory itself as one in it: it may be there and closed.
    if let Some(cwd) = program.cwd
        && let Err(error) = cwd.join(".").metadata()
    {
        return Failure::io(format_args!("cannot run `{name}` in `{}`", cwd.display()), &error);
    }
    if let (What::File { interpreter, .. }, io::ErrorKind::NotFound) = (program.what, error.kind()) {
        let message = match interpreter.first() {
            Some(program) => format!(
                "`{name}` is for `{}`, which this host does not have",
                program.to_string_lossy()
            ),
            None => format!("`{name}` is a program for another system: what loads it is not on this host"),
        };
        return Failure::new(Kind::NotFound, message);
    }
    let is_denied = error.kind() == io::ErrorKind::PermissionDenied;
    if error.kind() == io::ErrorKind::NotFound || is_denied && !stands_in_path(&name) {
        return Failure::new(Kind::NotFound, format!("there is no program `{name}`"));
    }
    Failure::io(format_args!("cannot run `{name}`"), error)
}

/// A directory of `PATH` that may not be entered makes every program that is not found look forbidden.
fn stands_in_path(name: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    name.contains('/') || std::env::split_paths(&path).any(|folder| folder.join(name).exists())
}
