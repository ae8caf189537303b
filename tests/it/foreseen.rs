//! What a dry run says of calls in their order is what a run then does, or it says that it does not know.

use crate::support::{Fixture, Ran, is_root, skip};

/// Calls on files below `{DIR}/t`, where there are `a` and `b`, two names of one file, the directory `d` with the file `f`, the
/// directory `d2` with another `f`, and the link `cur` to `d`.
fn agrees(calls: &str) -> (Ran, Ran) {
    let head = "hosts: { here: { transport: local } }\nrounds:\n  - name: one\n    hosts: here\n    calls:\n";
    let indent = "      ";
    let calls = calls.replace('\n', &format!("\n{indent}"));
    let scene = Fixture::new(format!("{head}{indent}{calls}\n"))
        .file("t/d/f", "hello\n")
        .file("t/d2/f", "bye\n")
        .file("t/a", "one")
        .build();
    std::fs::hard_link(scene.path("t/a"), scene.path("t/b")).unwrap();
    std::os::unix::fs::symlink("d", scene.path("t/cur")).unwrap();
    let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    std::fs::File::open(scene.path("t/d"))
        .unwrap()
        .set_modified(old)
        .unwrap();
    let (check, apply) = (scene.events(&["-C", "-D"]), scene.events(&["-D"]));
    for end in check.ends() {
        let label = end["call"]["label"].as_str().unwrap();
        let then = apply.end("here", label);
        if end["outcome"] == "unknown" {
            continue;
        }
        assert_eq!(end["outcome"], then["outcome"], "{label}: {check}\n{apply}");
        let (fields, later) = (&end["result"], &then["result"]);
        for (name, value) in fields.as_object().into_iter().flatten() {
            assert_eq!(value, &later[name], "{label}, {name}: {check}\n{apply}");
        }
    }
    (check, apply)
}

#[test]
fn a_file_that_is_moved_onto_itself_by_way_of_a_link_stays() {
    let (check, apply) = agrees(
        "- { id: move, fs.move: { src: '{DIR}/t/cur/f', dest: '{DIR}/t/d/f', force: true } }
- { id: there, fs.stat: '{DIR}/t/d/f' }",
    );
    for ran in [check, apply] {
        assert_eq!(ran.outcome("here", "move"), "ok", "{ran}");
        assert_eq!(ran.end("here", "there")["result"]["exists"], true, "{ran}");
    }
}

#[test]
fn a_command_that_reads_what_would_be_elsewhere_is_not_run() {
    for change in [
        "fs.move: { src: '{DIR}/t/d2', dest: '{DIR}/t/e' }",
        "fs.symlink: { path: '{DIR}/t/e', target: d2 }",
    ] {
        let (check, _) = agrees(&format!(
            "- {change}\n- {{ id: read, writes: [], reads: ['{{DIR}}/t/e/f'], exec.command: [cat, '{{DIR}}/t/e/f'] }}"
        ));
        assert_eq!(check.outcome("here", "read"), "unknown", "{check}");
    }
    let (check, _) = agrees(
        "- fs.symlink: { path: '{DIR}/t/cur', target: d2 }
- { id: read, writes: [], reads: ['{DIR}/t/cur/f'], exec.command: [cat, '{DIR}/t/cur/f'] }
- { id: other, writes: [], reads: ['{DIR}/t/d/f'], exec.command: [cat, '{DIR}/t/d/f'] }",
    );
    assert_eq!(check.outcome("here", "read"), "unknown", "{check}");
    assert_eq!(check.outcome("here", "other"), "ok", "{check}");
}

#[test]
fn a_pause_is_not_waited_for_and_does_not_fail() {
    let (check, _) = agrees("- { id: pause, wait.sleep: 1ms }");
    assert_eq!(check.outcome("here", "pause"), "ok", "{check}");
}

