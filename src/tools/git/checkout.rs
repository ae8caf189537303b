//! A work tree at a version of a repository.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::git::remote::{Git, Version};
use crate::tools::git::tree::{Submodules, Tree, is_new};

/// `git.checkout`.
#[derive(Debug)]
pub(crate) struct Checkout;

/// Makes sure that a directory on the host is a git work tree at a version of a repository. It uses the host's own `git`, which
/// never asks for anything: what needs a password fails. A branch is checked out as a branch, a tag or commit detached.
/// Commits that were made in the work tree are not dropped unless `force` is set. The work tree belongs to the user whom the
/// call acts as; git does not work in that of another user.
///
/// Check mode: asks the repository and says which commit the directory would change to. Where that commit is not in the work
/// tree yet, whether commits of its own are in the way may be seen only when it was fetched.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The repository: a URL, or a path on the host.
    #[schemars(extend("x-role" = "command"))]
    repo: String,
    /// The directory.
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
    /// Throws away changes that were made to files of the work tree, and commits that were made in it and are on no other
    /// branch. Files that git does not know stay.
    #[serde(default)]
    force: bool,
    /// Fills submodules, and those in them. Without it a warning says that they are empty.
    #[serde(default)]
    submodules: bool,
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

/// What is known of commits that were made in the work tree and would be dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    /// None were seen so far.
    Unseen,
    /// A warning has named them.
    Told,
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
    /// How `HEAD` reads now, where it has another form.
    head: Option<String>,
    /// Submodules are not as the version wants them.
    is_incomplete: bool,
    /// What the repository had when it was last asked.
    known: Vec<String>,
    own: Own,
    repo: String,
}

impl Change {
    fn is_elsewhere(&self) -> bool {
        self.before.as_deref() != Some(self.version.commit())
    }
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        let mut diffs = Vec::new();
        let mut add = |name, before: Option<&str>, after: &str| {
            diffs.push(Diff::of_property(&self.title, name, before, Some(after)));
        };
        if self.is_elsewhere() {
            add("commit", self.before.as_deref(), self.version.commit());
        }
        if let Some(head) = &self.head {
            add("HEAD", Some(head), self.version.head());
        }
        if !self.is_new && self.origin.as_deref() != Some(&self.repo) {
            add("origin", self.origin.as_deref(), &self.repo);
        }
        if self.is_dirty {
            add("files", Some("with changes"), "as committed");
        }
        if self.is_incomplete {
            add("submodules", Some("not as committed"), "as committed");
        }
        diffs
    }
}

impl Tool for Checkout {
    const NAME: &'static str = "git.checkout";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "git.checkout: { repo: \"https://example.com/shop.git\", dest: /srv/shop, version: v1.4.2, depth: 1 }";
    const FORESEES: bool = false;

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

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        if args.depth == Some(0) {
            let message = "`depth` is a number of commits, 1 at least";
            return Err(("depth", message.to_owned()));
        }
        let texts = [("repo", Some(&args.repo)), ("version", args.version.as_ref())];
        for (argument, text) in texts {
            let is_odd = |it: &&String| it.is_empty() || it.starts_with('-') || it.contains(['\n', '\0']);
            if let Some(text) = text.filter(is_odd) {
                let noun = if argument == "repo" {
                    "repository"
                } else {
                    "version"
                };
                return Err((argument, format!("`{}` is not a {noun}", text.escape_debug())));
            }
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let git = Git::new(host, &args.env);
        let tree = args.tree(&git);
        let is_new = is_new(&args.dest, host)?;
        let before = if is_new { None } else { tree.commit("HEAD")? };
        if !args.update
            && let Some(after) = &before
        {
            let after = after.clone();
            return Ok(Finding::Settled(Output { before, after }));
        }
        let version = git.resolve(&args.repo, args.version.as_deref())?;
        let mut change = Change {
            title: args.dest.to_string(),
            before,
            version,
            is_new,
            origin: None,
            is_dirty: false,
            head: None,
            is_incomplete: false,
            known: Vec::new(),
            own: Own::Unseen,
            repo: args.repo.clone(),
        };
        if !is_new {
            change.origin = tree.origin();
            args.compare(&tree, &mut change)?;
        }
        let is_settled = !is_new
            && !change.is_elsewhere()
            && change.head.is_none()
            && !change.is_dirty
            && !change.is_incomplete
            && change.origin.as_deref() == Some(&args.repo);
        if is_settled {
            let after = change.version.commit().to_owned();
            let before = change.before;
            return Ok(Finding::Settled(Output { before, after }));
        }
        host.check_makeable(args.dest.join(".git".as_ref()).as_path())?;
        Ok(Finding::Pending(change))
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let is_there = host.metadata(args.dest.as_path(), Follow::No)?.is_some();
        let made = args.make(change, host);
        // What could not be made whole is not left behind.
        if made.is_err()
            && !is_there
            && let Some(place) = host.locate(args.dest.as_path(), Follow::No)?
            && place.stat()?.is_some()
        {
            host.remove_all(&place)?;
        }
        made
    }
}

