//! Files on hosts, through a real connection: content by hash, odd names, odd places.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use crate::support::{Fixture, Sshd, is_root, skip};

fn web(calls: &str) -> Fixture {
    Fixture::new(format!(
        "hosts: [web]\nrounds:\n  - name: one\n    hosts: web\n    calls:\n{calls}"
    ))
}

#[test]
fn a_large_file_is_copied_whole_in_little_memory_and_not_sent_again() {
    let Some(sshd) = Sshd::start() else { return };
    let content: Vec<u8> = (0..60_000_000u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0])
        .collect();
    let scene = web("      - { id: copy, fs.copy: { src: blob, dest: '{DIR}/t/blob' } }\n")
        .host("web", &sshd)
        .file("blob", content)
        .limit(std::time::Duration::from_mins(2))
        .build();
    // Whoever is the first to need the agent packs it, which takes memory of its own.
    scene.events(&["-C"]).code(0);
    let ran = scene.events(&[]).code(0).outcomes("web", &[("copy", "changed")]);
    assert!(
        ran.peak_memory < 55_000_000 + (40 << 20),
        "{} bytes",
        ran.peak_memory
    );
    assert!(fs::read(scene.path("blob")).unwrap() == fs::read(scene.path("t/blob")).unwrap());
    let before = fs::metadata(scene.path("t/blob")).unwrap();
    let again = scene.events(&[]).code(0).outcomes("web", &[("copy", "ok")]);
    let after = fs::metadata(scene.path("t/blob")).unwrap();
    assert_eq!(
        (before.ino(), before.mtime_nsec()),
        (after.ino(), after.mtime_nsec()),
        "{again}"
    );
}

#[test]
fn a_folder_is_copied_with_its_modes_and_only_what_differs_is_sent() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = web("      - { id: copy, fs.copy: { src: tree/, dest: '{DIR}/t/tree' } }\n")
        .host("web", &sshd)
        .file("tree/a.txt", "a")
        .file("tree/bin/run", "#!/bin/sh\n")
        .file("tree/empty", "")
        .build();
    fs::set_permissions(scene.path("tree/bin/run"), fs::Permissions::from_mode(0o755)).unwrap();
    scene.run(&[]).code(0);
    let mode = fs::metadata(scene.path("t/tree/bin/run"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o755);
    fs::write(scene.path("tree/a.txt"), "b").unwrap();
    let ran = scene.events(&[]).code(0).outcomes("web", &[("copy", "changed")]);
    assert_eq!(ran.end("web", "copy")["result"]["files"], 1, "{ran}");
    assert_eq!(scene.read("t/tree/a.txt"), "b");
}

#[test]
fn names_that_are_not_utf8_are_found_copied_and_removed() {
    let Some(sshd) = Sshd::start() else { return };
    let odd = OsStr::from_bytes(b"caf\xe9.txt");
    let scene = web("
      - { id: found, fs.glob: { path: '{DIR}/t', pattern: '*' } }
      - { id: read, fs.read_str: \"{{ results.found.paths[0] }}\" }
      - { id: copy, fs.copy: { src: odd/, dest: '{DIR}/t/odd' } }
      - { id: remove, fs.remove: \"{{ results.found.paths[0] }}\" }
      - assert.that: results.read.content == 'odd'
")
    .host("web", &sshd)
    .build();
    fs::write(scene.path("t").join(odd), "odd").unwrap();
    fs::create_dir(scene.path("odd")).unwrap();
    fs::write(scene.path("odd").join(odd), "copied").unwrap();
    scene.events(&[]).code(0);
    assert!(!scene.path("t").join(odd).exists());
    assert_eq!(fs::read(scene.path("t/odd").join(odd)).unwrap(), b"copied");
}

#[test]
fn content_of_any_bytes_comes_back_as_it_is() {
    let Some(sshd) = Sshd::start() else { return };
    let all: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    let scene = web("
      - { id: read, fs.read_bytes: '{DIR}/bytes' }
      - fs.write: { path: '{DIR}/t/copy', content: \"{{ results.read.content }}\" }
")
    .host("web", &sshd)
    .build();
    fs::write(scene.path("bytes"), &all).unwrap();
    scene.run(&[]).code(0);
    assert!(fs::read(scene.path("t/copy")).unwrap() == all);
}

#[test]
fn text_keeps_its_line_ends_and_its_letters() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: read, fs.read_str: '{DIR}/text' }
      - fs.write: { path: '{DIR}/t/copy', content: '{{ results.read.content }}' }
      - { id: line, fs.line_in_file: { path: '{DIR}/t/crlf', line: C, regexp: ^B } }
",
    )
    .file("text", "Zeile\r\n\u{2028}日本語 {{ not a template }}\u{c}\tend")
    .file("t/crlf", "A\r\nB\r\nlast")
    .build();
    scene.run(&[]).code(0);
    assert_eq!(
        scene.read("t/copy"),
        scene.read("text"),
        "and what came from a host is not rendered again"
    );
    assert!(
        scene.read("t/crlf").starts_with("A\r\nC\r\n"),
        "{:?}",
        scene.read("t/crlf")
    );
}

#[test]
fn what_is_missing_or_in_the_way_is_named() {
    let ran = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: missing, ignore_errors: true, fs.read_str: '{DIR}/t/nothing' }
      - { id: folder, ignore_errors: true, fs.read_str: '{DIR}/t' }
      - { id: way, ignore_errors: true, fs.write: { path: '{DIR}/t/sub', content: x } }
      - { id: parent, ignore_errors: true, fs.write: { path: '{DIR}/t/no/file', content: x } }
      - { id: full, ignore_errors: true, fs.remove: '{DIR}/t/sub' }
",
    )
    .file("t/sub/file", "")
    .events(&[])
    .code(0);
    let kind = |label: &str| {
        ran.end("here", label)["error"]["kind"]
            .as_str()
            .unwrap_or("none")
            .to_owned()
    };
    let kinds: Vec<_> = ["missing", "folder", "way", "parent", "full"].map(kind).into();
    assert_eq!(
        kinds,
        ["not_found", "conflict", "conflict", "not_found", "conflict"],
        "{ran}"
    );
    assert!(ran.failure("here", "missing").contains("/t/nothing"), "{ran}");
}

