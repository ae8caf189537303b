//! Requests to servers that this test runs, over true connections.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::json;
use sha2::Digest as _;

use crate::failure::Kind;
use crate::tools::testing::TestLink;

/// A server that gives these answers in turn, each to one connection, and keeps what it was asked.
pub(super) struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(super) fn new(answers: Vec<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut text = String::new();
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    if let Some(it) = line.strip_prefix("Content-Length: ") {
                        length = it.trim().parse().unwrap();
                    }
                    text.push_str(&line);
                    if line.trim().is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                text.push_str(&String::from_utf8_lossy(&body));
                kept.lock().unwrap().push(text);
                drop(stream.write_all(&answer));
            }
        });
        Self { port, asked }
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

pub(super) fn answer(head: &str, body: &[u8]) -> Vec<u8> {
    [head.replace('\n', "\r\n").as_bytes(), b"\r\n\r\n", body].concat()
}

#[test]
fn an_answer_comes_with_status_headers_body_and_json() {
    let server = Server::new(vec![
        answer(
            "HTTP/1.1 200 OK\nContent-Type: application/json; charset=utf-8\nX-A: 1\nx-a: 2\nContent-Length: 9",
            b"{\"a\": 10}",
        ),
        answer(
            "HTTP/1.1 200 OK\nTransfer-Encoding: chunked",
            b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
        ),
        answer("HTTP/1.0 200 OK", b"until the end"),
        answer("HTTP/1.1 100 Continue\n\nHTTP/1.1 204 No Content", b""),
    ]);
    let link = TestLink::default();
    let first = link
        .call("http.get", json!({ "url": server.url("/health?x=1") }))
        .unwrap();
    assert!(!first.changed);
    assert_eq!(
        serde_json::to_value(&first.fields["json"]).unwrap(),
        json!({ "a": 10 })
    );
    assert_eq!(
        first.fields["headers"].as_map().unwrap()["x-a"].as_str(),
        Some("1, 2")
    );
    let second = link.call("http.get", json!({ "url": server.url("/") })).unwrap();
    assert_eq!(second.fields["body"].as_str(), Some("abcde"));
    let third = link.call("http.get", json!({ "url": server.url("/") })).unwrap();
    assert_eq!(third.fields["body"].as_str(), Some("until the end"));
    let fourth = link.call("http.get", json!({ "url": server.url("/") })).unwrap();
    assert_eq!(
        serde_json::to_value(&fourth.fields["status"]).unwrap(),
        json!(204)
    );
    let asked = server.asked();
    assert!(
        asked[0].starts_with("GET /health?x=1 HTTP/1.1\r\nHost: 127.0.0.1:"),
        "{asked:?}"
    );
}

#[test]
fn a_request_changes_something_unless_its_method_only_looks() {
    let server = Server::new(vec![
        answer("HTTP/1.1 201 Created\nContent-Length: 0", b""),
        answer("HTTP/1.1 200 OK\nContent-Length: 0", b""),
        answer("HTTP/1.1 404 Not Found\nContent-Length: 5", b"gone\n"),
    ]);
    let link = TestLink::default();
    let post = json!({ "url": server.url("/x"), "method": "POST", "json": { "a": [1] }, "headers": { "X-Token": "t" }, "status": [200, 201] });
    assert!(link.check("http.request", post.clone()).unwrap().changed);
    assert!(server.asked().is_empty(), "check mode asks nothing");
    assert!(link.call("http.request", post).unwrap().changed);
    let form = json!({ "url": server.url("/x"), "method": "PUT", "form": { "a b": "ü&" } });
    link.call("http.request", form).unwrap();
    let asked = server.asked();
    assert!(
        asked[0].contains("\r\nX-Token: t\r\n") && asked[0].ends_with("{\"a\":[1]}"),
        "{asked:?}"
    );
    assert!(asked[0].contains("Content-Type: application/json"), "{asked:?}");
    assert!(asked[1].ends_with("a+b=%C3%BC%26"), "{asked:?}");
    let failure = link
        .call(
            "http.request",
            json!({ "url": server.url("/x"), "method": "GET" }),
        )
        .unwrap_err();
    assert!(
        failure.message.ends_with("answered with status 404: gone"),
        "{failure}"
    );
    for bad in [
        json!({ "url": server.url("/"), "method": "post" }),
        json!({ "url": server.url("/"), "method": "POST", "body": "a", "json": 1 }),
        json!({ "url": server.url("/"), "method": "POST", "headers": { "A": "b\r\nC: d" } }),
        json!({ "url": "http://x/ y", "method": "GET" }),
    ] {
        assert_eq!(link.call("http.request", bad).unwrap_err().kind, Kind::Invalid);
    }
}

#[test]
fn redirects_are_followed_and_loops_and_nonsense_are_not() {
    let there = |location: &str| {
        answer(
            &format!("HTTP/1.1 302 Found\nLocation: {location}\nContent-Length: 0"),
            b"",
        )
    };
    let server = Server::new(vec![
        there("/b"),
        answer("HTTP/1.1 200 OK\nContent-Length: 2", b"ok"),
        there("/b"),
        answer("SSH-2.0-OpenSSH_9.2", b""),
        answer("HTTP/1.1 200 OK\nContent-Length: 99", b"short"),
    ]);
    let link = TestLink::default();
    let result = link.call("http.get", json!({ "url": server.url("/a") })).unwrap();
    assert_eq!(result.fields["url"].as_str(), Some(server.url("/b").as_str()));
    let args = json!({ "url": server.url("/a"), "follow": false, "status": 302 });
    link.call("http.get", args).unwrap();
    let failure = link
        .call("http.get", json!({ "url": server.url("/a") }))
        .unwrap_err();
    assert!(failure.message.contains("does not answer in HTTP"), "{failure}");
    let failure = link
        .call("http.get", json!({ "url": server.url("/a") }))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::Unreachable, "{failure}");
    let round = Server::new(vec![there("/"); 11]);
    let failure = link
        .call("http.get", json!({ "url": round.url("/") }))
        .unwrap_err();
    assert!(failure.message.contains("redirects"), "{failure}");
}