impl Args {
    fn make(&self, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let git = Git::changing(host, &self.env);
        let tree = self.tree(&git);
        let at = Some(&self.dest);
        if change.is_new {
            let folder = self.dest.as_path().to_string_lossy();
            git.say(None, &["init", "--quiet", "--", &folder])?;
        }
        if change.is_elsewhere() || change.head.is_some() || change.is_dirty {
            self.fetch(&change.version, &git)?;
            // Only now all of the repository's commits are known.
            if change.own == Own::Unseen {
                self.refuse_own_commits(&tree, &change)?;
            }
            self.check_out(&change.version, &git)?;
        }
        // What failed so far has left it as it was.
        match &change.origin {
            None => git.say(at, &["remote", "add", "origin", &self.repo])?,
            Some(url) if *url != self.repo => git.say(at, &["remote", "set-url", "origin", &self.repo])?,
            Some(_) => String::new(),
        };
        let submodules = tree.submodules()?;
        if self.submodules && (submodules != Submodules::default() || change.is_dirty) {
            let mut words = vec!["submodule", "--quiet", "update", "--init", "--recursive"];
            words.extend(self.force.then_some("--force"));
            git.say(at, &words)?;
        } else if submodules.empty > 0 {
            self.warn_of_submodules(host);
        }
        Ok(Output {
            before: change.before,
            after: git.say(at, &["rev-parse", "HEAD"])?,
        })
    }

    fn tree<'a>(&'a self, git: &'a Git<'a>) -> Tree<'a> {
        Tree {
            git,
            path: &self.dest,
        }
    }

    /// What a work tree that is there lacks.
    fn compare(&self, tree: &Tree<'_>, change: &mut Change) -> Result<(), Failure> {
        let host = tree.git.host;
        if change.before.is_some() && !tree.has_form_of(&change.version)? {
            change.head = Some(tree.branch()?.unwrap_or_else(|| "detached".to_owned()));
        }
        let changes = match change.before {
            Some(_) => tree.changes(self.submodules)?,
            None => 0,
        };
        if changes > 0 && !self.force {
            if change.is_elsewhere() {
                let plural = if changes == 1 { "" } else { "s" };
                let message = format!(
                    "`{}` has changes of its own ({changes} file{plural}), and `force` is not set",
                    self.dest
                );
                return Err(Failure::new(Kind::Conflict, message));
            }
            host.link()
                .warn(format!("`{}` has changes of its own, which stay", self.dest));
        }
        change.is_dirty = changes > 0 && self.force;
        if change.is_elsewhere() || change.head.is_some() {
            change.known = tree.known()?;
            // Where nothing is known of the repository, or its commits are not here yet, that is seen after the fetch.
            if !change.known.is_empty() {
                change.own = self.refuse_own_commits(tree, change)?;
            }
        } else {
            let submodules = tree.submodules()?;
            change.is_incomplete = self.submodules && submodules != Submodules::default();
            if !self.submodules && submodules.empty > 0 {
                self.warn_of_submodules(host);
            }
        }
        Ok(())
    }

    /// Commits that were made in the work tree, and that nothing would name any more, are not dropped unless told so.
    fn refuse_own_commits(&self, tree: &Tree<'_>, change: &Change) -> Result<Own, Failure> {
        if change.before.is_none() {
            return Ok(Own::Unseen);
        }
        let Some(own) = tree.own_commits(&change.version, &change.known)? else {
            return Ok(Own::Unseen);
        };
        let plural = if own.count == 1 { "" } else { "s" };
        let what = format!(
            "`{}` has {} commit{plural} of its own {}",
            self.dest, own.count, own.place
        );
        if !self.force {
            let message = format!("{what}, and `force` is not set");
            return Err(Failure::new(Kind::Conflict, message));
        }
        let warning = format!("{what}, which are left behind; the last one is {}", own.tip);
        tree.git.host.link().warn(warning);
        Ok(Own::Told)
    }

    fn warn_of_submodules(&self, host: &Reader<'_>) {
        host.link().warn(format!(
            "`{}` has submodules that are empty; `submodules: true` fills them",
            self.dest
        ));
    }

    fn check_out(&self, version: &Version, git: &Git<'_>) -> Result<(), Failure> {
        let force = if self.force {
            "--force"
        } else {
            "--no-overwrite-ignore"
        };
        let remote;
        let words: &[&str] = match version {
            Version::Branch { name, .. } => {
                remote = format!("refs/remotes/origin/{name}");
                &["checkout", "--quiet", force, "-B", name, &remote, "--"]
            }
            Version::Tag { commit, .. } | Version::Commit(commit) => {
                &["checkout", "--quiet", force, "--detach", commit, "--"]
            }
        };
        git.say(Some(&self.dest), words).map(drop)
    }

    fn fetch(&self, version: &Version, git: &Git<'_>) -> Result<(), Failure> {
        let depth = self.depth.map(|depth| format!("--depth={depth}"));
        let fetch = |wanted: &[&str]| {
            let mut words = vec!["fetch", "--quiet", "--force", "--no-tags"];
            words.extend(depth.as_deref());
            // Not by the name of `origin`, which is still that of before.
            words.push(&self.repo);
            words.extend(wanted);
            git.say(Some(&self.dest), &words).map(drop)
        };
        match version {
            Version::Branch { name, .. } => {
                fetch(&[&format!("+refs/heads/{name}:refs/remotes/origin/{name}")])
            }
            Version::Tag { name, .. } => fetch(&[&format!("+refs/tags/{name}:refs/tags/{name}")]),
            Version::Commit(commit) => {
                if self.tree(git).commit(commit)?.is_some() {
                    return Ok(());
                }
                // Not every server gives a commit by its name alone.
                fetch(&[commit])
                    .or_else(|_| fetch(&["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"]))
            }
        }
    }
}
