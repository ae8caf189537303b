//! Agents that are killed at any moment: a file is the old one or the new one, and nothing is left of what was under way.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Fixture, Scene, Sshd};

/// How many moments of a run are tried.
const MOMENTS: u32 = 8;

fn noise(seed: &str, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new()
        .update(seed.as_bytes())
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

fn scene(call: &str, sshd: &Sshd) -> Scene {
    Fixture::new(format!(
        "hosts: [web]\nrounds:\n  - name: one\n    hosts: web\n    calls:\n      - id: it\n        {call}\n"
    ))
    .host("web", sshd)
    .limit(Duration::from_mins(2))
    .build()
}

/// Every file below the target, with what it holds.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            let inner = files(&entry.path());
            found.extend(
                inner
                    .into_iter()
                    .map(|(path, bytes)| (format!("{name}/{path}"), bytes)),
            );
        } else {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

/// Kills the agent at many moments of the call that brings the target from `old` to `new`.
fn check(scene: &Scene, sshd: &Sshd, old: &BTreeMap<String, Vec<u8>>, new: &BTreeMap<String, Vec<u8>>) {
    let target = scene.path("t/out");
    let lay_out = || {
        fs::remove_dir_all(&target).ok();
        fs::create_dir(&target).unwrap();
        for (name, bytes) in old {
            fs::write(target.join(name), bytes).unwrap();
        }
    };
    lay_out();
    let ran = scene.events(&[]).code(0);
    let at = |kind: &str| ran.all(kind)[0]["at"].as_f64().unwrap();
    let whole = at("call_ended") - at("call_started");
    assert!(files(&target) == *new, "another content than was to be made");
    let mut broken = 0;
    for moment in 0..MOMENTS {
        lay_out();
        let mut running = scene.start(&["--output", "json"]);
        running.await_event("connected");
        let agents = sshd.agents();
        running.await_event("call_started");
        std::thread::sleep(Duration::from_secs_f64(
            whole * f64::from(moment) / f64::from(MOMENTS),
        ));
        for agent in agents {
            let agent = i32::try_from(agent).ok().and_then(Pid::from_raw).unwrap();
            kill_process(agent, Signal::KILL).ok();
        }
        // Nobody has to wait for what comes next: at each moment it is the one or the other.
        let found = files(&target);
        for name in new.keys() {
            let seen = found.get(name);
            let is_one_of_both = [old, new].iter().any(|it| it.get(name) == seen);
            assert!(is_one_of_both, "`{name}` is half a file, moment {moment}");
        }
        let ran = running.wait();
        // A call that is safe to repeat is made again on a new connection.
        broken += u32::from(ran.code != Some(0) || !ran.all("call_retried").is_empty());
        // What the next run finds does not stand in its way, and nothing else is there afterwards.
        scene.run(&[]).code(0);
        let found = files(&target);
        assert!(found == *new, "{:?}, moment {moment}", found.keys());
    }
    assert!(broken > 0, "no run was killed before its end, after {whole} s");
}

fn one(name: &str, bytes: Vec<u8>) -> BTreeMap<String, Vec<u8>> {
    BTreeMap::from([(name.to_owned(), bytes)])
}

#[test]
fn a_copy_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = scene("fs.copy: { src: blob, dest: '{DIR}/t/out/blob' }", &sshd);
    let new = noise("new", 12 << 20);
    scene.write("blob", &new);
    check(
        &scene,
        &sshd,
        &one("blob", noise("old", 12 << 20)),
        &one("blob", new),
    );
}

#[test]
fn a_write_that_is_killed_leaves_the_old_file_or_the_new_one() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = scene(
        "fs.write: { path: '{DIR}/t/out/text', content: \"{{ file('text') }}\", validate: \"sh -c 'sleep 0.2 && test -s %s'\" }",
        &sshd,
    );
    let new = "a line of text\n".repeat(20_000).into_bytes();
    scene.write("text", &new);
    check(&scene, &sshd, &one("text", b"old\n".to_vec()), &one("text", new));
}

#[test]
fn a_sync_that_is_killed_leaves_old_files_or_new_ones() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = scene("fs.sync: { local: site/, path: '{DIR}/t/out' }", &sshd);
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    fs::create_dir(scene.path("site")).unwrap();
    for name in ["a", "b", "c", "large"] {
        let length = if name == "large" { 9 << 20 } else { 1 << 20 };
        let mut bytes = noise(name, length);
        old.insert(name.to_owned(), bytes.clone());
        bytes[length / 2] ^= 1;
        scene.write(&format!("site/{name}"), &bytes);
        new.insert(name.to_owned(), bytes);
    }
    check(&scene, &sshd, &old, &new);
}

#[test]
fn an_unpacking_that_is_killed_leaves_old_files_or_new_ones() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = scene("fs.unpack: { src: files.tar, dest: '{DIR}/t/out' }", &sshd);
    let (mut old, mut new) = (BTreeMap::new(), BTreeMap::new());
    fs::create_dir(scene.path("files")).unwrap();
    for name in ["a", "b", "c"] {
        old.insert(name.to_owned(), noise(&format!("old {name}"), 100_000));
        let bytes = noise(name, 4 << 20);
        scene.write(&format!("files/{name}"), &bytes);
        new.insert(name.to_owned(), bytes);
    }
    let packed = std::process::Command::new("tar")
        .args(["-cf", "files.tar", "-C", "files", "a", "b", "c"])
        .current_dir(scene.dir())
        .status()
        .unwrap();
    assert!(packed.success());
    check(&scene, &sshd, &old, &new);
}
