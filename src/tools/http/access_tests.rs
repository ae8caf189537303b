//! Logins, sockets and forms of several parts.

use std::fs;

use serde_json::json;

use super::tests::{Server, answer};
use crate::failure::Kind;
use crate::tools::testing::TestLink;

#[test]
fn a_login_is_sent_as_basic_authentication_and_to_no_other_host() {
    let away = Server::new(vec![answer("HTTP/1.1 200 OK", b"")]);
    let location = format!(
        "HTTP/1.1 302 Found\nLocation: {}\nContent-Length: 0",
        away.url("/there")
    );
    let server = Server::new(vec![answer(&location, b"")]);
    let link = TestLink::default();
    let args = json!({ "url": server.url("/"), "user": "me", "password": "it's: secret" });
    link.call("http.get", args).unwrap();
    let asked = server.asked();
    assert!(
        asked[0].contains("Authorization: Basic bWU6aXQnczogc2VjcmV0\r\n"),
        "{asked:?}"
    );
    assert!(!away.asked()[0].contains("Authorization"));
    for (args, names) in [
        (json!({ "url": "http://x/", "password": "x" }), "`user`"),
        (json!({ "url": "http://x/", "user": "a:b" }), "colon"),
        (json!({ "url": "http://x/", "client_cert": "/x" }), "https"),
        (json!({ "url": "https://x/", "client_key": "/x" }), "client_cert"),
    ] {
        let failure = link.call("http.get", args).unwrap_err();
        assert!(
            failure.kind == Kind::Invalid && failure.message.contains(names),
            "{failure}"
        );
    }
}

#[test]
fn a_socket_of_the_host_is_asked_in_the_place_of_a_host() {
    use std::io::{Read as _, Write as _};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = Vec::new();
        let mut piece = [0; 512];
        while !asked.ends_with(b"\r\n\r\n") {
            let read = stream.read(&mut piece).unwrap();
            asked.extend_from_slice(&piece[..read]);
        }
        stream
            .write_all(&answer("HTTP/1.1 200 OK\nContent-Length: 2", b"ok"))
            .unwrap();
        String::from_utf8(asked).unwrap()
    });
    let link = TestLink::default();
    let args = json!({ "url": "http://docker/v1/info", "unix_socket": path });
    let got = link.call("http.get", args).unwrap();
    assert_eq!(got.fields["body"].as_str(), Some("ok"));
    let asked = server.join().unwrap();
    assert!(
        asked.starts_with("GET /v1/info HTTP/1.1\r\nHost: docker\r\n"),
        "{asked}"
    );
    let missing = json!({ "url": "http://docker/", "unix_socket": folder.path().join("none") });
    assert_eq!(
        link.call("http.get", missing).unwrap_err().kind,
        Kind::Unreachable
    );
}

#[test]
fn a_form_of_several_parts_has_texts_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.pdf");
    fs::write(&path, "%PDF\n").unwrap();
    let server = Server::new(vec![answer("HTTP/1.1 200 OK", b"")]);
    let link = TestLink::default();
    let args = json!({ "url": server.url("/"), "method": "POST", "multipart": {
        "name": "it's me",
        "file": { "path": path, "content_type": "application/pdf" },
        "note": { "content": "text\n", "filename": "a.txt" },
    } });
    link.call("http.request", args).unwrap();
    let asked = server.asked().remove(0);
    let boundary = asked
        .split("boundary=")
        .nth(1)
        .unwrap()
        .split("\r\n")
        .next()
        .unwrap()
        .to_owned();
    let body = asked.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(
        body.replace(&boundary, "B"),
        "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"report.pdf\"\r\nContent-Type: application/pdf\r\n\r\n%PDF\n\r\n\
         --B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nit's me\r\n\
         --B\r\nContent-Disposition: form-data; name=\"note\"; filename=\"a.txt\"\r\nContent-Type: application/octet-stream\r\n\r\ntext\n\r\n\
         --B--\r\n"
    );
    let both = json!({ "url": server.url("/"), "method": "POST", "multipart": { "a": { "path": path, "content": "x" } } });
    assert!(
        link.call("http.request", both)
            .unwrap_err()
            .message
            .contains("one of")
    );
}
