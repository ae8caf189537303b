//! What stands in the way of a call: one that fails leaves what it found, says so in check mode too, and never says `ok`
//! afterwards; and none touches anything but what it was given.

mod calls;
mod scene;
mod sources;

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
    ("agent.quit", "it changes no host"),
    ("agent.reset", "it changes no host"),
    (
        "alternatives.set",
        "its files have places of their own; machines::debian and refused",
    ),
    ("apk.package", "apk looks at it; machines::apk tries it"),
    ("apk.update", "its lists are where they are; machines::apk"),
    ("apt.autoremove", "as apt.package"),
    (
        "apt.clean",
        "its files have places of their own; machines::packages",
    ),
    ("apt.converge", "as apt.package"),
    (
        "apt.package",
        "apt looks at it; machines::apt, apt_torn and refused",
    ),
    ("apt.update", "its lists are where they are; machines::refused"),
    ("apt.upgrade", "as apt.package"),
    (
        "apt_repository.absent",
        "its files have places of their own; machines::apt_repository and ours_files",
    ),
    (
        "apt_repository.key",
        "its file has a place of its own; machines::apt_repository and ours_files",
    ),
    (
        "apt_repository.present",
        "its file has a place of its own; machines::apt_repository and ours_files",
    ),
    ("assert.that", "it touches no host"),
    (
        "container.absent",
        "containers are no paths; tools::container::tests",
    ),
    (
        "container.stopped",
        "containers are no paths; tools::container::tests",
    ),
    ("debconf.set", "debconf looks at it; machines::debian and refused"),
    ("dnf.autoremove", "as dnf.package"),
    ("dnf.package", "dnf looks at it; machines::dnf"),
    ("dnf.update", "its lists are where they are; machines::dnf"),
    ("dnf.upgrade", "as dnf.package"),
    (
        "dnf_repository.absent",
        "its file has a place of its own; machines::packages and ours_files",
    ),
    (
        "dnf_repository.present",
        "its file has a place of its own; machines::packages and ours_files",
    ),
    (
        "exec.command",
        "what it runs is its own; tools::exec::tests tries what starts it",
    ),
    ("exec.script", "as exec.command"),
    ("exec.shell", "as exec.command"),
    ("facts.gather", "it only reads"),
    (
        "fs.acl",
        "it changes what fs.attributes changes, after the same looks; fs::tests::acls tries lists themselves",
    ),
    ("fs.find", "it only reads"),
    ("fs.glob", "it only reads"),
    ("fs.read_bytes", "it only reads"),
    ("fs.read_str", "it only reads"),
    ("fs.stat", "it only reads"),
    ("fs.temp", "its name is its own, so that nothing is in its way"),
    (
        "group.absent",
        "its files have places of their own; machines::accounts and refused",
    ),
    (
        "group.present",
        "its files have places of their own; machines::accounts and refused",
    ),
    ("host.reboot", "nothing can lie in its way; machines::refused"),
    (
        "hostname.set",
        "its files have places of their own; machines::settings and refused",
    ),
    ("http.get", "it only reads"),
    ("http.request", "it touches no path"),
    (
        "kernel_module.absent",
        "its files have places of their own; machines::system and refused",
    ),
    (
        "kernel_module.loaded",
        "its files have places of their own; machines::system and refused",
    ),
    (
        "locale.default",
        "its file has a place of its own; machines::system and refused",
    ),
    ("log.log", "it touches no host"),
    ("log.set_level", "it touches no host"),
    (
        "mount.absent",
        "what is mounted is in the way of mounts; machines::mount tries that",
    ),
    (
        "mount.present",
        "what is mounted is in the way of mounts; machines::mount tries that",
    ),
    (
        "mount.remounted",
        "what is mounted is in the way of mounts; machines::mount_now tries that",
    ),
    (
        "mount.unmounted",
        "what is mounted is in the way of mounts; machines::mount_now tries that",
    ),
    ("package.autoremove", "as the manager's own tool"),
    ("package.package", "as the manager's own tool"),
    ("package.update", "as the manager's own tool"),
    ("package.upgrade", "as the manager's own tool"),
    ("pacman.converge", "as pacman.package"),
    ("pacman.package", "pacman looks at it; machines::pacman"),
    ("pacman.update", "its lists are where they are; machines::pacman"),
    ("pacman.upgrade", "as pacman.package"),
    (
        "pacman_repository.absent",
        "its file has a place of its own; machines::pacman and ours_files",
    ),
    ("pacman_repository.key", "machines::pacman_key tries its keyring"),
    (
        "pacman_repository.present",
        "its file has a place of its own; machines::pacman and ours_files",
    ),
    (
        "service.converge",
        "services are no paths; machines::service tries those that are masked or missing",
    ),
    ("service.daemon_reload", "as service.converge"),
    ("service.disable", "as service.converge"),
    ("service.enable", "as service.converge"),
    ("service.reload", "as service.converge"),
    ("service.restart", "as service.converge"),
    ("service.start", "as service.converge"),
    ("service.status", "it only reads"),
    ("service.stop", "as service.converge"),
    ("sysctl.absent", "as sysctl.set"),
    ("sysctl.converge", "as sysctl.set"),
    ("template.render", "it touches no host"),
    (
        "timezone.set",
        "its files have places of their own; machines::system and refused",
    ),
    (
        "user.absent",
        "homes that are in the way are tried in machines::accounts_kept",
    ),
    (
        "user.authorized_key",
        "its file has a place of its own; machines::accounts and refused",
    ),
    ("user.lookup", "it only reads"),
    (
        "user.present",
        "homes that are in the way are tried in machines::accounts_kept",
    ),
    (
        "user.ssh_key",
        "it is made beside and put in its place as fs.write does; machines::people tries other keys in its place",
    ),
    (
        "user.sudoer",
        "its file has a place of its own; machines::accounts and ours_files",
    ),
    ("wait.path", "it only reads"),
    ("wait.port", "it only reads"),
    ("wait.sleep", "it touches no host"),
    ("wait.until", "it touches no host"),
];

#[test]
fn every_tool_is_tried_against_obstacles_or_says_why_not() {
    let tried: Vec<&str> = calls().iter().map(|call| call.tool).collect();
    for entry in registry().iter() {
        let is_named = NOT_TRIED.iter().any(|(tool, _)| *tool == entry.name);
        assert!(is_named != tried.contains(&&*entry.name), "{}", entry.name);
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
