//! Work trees of repositories that lie beside them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};

use crate::failure::Kind;
use crate::tools::testing::TestLink;

/// A repository with two commits on `main`, a branch and a tag; nothing where there is no git.
pub(in crate::tools) fn repository(folder: &Path) -> Option<()> {
    let script = "
        set -e
        export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
        git init -q -b main . ; echo 1 > file; git add file; git commit -q -m one; git tag -a v1 -m v1
        git branch old; echo 2 > file; git commit -q -a -m two
    ";
    fs::create_dir_all(folder).unwrap();
    let mut shell = Command::new("sh");
    let ended = shell.args(["-c", script]).current_dir(folder).status().ok()?;
    ended.success().then_some(())
}

fn git(folder: &Path, words: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(words)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn a_work_tree_follows_branches_tags_and_commits() {
    let folder = tempfile::tempdir().unwrap();
    let (origin, dest) = (folder.path().join("origin"), folder.path().join("tree"));
    if repository(&origin).is_none() {
        eprintln!("left out: there is no git here");
        return;
    }
    let link = TestLink::default();
    let at = |more: Json| {
        let mut args = json!({ "repo": origin, "dest": dest });
        args.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        args
    };
    let checked = link.check("git.checkout", at(json!({}))).unwrap();
    assert!(checked.changed && !dest.exists());
    let served = link.call("git.checkout", at(json!({}))).unwrap();
    assert_eq!(served.diff, checked.diff);
    assert_eq!(fs::read_to_string(dest.join("file")).unwrap(), "2\n");
    assert_eq!(git(&dest, &["branch", "--show-current"]), "main");
    assert!(
        !link
            .call("git.checkout", at(json!({ "version": "main" })))
            .unwrap()
            .changed
    );
    assert!(
        link.call("git.checkout", at(json!({ "version": "v1" })))
            .unwrap()
            .changed
    );
    assert_eq!(fs::read_to_string(dest.join("file")).unwrap(), "1\n");
    assert!(
        !link
            .call("git.checkout", at(json!({ "version": "v1" })))
            .unwrap()
            .changed
    );
    let commit = git(&origin, &["rev-parse", "main"]);
    let served = link
        .call("git.checkout", at(json!({ "version": commit })))
        .unwrap();
    assert_eq!(served.fields["after"].as_str(), Some(commit.as_str()));
    assert!(
        !link
            .call("git.checkout", at(json!({ "version": "v1", "update": false })))
            .unwrap()
            .changed
    );
}

#[test]
fn local_changes_are_kept_unless_they_are_to_go() {
    let folder = tempfile::tempdir().unwrap();
    let (origin, dest) = (folder.path().join("origin"), folder.path().join("tree"));
    if repository(&origin).is_none() {
        eprintln!("left out: there is no git here");
        return;
    }
    let link = TestLink::default();
    let args = |version: &str, force: bool| json!({ "repo": origin, "dest": dest, "version": version, "force": force });
    link.call("git.checkout", args("old", false)).unwrap();
    fs::write(dest.join("file"), "mine").unwrap();
    let failure = link.call("git.checkout", args("main", false)).unwrap_err();
    assert_eq!(failure.kind, Kind::Conflict, "{failure}");
    assert_eq!(fs::read_to_string(dest.join("file")).unwrap(), "mine");
    assert!(!link.call("git.checkout", args("old", false)).unwrap().changed);
    assert_eq!(link.warnings().len(), 1);
    assert!(link.call("git.checkout", args("old", true)).unwrap().changed);
    assert_eq!(fs::read_to_string(dest.join("file")).unwrap(), "1\n");
}

#[test]
fn what_cannot_be_is_said_plainly() {
    let folder = tempfile::tempdir().unwrap();
    let (origin, dest) = (folder.path().join("origin"), folder.path().join("tree"));
    if repository(&origin).is_none() {
        eprintln!("left out: there is no git here");
        return;
    }
    let link = TestLink::default();
    let args = |repo: &Path, version: &str| json!({ "repo": repo, "dest": dest, "version": version });
    let failure = link.call("git.checkout", args(&origin, "v9")).unwrap_err();
    assert_eq!(failure.kind, Kind::NotFound);
    assert!(failure.message.contains("has no branch or tag `v9`"), "{failure}");
    let failure = link
        .call("git.checkout", args(&folder.path().join("none"), "v1"))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::CommandFailed, "{failure}");
    fs::create_dir(&dest).unwrap();
    fs::write(dest.join("other"), "x").unwrap();
    let failure = link.call("git.checkout", args(&origin, "v1")).unwrap_err();
    assert_eq!(failure.kind, Kind::Conflict, "{failure}");
    assert!(
        link.call("git.checkout", args(&origin, "--upload-pack=x"))
            .is_err()
    );
}
