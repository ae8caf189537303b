//! A program of the controller that is run to its end: what it may print and how long it may take are limited.

use std::io::{self, Read};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// How much of standard error is kept.
const STDERR: u64 = 4 << 10;

/// How long the last output of a killed program is waited for.
const LAST_WORDS: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pipe {
    Output,
    Errors,
}

type Told = mpsc::Sender<(Pipe, Vec<u8>, bool)>;

/// What a program may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// How long it may run.
    pub time: Duration,
    /// How many bytes it may print.
    pub output: u64,
}

/// What a program printed.
///
/// # Errors
/// Gives why it has no result, in words that follow its name, and what it wrote on standard error.
pub fn output(program: &Path, args: &[&str], bounds: Bounds) -> Result<Vec<u8>, (String, String)> {
    let silent = |why: String| (why, String::new());
    let child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    let mut child = child.map_err(|error| silent(could_not_start(&error)))?;
    let (told, heard) = mpsc::channel();
    collect(child.stdout.take(), Pipe::Output, bounds.output + 1, told.clone());
    collect(child.stderr.take(), Pipe::Errors, STDERR, told);
    let deadline = Instant::now() + bounds.time;
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut hear = |until: Instant| {
        let left = until.saturating_duration_since(Instant::now());
        let (pipe, bytes, is_end) = heard.recv_timeout(left).ok()?;
        *(if pipe == Pipe::Output {
            &mut stdout
        } else {
            &mut stderr
        }) = bytes;
        Some(is_end)
    };
    // Both pipes close when it ends; one that lets others keep them open is over at its limit of time.
    let mut heard_of = 0;
    let ended = (0..2).all(|_| {
        let told = hear(deadline);
        heard_of += usize::from(told.is_some());
        told == Some(true)
    });
    if !ended {
        let group = Pid::from_child(&child);
        let _gone = rustix::process::kill_process_group(group, Signal::KILL);
        while heard_of < 2 && hear(Instant::now() + LAST_WORDS).is_some() {
            heard_of += 1;
        }
    }
    let status = child.wait();
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    if stdout.len() as u64 > bounds.output {
        return Err((format!("printed more than {} MiB", bounds.output >> 20), stderr));
    }
    if !ended {
        let why = format!(
            "did not end within {} s, and was killed",
            bounds.time.as_secs_f64()
        );
        return Err((why, stderr));
    }
    match status {
        Ok(status) if status.success() => Ok(stdout),
        Ok(status) => Err((format!("failed: {status}"), stderr)),
        Err(error) => Err((format!("cannot be waited for: {error}"), stderr)),
    }
}

fn could_not_start(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "could not be started: the program in its first line does not exist".to_owned()
        }
        _ => format!("could not be started: {error}"),
    }
}

/// Reads a pipe to its end or to a limit, and tells then what it was and whether that was the end. It is not waited for:
/// what the program started may hold the pipe for ever.
fn collect(pipe: Option<impl Read + Send + 'static>, which: Pipe, limit: u64, told: Told) {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let Some(mut pipe) = pipe else { return };
        let read = pipe.by_ref().take(limit).read_to_end(&mut bytes);
        let is_whole = read.is_ok() && (bytes.len() as u64) < limit;
        // Of standard error the rest is thrown away; a result that is too long is of no use.
        let is_end = is_whole || (which == Pipe::Errors && io::copy(&mut pipe, &mut io::sink()).is_ok());
        let _nobody = told.send((which, bytes, is_end));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, bounds: Bounds) -> Result<String, String> {
        let output = output(Path::new("/bin/sh"), &["-c", script], bounds);
        output
            .map(|it| String::from_utf8(it).unwrap())
            .map_err(|(why, stderr)| format!("{why}|{}", stderr.trim()))
    }

    #[test]
    fn output_is_whole_and_bounded_in_time_and_size() {
        let bounds = Bounds {
            time: Duration::from_secs(20),
            output: 1 << 20,
        };
        assert_eq!(shell("echo a; echo b >&2", bounds), Ok("a\n".to_owned()));
        assert_eq!(
            shell("echo no >&2; exit 3", bounds),
            Err("failed: exit status: 3|no".to_owned())
        );
        assert_eq!(shell("yes", bounds), Err("printed more than 1 MiB|".to_owned()));
        let many = "head -c 300000 /dev/zero | tr '\\0' e >&2; echo fine";
        assert_eq!(shell(many, bounds), Ok("fine\n".to_owned()));
        let brief = Bounds {
            time: Duration::from_millis(200),
            ..bounds
        };
        let held = "did not end within 0.2 s, and was killed|";
        assert_eq!(shell("sleep 60", brief), Err(held.to_owned()));
        let missing = output(Path::new("/nonexistent"), &[], bounds).unwrap_err().0;
        assert!(missing.starts_with("could not be started"), "{missing}");
    }
}