#[test]
fn what_is_changed_under_one_name_is_not_known_under_another() {
    let (check, _) = agrees(
        "- fs.attributes: { path: '{DIR}/t/a', mode: '0600' }
- { id: same, fs.stat: '{DIR}/t/a' }
- { id: other, fs.stat: '{DIR}/t/b' }
- { id: again, fs.attributes: { path: '{DIR}/t/b', mode: '0600' } }",
    );
    assert_eq!(check.outcome("here", "same"), "ok", "{check}");
    assert_eq!(check.outcome("here", "other"), "unknown", "{check}");
}

#[test]
fn times_of_what_would_be_changed_are_not_known() {
    let (check, _) = agrees(
        "- fs.write: { path: '{DIR}/t/d/new', content: x }
- { id: recent, fs.find: { path: '{DIR}/t', newer_than: 1h, type: directory } }
- { id: found, fs.find: { path: '{DIR}/t', type: directory } }
- { id: elsewhere, fs.find: { path: '{DIR}/t/d2' } }
- { id: packed, fs.archive: { paths: '{DIR}/t/d', dest: '{DIR}/t/d.tar' } }
- { id: archive, fs.stat: { path: '{DIR}/t/d.tar', hash: true } }",
    );
    assert_eq!(check.outcome("here", "recent"), "unknown", "{check}");
    assert_eq!(check.end("here", "found")["result"].get("files"), None, "{check}");
    assert!(
        check.end("here", "elsewhere")["result"]["files"].is_array(),
        "{check}"
    );
    assert_eq!(check.outcome("here", "packed"), "changed", "{check}");
    assert_eq!(check.outcome("here", "archive"), "unknown", "{check}");
}

#[test]
fn a_backup_has_no_name_before_it_is_made() {
    let (check, _) = agrees(
        "- { id: write, fs.write: { path: '{DIR}/t/d/f', content: new, backup: true } }
- { id: all, fs.glob: { path: '{DIR}/t/d', pattern: '*~' } }
- { loop: { it: results.all.paths }, fs.remove: '{{ it }}' }",
    );
    assert_eq!(check.outcome("here", "write"), "changed", "{check}");
    assert_eq!(check.outcome("here", "all"), "unknown", "{check}");
}

#[test]
fn a_working_directory_that_is_a_file_fails_in_both() {
    let (check, apply) = agrees("- { id: run, exec.command: { argv: ['true'], cwd: '{DIR}/t/a' } }");
    for ran in [check, apply] {
        assert!(ran.failure("here", "run").contains("ot a directory"), "{ran}");
    }
}

#[test]
fn what_one_call_cannot_foresee_takes_nothing_of_another_one_along() {
    let calls: String = (0..40)
        .map(|at| {
            format!(
                "- {{ id: run{at}, writes: ['{{DIR}}/t/o{at}'], reads: [/nonexistent], exec.command: ['true'] }}\n"
            )
        })
        .chain((0..40).map(|at| format!("- {{ id: stat{at}, fs.stat: '{{DIR}}/t/o{at}' }}\n")))
        .collect();
    let (check, _) = agrees(calls.trim_end());
    for at in 0..40 {
        let label = format!("stat{at}");
        assert_eq!(check.outcome("here", &label), "unknown", "{label}: {check}");
    }
}

#[test]
fn a_number_that_the_host_would_choose_is_not_shown() {
    if !is_root() {
        skip("accounts are made by root");
        return;
    }
    let scene = Fixture::new(
        "hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - user.present: { name: rp-unheard-of }
      - { id: all, fs.read_str: /etc/passwd }
      - fs.line_in_file: { path: /etc/passwd, line: \"rp-other:x:1:1::/:/bin/sh\" }
      - log.log: \"{{ results.all.content | default('to be seen') }}\"
",
    )
    .build();
    let ran = scene.events(&["-C", "-D", "-v"]);
    let said = &ran.stdout;
    assert!(!said.contains("42939"), "{said}");
    assert!(said.contains("rp-unheard-of:x:(chosen by the host):"), "{said}");
}
