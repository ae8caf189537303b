//! Tools reach the host by `system` alone, which predicts in check mode what it would do: whoever goes past it acts in check
//! mode, or looks at a host that is not as it would be.

use std::fs;
use std::path::Path;

/// Words by which code would go past `system`.
const PAST: &[&str] = &[
    "std::fs",
    "fs::read",
    "fs::write",
    "fs::create",
    "fs::remove",
    "fs::rename",
    "fs::copy(",
    "fs::hard_link",
    "fs::metadata",
    "fs::symlink_metadata",
    "fs::set_permissions",
    "fs::canonicalize",
    "File::open",
    "File::create",
    "OpenOptions",
    "rustix::",
    "libc::",
    "process::Command",
    "Command::new(",
    "std::net",
    "unix::net",
    "TcpStream::",
    ".exists()",
    ".try_exists()",
    ".metadata()",
    ".symlink_metadata()",
    ".canonicalize()",
    ".read_dir()",
    ".read_link()",
];

/// Names of types, by which nothing is reached.
const NAMES: &[&str] = &[
    "use rustix::fs::FileType;",
    "use rustix::fs::{FileType, Stat};",
    "use rustix::mount::MountFlags;",
    "use std::fs::File;",
    "use std::net::TcpStream;",
    "use std::os::unix::fs::",
    "use std::os::unix::net::UnixStream;",
    "rustix::fs::major(",
    "rustix::fs::minor(",
    "rustix::time::",
];

/// Files of `src/tools` that may go past it, by which words, and why.
const ALLOWED: &[(&str, &[&str], &str)] = &[
    (
        "facts/mounts.rs",
        &["rustix::fs::statvfs"],
        "how full a mounted file system is, which no call changes by itself",
    ),
    (
        "user/present.rs",
        &["rustix::process::getuid"],
        "who the agent is, which no call changes",
    ),
    (
        "user/ssh_key.rs",
        &["rustix::process::geteuid"],
        "who the agent is, which no call changes",
    ),
    (
        "service/systemd.rs",
        &["rustix::process::getuid"],
        "who the agent is, which no call changes",
    ),
    (
        "fs/held.rs",
        &["std::fs", "fs::read_dir", ".metadata()", ".exists()"],
        "files of the controller, which is not predicted",
    ),
    (
        "fs/manifest.rs",
        &[
            "std::fs",
            "fs::read_dir",
            ".metadata()",
            ".symlink_metadata()",
            ".read_link()",
        ],
        "files of the controller, which is not predicted",
    ),
    (
        "fs/unpack.rs",
        &["std::fs::File::open"],
        "an archive of the controller",
    ),
];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tools");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
            let is_test = ["tests", "tests.rs", "testing.rs", "laws"];
            let is_test = name
                .split('/')
                .any(|it| is_test.contains(&it) || it.ends_with("_tests.rs"));
            if is_test {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// A text without its tests, and without comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let text = text.split("#[cfg(test)]\nmod").next().unwrap();
    text.lines().map(|line| line.split("//").next().unwrap())
}

#[test]
fn no_tool_goes_past_what_predicts_its_changes() {
    let mut wrong = Vec::new();
    let mut used = Vec::new();
    for (name, text) in sources() {
        let allowed = ALLOWED.iter().find(|(file, ..)| *file == name);
        for line in code(&text) {
            let is_name = NAMES.iter().any(|it| line.contains(it));
            if is_name || !PAST.iter().any(|it| line.contains(it)) {
                continue;
            }
            match allowed.and_then(|(_, words, _)| words.iter().find(|it| line.contains(**it))) {
                Some(word) => used.push((name.clone(), *word)),
                None => wrong.push(format!("src/tools/{name}: {}", line.trim())),
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "tools reach the host by `system`:\n{}",
        wrong.join("\n")
    );
    for (file, words, why) in ALLOWED {
        for word in *words {
            let is_used = used.iter().any(|(name, it)| name == file && it == word);
            assert!(
                is_used,
                "src/tools/{file} does not need `{word}` any more ({why})"
            );
        }
    }
}

/// What `system` gives to those who only look: nothing by which a program runs or something changes without the host as
/// it would be having been asked.
#[test]
fn a_program_is_started_only_after_check_mode_was_asked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("src/system/process.rs")).unwrap();
    let starts: Vec<_> = code(&text)
        .filter(|line| line.trim_start().starts_with("pub fn") && line.contains("Program<'_>"))
        .map(str::trim)
        .collect();
    assert_eq!(starts.len(), 2, "{starts:#?}");
    assert!(starts[0].starts_with("pub fn act(") && starts[1].starts_with("pub fn ask("));
}
