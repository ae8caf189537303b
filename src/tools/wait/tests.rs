//! Waits on the real system.

use std::fs;
use std::net::SocketAddr;
use std::thread;

use rustix::net::{AddressFamily, Shutdown, SocketType};
use serde_json::json;

use crate::failure::Kind;
use crate::tools::testing::TestLink;

#[test]
fn a_port_is_waited_for_until_it_opens_and_until_it_closes() {
    let link = TestLink::default();
    // Bound all the time, so that the port is nobody else's while nobody listens.
    let socket = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
    rustix::net::bind(&socket, &SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let port = SocketAddr::try_from(rustix::net::getsockname(&socket).unwrap())
        .unwrap()
        .port();
    let args = json!({ "port": port, "timeout": "300ms", "interval": "50ms" });
    let failure = link.call("wait.port", args).unwrap_err();
    assert!(failure.message.contains("connection refused"), "{failure}");
    let meanwhile = |args: serde_json::Value, then: &dyn Fn()| {
        thread::scope(|scope| {
            let waiting = scope.spawn(|| link.call("wait.port", args));
            then();
            assert!(!waiting.join().unwrap().unwrap().changed);
        });
    };
    let open = json!({ "port": port, "address": "localhost", "timeout": "10s", "interval": "10ms" });
    meanwhile(open, &|| rustix::net::listen(&socket, 16).unwrap());
    assert!(!link.call("wait.port", json!({ "port": port })).unwrap().changed);
    let closed = json!({ "port": port, "state": "closed", "timeout": "300ms", "interval": "50ms" });
    let failure = link.call("wait.port", closed).unwrap_err();
    assert_eq!(failure.kind, Kind::Timeout);
    assert!(failure.message.contains("still takes connections"), "{failure}");
    let closed = json!({ "port": port, "state": "closed", "timeout": "10s", "interval": "10ms" });
    meanwhile(closed, &|| {
        rustix::net::shutdown(&socket, Shutdown::Both).unwrap();
    });
}

#[test]
fn a_path_is_waited_for_and_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let link = TestLink::default();
    let absent = json!({ "path": path, "state": "absent" });
    assert!(!link.call("wait.path", absent).unwrap().changed);
    let short = json!({ "path": path, "timeout": "100ms", "interval": "20ms" });
    let failure = link.call("wait.path", short).unwrap_err();
    assert!(
        failure.message.contains("within 100ms: nothing is there"),
        "{failure}"
    );
    fs::write(&path, "starting\n").unwrap();
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let args = json!({ "path": path, "contains": "^ready$", "timeout": "10s", "interval": "10ms" });
            link.call("wait.path", args)
        });
        fs::write(&path, "starting\nready\n").unwrap();
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn a_command_is_waited_for_and_check_mode_only_looks_once() {
    let folder = tempfile::tempdir().unwrap();
    let counter = folder.path().join("counter");
    let script = format!("echo >> {0}; [ $(wc -l < {0}) -ge 3 ]", counter.display());
    let link = TestLink::default();
    let args = json!({ "command": script, "interval": "10ms", "timeout": "10s" });
    let checked = link.check("wait.until", args.clone()).unwrap();
    assert!(!checked.changed && checked.unknown);
    assert_eq!(fs::read(&counter).unwrap(), b"\n");
    let served = link.call("wait.until", args).unwrap();
    assert!(!served.changed && !served.unknown);
    let failing = json!({ "command": ["/bin/false"], "timeout": "50ms", "interval": "10ms" });
    let failure = link.call("wait.until", failing).unwrap_err();
    assert!(failure.message.contains("ended with exit code 1"), "{failure}");
}

#[test]
fn a_pause_ends_when_the_call_is_canceled_and_check_mode_has_none() {
    let link = TestLink::default();
    assert!(
        !link
            .check("wait.sleep", json!({ "duration": "1h" }))
            .unwrap()
            .changed
    );
    thread::scope(|scope| {
        let sleeping = scope.spawn(|| link.call("wait.sleep", json!({ "duration": "1h" })));
        link.cancel.cancel();
        assert_eq!(sleeping.join().unwrap().unwrap_err().kind, Kind::Canceled);
    });
}
