//! What stands in the way of a call: one that fails leaves what it found, says so in check mode too, and never says `ok`
//! afterwards; and none touches anything but what it was given.

mod calls;
mod scene;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use crate::failure::Failure;
use crate::tool::{Apply, Served};
use crate::tools::registry;
use crate::tools::testing::{TestLink, in_own_mounts, left_out, value};

use calls::{Call, calls};
use scene::{Leads, Obstacle, Picture, Scene, obstacles};

/// Tools that no obstacle is put in the way of here, and why.
const NOT_TRIED: &[(&str, &str)] = &[
    ("fs.find", "it only reads"),
    ("fs.glob", "it only reads"),
    ("fs.read_bytes", "it only reads"),
    ("fs.read_str", "it only reads"),
    ("fs.stat", "it only reads"),
    ("template.render", "it touches no host"),
];

/// Rooms whose tools change something that is not a path of the call's own; their laws are proven on machines.
const ELSEWHERE: &[&str] = &[
    "agent",
    "apk",
    "apt",
    "apt_repository",
    "assert",
    "cron",
    "dnf",
    "exec",
    "facts",
    "git",
    "group",
    "host",
    "hostname",
    "http",
    "log",
    "mount",
    "package",
    "pacman",
    "pacman_repository",
    "service",
    "sysctl",
    "user",
    "wait",
];

#[test]
fn every_tool_is_tried_against_obstacles_or_says_why_not() {
    let tried: Vec<&str> = calls().iter().map(|call| call.tool).collect();
    for entry in registry().iter() {
        let (room, _) = entry.name.split_once('.').unwrap();
        let is_named = NOT_TRIED.iter().any(|(tool, _)| *tool == entry.name) || ELSEWHERE.contains(&room);
        assert!(is_named || tried.contains(&&*entry.name), "{}", entry.name);
    }
}

fn served(scene: &Scene, call: &Call, obstacle: &Obstacle, apply: Apply) -> Result<Served, Failure> {
    let args = value((call.args)(scene, obstacle));
    let link = TestLink::default();
    let serve = || link.serve(call.tool, &args, apply);
    if obstacle.as_another {
        return std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                crate::tools::testing::become_nobody();
                serve()
            });
            other.join().unwrap()
        });
    }
    serve()
}

/// What comes of a call where nothing is in the way.
fn asked_for(call: &Call) -> Picture {
    let scene = Scene::new();
    let nothing = &obstacles()[0];
    drop(served(&scene, call, nothing, Apply::Yes));
    scene.picture()
}

/// One call against one obstacle.
fn try_one(call: &Call, obstacle: &Obstacle) {
    let scene = Scene::new();
    if !(obstacle.put)(&scene) {
        left_out(obstacle.name);
        return;
    }
    let before = scene.picture();
    let checked = served(&scene, call, obstacle, Apply::No);
    assert_eq!(scene.picture(), before, "check mode changed something");
    let applied = served(&scene, call, obstacle, Apply::Yes);
    match (&checked, &applied) {
        (Ok(checked), Ok(applied)) => {
            assert_eq!(checked.changed, applied.changed, "check mode said something else");
            assert_eq!(
                checked.diff, applied.diff,
                "another diff was shown than came true"
            );
            assert!(!applied.changed || !applied.diff.is_empty(), "no diff");
        }
        (Err(checked), Err(applied)) => assert_eq!(checked.kind, applied.kind, "{checked} and {applied}"),
        (Ok(_), Err(failure)) => {
            let is_late = !obstacle.can_be_seen || call.is_refused;
            assert!(is_late, "check mode did not see: {failure}");
        }
        (Err(failure), Ok(_)) => panic!("check mode saw what was not there: {failure}"),
    }
    let after = scene.picture();
    if let Err(failure) = &applied {
        // Where it could not be known before, some of what was asked for may be done already.
        let asked = if obstacle.can_be_seen {
            Picture::new()
        } else {
            asked_for(call)
        };
        let differing = |path: &&PathBuf| after.get(*path) != before.get(*path);
        for path in before.keys().chain(after.keys()).filter(differing) {
            assert_eq!(after.get(path), asked.get(path), "{}: {failure}", path.display());
        }
    }
    if obstacle.leads == Leads::Nowhere || obstacle.leads == Leads::Below && call.replaces_links {
        assert_eq!(
            Scene::outside(&after),
            Scene::outside(&before),
            "something else was touched"
        );
    }
    let again = served(&scene, call, obstacle, Apply::Yes);
    match (&applied, &again) {
        (Ok(_), Ok(again)) => assert!(!again.changed, "a second run changes it again: {:?}", again.diff),
        (Ok(_), Err(failure)) => panic!("a second run fails: {failure}"),
        (Err(_), Ok(_)) => panic!("failed once, then ok"),
        (Err(_), Err(_)) => {}
    }
    // Once the obstacle is gone, what failed is done.
    if applied.is_err() && !call.needs_target && (obstacle.clear)(&scene) {
        let done = served(&scene, call, obstacle, Apply::Yes).unwrap_or_else(|failure| panic!("{failure}"));
        assert!(done.changed, "failed once, then ok");
        let again = served(&scene, call, obstacle, Apply::Yes).unwrap();
        assert!(!again.changed, "{:?}", again.diff);
    }
}

#[test]
fn a_call_that_fails_leaves_what_it_found_and_is_never_ok_afterwards() {
    let mut wrong = Vec::new();
    let is_run = in_own_mounts(|| {
        for obstacle in obstacles() {
            for call in calls() {
                if let Err(panic) = catch_unwind(AssertUnwindSafe(|| try_one(&call, &obstacle))) {
                    let text = panic
                        .downcast_ref::<String>()
                        .cloned()
                        .or_else(|| panic.downcast_ref::<&str>().map(|it| (*it).to_owned()));
                    wrong.push(format!(
                        "{} ({}), {}: {}",
                        call.tool,
                        call.name,
                        obstacle.name,
                        text.unwrap_or_default()
                    ));
                }
            }
        }
    });
    if !is_run {
        left_out("nothing can be mounted here");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
