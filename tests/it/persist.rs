//! Connections that stay: the next run takes them over, and nothing waits behind a dead one.

use std::time::{Duration, Instant};

use crate::support::{Fixture, Sshd};

const ONE_CALL: &str = "
hosts: [web]
rounds:
  - name: one
    hosts: web
    calls: [{ id: first, exec.shell: echo hello }]
";

#[test]
fn a_second_run_takes_the_connection_over_and_logs_in_no_more() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(ONE_CALL).host("web", &sshd).persist().build();
    let first = scene.events(&[]).code(0);
    assert_eq!(first.all("connected")[0]["reused"], false, "{first}");
    let second = scene.events(&[]).code(0);
    assert_eq!(second.all("connected")[0]["reused"], true, "{second}");
    assert_eq!(sshd.logins(), 1);
}

#[test]
fn without_persistence_each_run_logs_in_and_leaves_nothing() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(ONE_CALL).host("web", &sshd).build();
    scene.run(&[]).code(0);
    scene.run(&[]).code(0);
    assert_eq!(sshd.logins(), 2);
    // The process that holds a connection is told to end, and does so when it has told the server.
    let deadline = Instant::now() + Duration::from_secs(5);
    while !sockets(&scene).is_empty() {
        assert!(Instant::now() < deadline, "{:?}", sockets(&scene));
        std::thread::yield_now();
    }
}

#[test]
fn a_host_that_is_done_is_let_go_while_others_are_at_work() {
    let (Some(quick), Some(slow)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    let scene = Fixture::new(
        "
hosts: [quick, slow]
rounds:
  - name: one
    hosts: all
    calls: [{ when: host.name == 'slow', timeout: 30s, exec.shell: 'until [ -e {DIR}/t/go ]; do sleep 0.01; done' }]
",
    )
    .host("quick", &quick)
    .host("slow", &slow)
    .build();
    let mut run = scene.start(&["--output", "json"]);
    run.await_event("connected");
    run.await_event("connected");
    let deadline = Instant::now() + Duration::from_secs(20);
    while sockets(&scene).len() != 1 {
        assert!(Instant::now() < deadline, "{:?}", sockets(&scene));
        std::thread::yield_now();
    }
    scene.write("t/go", b"");
    run.wait().code(0);
}

#[test]
fn on_ci_connections_do_not_stay() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(ONE_CALL)
        .host("web", &sshd)
        .persist()
        .env("CI", "true")
        .build();
    scene.run(&[]).code(0);
    scene.run(&[]).code(0);
    assert_eq!(sshd.logins(), 2);
}

#[test]
fn a_connection_that_died_meanwhile_is_replaced() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(ONE_CALL).host("web", &sshd).persist().build();
    scene.run(&[]).code(0);
    sshd.kill_connections();
    scene.run(&[]).code(0);
    assert_eq!(sshd.logins(), 2);
}

#[test]
fn a_socket_that_nobody_listens_on_is_replaced() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(ONE_CALL).host("web", &sshd).persist().build();
    scene.run(&[]).code(0);
    let socket = sockets(&scene).pop().expect("a connection stays");
    sshd.kill_connections();
    drop(std::fs::remove_file(&socket));
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    scene.run(&[]).code(0);
    scene.run(&[]).code(0);
    assert_eq!(sshd.logins(), 2, "the first and the third run");
}

#[test]
fn two_controllers_at_once_share_one_login() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(ONE_CALL).host("web", &sshd).persist().build();
    let (first, second) = (scene.start(&[]), scene.start(&[]));
    first.wait().code(0);
    second.wait().code(0);
    assert_eq!(sshd.logins(), 1);
}

#[test]
fn other_settings_do_not_share_a_connection() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(ONE_CALL).host("web", &sshd).persist().build();
    scene.run(&[]).code(0);
    let other = ONE_CALL.replace("[web]", "{ web: { ssh_options: [Compression=yes] } }");
    scene.write("site.yml", other.as_bytes());
    scene.run(&[]).code(0);
    assert_eq!(sshd.logins(), 2);
}

/// The sockets that lie where this scene's connections have theirs.
fn sockets(scene: &crate::support::Scene) -> Vec<std::path::PathBuf> {
    use std::os::unix::fs::FileTypeExt as _;
    let Ok(entries) = std::fs::read_dir(scene.path("run/rmote-play")) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.symlink_metadata()
                .is_ok_and(|about| about.file_type().is_socket())
        })
        .collect()
}
