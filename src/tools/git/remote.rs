//! Asking git: what a repository has, and what a work tree is at.

use std::collections::BTreeMap;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Ended, Program, Reader, Writer};
use crate::tool::HostPath;

/// What a version names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Version {
    /// A branch, and the commit at its end.
    Branch { name: String, commit: String },
    /// A tag, and its commit.
    Tag { name: String, commit: String },
    /// A commit.
    Commit(String),
}

impl Version {
    pub(super) fn commit(&self) -> &str {
        match self {
            Self::Branch { commit, .. } | Self::Tag { commit, .. } | Self::Commit(commit) => commit,
        }
    }

    /// The branch that is to be checked out; nothing for what is not a branch.
    pub(super) fn branch(&self) -> Option<&str> {
        match self {
            Self::Branch { name, .. } => Some(name),
            Self::Tag { .. } | Self::Commit(_) => None,
        }
    }

    /// How `HEAD` reads with it.
    pub(super) fn head(&self) -> &str {
        self.branch().unwrap_or("detached")
    }
}

/// The host's git, with what keeps it from asking anybody.
pub(super) struct Git<'a> {
    pub(super) host: &'a Reader<'a>,
    /// Where it is there to change something.
    writer: Option<&'a Writer<'a>>,
    env: BTreeMap<String, Text>,
}

impl<'a> Git<'a> {
    pub(super) fn new(host: &'a Reader<'a>, env: &BTreeMap<String, Text>) -> Self {
        let mut all = BTreeMap::from([
            ("GIT_TERMINAL_PROMPT".to_owned(), Text::from("0")),
            ("GIT_SSH_COMMAND".to_owned(), "ssh -o BatchMode=yes".into()),
        ]);
        all.extend(env.iter().map(|(name, value)| (name.clone(), value.clone())));
        Self {
            host,
            writer: None,
            env: all,
        }
    }

    /// One that changes things as well.
    pub(super) fn changing(host: &'a Writer<'a>, env: &BTreeMap<String, Text>) -> Self {
        Self {
            writer: Some(host),
            ..Self::new(host, env)
        }
    }

    /// Runs git, in a work tree where one is given.
    pub(super) fn ask(&self, tree: Option<&HostPath>, words: &[&str]) -> Result<Ended, Failure> {
        let mut argv: Vec<Text> = vec!["git".into(), "--no-optional-locks".into()];
        if let Some(tree) = tree {
            argv.push("-C".into());
            argv.push(tree.as_path().as_os_str().to_owned().into());
        }
        argv.extend(words.iter().map(|word| Text::from(*word)));
        let argv = Argv(argv);
        let program = Program {
            env: &self.env,
            ..Program::of(&argv)
        };
        match self.writer {
            Some(writer) => writer.act(&program),
            None => self.host.ask(&program, &[About::Everything]),
        }
    }

    /// What git says; a failure where it fails.
    pub(super) fn say(&self, tree: Option<&HostPath>, words: &[&str]) -> Result<String, Failure> {
        let ended = self.ask(tree, words)?;
        if ended.exit_code != 0 {
            return Err(failure(&ended, words));
        }
        Ok(String::from_utf8_lossy(&ended.stdout.bytes).trim().to_owned())
    }