#[test]
fn a_link_is_followed_and_stays_a_link() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: write, fs.write: { path: '{DIR}/t/link', content: new } }
      - { id: stat, fs.stat: '{DIR}/t/real' }
      - assert.that: results.stat.size == 3 and results.stat.mode == '0640'
",
    )
    .file("t/real", "old content")
    .build();
    fs::set_permissions(scene.path("t/real"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink(scene.path("t/real"), scene.path("t/link")).unwrap();
    scene.run(&[]).code(0);
    assert!(scene.path("t/link").is_symlink());
    assert_eq!(scene.read("t/real"), "new");
}

#[test]
fn a_file_that_its_own_check_refuses_does_not_take_its_place() {
    let scene = Fixture::new(
        "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - id: write
        fs.write: { path: '{DIR}/t/file', content: bad, validate: grep -q good %s }
",
    )
    .file("t/file", "good")
    .build();
    scene.events(&[]).code(2).outcomes("here", &[("write", "failed")]);
    assert_eq!(scene.read("t/file"), "good");
    assert_eq!(
        fs::read_dir(scene.path("t")).unwrap().count(),
        1,
        "nothing else is left there"
    );
}

#[test]
fn a_file_with_several_names_is_left_alone_where_users_may_link_the_files_of_others() {
    if !is_root() {
        skip("a kernel setting is replaced by root");
        return;
    }
    let round = "rounds:
  - name: one
    hosts: here
    calls:
      - { id: all, ignore_errors: true, fs.attributes: { path: '{DIR}/t/d', mode: 'go=', recursive: true } }
      - { id: one, fs.attributes: { path: '{DIR}/t/d/linked', mode: '0604' } }
";
    let host = "hosts: { here: { transport: { command: [unshare, -m, sh, -c, 'mount --bind {DIR}/t/zero /proc/sys/fs/protected_hardlinks && exec sh'] } } }\n";
    let scene = Fixture::new(format!("{host}{round}"))
        .file("t/zero", "0\n")
        .file("t/secret", "s")
        .file("t/d/own", "o")
        .build();
    fs::hard_link(scene.path("t/secret"), scene.path("t/d/linked")).unwrap();
    let ran = scene.events(&[]);
    assert_eq!(ran.outcome("here", "all"), "failed", "{ran}");
    let said = ran.end("here", "all").to_string();
    assert!(
        said.contains("protected_hardlinks") && said.contains("t/d/linked"),
        "{said}"
    );
    let mode = |name: &str| fs::metadata(scene.path(name)).unwrap().mode() & 0o777;
    assert_ne!(mode("t/d/own"), 0o600, "nothing was changed: {ran}");
    assert_eq!(mode("t/secret"), 0o604, "it was named: {ran}");
}
