//! What calls of the law get from elsewhere: a server, and a repository.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::sync::OnceLock;

use crate::tools::git::tests::repository;

/// The URL of a server that gives everybody the same.
pub(super) fn url() -> String {
    static PORT: OnceLock<u16> = OnceLock::new();
    let port = PORT.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut asked = Vec::new();
                let mut piece = [0; 512];
                while !asked.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut piece) {
                        Ok(read @ 1..) => asked.extend_from_slice(&piece[..read]),
                        _ => break,
                    }
                }
                drop(
                    stream
                        .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnew\n"),
                );
            }
        });
        port
    });
    format!("http://127.0.0.1:{port}/new")
}

/// The hash of what it gives.
pub(super) fn checksum() -> String {
    format!("blake3:{}", blake3::hash(b"new\n"))
}

/// A repository that everybody may read.
pub(super) fn repository_path() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        repository(folder.path());
        folder
    });
    folder.path()
}
