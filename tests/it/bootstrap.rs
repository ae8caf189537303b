//! How the agent gets to a host: sent once, found again, put elsewhere where its first place does not do.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::hostile::Mount;
use crate::support::{Fixture, Ran, Scene, Sshd};

const ONE_CALL: &str = "
hosts: [web]
rounds:
  - name: one
    hosts: web
    calls: [{ id: first, exec.shell: echo hello }]
";

#[track_caller]
fn installed(ran: &Ran) -> bool {
    let connected = ran.all("connected");
    let event = connected
        .first()
        .unwrap_or_else(|| panic!("no connection:\n{ran}"));
    event["installed"].as_bool().expect("it is said")
}

fn agents_below(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| {
            if path.is_dir() {
                return agents_below(&path);
            }
            let about = path.metadata();
            usize::from(about.is_ok_and(|about| about.permissions().mode() & 0o100 != 0))
        })
        .sum()
}

#[test]
fn the_agent_is_sent_once_and_found_the_next_time() {
    let Some(sshd) = Sshd::setup().fresh().start() else {
        return;
    };
    let scene = Fixture::new(ONE_CALL).host("web", &sshd).build();
    assert!(installed(&scene.events(&[]).code(0)));
    assert_eq!(agents_below(&sshd.home()), 1);
    assert!(!installed(&scene.events(&[]).code(0)));
    assert_eq!(agents_below(&sshd.home()), 1);
}

/// The command line of the agent, and the name of the process that started it.
const WHO: &str = "
hosts: [web]
rounds:
  - name: one
    hosts: web
    calls:
      - id: who
        exec.shell: |
          tr '\\0' ' ' </proc/$PPID/cmdline
          cat /proc/$(sed -n 's/^PPid:[[:blank:]]*//p' /proc/$PPID/status)/comm
";

#[track_caller]
fn who(scene: &Scene) -> String {
    let ran = scene.events(&[]).code(0);
    let said = ran.end("web", "who")["result"]["stdout"].as_str();
    said.unwrap_or_else(|| panic!("{ran}")).to_owned()
}

#[test]
fn an_agent_that_is_there_is_started_by_the_logins_own_shell() {
    let Some(sshd) = Sshd::setup().fresh().start() else {
        return;
    };
    let scene = Fixture::new(WHO).host("web", &sshd).build();
    for _ in 0..2 {
        let who = who(&scene);
        let words: Vec<&str> = who.split_ascii_whitespace().collect();
        let &[_, "agent", _, nonce, parent] = &words[..] else {
            panic!("{who}");
        };
        assert_eq!(nonce.len(), 16, "{who}");
        assert!(parent.starts_with("sshd"), "{who}");
    }
}

#[test]
fn a_login_that_runs_one_program_and_no_more_gives_a_shell() {
    for login in [
        "exec $SSH_ORIGINAL_COMMAND",
        "[ \"$SSH_ORIGINAL_COMMAND\" = /bin/sh ] && exec /bin/sh",
    ] {
        let Some(sshd) = Sshd::setup().login(login).fresh().start() else {
            return;
        };
        let scene = Fixture::new(WHO).host("web", &sshd).build();
        for _ in 0..2 {
            let who = who(&scene);
            let words: Vec<&str> = who.split_ascii_whitespace().collect();
            assert!(
                matches!(&words[..], [_, "agent", _, parent] if parent.starts_with("sshd")),
                "{who}"
            );
        }
        assert_eq!(sshd.logins(), 2);
    }
}

/// How large the one agent is that a server's user has.
fn size_of_agent(sshd: &Sshd) -> u64 {
    let folder = sshd.home().join(".cache/rmote-play");
    let mut sizes = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len());
    let size = sizes.next().expect("there is an agent");
    assert_eq!(sizes.next(), None, "there is one agent");
    size
}

#[test]
fn what_is_sent_is_the_agent_that_was_built_with_the_program() {
    let program = fs::metadata(env!("CARGO_BIN_EXE_rmote-play")).unwrap().len();
    let agent = fs::metadata(env!("CARGO_BIN_EXE_rmote-play-agent"))
        .unwrap()
        .len();
    assert!(agent < program);
    let Some(sshd) = Sshd::setup().fresh().start() else {
        return;
    };
    Fixture::new(ONE_CALL).host("web", &sshd).run(&[]).code(0);
    assert_eq!(size_of_agent(&sshd), agent);
    let Some(sshd) = Sshd::setup().fresh().start() else {
        return;
    };
    // One of other sources stays where it is: the program is an agent, too.
    let other = "#!/bin/sh\nexit 1\n";
    let ran = Fixture::new(ONE_CALL).beside(other).host("web", &sshd).run(&[]);
    ran.code(0);
    assert_eq!(size_of_agent(&sshd), program);
}

