//! `http.*` over TLS, by the host's curl, against a server whose authority only this test knows.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::support::{Fixture, Scene, Sshd, program, skip};

/// Serves the working directory, and says at which port.
const SERVER: &str = "
import http.server, ssl, sys
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('server.pem', 'server.key')
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
server.serve_forever()
";

const CERTIFICATES: &str = "set -e
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj '/CN=Authority of a test'
openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost
printf 'subjectAltName=DNS:localhost' >names
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem";

/// What `sha256sum` says of `over TLS`.
const SUM: &str = "09e92a76ec95bd7d10fe181e40ce31a91afc8c5d5157c69c66c12506c0402347";

struct Server(Child, u16);

impl Server {
    fn start(folder: &Path) -> Self {
        let made = Command::new("sh")
            .args(["-c", CERTIFICATES])
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let mut child = Command::new("python3")
            .args(["-c", SERVER])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = child.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        Self(child, line.trim().parse().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn scene(calls: &str, sshd: &Sshd) -> Scene {
    Fixture::new(format!(
        "inputs: {{ port: {{ type: integer }} }}\nhosts: [web]\nrounds:\n  - name: one\n    hosts: web\n    calls:\n{calls}"
    ))
    .host("web", sshd)
    .file("tls/page", "over TLS")
    .build()
}

#[test]
fn a_server_is_asked_over_tls_only_where_its_authority_is_known() {
    for needed in ["openssl", "curl", "python3"] {
        if program(needed).is_none() {
            return skip(&format!("there is no {needed}"));
        }
    }
    let Some(sshd) = Sshd::start() else { return };
    let scene = scene(
        "
      - { id: get, http.get: { url: 'https://localhost:{{ port }}/page', ca_file: '{DIR}/tls/ca.pem' } }
      - id: download
        http.download:
          url: 'https://localhost:{{ port }}/page'
          dest: '{DIR}/t/page'
          checksum: 'sha256:{{ sum }}'
          ca_file: '{DIR}/tls/ca.pem'
      - { id: missing, ignore_errors: true, http.get: { url: 'https://localhost:{{ port }}/no', ca_file: '{DIR}/tls/ca.pem' } }
      - { id: unknown, ignore_errors: true, http.get: 'https://localhost:{{ port }}/page' }
      - { id: wrong_name, ignore_errors: true, http.get: { url: 'https://127.0.0.1:{{ port }}/page', ca_file: '{DIR}/tls/ca.pem' } }
      - { id: unknown_download, ignore_errors: true, http.download: { url: 'https://localhost:{{ port }}/page', dest: '{DIR}/t/no', checksum: 'sha256:{{ sum }}' } }
      - { id: insecure, http.get: { url: 'https://127.0.0.1:{{ port }}/page', insecure: true } }
"
        .replace("{{ sum }}", SUM)
        .as_str(),
        &sshd,
    );
    let server = Server::start(&scene.path("tls"));
    let port = format!("port={}", server.1);
    let ran = scene.events(&["-e", &port]).code(0);
    for id in ["get", "insecure"] {
        let result = &ran.end("web", id)["result"];
        assert_eq!(
            (&result["status"], &result["body"]),
            (&200.into(), &"over TLS".into()),
            "{ran}"
        );
    }
    assert_eq!(scene.read("t/page"), "over TLS");
    for (id, wanted) in [
        ("missing", "404"),
        ("unknown", "certificate"),
        ("wrong_name", "certificate"),
        ("unknown_download", "certificate"),
    ] {
        let message = ran.end("web", id)["error"]["message"].as_str().unwrap();
        assert!(message.contains(wanted), "{id}: {message}");
    }
    assert!(!scene.path("t/no").exists());
    let again = scene.events(&["-e", &port]).code(0);
    assert_eq!(again.outcome("web", "download"), "ok", "{again}");
}
