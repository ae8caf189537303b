//! The law "only what is ours": whatever others have in a file that many write, it is the same byte for byte after any
//! calls of ours, and two of our own with different names share neither a file nor an identity.

use std::collections::{BTreeMap, BTreeSet};

use rmote_play::tools::registry;

use super::law::on;
use super::ours_calls::{KEY, ON_ARCH, ON_DEBIAN};
use super::ours_files::{FILES, accounts, folders};
use crate::support::{Kind, Lab, Machine, Random};

/// How a tool is held to the law.
enum How {
    /// By random calls, below.
    Tried,
    /// By a test of its own.
    Elsewhere(&'static str),
    /// It writes to nothing that others also write, and why.
    NotApplicable(&'static str),
}
use How::{Elsewhere, NotApplicable, Tried};

const READS: How = NotApplicable("it only looks");
const WHOLE: How = NotApplicable("what it is told to write or remove is its own as a whole");
const PACKAGES: How = NotApplicable("the manager of packages keeps its own books");
const SERVICES: How = NotApplicable("the manager of services keeps its own books");
const AUTHOR: How = NotApplicable("what it runs is the author's");
const CONTROLLER: How = NotApplicable("it works on nothing that is on a host");

const TOOLS: &[(&str, How)] = &[
    ("agent.quit", CONTROLLER),
    ("agent.reset", CONTROLLER),
    (
        "alternatives.set",
        NotApplicable("update-alternatives keeps its own books"),
    ),
    ("apk.package", PACKAGES),
    ("apk.update", PACKAGES),
    ("apt.autoremove", PACKAGES),
    ("apt.clean", NotApplicable("what it removes apt can fetch again")),
    ("apt.converge", PACKAGES),
    ("apt.package", PACKAGES),
    ("apt.update", PACKAGES),
    ("apt.upgrade", PACKAGES),
    ("apt_repository.absent", Tried),
    ("apt_repository.key", Tried),
    ("apt_repository.present", Tried),
    ("assert.that", CONTROLLER),
    ("container.absent", NotApplicable("it writes no file")),
    ("container.stopped", NotApplicable("it writes no file")),
    ("cron.job", Tried),
    ("debconf.set", NotApplicable("debconf keeps its own books")),
    ("dnf.autoremove", PACKAGES),
    ("dnf.package", PACKAGES),
    ("dnf.update", PACKAGES),
    ("dnf.upgrade", PACKAGES),
    ("dnf_repository.absent", Tried),
    ("dnf_repository.present", Tried),
    ("exec.command", AUTHOR),
    ("exec.script", AUTHOR),
    ("exec.shell", AUTHOR),
    ("facts.gather", READS),
    ("fs.acl", WHOLE),
    ("fs.archive", WHOLE),
    ("fs.attributes", WHOLE),
    (
        "fs.block_in_file",
        Elsewhere("tools::fs: block markers in damaged files"),
    ),
    ("fs.copy", WHOLE),
    ("fs.directory", WHOLE),
    (
        "fs.edit",
        Elsewhere("tools::fs: what is beside a value that is set, in each format"),
    ),
    ("fs.fetch", WHOLE),
    ("fs.find", READS),
    ("fs.glob", READS),
    ("fs.hardlink", WHOLE),
    ("fs.line_in_file", Elsewhere("tools::fs: the line that is named")),
    ("fs.move", WHOLE),
    ("fs.read_bytes", READS),
    ("fs.read_str", READS),
    ("fs.remove", WHOLE),
    ("fs.replace", Elsewhere("tools::fs: what the expression matches")),
    ("fs.stat", READS),
    ("fs.symlink", WHOLE),
    ("fs.sync", WHOLE),
    ("fs.temp", NotApplicable("what it makes has a name of its own")),
    ("fs.touch", WHOLE),
    ("fs.unpack", WHOLE),
    ("fs.write", WHOLE),
    ("git.checkout", Elsewhere("tools::git: commits of the work tree")),
    ("group.absent", Tried),
    ("group.present", Tried),
    ("host.reboot", NotApplicable("it writes nothing")),
    ("hostname.set", Tried),
    ("http.download", WHOLE),
    ("http.get", READS),
    ("http.request", READS),
    ("kernel_module.absent", Tried),
    ("kernel_module.loaded", Tried),
    ("locale.default", Tried),
    ("log.log", CONTROLLER),
    ("log.set_level", CONTROLLER),
    ("mount.absent", Elsewhere("machines::mount: lines of /etc/fstab")),
    ("mount.present", Elsewhere("machines::mount: lines of /etc/fstab")),
    ("mount.remounted", NotApplicable("it writes no file")),
    ("mount.unmounted", NotApplicable("it writes no file")),
    ("package.autoremove", PACKAGES),
    ("package.package", PACKAGES),
    ("package.update", PACKAGES),
    ("package.upgrade", PACKAGES),
    ("pacman.converge", PACKAGES),
    ("pacman.package", PACKAGES),
    ("pacman.update", PACKAGES),
    ("pacman.upgrade", PACKAGES),
    ("pacman_repository.absent", Tried),
    (
        "pacman_repository.key",
        NotApplicable("the keyring is of gpg, which is told the fingerprints"),
    ),
    ("pacman_repository.present", Tried),
    ("service.converge", SERVICES),
    ("service.daemon_reload", SERVICES),
    ("service.disable", SERVICES),
    ("service.enable", SERVICES),
    ("service.reload", SERVICES),
    ("service.restart", SERVICES),
    ("service.start", SERVICES),
    ("service.status", READS),
    ("service.stop", SERVICES),
    (
        "ssh.known_host",
        Elsewhere("machines::people: keys of other names in the same file"),
    ),
    ("sysctl.absent", Tried),
    ("sysctl.converge", Tried),
    ("sysctl.set", Tried),
    ("template.file", WHOLE),
    ("template.render", CONTROLLER),
    ("timezone.set", WHOLE),
    ("user.absent", Tried),
    ("user.authorized_key", Tried),
    ("user.lookup", READS),
    ("user.present", Tried),
    ("user.ssh_key", WHOLE),
    ("user.sudoer", Tried),
    ("wait.path", READS),
    ("wait.port", READS),
    ("wait.sleep", READS),
    ("wait.until", READS),
];

#[test]
fn every_tool_is_held_to_leave_others_alone_or_has_a_reason() {
    let listed: BTreeSet<&str> = TOOLS.iter().map(|(name, _)| *name).collect();
    let registry = registry();
    let known: BTreeSet<&str> = registry.names().collect();
    assert_eq!(listed, known);
    for (name, how) in TOOLS {
        if let Elsewhere(reason) | NotApplicable(reason) = how {
            assert!(reason.len() > 10, "{name}");
        }
    }
    let tried: BTreeSet<&str> = TOOLS
        .iter()
        .filter_map(|(name, how)| matches!(how, Tried).then_some(*name))
        .collect();
    let made: BTreeSet<&str> = ON_DEBIAN.iter().chain(ON_ARCH).map(|it| it.0).collect();
    assert_eq!(tried, made);
}

/// What is to be, by what was asked for last and not refused.
#[derive(Default)]
struct Wanted {
    /// The job of each table and name.
    jobs: BTreeMap<(String, String), bool>,
    rules: BTreeMap<String, bool>,
}

/// The text between two others.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let rest = text.split_once(start).map_or("", |it| it.1);
    rest.split(end).next().unwrap_or_default()
}

impl Wanted {
    fn note(&mut self, call: &str) {
        let is_there = !call.contains("state: absent");
        if call.starts_with("cron.job") {
            let place = match call {
                it if it.contains("user: alice") => "/var/spool/cron/crontabs/alice",
                it if it.contains("cron.d/shared") => "/etc/cron.d/shared",
                _ => "/etc/cron.d/rp",
            };
            let name = between(call, "name: '", "'");
            self.jobs.insert((place.to_owned(), name.to_owned()), is_there);
        } else if call.starts_with("user.sudoer") {
            self.rules
                .insert(between(call, "name: '", "'").to_owned(), is_there);
        }
    }

