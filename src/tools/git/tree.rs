//! What a work tree is at, and what of it is its own.

use rustix::fs::FileType;

use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader};
use crate::tool::HostPath;
use crate::tools::git::remote::{self, Git, Version};

/// Branches of the repository, as they were when they were last fetched.
const KNOWN: &str = "--remotes=origin";

/// A work tree that is there.
pub(super) struct Tree<'a> {
    pub(super) git: &'a Git<'a>,
    pub(super) path: &'a HostPath,
}

impl Tree<'_> {
    fn say(&self, words: &[&str]) -> Result<String, Failure> {
        self.git.say(Some(self.path), words)
    }

    /// What git says where it ends well; nothing where it ends with 1.
    fn ask(&self, words: &[&str]) -> Result<Option<String>, Failure> {
        let ended = self.git.ask(Some(self.path), words)?;
        match ended.exit_code {
            0 => Ok(Some(
                String::from_utf8_lossy(&ended.stdout.bytes).trim().to_owned(),
            )),
            1 => Ok(None),
            _ => Err(remote::failure(&ended, words)),
        }
    }

    /// The commit that a name is; nothing where there is no such name.
    pub(super) fn commit(&self, name: &str) -> Result<Option<String>, Failure> {
        self.ask(&["rev-parse", "--verify", "--quiet", &format!("{name}^{{commit}}")])
    }

    /// The branch that is checked out; nothing where `HEAD` is a commit by itself.
    pub(super) fn branch(&self) -> Result<Option<String>, Failure> {
        let head = self.ask(&["symbolic-ref", "--quiet", "HEAD"])?;
        Ok(head.map(|it| it.strip_prefix("refs/heads/").unwrap_or(&it).to_owned()))
    }

    /// Whether `HEAD` has the form that a version gives it: a branch is checked out, anything else is not one.
    pub(super) fn has_form_of(&self, version: &Version) -> Result<bool, Failure> {
        Ok(self.branch()?.as_deref() == version.branch())
    }

    /// The URL of `origin`.
    pub(super) fn origin(&self) -> Option<String> {
        self.say(&["remote", "get-url", "origin"]).ok()
    }

    /// How many files differ from what was committed.
    /// `submodules`: those in submodules, too.
    pub(super) fn changes(&self, submodules: bool) -> Result<usize, Failure> {
        let ignored = if submodules { "untracked" } else { "all" };
        let ignored = format!("--ignore-submodules={ignored}");
        let said = self.say(&["status", "--porcelain", "--untracked-files=no", &ignored])?;
        Ok(said.lines().count())
    }

    /// What the repository's branches are known to be.
    pub(super) fn known(&self) -> Result<Vec<String>, Failure> {
        let said = self.say(&["for-each-ref", "--format=%(objectname)", "refs/remotes/origin"])?;
        Ok(said.lines().map(str::to_owned).collect())
    }

    /// Commits that were made here and that nothing would name any more if a version was checked out. `known`: what else
    /// the repository had.
    pub(super) fn own_commits(
        &self,
        version: &Version,
        known: &[String],
    ) -> Result<Option<OwnCommits>, Failure> {
        let mut starts = Vec::new();
        if let Some(name) = version.branch() {
            let kept = vec![format!("--exclude={name}"), "--branches".to_owned()];
            starts.push((format!("refs/heads/{name}"), format!("on `{name}`"), kept));
        }
        if self.branch()?.is_none() && self.was_made_here()? {
            let kept = vec!["--branches".to_owned()];
            starts.push(("HEAD".to_owned(), "on no branch".to_owned(), kept));
        }
        let is_here = self.commit(version.commit())?.is_some();
        for (start, place, kept) in starts {
            let Some(tip) = self.commit(&start)? else { continue };
            let mut words = vec!["rev-list", "--count", &start, "--not", KNOWN, "--tags"];
            words.extend(kept.iter().map(String::as_str));
            words.extend(known.iter().map(String::as_str));
            words.extend(is_here.then_some(version.commit()));
            let count = self.say(&words)?.parse().unwrap_or(0);
            if count > 0 {
                return Ok(Some(OwnCommits { count, place, tip }));
            }
        }
        Ok(None)
    }

    /// Whether the last thing that was done to `HEAD` was not a checkout.
    fn was_made_here(&self) -> Result<bool, Failure> {
        let last = self.ask(&["reflog", "show", "-n", "1", "--format=%gs", "HEAD"])?;
        Ok(last.is_some_and(|it| !it.is_empty() && !it.starts_with("checkout:")))
    }

    /// Which submodules are not at the commits that the work tree wants.
    pub(super) fn submodules(&self) -> Result<Submodules, Failure> {
        let mut found = Submodules::default();
        if !self.has_submodules(self.git.host)? {
            return Ok(found);
        }
        for line in self.say(&["submodule", "status", "--recursive"])?.lines() {
            match line.chars().next() {
                Some('-') => found.empty += 1,
                Some('+' | 'U') => found.other += 1,
                _ => {}
            }
        }
        Ok(found)
    }

    fn has_submodules(&self, host: &Reader<'_>) -> Result<bool, Failure> {
        let file = self.path.join(".gitmodules".as_ref());
        Ok(host.metadata(file.as_path(), Follow::No)?.is_some())
    }
}

/// Commits that were made in the work tree.
#[derive(Debug)]
pub(super) struct OwnCommits {
    /// How many.
    pub(super) count: usize,
    /// Where they are, as it is said of them.
    pub(super) place: String,
    /// The last one.
    pub(super) tip: String,
}

/// Submodules that are not as the work tree wants them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Submodules {
    /// Those without files.
    pub(super) empty: usize,
    /// Those at another commit.
    pub(super) other: usize,
}

/// Whether nothing of a work tree is there; anything else that is there is a conflict.
pub(super) fn is_new(dest: &HostPath, host: &Reader<'_>) -> Result<bool, Failure> {
    let Some(place) = host.locate(dest.as_path(), Follow::Yes)? else {
        return Ok(true);
    };
    let Some(stat) = place.stat()? else {
        if host.metadata(dest.as_path(), Follow::No)?.is_some() {
            let message = format!("`{dest}` is a link to what does not exist");
            return Err(Failure::new(Kind::Conflict, message));
        }
        return Ok(true);
    };
    let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
    if is_folder && place.is_empty_folder()? {
        return Ok(true);
    }
    let inner = dest.join(".git".as_ref());
    if is_folder && host.metadata(inner.as_path(), Follow::No)?.is_some() {
        return Ok(false);
    }
    let message = format!("`{dest}` exists and is not a git work tree");
    Err(Failure::new(Kind::Conflict, message))
}
