//! Answers a question of a package before it is asked.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Ended, Follow, Program, Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, Spoils, Tool};
use crate::tools::said;

const FOLDER: &str = "/var/cache/debconf";
/// Answers, and those that only root may read.
const FILES: [&str; 2] = [
    "/var/cache/debconf/config.dat",
    "/var/cache/debconf/passwords.dat",
];
const LIMIT: u64 = 64 << 20;

/// `debconf.set`.
#[derive(Debug)]
pub(crate) struct Set;

/// Answers a question that a package of Debian asks when it is configured: before it is installed, or so that
/// `dpkg-reconfigure` finds the answer. Answers reach debconf by its standard input, so that no password is seen in a list of
/// processes, and what is there is never shown for a `password`.
///
/// Check mode: says whether the answer differs.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The package, such as `postfix`.
    package: String,
    /// The question, such as `postfix/mailname`.
    question: String,
    /// What sort of a question it is.
    r#type: Type,
    /// The answer, in one line.
    value: Text,
    /// Whether it counts as asked; if not, the package may still ask, and offer the answer.
    #[serde(default = "yes")]
    seen: bool,
}

/// What sort of a question it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Type {
    /// `true` or `false`.
    Boolean,
    /// A failure that is told.
    Error,
    /// Several of a list.
    Multiselect,
    /// A text that is told.
    Note,
    /// A text that is never shown.
    Password,
    /// One of a list.
    Select,
    /// A text.
    String,
    /// A heading.
    Title,
    /// A long text.
    Text,
}

impl Type {
    const fn name(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Error => "error",
            Self::Multiselect => "multiselect",
            Self::Note => "note",
            Self::Password => "password",
            Self::Select => "select",
            Self::String => "string",
            Self::Title => "title",
            Self::Text => "text",
        }
    }
}

const fn yes() -> bool {
    true
}

/// The answer.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The answer before; not there for a password, and where there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
}

/// What is to be done to an answer.
#[derive(Debug)]
pub(crate) struct AnswerChange {
    title: String,
    before: Found,
    value: Option<String>,
    seen: bool,
}

/// An answer that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Found {
    value: Option<String>,
    seen: bool,
}

impl Describe for AnswerChange {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = Vec::new();
        if let Some(value) = &self.value {
            diffs.push(Diff::of_property(
                &self.title,
                "answer",
                self.before.value.as_deref(),
                Some(value),
            ));
        }
        if self.before.seen != self.seen {
            let word = |seen: bool| if seen { "true" } else { "false" };
            diffs.push(Diff::of_property(
                &self.title,
                "seen",
                Some(word(self.before.seen)),
                Some(word(self.seen)),
            ));
        }
        diffs
    }
}

impl Tool for Set {
    const NAME: &'static str = "debconf.set";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "debconf.set: { package: postfix, question: postfix/mailname, type: string, value: mail.example.org }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = AnswerChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::of(Area::path(FOLDER))
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-._/".contains(c);
        for (field, word) in [("package", &args.package), ("question", &args.question)] {
            let is_word = word.starts_with(|c: char| c.is_ascii_alphanumeric()) && word.chars().all(is_plain);
            if !is_word {
                return Err((field, format!("`{}` cannot be `{field}`", word.escape_debug())));
            }
        }
        if args.value.0.contains(&b'\n') {
            return Err(("value", "`value` must be one line".to_owned()));
        }
        if args.r#type == Type::Boolean && !matches!(args.value.as_bytes(), b"true" | b"false") {
            return Err((
                "value type",
                "the answer to a `boolean` is `true` or `false`".to_owned(),
            ));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let found = found(args, host)?;
        let is_same = found.value.as_deref() == Some(&*args.value.to_string_lossy());
        let is_password = args.r#type == Type::Password;
        if is_same && found.seen == args.seen {
            return Ok(Finding::Settled(Output {
                before: found.value.filter(|_| !is_password),
            }));
        }
        host.check_root(&format!("the answer to `{}` cannot be set", args.question))?;
        let shown = |value: &str| {
            if is_password {
                "(not shown)".to_owned()
            } else {
                value.to_owned()
            }
        };
        Ok(Finding::Pending(AnswerChange {
            title: format!("debconf {} {}", args.package, args.question),
            value: (!is_same).then(|| shown(&args.value.to_string_lossy())),
            before: Found {
                value: found.value.filter(|_| !is_password),
                seen: found.seen,
            },
            seen: args.seen,
        }))
    }

    fn apply(args: &Args, change: AnswerChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let mut words = vec!["debconf-set-selections"];
        if !args.seen {
            words.push("--unseen");
        }
        let mut line = format!("{} {} {} ", args.package, args.question, args.r#type.name()).into_bytes();
        line.extend_from_slice(args.value.as_bytes());
        line.push(b'\n');
        let ended = run(&words, &line, |it| host.act(it))?;
        if ended.exit_code != 0 {
            return Err(said::failure(&ended, words[0]));
        }
        if !args.seen && change.before.seen {
            // What was asked once stays so for that program.
            forget(args, host)?;
        }
        let now = found(args, host)?;
        if now.value.as_deref() != Some(&*args.value.to_string_lossy()) || now.seen != args.seen {
            let message = format!(
                "debconf ended well, but the answer to `{}` is not the one that it was given",
                args.question
            );
            return Err(Failure::new(Kind::CommandFailed, message));
        }
        Ok(Output {
            before: change.before.value,
        })
    }
}