#[test]
fn a_body_past_the_limit_is_refused_and_silence_ends_in_time() {
    let server = Server::new(vec![answer("HTTP/1.1 200 OK", &vec![b'x'; 2 << 20])]);
    let link = TestLink::default();
    let failure = link
        .call("http.get", json!({ "url": server.url("/") }))
        .unwrap_err();
    assert!(failure.message.contains("http.download"), "{failure}");
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let failure = link
        .call("http.get", json!({ "url": url, "timeout": "200ms" }))
        .unwrap_err();
    assert_eq!(failure.kind, Kind::Timeout, "{failure}");
}

#[test]
fn a_download_is_checked_taken_up_where_it_broke_off_and_not_made_twice() {
    let content: Vec<u8> = (0..300_000u32).map(|n| n.to_le_bytes()[1]).collect();
    let sum = format!("{:x}", sha2::Sha256::digest(&content));
    let whole = format!(
        "HTTP/1.1 200 OK\nETag: \"one\"\nContent-Length: {}",
        content.len()
    );
    let rest =
        "HTTP/1.1 206 Partial Content\nContent-Range: bytes 100000-299999/300000\nContent-Length: 200000";
    let server = Server::new(vec![
        answer(&whole, &content[..100_000]),
        answer(rest, &content[100_000..]),
        answer(&whole, &content),
        answer(&whole, &content),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let dest = folder.path().join("file");
    let link = TestLink::default();
    let args = |sum: &str| json!({ "url": server.url("/f"), "dest": dest, "checksum": sum, "mode": "0640" });
    let good = format!("sha256:{sum}");
    let checked = link.check("http.download", args(&good)).unwrap();
    assert!(checked.changed && !dest.exists() && server.asked().is_empty());
    let result = link.call("http.download", args(&good)).unwrap();
    assert_eq!(result.diff, checked.diff);
    assert!(fs::read(&dest).unwrap() == content);
    let asked = server.asked();
    assert!(
        asked[1].contains("Range: bytes=100000-") && asked[1].contains("If-Range: \"one\""),
        "{asked:?}"
    );
    assert!(!link.call("http.download", args(&good)).unwrap().changed);
    assert!(server.asked().is_empty(), "what is there is not asked for");
    let failure = link
        .call("http.download", args(&format!("sha256:{}", "0".repeat(64))))
        .unwrap_err();
    assert!(failure.message.contains(&sum), "{failure}");
    assert!(fs::read(&dest).unwrap() == content, "the old file stays");
    assert!(!link.call("http.download", args("none")).unwrap().changed);
    let mut symbolic = args("none");
    symbolic["mode"] = json!("g-r,o=");
    assert!(link.call("http.download", symbolic.clone()).unwrap().changed);
    assert!(!link.call("http.download", symbolic).unwrap().changed);
    assert_eq!(fs::metadata(&dest).unwrap().mode() & 0o7777, 0o600);
    let mut forced = args("none");
    forced["force"] = json!(true);
    assert!(link.call("http.download", forced).unwrap().changed);
    assert_eq!(
        fs::read_dir(folder.path()).unwrap().count(),
        1,
        "nothing is left behind"
    );
}

#[test]
fn a_part_that_was_not_asked_for_is_not_put_into_the_file() {
    let content: Vec<u8> = (0..300_000u32).map(|n| n.to_le_bytes()[1]).collect();
    let whole = format!(
        "HTTP/1.1 200 OK\nETag: \"one\"\nContent-Length: {}",
        content.len()
    );
    let folder = tempfile::tempdir().unwrap();
    let dest = folder.path().join("file");
    let link = TestLink::default();
    // Another part than what is missing: it is begun again.
    for range in ["Content-Range: bytes 0-199999/300000\n", ""] {
        let rest = format!("HTTP/1.1 206 Partial Content\n{range}Content-Length: 200000");
        let server = Server::new(vec![
            answer(&whole, &content[..100_000]),
            answer(&rest, &content[..200_000]),
            answer(&whole, &content),
        ]);
        let args = json!({ "url": server.url("/f"), "dest": dest, "checksum": "none", "force": true });
        link.call("http.download", args).unwrap();
        assert!(fs::read(&dest).unwrap() == content, "{range}");
    }
    // A part where the whole was asked for, and what is packed on its way.
    for head in [
        "HTTP/1.1 206 Partial Content\nContent-Range: bytes 0-3/300000\nContent-Length: 4",
        "HTTP/1.1 200 OK\nTransfer-Encoding: gzip, chunked",
    ] {
        let server = Server::new(vec![answer(head, b"4\r\nabcd\r\n0\r\n\r\n")]);
        let args = json!({ "url": server.url("/f"), "dest": dest, "checksum": "none", "force": true });
        let failure = link.call("http.download", args).unwrap_err();
        assert_eq!(failure.kind, Kind::Invalid, "{head}: {failure}");
        assert!(fs::read(&dest).unwrap() == content, "{head}");
    }
}
