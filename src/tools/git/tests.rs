//! Work trees of repositories that lie next to them.

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

/// A repository and a work tree at its `main`; nothing where there is no git.
fn cloned(folder: &Path, link: &TestLink) -> Option<(std::path::PathBuf, std::path::PathBuf)> {
    let (origin, dest) = (folder.join("origin"), folder.join("tree"));
    if repository(&origin).is_none() {
        eprintln!("left out: there is no git here");
        return None;
    }
    let args = json!({ "repo": origin, "dest": dest, "version": "main" });
    assert!(link.call("git.checkout", args).unwrap().changed);
    Some((origin, dest))
}

/// Commits a change of a file.
fn commit(folder: &Path, text: &str) -> String {
    fs::write(folder.join("file"), text).unwrap();
    let own = [
        "-c",
        "user.name=n",
        "-c",
        "user.email=a@b.c",
        "commit",
        "-qam",
        text,
    ];
    git(folder, &own);
    git(folder, &["rev-parse", "HEAD"])
}

#[test]
fn commits_that_were_made_in_the_work_tree_are_not_dropped_unless_told() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let Some((origin, dest)) = cloned(folder.path(), &link) else {
        return;
    };
    let args = |version: &str, force: bool| json!({ "repo": origin, "dest": dest, "version": version, "force": force });
    let hotfix = commit(&dest, "hotfix");
    // While the repository stays as it is, and when it goes on.
    for _ in 0..2 {
        let checked = link.check("git.checkout", args("main", false)).unwrap_err();
        let failure = link.call("git.checkout", args("main", false)).unwrap_err();
        assert_eq!(failure, checked);
        assert_eq!(failure.kind, Kind::Conflict, "{failure}");
        assert!(
            failure.message.contains("has 1 commit of its own on `main`"),
            "{failure}"
        );
        assert_eq!(git(&dest, &["rev-parse", "main"]), hotfix);
        commit(&origin, "three");
    }
    // A tag leaves the branch as it is.
    assert!(link.call("git.checkout", args("v1", false)).unwrap().changed);
    assert_eq!(git(&dest, &["rev-parse", "main"]), hotfix);
    // Commits on no branch are lost as well.
    let loose = commit(&dest, "loose");
    let failure = link.call("git.checkout", args("old", false)).unwrap_err();
    assert!(
        failure.message.contains("1 commit of its own on no branch"),
        "{failure}"
    );
    assert_eq!(git(&dest, &["rev-parse", "HEAD"]), loose);
    git(&dest, &["branch", "kept"]);
    assert!(link.call("git.checkout", args("old", false)).unwrap().changed);
    link.warnings();
    assert!(link.call("git.checkout", args("main", true)).unwrap().changed);
    let warnings = link.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains(&hotfix),
        "{warnings:?}"
    );
    assert_eq!(fs::read_to_string(dest.join("file")).unwrap(), "three");
}

#[test]
fn a_branch_that_the_repository_set_back_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let Some((origin, dest)) = cloned(folder.path(), &link) else {
        return;
    };
    for depth in [json!({}), json!({ "depth": 1 })] {
        let mut args =
            json!({ "repo": format!("file://{}", origin.display()), "dest": dest, "version": "main" });
        args.as_object_mut()
            .unwrap()
            .extend(depth.as_object().unwrap().clone());
        git(&origin, &["reset", "-q", "--hard", "v1"]);
        let wanted = commit(&origin, &format!("another {depth}"));
        assert!(link.call("git.checkout", args.clone()).unwrap().changed);
        assert_eq!(git(&dest, &["rev-parse", "main"]), wanted);
        assert!(!link.call("git.checkout", args).unwrap().changed);
    }
}

#[test]
fn a_branch_is_checked_out_as_a_branch_and_a_tag_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let Some((origin, dest)) = cloned(folder.path(), &link) else {
        return;
    };
    git(&origin, &["tag", "v2"]);
    let head = || git(&dest, &["symbolic-ref", "-q", "HEAD"]);
    let args = |version: &str| json!({ "repo": origin, "dest": dest, "version": version });
    for before in ["-qbhotfix", "--detach"] {
        git(&dest, &["checkout", "-q", before]);
        let checked = link.check("git.checkout", args("main")).unwrap();
        assert_eq!(checked.diff.len(), 1, "{:?}", checked.diff);
        assert!(
            checked.diff[0].text.ends_with("+HEAD: main\n"),
            "{:?}",
            checked.diff
        );
        assert!(
            link.call("git.checkout", args("main")).unwrap().changed,
            "{before}"
        );
        assert_eq!(head(), "refs/heads/main");
        assert!(!link.call("git.checkout", args("main")).unwrap().changed);
    }
    assert!(link.call("git.checkout", args("v2")).unwrap().changed);
    assert_eq!(head(), "");
    assert!(!link.call("git.checkout", args("v2")).unwrap().changed);
}

