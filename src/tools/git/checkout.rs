//! A work tree at a version of a repository.

use std::collections::BTreeMap;

use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Area, Controller, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::git::remote::{Git, Version};

/// `git.checkout`.
#[derive(Debug)]
pub(crate) struct Checkout;

/// Makes sure that a folder on the host is a git work tree at a version of a repository. It uses the host's own `git`, which
/// never asks for anything: what needs a password fails. A branch is checked out as a branch, a tag or commit detached.
///
/// Check mode: asks the repository and says which commit the folder would change to.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The repository: a URL, or a path on the host.
    #[schemars(extend("x-role" = "command"))]
    repo: String,
    /// The folder.
    dest: HostPath,
    /// A branch, a tag, or the full name of a commit; by default what the repository's `HEAD` is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// Fetches only so many commits of the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    depth: Option<u32>,
    /// Without it, a work tree that is there is left at whatever it is.
    #[serde(default = "yes")]
    update: bool,
    /// Throws away changes that were made to files of the work tree. Files that git does not know stay.
    #[serde(default)]
    force: bool,
    /// Variables added to git's environment, such as `GIT_SSH_COMMAND`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<String, Text>,
}

const fn yes() -> bool {
    true
}

/// What the work tree is at.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The commit that it was at before, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<String>,
    /// The commit that it is at.
    after: String,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    title: String,
    before: Option<String>,
    version: Version,
    is_new: bool,
    origin: Option<String>,
    is_dirty: bool,
    repo: String,
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = Vec::new();
        let commit = self.version.commit();
        if self.before.as_deref() != Some(commit) {
            diffs.push(Diff::of_property(
                &self.title,
                "commit",
                self.before.as_deref(),
                Some(commit),
            ));
        }
        if !self.is_new && self.origin.as_deref() != Some(&self.repo) {
            diffs.push(Diff::of_property(
                &self.title,
                "origin",
                self.origin.as_deref(),
                Some(&self.repo),
            ));
        }
        if self.is_dirty {
            diffs.push(Diff::of_property(
                &self.title,
                "files",
                Some("with changes"),
                Some("as committed"),
            ));
        }
        diffs
    }
}

impl Tool for Checkout {
    const NAME: &'static str = "git.checkout";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "git.checkout: { repo: \"https://example.com/shop.git\", dest: /srv/shop, version: v1.4.2, depth: 1 }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = Footprint::writes(args.dest.area());
        if args.repo.starts_with('/') {
            footprint.reads.extend(&Area::path(&args.repo));
        }
        footprint
    }

    fn prepare(args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        let texts = [Some(&args.repo), args.version.as_ref()];
        for text in texts.into_iter().flatten() {
            if text.is_empty() || text.starts_with('-') || text.contains(['\n', '\0']) {
                let message = format!("`{}` is neither a repository nor a version", text.escape_debug());
                return Err(Failure::new(Kind::Invalid, message));
            }
        }
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let git = Git::new(host, &args.env);
        let is_new = args.is_new(host)?;
        let before = if is_new { None } else { args.head(&git)? };
        if !args.update
            && let Some(after) = &before
        {
            let after = after.clone();
            return Ok(Finding::Settled(Output { before, after }));
        }
        let version = git.resolve(&args.repo, args.version.as_deref())?;
        let origin = if is_new {
            None
        } else {
            git.say(Some(&args.dest), &["remote", "get-url", "origin"]).ok()
        };
        let changes = match before {
            Some(_) => git.say(
                Some(&args.dest),
                &["status", "--porcelain", "--untracked-files=no"],
            )?,
            None => String::new(),
        };
        let is_there = before.as_deref() == Some(version.commit());
        if !changes.is_empty() && !args.force {
            if !is_there {
                let message = format!(
                    "`{}` has changes of its own ({} files), and `force` is not set",
                    args.dest,
                    changes.lines().count()
                );
                return Err(Failure::new(Kind::Conflict, message));
            }
            host.link()
                .warn(format!("`{}` has changes of its own, which stay", args.dest));
        }
        let is_dirty = !changes.is_empty() && args.force;
        if is_there && !is_dirty && origin.as_deref() == Some(&args.repo) {
            let after = version.commit().to_owned();
            return Ok(Finding::Settled(Output { before, after }));
        }
        Ok(Finding::Pending(Change {
            title: args.dest.to_string(),
            before,
            version,
            is_new,
            origin,
            is_dirty,
            repo: args.repo.clone(),
        }))
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let git = Git::new(host, &args.env);
        let tree = Some(&args.dest);
        if change.is_new {
            let folder = args.dest.as_path().to_string_lossy();
            git.say(None, &["init", "--quiet", "--", &folder])?;
        }
        match &change.origin {
            None => git.say(tree, &["remote", "add", "origin", &args.repo])?,
            Some(url) if *url != args.repo => git.say(tree, &["remote", "set-url", "origin", &args.repo])?,
            Some(_) => String::new(),
        };
        args.fetch(&change.version, &git)?;
        let force = if args.force {
            "--force"
        } else {
            "--no-overwrite-ignore"
        };
        match &change.version {
            Version::Branch { name, .. } => {
                let remote = format!("refs/remotes/origin/{name}");
                git.say(tree, &["checkout", "--quiet", force, "-B", name, &remote, "--"])?;
            }
            Version::Tag { commit, .. } | Version::Commit(commit) => {
                git.say(tree, &["checkout", "--quiet", force, "--detach", commit, "--"])?;
            }
        }
        Ok(Output {
            before: change.before,
            after: git.say(tree, &["rev-parse", "HEAD"])?,
        })
    }
}