    /// Each of ours is there once, in a place of its own, or not at all.
    fn check(&self, machine: &Machine) -> Vec<String> {
        let mut wrong = Vec::new();
        for ((place, name), is_there) in &self.jobs {
            let text = std::fs::read_to_string(machine.path(place)).unwrap_or_default();
            let job = format!(" rp {name}");
            let count = text.lines().filter(|line| line.ends_with(&job)).count();
            if count != usize::from(*is_there) {
                wrong.push(format!("{place}: `{name}` is there {count} times:\n{text}"));
            }
        }
        let rules = machine.says("cat /etc/sudoers.d/*rp*");
        for (name, is_there) in &self.rules {
            let rule = format!("{name} ALL=(ALL:ALL)");
            let count = rules.lines().filter(|line| line.starts_with(&rule)).count();
            if count != usize::from(*is_there) {
                wrong.push(format!("`{name}` has {count} rules:\n{rules}"));
            }
        }
        wrong
    }
}

#[test]
fn what_others_have_in_shared_files_is_the_same_after_any_calls() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("deb");
    machine.says(
        "mkdir -p /var/spool/cron/crontabs /home/alice/.ssh /etc/apt/keyrings /etc/sysctl.d /etc/cron.d; \
         echo of-others >/etc/apt/keyrings/others.gpg",
    );
    for file in FILES {
        file.lay(&machine);
    }
    machine.says(
        "chmod 440 /etc/sudoers.d/*rp*; chown -R alice: /home/alice/.ssh; \
         chown alice:crontab /var/spool/cron/crontabs/alice; chmod 600 /var/spool/cron/crontabs/alice; \
         hostname deb; echo deb >/etc/hostname; usermod -aG adm bob; \
         echo 'odd:x:5000:5000:\u{fc}, \u{e9}:/home/odd:' >>/etc/passwd; echo '+@others::::::' >>/etc/passwd; echo '+:::' >>/etc/group",
    );
    let before = (accounts(&machine), folders(&machine));
    let on = on(&machine);
    let mut random = Random::new();
    let mut wanted = Wanted::default();
    let mut history = Vec::new();
    for round in 0..4 {
        let mut calls: Vec<String> = ON_DEBIAN
            .iter()
            .flat_map(|tool| [tool, tool])
            .map(|(tool, make)| format!("{tool}: {{ {} }}", make(&mut random).replace("KEY", KEY)))
            .collect();
        random.shuffle(&mut calls);
        let entries: Vec<String> = calls
            .iter()
            .enumerate()
            .map(|(at, call)| format!("id: c{at}\nignore_errors: true\n{call}"))
            .collect();
        let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
        let ran = on.run(&entries, &[]);
        for (at, call) in calls.iter().enumerate() {
            let outcome = ran.outcome("m", &format!("c{at}")).to_owned();
            if outcome != "failed" {
                wanted.note(call);
            }
            history.push(format!("{round} {outcome:<8} {call}"));
        }
        let mut wrong: Vec<String> = FILES.iter().filter_map(|it| it.touched(&machine)).collect();
        wrong.extend(wanted.check(&machine));
        let after = (accounts(&machine), folders(&machine));
        for (file, lines) in &before.0 {
            if after.0[file] != *lines {
                wrong.push(format!("{file}: {lines:#?}\n{:#?}", after.0[file]));
            }
        }
        if after.1 != before.1 {
            wrong.push(format!("files of others: {:?}\n{:?}", before.1, after.1));
        }
        assert!(
            wrong.is_empty(),
            "RMOTE_PLAY_SEED={}\n{}\n{}",
            random.seed,
            history.join("\n"),
            wrong.join("\n")
        );
    }
    // The calls did something: all of ours is there by now, or is refused.
    let changed = history.iter().filter(|it| it.contains(" changed ")).count();
    assert!(changed > 30, "{}", history.join("\n"));
}

