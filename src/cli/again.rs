//! The command that runs the same again: everything that was typed, but for `--limit`.

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command};

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::report::{Again, quoted};

/// What the console switches while it runs: it says itself how it is.
const SWITCHED: [&str; 3] = ["check", "diff", "become"];

/// What is about one earlier run.
const ONCE: [&str; 3] = ["resume", "redo", "done"];

/// What a command line says again. Whether the run is recorded is not known yet.
pub(super) fn again(command: &Command, matches: &ArgMatches) -> Again {
    let mut before = vec!["rmote-play".to_owned()];
    let (command, matches) = match matches.subcommand() {
        Some((name, inner)) => {
            before.push(name.to_owned());
            (command.find_subcommand(name).unwrap_or(command), inner)
        }
        None => (command, matches),
    };
    let mut after = Vec::new();
    let is_switched = |id: &str| command.get_name() == "console" && SWITCHED.contains(&id);
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        let is_typed = matches.value_source(id) == Some(ValueSource::CommandLine);
        if !is_typed || id == "limit" || is_switched(id) || ONCE.contains(&id) {
            continue;
        }
        let values = matches.get_raw(id).into_iter().flatten();
        if arg.is_positional() {
            let words: Vec<&OsStr> = values.collect();
            if words.iter().any(|word| word.as_bytes().starts_with(b"-")) {
                after.push("--".to_owned());
            }
            after.extend(words.into_iter().map(|word| quoted(word.as_bytes())));
            continue;
        }
        let Some(long) = arg.get_long() else { continue };
        match arg.get_action() {
            ArgAction::SetTrue => before.push(format!("--{long}")),
            ArgAction::Count => {
                before.extend((0..matches.get_count(id)).map(|_| format!("--{long}")));
            }
            _ => {
                for value in values {
                    // Where the option may stand alone, a value that follows it would be another word.
                    let is_alone = arg.get_num_args().is_some_and(|many| many.min_values() == 0);
                    match value.as_bytes() {
                        b"" if is_alone => before.push(format!("--{long}")),
                        value => before.push(quoted(&[b"--", long.as_bytes(), b"=", value].concat())),
                    }
                }
            }
        }
    }
    Again {
        before: before.join(" "),
        after: after.join(" "),
        told: told(command, matches),
        is_recorded: false,
    }
}

