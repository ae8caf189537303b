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
fn a_port_is_waited_for_until_it_says_something() {
    use std::io::Write as _;
    let link = TestLink::default();
    let server = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = server.local_addr().unwrap().port();
    let args = |pattern: &str, timeout: &str| json!({ "port": port, "banner": pattern, "timeout": timeout, "interval": "10ms" });
    let silent = link.call("wait.port", args("^ready$", "300ms")).unwrap_err();
    assert_eq!(silent.kind, Kind::Timeout);
    assert!(silent.message.contains("says nothing"), "{silent}");
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let order = std::sync::atomic::Ordering::SeqCst;
    thread::scope(|scope| {
        scope.spawn(|| {
            while let Ok((mut stream, _)) = server.accept() {
                if is_over.load(order) {
                    return;
                }
                // In two parts. Those who have hung up before are told in vain.
                for part in ["starting\nrea", "dy\n"] {
                    drop(stream.write_all(part.as_bytes()));
                    thread::yield_now();
                }
            }
        });
        let waited = link.call("wait.port", args("^ready$", "10s"));
        let other = link.call("wait.port", args("^steady$", "500ms"));
        is_over.store(true, order);
        drop(std::net::TcpStream::connect(("127.0.0.1", port)));
        assert!(!waited.unwrap().changed);
        assert_eq!(other.unwrap_err().kind, Kind::Timeout);
    });
    let failure = link.call(
        "wait.port",
        json!({ "port": port, "banner": "x", "state": "closed" }),
    );
    assert_eq!(failure.unwrap_err().kind, Kind::Invalid);
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
