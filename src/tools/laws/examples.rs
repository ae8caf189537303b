//! The examples of tools that work on files, made in a directory instead of the root.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value as Json, json};

use crate::tool::{Access, Apply};
use crate::tools::registry;
use crate::tools::testing::{TestLink, value};

use super::{at, example};

/// What the examples find on their host.
fn lay_out(root: &Path) {
    for folder in [
        "etc/app",
        "etc/ssh",
        "etc/ssl",
        "etc/cron.d",
        "srv/app/releases/1",
        "var/log",
        "var/backups",
        "opt",
        "tmp",
        "site",
    ] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for (file, text) in [
        ("etc/hostname", "web1\n"),
        ("etc/machine-id", "0123\n"),
        ("etc/hosts", "127.0.0.1 localhost\n"),
        ("etc/app.conf", "[web]\nport = 1\n"),
        ("etc/app/app.toml", "[server]\nport = 80 # usual\n"),
        ("etc/app.conf.new", "[web]\nport = 2\n"),
        ("etc/ssh/sshd_config", "#PermitRootLogin yes\n"),
        ("etc/ssh/ssh_host_ed25519_key.pub", "key\n"),
        ("etc/ssl/cert.pem", "cert\n"),
        ("var/log/app.log", "ready\n"),
        ("site/index.html", "<p>\n"),
    ] {
        fs::write(root.join(file), text).unwrap();
    }
    for folder in ["srv/app", "srv/app/releases"] {
        fs::set_permissions(root.join(folder), fs::Permissions::from_mode(0o700)).unwrap();
    }
    let packed = json!({ "paths": at(root, "etc/ssl"), "dest": at(root, "tmp/tool-1.2.tar.gz") });
    TestLink::default().call("fs.archive", packed).unwrap();
}

/// Paths count from the directory, accounts are those of this machine, and nothing is asked whether it accepts a file.
fn moved(args: Json, root: &Path) -> Json {
    match args {
        Json::String(text) if text.starts_with('/') => Json::String(at(root, &text[1..])),
        Json::Array(list) => list.into_iter().map(|it| moved(it, root)).collect(),
        Json::Object(map) => Json::Object(
            map.into_iter()
                .map(|(name, it)| match name.as_str() {
                    "owner" | "group" => (name, json!(rustix::process::getuid().as_raw())),
                    "validate" => (name, json!("test -s %s")),
                    "local" => (name, json!(at(root, "site"))),
                    "src" if !it.as_str().is_some_and(|it| it.starts_with('/')) => {
                        (name, json!(at(root, "site/")))
                    }
                    "dest" if !it.as_str().is_some_and(|it| it.starts_with('/')) => {
                        (name, json!(at(root, "fetched")))
                    }
                    _ => (name, moved(it, root)),
                })
                .collect(),
        ),
        other => other,
    }
}

#[test]
fn the_examples_of_files_run_and_run_once() {
    let registry = registry();
    let tools = registry
        .iter()
        .filter(|entry| entry.name.starts_with("fs.") || entry.name == "cron.job")
        // Each call makes another one.
        .filter(|entry| entry.name != "fs.temp");
    for entry in tools {
        let folder = tempfile::tempdir().unwrap();
        lay_out(folder.path());
        let args = value(moved(example(entry), folder.path()));
        let link = TestLink::default();
        let run = || {
            let served = link.serve(&entry.name, &args, Apply::Yes);
            served.unwrap_or_else(|failure| panic!("{}: {failure}", entry.name))
        };
        assert_eq!(run().changed, entry.access == Access::Writes, "{}", entry.name);
        assert!(!run().changed, "{}: a second run", entry.name);
    }
}