    /// What a version of a repository is. Nothing given: what its `HEAD` names.
    pub(super) fn resolve(&self, repo: &str, version: Option<&str>) -> Result<Version, Failure> {
        if let Some(commit) = version.filter(|it| is_commit(it)) {
            return Ok(Version::Commit(commit.to_owned()));
        }
        let Some(version) = version else {
            let said = self.say(None, &["ls-remote", "--symref", "--", repo, "HEAD"])?;
            return head(&said).ok_or_else(|| {
                let message =
                    format!("the repository `{repo}` has no default branch; `version` names another");
                Failure::new(Kind::NotFound, message)
            });
        };
        let short = ["refs/heads/", "refs/tags/"]
            .iter()
            .find_map(|prefix| version.strip_prefix(prefix))
            .unwrap_or(version);
        let (branch, tag) = (format!("refs/heads/{short}"), format!("refs/tags/{short}"));
        let peeled = format!("{tag}^{{}}");
        let said = self.say(None, &["ls-remote", "--", repo, &branch, &tag, &peeled])?;
        let is_asked = |name: &str| version == short || version == name;
        let find = |name: &str| -> Option<String> {
            let mut lines = said.lines().filter_map(|line| line.split_once('\t'));
            lines
                .find(|(_, it)| *it == name)
                .map(|(commit, _)| commit.to_owned())
        };
        let branch = find(&branch).filter(|_| is_asked(&branch));
        let tag = find(&peeled).or_else(|| find(&tag)).filter(|_| is_asked(&tag));
        let name = short.to_owned();
        match (branch, tag) {
            (Some(commit), None) => Ok(Version::Branch { name, commit }),
            (None, Some(commit)) => Ok(Version::Tag { name, commit }),
            (Some(_), Some(_)) => {
                let message = format!(
                    "`{short}` is a branch and a tag; write `refs/heads/{short}` or `refs/tags/{short}`"
                );
                Err(Failure::new(Kind::Invalid, message))
            }
            (None, None) => {
                let message = format!(
                    "the repository `{repo}` has no branch or tag `{version}`; a commit is given in full"
                );
                Err(Failure::new(Kind::NotFound, message))
            }
        }
    }
}

/// The failure of a git that did not end well. git's last line is often the end of an advice.
pub(super) fn failure(ended: &Ended, words: &[&str]) -> Failure {
    let verb = words.iter().find(|word| !word.starts_with('-')).unwrap_or(&"");
    let failure = ended.failure(&format!("git {verb}"));
    let said = String::from_utf8_lossy(&ended.stderr.bytes);
    if said.contains("dubious ownership") {
        let message = "the work tree belongs to somebody else, and git does not work in it: \
                       let the call act as its owner with `become`";
        return Failure {
            kind: Kind::PermissionDenied,
            message: message.to_owned(),
            ..failure
        };
    }
    match cause(&said) {
        Some(cause) => Failure {
            message: format!("`git {verb}` {}: {cause}", ended.how()),
            ..failure
        },
        None => failure,
    }
}

/// The line that says why: what git itself calls fatal or an error, unless that only says that the other side said no.
fn cause(said: &str) -> Option<&str> {
    let is_error = |line: &&str| line.starts_with("fatal: ") || line.starts_with("error: ");
    let is_of_other_side = |line: &&str| line.contains("Could not read from remote repository");
    let mut lines = said.lines().map(str::trim).filter(|it| !it.is_empty());
    let first = lines.find(is_error)?;
    if !is_of_other_side(&first) {
        return Some(first);
    }
    // What ssh said, or the other side.
    let before = said.lines().map(str::trim).take_while(|it| *it != first);
    before.filter(|it| !it.is_empty()).last().or(Some(first))
}

/// Whether it is the full name of a commit.
fn is_commit(version: &str) -> bool {
    matches!(version.len(), 40 | 64) && version.bytes().all(|it| it.is_ascii_hexdigit())
}

fn head(said: &str) -> Option<Version> {
    let mut name = None;
    let mut commit = None;
    for line in said.lines() {
        let (first, second) = line.split_once('\t')?;
        match first.strip_prefix("ref: refs/heads/") {
            Some(branch) => name = Some(branch.to_owned()),
            None if second == "HEAD" => commit = Some(first.to_owned()),
            None => {}
        }
    }
    match (name, commit) {
        (Some(name), Some(commit)) => Some(Version::Branch { name, commit }),
        (None, Some(commit)) => Some(Version::Commit(commit)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_told_and_not_the_last_line() {
        for (said, wanted) in [
            (
                "fatal: '/none' does not appear to be a git repository\nfatal: Could not read from remote repository.\n\n\
                 Please make sure you have the correct access rights\nand the repository exists.\n",
                "fatal: '/none' does not appear to be a git repository",
            ),
            (
                "git@h: Permission denied (publickey).\r\nfatal: Could not read from remote repository.\n\nPlease make sure\n\
                 and the repository exists.\n",
                "git@h: Permission denied (publickey).",
            ),
            (
                "fatal: Unable to create '/x/.git/index.lock': File exists.\n\nAnother git process seems to be running\n\
                 remove the file manually to continue.\n",
                "fatal: Unable to create '/x/.git/index.lock': File exists.",
            ),
        ] {
            assert_eq!(cause(said), Some(wanted));
        }
        assert_eq!(cause("something\n"), None);
    }
}