/// The answer that is there, from debconf's own files: its programs write them anew, also where they are only asked.
fn found(args: &Args, host: &Reader<'_>) -> Result<Found, Failure> {
    let name = if args.r#type == Type::Password {
        FILES[1]
    } else {
        FILES[0]
    };
    let text = match host.read(Path::new(name), LIMIT) {
        Err(failure) if failure.kind == Kind::NotFound && !is_there(host)? => {
            let message = format!(
                "this host has no debconf, which the package `debconf` brings: `{FOLDER}` does not exist"
            );
            return Err(Failure::new(Kind::Unsupported, message));
        }
        Err(failure) if failure.kind == Kind::NotFound => Vec::new(),
        text => text?,
    };
    Ok(parse(&String::from_utf8_lossy(&text), &args.question))
}

fn is_there(host: &Reader<'_>) -> Result<bool, Failure> {
    Ok(host.metadata(Path::new(FOLDER), Follow::Yes)?.is_some())
}

/// `Name: shop/name`, with `Value: ...` and `Flags: seen` below it, up to an empty line.
fn parse(text: &str, question: &str) -> Found {
    let mut found = Found::default();
    let is_it = |it: &&str| it.lines().next().and_then(|it| it.strip_prefix("Name: ")) == Some(question);
    for line in text.split("\n\n").find(is_it).unwrap_or_default().lines() {
        match line.split_once(':') {
            Some(("Value", value)) => found.value = Some(value.strip_prefix(' ').unwrap_or(value).to_owned()),
            Some(("Flags", flags)) => found.seen = flags.split([',', ' ']).any(|it| it == "seen"),
            _ => {}
        }
    }
    found
}

/// Takes away that a question was asked.
fn forget(args: &Args, host: &Writer<'_>) -> Result<(), Failure> {
    let line = format!("FSET {} seen false\n", args.question);
    let words = ["debconf-communicate", &args.package];
    let ended = run(&words, line.as_bytes(), |it| host.act(it))?;
    if ended.exit_code == 0 {
        return Ok(());
    }
    Err(said::failure(&ended, words[0]))
}

fn run(
    words: &[&str],
    stdin: &[u8],
    run: impl FnOnce(&Program<'_>) -> Result<Ended, Failure>,
) -> Result<Ended, Failure> {
    let argv = Argv(words.iter().map(|it| Text::from(*it)).collect());
    let program = Program {
        stdin,
        ..Program::of(&argv)
    };
    run(&program).map_err(|failure| match failure.kind {
        Kind::NotFound => Failure::new(
            Kind::Unsupported,
            format!(
                "this host has no debconf, which the package `debconf` brings: {}",
                failure.message
            ),
        ),
        _ => failure,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_its_blanks_and_whether_it_was_asked() {
        let text = "Name: shop/name2\nTemplate: shop/name2\nValue: no\n\nName: shop/name\nTemplate: shop/name\nValue: a b  c \nOwners: shop\n\
            Flags: seen\n\nName: shop/empty\nTemplate: x\nValue: \nOwners: shop\n\nName: shop/none\nTemplate: x\n";
        let found = |question: &str| {
            let found = parse(text, question);
            (found.value, found.seen)
        };
        assert_eq!(found("shop/name"), (Some("a b  c ".into()), true));
        assert_eq!(found("shop/empty"), (Some(String::new()), false));
        assert_eq!(found("shop/none"), (None, false));
        assert_eq!(found("shop"), (None, false));
    }
}
