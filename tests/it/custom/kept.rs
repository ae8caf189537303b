//! The executable on its way: sent once, kept privately, never run unless it is what was sent.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::hostile::Mount;
use crate::support::{Fixture, Scene, Sshd};

const PLAYBOOK: &str = "
hosts: [web]
tools:
  own: { src: own, methods: { it: { args: { n: { type: integer, default: 0 } }, returns: { word: string }, writes: [] } } }
rounds:
  - name: one
    hosts: web
    calls:
      - { id: it, loop: [1, 2, 3, 4], own.it: '{{ item }}' }
      - { id: last, own.it: }
";

/// Longer than what rides inside calls.
fn script(word: &str) -> String {
    format!(
        "#!/bin/sh\n: {}\necho '{{\"word\":\"{word}\"}}'\n",
        "x".repeat(40_000)
    )
}

fn scene(sshd: &Sshd) -> Scene {
    Fixture::new(PLAYBOOK)
        .file("own", script("one"))
        .host("web", sshd)
        .build()
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.file_name().unwrap().to_string_lossy().contains("tool-"))
        .collect()
}

#[test]
fn it_is_kept_privately_and_what_was_tampered_with_is_not_run() {
    let Some(sshd) = Sshd::setup().fresh().start() else {
        return;
    };
    let scene = scene(&sshd);
    let ran = scene.events(&[]).code(0);
    assert_eq!(ran.end("web", "last")["result"]["word"], "one");
    let folder = sshd.home().join(".cache/rmote-play");
    let [file] = kept(&folder).try_into().expect("it is kept once");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(&folder)), (0o600, 0o700));
    assert_eq!(fs::read_to_string(&file).unwrap(), script("one"));
    // Of the same length, and with another word.
    fs::write(&file, script("two")).unwrap();
    let ran = scene.events(&[]).code(0);
    assert_eq!(ran.end("web", "last")["result"]["word"], "one");
    assert_eq!(fs::read_to_string(&file).unwrap(), script("one"));
    scene.write("own", script("six").as_bytes());
    let ran = scene.events(&[]).code(0);
    assert_eq!(ran.end("web", "last")["result"]["word"], "six");
    assert_eq!(kept(&folder).len(), 2);
}

#[test]
fn what_the_host_has_is_not_sent_again() {
    let Some(sshd) = Sshd::setup().fresh().start() else {
        return;
    };
    let scene = scene(&sshd);
    scene.events(&[]).code(0);
    let file = kept(&sshd.home().join(".cache/rmote-play")).remove(0);
    let first = fs::metadata(&file).unwrap();
    scene.events(&[]).code(0);
    assert_eq!(
        first.ino(),
        fs::metadata(&file).unwrap().ino(),
        "it was not written anew"
    );
}

#[test]
fn a_home_that_cannot_be_written_or_runs_nothing_is_no_hindrance() {
    for options in ["ro", "noexec,mode=0777"] {
        let Some(sshd) = Sshd::setup().alone().start() else {
            return;
        };
        let home = sshd.home();
        let Some(_mounted) = Mount::small(&home.join(".cache"), options) else {
            return;
        };
        let ran = scene(&sshd).events(&[]).code(0);
        assert_eq!(
            ran.end("web", "last")["result"]["word"],
            "one",
            "{options}: {ran}"
        );
    }
}

#[test]
fn a_folder_that_others_may_write_to_is_not_used() {
    let Some(sshd) = Sshd::setup().fresh().start() else {
        return;
    };
    let scene = scene(&sshd);
    scene.events(&[]).code(0);
    let folder = sshd.home().join(".cache/rmote-play");
    fs::remove_file(kept(&folder).remove(0)).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
    scene.events(&[]).code(0);
    assert!(kept(&folder).is_empty(), "nothing is kept where others write");
}
