//! Secrets: where they come from, and that none of them is seen anywhere.

mod canary;
mod encrypted;
mod inputs;
mod sources;
mod waiting;

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use crate::support::{Scene, program, skip};

/// A file of `tests/secrets`.
pub(crate) fn sealed(file: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/secrets");
    std::fs::read(folder.join(file)).unwrap()
}

/// Runs the binary at a terminal of its own, and types an answer to each of these questions; gives its exit code and all
/// that the terminal showed. `None` where there is no program that makes terminals.
fn at_a_terminal(scene: &Scene, args: &str, answers: &[(&str, &str)]) -> Option<(Option<i32>, String)> {
    let Some(script) = program("script") else {
        skip("util-linux's script is not installed");
        return None;
    };
    let command = format!("{} --persist 0s {args}", env!("CARGO_BIN_EXE_rmote-play"));
    let mut child = Command::new(script)
        .args(["-q", "-e", "-c", &command, "/dev/null"])
        .current_dir(scene.dir())
        .env("HOME", scene.path("home"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = Vec::new();
    for (question, answer) in answers {
        while !shown.ends_with(question.as_bytes()) {
            let mut byte = [0];
            let read = screen.read(&mut byte).unwrap();
            assert_eq!(read, 1, "no `{question}`: {}", String::from_utf8_lossy(&shown));
            shown.push(byte[0]);
        }
        keys.write_all(answer.as_bytes()).unwrap();
    }
    screen.read_to_end(&mut shown).unwrap();
    let status = child.wait().unwrap();
    Some((status.code(), String::from_utf8_lossy(&shown).into_owned()))
}