#[test]
fn a_call_that_fails_leaves_the_old_origin() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let Some((origin, dest)) = cloned(folder.path(), &link) else {
        return;
    };
    let other = folder.path().join("other");
    repository(&other).unwrap();
    commit(&other, "more");
    let lock = dest.join(".git/index.lock");
    fs::write(&lock, "").unwrap();
    let args = json!({ "repo": other, "dest": dest, "version": "main", "force": true });
    for _ in 0..2 {
        let failure = link.call("git.checkout", args.clone()).unwrap_err();
        assert!(failure.message.contains("index.lock': File exists"), "{failure}");
        assert_eq!(
            git(&dest, &["remote", "get-url", "origin"]),
            origin.to_str().unwrap()
        );
    }
    fs::remove_file(&lock).unwrap();
    assert!(link.call("git.checkout", args).unwrap().changed);
    assert_eq!(
        git(&dest, &["remote", "get-url", "origin"]),
        other.to_str().unwrap()
    );
}

#[test]
fn a_work_tree_that_cannot_be_made_is_not_left_half_made() {
    let folder = tempfile::tempdir().unwrap();
    let (origin, dest) = (folder.path().join("origin"), folder.path().join("a/tree"));
    if repository(&origin).is_none() {
        eprintln!("left out: there is no git here");
        return;
    }
    let link = TestLink::default();
    for _ in 0..2 {
        let args = json!({ "repo": origin, "dest": dest, "version": "0".repeat(40) });
        let failure = link.call("git.checkout", args).unwrap_err();
        assert_eq!(failure.kind, Kind::CommandFailed, "{failure}");
        assert!(!dest.exists());
    }
    let args = json!({ "repo": origin, "dest": dest, "version": "main" });
    assert!(link.call("git.checkout", args).unwrap().changed);
}

#[test]
fn submodules_are_filled_or_a_warning_says_that_they_are_empty() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    let Some((origin, dest)) = cloned(folder.path(), &link) else {
        return;
    };
    let sub = folder.path().join("sub");
    repository(&sub).unwrap();
    let allow = ["-c", "protocol.file.allow=always"];
    let add = ["submodule", "--quiet", "add", sub.to_str().unwrap(), "inner"];
    git(
        &origin,
        &[allow, ["-c", "user.name=n"]]
            .concat()
            .into_iter()
            .chain(add)
            .collect::<Vec<_>>(),
    );
    commit(&origin, "with a submodule");
    // Git takes no submodules from paths unless told so.
    let env = json!({ "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "protocol.file.allow", "GIT_CONFIG_VALUE_0": "always" });
    let args = |filled: bool| json!({ "repo": origin, "dest": dest, "version": "main", "submodules": filled, "env": env });
    for changed in [true, false] {
        assert_eq!(link.call("git.checkout", args(false)).unwrap().changed, changed);
        let warnings = link.warnings();
        assert!(
            warnings.len() == 1 && warnings[0].contains("submodules that are empty"),
            "{warnings:?}"
        );
    }
    let checked = link.check("git.checkout", args(true)).unwrap();
    assert!(checked.diff[0].text.contains("submodules"), "{:?}", checked.diff);
    for changed in [true, false] {
        assert_eq!(link.call("git.checkout", args(true)).unwrap().changed, changed);
        assert_eq!(fs::read_to_string(dest.join("inner/file")).unwrap(), "2\n");
    }
    assert_eq!(link.warnings(), Vec::<String>::new());
    // Changes in a submodule are thrown away with the others, and do not matter where submodules are left alone.
    fs::write(dest.join("inner/file"), "mine").unwrap();
    assert!(!link.call("git.checkout", args(false)).unwrap().changed);
    let mut force = args(true);
    force["force"] = json!(true);
    for changed in [true, false] {
        assert_eq!(link.call("git.checkout", force.clone()).unwrap().changed, changed);
        assert_eq!(fs::read_to_string(dest.join("inner/file")).unwrap(), "2\n");
    }
}