#[test]
fn the_folder_of_the_agent_is_for_its_owner_only() {
    let Some(sshd) = Sshd::setup().fresh().start() else {
        return;
    };
    Fixture::new(ONE_CALL).host("web", &sshd).run(&[]).code(0);
    let cache = sshd.home().join(".cache");
    let folders: Vec<_> = fs::read_dir(&cache)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    assert_eq!(folders[0].metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn two_controllers_at_once_on_a_new_host_both_succeed() {
    let Some(sshd) = Sshd::setup().fresh().start() else {
        return;
    };
    let one = Fixture::new(ONE_CALL).host("web", &sshd).build();
    let two = Fixture::new(ONE_CALL).host("web", &sshd).build();
    let (first, second) = (one.start(&[]), two.start(&[]));
    first.wait().code(0);
    second.wait().code(0);
    assert_eq!(agents_below(&sshd.home()), 1, "no half of a file stays");
}

#[test]
fn an_agent_that_was_removed_is_sent_again() {
    let Some(sshd) = Sshd::setup().fresh().start() else {
        return;
    };
    let scene = Fixture::new(ONE_CALL).host("web", &sshd).build();
    scene.run(&[]).code(0);
    let folder = fs::read_dir(sshd.home().join(".cache"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let agent = fs::read_dir(folder).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&agent).unwrap();
    fs::write(agent.with_extension("part"), "half").unwrap();
    assert!(installed(&scene.events(&[]).code(0)));
}

#[test]
fn a_home_that_cannot_be_written_is_no_obstacle() {
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("a-file");
    fs::write(&file, "").unwrap();
    // No account, not even root, can make a folder below a file.
    let setup = Sshd::setup()
        .alone()
        .env("HOME", file.join("home"))
        .env("XDG_CACHE_HOME", file.join("cache"));
    let Some(sshd) = setup.start() else { return };
    Fixture::new(ONE_CALL)
        .host("web", &sshd)
        .events(&[])
        .code(0)
        .outcomes("web", &[("first", "changed")]);
}

#[test]
fn a_cache_folder_that_is_a_link_is_not_used() {
    let Some(sshd) = Sshd::setup().alone().start() else {
        return;
    };
    let scene = Fixture::new(ONE_CALL).host("web", &sshd).build();
    scene.run(&[]).code(0);
    let cache = sshd.home().join(".cache");
    let folder = fs::read_dir(&cache).unwrap().next().unwrap().unwrap().path();
    let aside = sshd.home().join("aside");
    fs::rename(&folder, &aside).unwrap();
    std::os::unix::fs::symlink(&aside, &folder).unwrap();
    let before = agents_below(&aside);
    scene.run(&[]).code(0);
    assert_eq!(agents_below(&aside), before, "nothing new behind the link");
}

#[test]
fn a_cache_folder_without_execution_is_no_obstacle() {
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    let Some(_mounted) = Mount::small(&cache, "noexec,size=512m,mode=0755") else {
        return;
    };
    let Some(sshd) = Sshd::setup().alone().env("XDG_CACHE_HOME", &cache).start() else {
        return;
    };
    Fixture::new(ONE_CALL)
        .host("web", &sshd)
        .events(&[])
        .code(0)
        .outcomes("web", &[("first", "changed")]);
}

#[test]
fn a_full_cache_folder_is_no_obstacle() {
    let place = tempfile::tempdir().unwrap();
    let cache = place.path().join("cache");
    let Some(_mounted) = Mount::small(&cache, "size=256k,mode=0755") else {
        return;
    };
    let Some(sshd) = Sshd::setup().alone().env("XDG_CACHE_HOME", &cache).start() else {
        return;
    };
    Fixture::new(ONE_CALL)
        .host("web", &sshd)
        .events(&[])
        .code(0)
        .outcomes("web", &[("first", "changed")]);
}

#[test]
fn any_command_that_gives_a_shell_is_a_transport() {
    let scene = Fixture::new(
        "
hosts:
  box: { transport: { command: [env, 'HOME={DIR}/boxed', 'XDG_CACHE_HOME={DIR}/boxed', /bin/sh] } }
rounds:
  - name: one
    hosts: box
    calls: [{ id: where, exec.shell: 'echo $HOME > {DIR}/t/out' }]
",
    )
    .build();
    fs::create_dir(scene.path("boxed")).unwrap();
    scene.events(&[]).code(0).outcomes("box", &[("where", "changed")]);
    assert_eq!(
        scene.read("t/out").trim(),
        scene.path("boxed").display().to_string()
    );
}

#[test]
fn localhost_is_always_there_but_not_in_all() {
    let ran = Fixture::new(
        "
hosts: { a: { transport: local } }
rounds:
  - { name: one, hosts: all, calls: [{ id: first, exec.shell: 'true' }] }
  - { name: two, hosts: localhost, calls: [{ id: second, exec.shell: 'true' }] }
",
    )
    .events(&[])
    .code(0)
    .outcomes("localhost", &[("second", "changed")]);
    assert!(
        !ran.all("call_ended")
            .iter()
            .any(|end| end["host"] == "localhost" && end["call"]["label"] == "first"),
        "{ran}"
    );
}

#[test]
fn an_agent_ends_with_its_connection() {
    let Some(sshd) = Sshd::start() else { return };
    Fixture::new(ONE_CALL).host("web", &sshd).run(&[]).code(0);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(15);
    let alive = |pid: &u32| {
        let name = fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        name.contains("agent")
    };
    while sshd.processes().iter().any(alive) {
        assert!(std::time::Instant::now() < deadline, "an agent still runs");
        std::thread::yield_now();
    }
}
