//! Asking Docker or Podman, by the program that the host has.

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Ended, Program, Reader, Writer};
use crate::tools::said;

/// What its answers depend on.
const ABOUT: [About<'static>; 3] = [
    About::Domain(Domain::Containers),
    About::Domain(Domain::Packages),
    About::Domain(Domain::Units),
];

/// A program that looks after containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Engine {
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

/// A container that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Container {
    /// Its identifier, in full.
    pub(super) id: String,
    /// What it does, such as `running`, `paused` and `exited`.
    pub(super) state: String,
}

impl Container {
    pub(super) fn is_running(&self) -> bool {
        // A container that is paused has its processes, and one that is restarted will have them again.
        ["running", "paused", "restarting", "stopping"].contains(&&*self.state)
    }
}

impl Engine {
    pub(super) const fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// The container of a name, if there is one, and who was asked: the one that is given, else Docker, and Podman where there
    /// is no Docker.
    pub(super) fn find(
        given: Option<Self>,
        name: &str,
        host: &Reader<'_>,
    ) -> Result<(Self, Option<Container>), Failure> {
        if let Some(engine) = given {
            return Ok((engine, engine.look(name, host)?));
        }
        for engine in [Self::Docker, Self::Podman] {
            match engine.look(name, host) {
                Err(failure) if failure.kind == Kind::NotFound => {}
                found => return Ok((engine, found?)),
            }
        }
        let message = "this host has neither `docker` nor `podman`; install one of them first";
        Err(Failure::new(Kind::NotFound, message))
    }

    /// The container of a name, if there is one.
    ///
    /// All are listed whose names are like it: that none is there is an answer and no failure, and need not be told from others
    /// by its words.
    pub(super) fn look(self, name: &str, host: &Reader<'_>) -> Result<Option<Container>, Failure> {
        let filter = format!("name={name}");
        let format = "{{.ID}}\t{{.State}}\t{{.Names}}";
        let argv = self.argv(&[
            "ps",
            "--all",
            "--no-trunc",
            "--filter",
            &filter,
            "--format",
            format,
        ]);
        let ended = host.ask(&Program::of(&argv), &ABOUT)?;
        if ended.exit_code != 0 {
            return Err(said::failure(&ended, &format!("{} ps", self.program())));
        }
        if ended.stdout.truncated {
            let message = format!("`{} ps` says more than can be kept", self.program());
            return Err(Failure::new(Kind::Unsupported, message));
        }
        let text = String::from_utf8_lossy(&ended.stdout.bytes);
        listed(&text, name).map_err(|line| {
            let message = format!(
                "`{} ps` says something else than containers: `{}`",
                self.program(),
                line.escape_debug()
            );
            Failure::new(Kind::Unsupported, message)
        })
    }

    /// Has it do something.
    pub(super) fn act(self, words: &[&str], host: &Writer<'_>) -> Result<(), Failure> {
        let argv = self.argv(words);
        let ended: Ended = host.act(&Program::of(&argv))?;
        if ended.exit_code == 0 {
            return Ok(());
        }
        Err(said::failure(&ended, &format!("{} {}", self.program(), words[0])))
    }

    fn argv(self, words: &[&str]) -> Argv {
        let program = Text::from(self.program());
        Argv(
            [program]
                .into_iter()
                .chain(words.iter().map(|it| Text::from(*it)))
                .collect(),
        )
    }
}

/// The container of a name in a list of some, else the line that is none.
fn listed(text: &str, name: &str) -> Result<Option<Container>, String> {
    for line in text.lines().filter(|it| !it.trim().is_empty()) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [id, state, names] = fields[..] else {
            return Err(line.to_owned());
        };
        if id.len() < 12 || !id.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(line.to_owned());
        }
        // Docker lists the names under which others see it, too.
        if names.split(',').any(|it| it == name) {
            return Ok(Some(Container {
                id: id.to_owned(),
                state: word(state),
            }));
        }
    }
    Ok(None)
}

/// The one word for what a container does: Podman says `Up 3 minutes ago` where Docker says `running`.
fn word(state: &str) -> String {
    match state.split_whitespace().next() {
        Some("Up") => "running".to_owned(),
        Some(word) => word.to_ascii_lowercase(),
        None => "unknown".to_owned(),
    }
}

/// Whether it can be the name of a container, as both engines see it.
pub(super) fn check_name(name: &str) -> Result<(), (&'static str, String)> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_plain) {
        return Ok(());
    }
    let message = format!(
        "`{}` is not the name of a container: it has letters, digits, `_`, `.` and `-`, and begins with a letter or digit",
        name.escape_debug()
    );
    Err(("name", message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_the_one_of_the_whole_name() {
        let id = "0123456789abcdef";
        let text = format!("{id}\tExited (0) 2 days ago\tshop-old\n{id}\tUp 3 hours ago\tother/shop,shop\n");
        let found = listed(&text, "shop").unwrap().unwrap();
        assert_eq!((found.id.as_str(), found.is_running()), (id, true));
        assert!(!listed(&text, "shop-old").unwrap().unwrap().is_running());
        assert_eq!(listed(&text, "sho"), Ok(None));
        assert_eq!(listed("", "shop"), Ok(None));
    }

    #[test]
    fn what_is_no_list_of_containers_is_no_answer() {
        for text in ["shop", "--help\trunning\tshop", "\trunning\tshop"] {
            assert_eq!(listed(text, "shop"), Err(text.to_owned()));
        }
    }
}