/// The words of a command line but for the program: of variables and of the arguments of a call no values.
fn told(command: &Command, matches: &ArgMatches) -> String {
    let is_call = command.get_name() == "call";
    let mut options = Vec::new();
    let mut words = Vec::new();
    if is_call {
        words.push("call".to_owned());
    }
    for arg in command.get_arguments() {
        let id = arg.get_id().as_str();
        if matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        let values = matches.get_raw(id).into_iter().flatten();
        let values = values.map(|value| value.to_string_lossy().into_owned());
        let Some(long) = arg.get_long() else {
            let shown = if is_call { 2 } else { usize::MAX };
            let values: Vec<_> = values.collect();
            words.extend(values.iter().take(shown).map(|word| quoted(word.as_bytes())));
            words.extend((values.len() > shown).then(|| "…".to_owned()));
            continue;
        };
        let name = match arg.get_short() {
            Some(short) => format!("-{short}"),
            None => format!("--{long}"),
        };
        match arg.get_action() {
            ArgAction::SetTrue => options.push(name),
            ArgAction::Count => options.push(format!("-{}", "v".repeat(usize::from(matches.get_count(id))))),
            _ => {
                for value in values {
                    let value = match value.split_once('=') {
                        _ if id != "extra" || value.starts_with('@') => quoted(value.as_bytes()),
                        Some((variable, _)) => format!("{}=…", quoted(variable.as_bytes())),
                        None => "…".to_owned(),
                    };
                    let between = if arg.is_require_equals_set() { "=" } else { " " };
                    options.push(if value.is_empty() {
                        name.clone()
                    } else {
                        format!("{name}{between}{value}")
                    });
                }
            }
        }
    }
    words.extend(options);
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;

    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;
    use crate::cli::args::Typed;
    use crate::cli::words::arranged;

    /// Random numbers that are the same in every run.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, sides: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(self.0 >> 33).unwrap_or(0) % sides
        }

        fn word(&mut self) -> String {
            const LETTERS: [&str; 18] = [
                "a", "Z", "0", "'", "\"", "\\", " ", "\n", "\t", "$x", "`", "!", "*", "é", "\u{1b}",
                "\u{202e}", ";", "#",
            ];
            let length = 1 + self.roll(6);
            (0..length).map(|_| LETTERS[self.roll(LETTERS.len())]).collect()
        }
    }

    fn read(words: &[OsString]) -> (Typed, Again) {
        let mut command = Typed::command();
        let words = arranged(&command, words.to_vec()).unwrap();
        let matches = command.try_get_matches_from_mut(words).unwrap();
        (
            Typed::from_arg_matches(&matches).unwrap(),
            again(&command, &matches),
        )
    }

    /// What bash makes of a command, word by word.
    fn as_words(command: &str) -> Vec<OsString> {
        let script = format!("rmote-play() {{ printf '%s\\0' \"$@\"; }}\n{command}");
        let run = std::process::Command::new("bash")
            .args(["-c", &script])
            .output()
            .unwrap();
        assert!(run.status.success(), "{command}\n{run:?}");
        let mut words = vec![OsString::from("rmote-play")];
        let parts = run.stdout.split(|byte| *byte == 0);
        words.extend(parts.map(|word| OsString::from_vec(word.to_vec())));
        words.pop();
        words
    }

    fn random(dice: &mut Dice) -> Vec<OsString> {
        let mut words: Vec<OsString> = vec!["rmote-play".into()];
        let is_call = dice.roll(2) == 0;
        if is_call {
            words.push("call".into());
        }
        for _ in 0..dice.roll(7) {
            let value = dice.word();
            match dice.roll(16) {
                0 => words.extend(["-t".into(), value.into()]),
                1 => words.push(format!("--skip-tags={value}").into()),
                2 => words.extend(["-e".into(), format!("x={value}").into()]),
                3 => words.extend(["-i".into(), value.into()]),
                4 => words.push("-D".into()),
                5 => words.push("-b".into()),
                6 => words.push("-b=bob".into()),
                7 => words.push("-K".into()),
                8 => words.extend(["--ssh-config".into(), value.into()]),
                9 => words.extend(["--connect-timeout".into(), "5s".into()]),
                10 => words.push("-vv".into()),
                11 => words.extend(["-l".into(), value.into()]),
                12 => words.extend(["-f".into(), "7".into()]),
                13 => words.extend(["--report".into(), format!("json:{value}").into()]),
                14 => words.extend(["--vault-password-file".into(), value.into()]),
                _ => words.push("-C".into()),
            }
        }
        if is_call {
            words.extend([
                "--".into(),
                "web*".into(),
                "exec.command".into(),
                "ls".into(),
                "-l".into(),
            ]);
        }
        let mut odd = format!("./{}", dice.word()).into_bytes();
        if dice.roll(4) == 0 {
            odd.push(0xff);
        }
        words.push(OsString::from_vec(odd));
        words
    }

    #[test]
    fn the_command_that_runs_it_again_says_all_that_was_typed_whatever_was() {
        let mut dice = Dice(3);
        let mut tried = 0;
        for _ in 0..300 {
            let words = random(&mut dice);
            // What may be given once only, or not with something else, is not a command line.
            let mut command = Typed::command();
            let is_good = arranged(&command, words.clone());
            if is_good.is_err() || command.try_get_matches_from_mut(&words).is_err() {
                continue;
            }
            let (mut typed, again) = read(&words);
            let hint = format!("{} --limit @failed {}", again.before, again.after);
            assert!(!hint.contains(['\n', '\u{1b}', '\u{202e}']), "{hint:?}");
            let (mut second, _) = read(&as_words(&hint));
            for typed in [&mut typed, &mut second] {
                let limit = match &mut typed.command {
                    Some(crate::cli::args::Command::Call(call)) => &mut call.run.limit,
                    _ => &mut typed.run.limit,
                };
                *limit = None;
            }
            assert_eq!(format!("{second:?}"), format!("{typed:?}"), "{hint}");
            tried += 1;
        }
        assert!(tried > 100, "{tried}");
    }
}