impl Args {
    /// Whether nothing of a work tree is there; anything else that is there is a conflict.
    fn is_new(&self, host: &Reader<'_>) -> Result<bool, Failure> {
        let Some(place) = host.locate(self.dest.as_path(), Follow::Yes)? else {
            return Ok(true);
        };
        let Some(stat) = place.stat()? else {
            return Ok(true);
        };
        let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
        if is_folder && place.is_empty_folder()? {
            return Ok(true);
        }
        let inner = self.dest.join(".git".as_ref());
        if is_folder && host.metadata(inner.as_path(), Follow::No)?.is_some() {
            return Ok(false);
        }
        let message = format!("`{}` exists and is no git work tree", self.dest);
        Err(Failure::new(Kind::Conflict, message))
    }

    /// The commit that the work tree is at; none in one that was begun and not finished.
    fn head(&self, git: &Git<'_>) -> Result<Option<String>, Failure> {
        let ended = git.ask(
            Some(&self.dest),
            &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"],
        )?;
        match ended.exit_code {
            0 => Ok(Some(
                String::from_utf8_lossy(&ended.stdout.bytes).trim().to_owned(),
            )),
            1 => Ok(None),
            _ => Err(ended.failure("git rev-parse")),
        }
    }

    fn fetch(&self, version: &Version, git: &Git<'_>) -> Result<(), Failure> {
        let depth = self.depth.map(|depth| format!("--depth={depth}"));
        let fetch = |wanted: &[&str]| {
            let mut words = vec!["fetch", "--quiet", "--force", "--no-tags"];
            words.extend(depth.as_deref());
            words.push("origin");
            words.extend(wanted);
            git.say(Some(&self.dest), &words).map(drop)
        };
        match version {
            Version::Branch { name, .. } => {
                fetch(&[&format!("+refs/heads/{name}:refs/remotes/origin/{name}")])
            }
            Version::Tag { name, .. } => fetch(&[&format!("+refs/tags/{name}:refs/tags/{name}")]),
            Version::Commit(commit) => {
                let known = format!("{commit}^{{commit}}");
                if git.ask(Some(&self.dest), &["cat-file", "-e", &known])?.exit_code == 0 {
                    return Ok(());
                }
                // Not every server gives a commit by its name alone.
                fetch(&[commit])
                    .or_else(|_| fetch(&["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]))
            }
        }
    }
}