/// Sections and comments of others, in all ways of writing them.
const PACMAN: &str = "# of others\n[options]\nHoldPkg=pacman\n  Architecture = auto\nSigLevel = Optional TrustAll\n\n#[rp-a]\n#Server = x\n\n\
                      [ others ]\nServer=file:///others\n[core]\n# rp\nUsage = Search\nServer = file:///core/$repo\n\n# end";

#[test]
fn sections_of_others_are_the_same_after_any_calls() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.machine("arch", Kind::Arch);
    let text = PACMAN.replace("[ others ]", "[others]");
    machine.write("/etc/pacman.conf", &text);
    let on = on(&machine);
    let mut random = Random::new();
    let mut history = Vec::new();
    for _ in 0..3 {
        let mut calls: Vec<String> = ON_ARCH
            .iter()
            .flat_map(|tool| [tool, tool, tool, tool])
            .map(|(tool, make)| format!("{tool}: {{ {} }}", make(&mut random)))
            .collect();
        random.shuffle(&mut calls);
        let entries: Vec<&str> = calls.iter().map(String::as_str).collect();
        on.run(&entries, &[]).code(0);
        history.extend(calls);
        let after = machine.read("/etc/pacman.conf");
        let rest = after
            .strip_prefix(&text)
            .unwrap_or_else(|| panic!("RMOTE_PLAY_SEED={}\n{}\n{after}", random.seed, history.join("\n")));
        let is_ours = |line: &str| {
            line.trim().is_empty()
                || line.starts_with("[rp-")
                || line.starts_with("SigLevel = ")
                || line.starts_with("Server = file:///srv/rp")
        };
        assert!(rest.lines().all(is_ours), "{after}");
        for name in ["rp-a", "rp-b"] {
            let count = rest.matches(&format!("[{name}]")).count();
            let last = history.iter().rfind(|it| it.contains(&format!("name: {name}")));
            let is_wanted = last.is_some_and(|it| it.contains(".present"));
            assert_eq!(count, usize::from(is_wanted), "{}\n{after}", history.join("\n"));
        }
    }
}
