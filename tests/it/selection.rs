//! What a run is for: hosts by pattern, file and earlier run; calls by tag and place.

use crate::support::{Fixture, Scene};

const SITE: &str = "
hosts: { web1: { transport: local }, web2: { transport: local }, db1: { transport: local } }
groups: { web: ['web*'] }
rounds:
  - name: first
    hosts: all
    tags: base
    calls:
      - id: source
        exec.command: [echo, sourced]
        writes: []
      - name: the mark
        exec.shell: echo \"{{ host.name }} mark\" >> {DIR}/t/log
        tags: [mark]
  - name: second
    hosts: web
    calls:
      - id: read
        exec.shell: echo \"{{ host.name }} {{ results.source.stdout | quote }}\" >> {DIR}/t/log
        tags: [late]
      - id: special
        exec.shell: echo \"{{ host.name }} special\" >> {DIR}/t/log
        tags: [never, special]
      - id: fails
        exec.shell: test ! -e {DIR}/t/fail-{{ host.name }}
        tags: [check]
";

fn scene() -> Scene {
    Fixture::new(SITE).build()
}

/// What the calls wrote, sorted.
fn log(scene: &Scene) -> Vec<String> {
    let text = std::fs::read_to_string(scene.path("t/log")).unwrap_or_default();
    let _gone = std::fs::remove_file(scene.path("t/log"));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[test]
fn a_selected_call_brings_what_it_reads_and_says_so() {
    let scene = scene();
    let ran = scene.run(&["-t", "late", "-l", "web1"]).code(0);
    ran.says("site.yml:10").says("runs since a selected one reads it");
    assert_eq!(log(&scene), ["web1 sourced"]);
    scene.run(&["-t", "special", "-l", "web2"]).code(0);
    assert_eq!(log(&scene), ["web2 special"]);
    // What is to be skipped is not brought along, and its reader is told before anything runs.
    scene
        .run(&["--skip-tags", "base", "-l", "db1,web1"])
        .code(1)
        .says("`read` reads `results.source.stdout`");
    assert_eq!(log(&scene), [""; 0]);
}

#[test]
fn start_at_leaves_out_what_is_above() {
    let scene = scene();
    scene
        .run(&["--start-at", "read", "-l", "web1"])
        .code(0)
        .says("runs since");
    assert_eq!(log(&scene), ["web1 sourced"]);
    scene.run(&["--start-at", "the mark", "-l", "db1"]).code(0);
    assert_eq!(log(&scene), ["db1 mark"]);
    scene
        .run(&["--start-at", "raed"])
        .code(1)
        .says("no entry has the id or name `raed`")
        .says("Did you mean `read`?");
}

#[test]
fn a_limit_takes_patterns_files_and_the_hosts_that_failed_last() {
    let scene = scene();
    scene
        .run(&["-l", "@failed"])
        .code(1)
        .says("no run of `site.yml` is recorded");
    scene.write("t/fail-web2", b"");
    let ran = scene.run(&[]).code(2);
    ran.says("rmote-play --persist=0s --ssh-config=ssh_config --limit @failed site.yml");
    log(&scene);
    std::fs::remove_file(scene.path("t/fail-web2")).unwrap();
    scene.run(&["-l", "@failed"]).code(0);
    assert_eq!(log(&scene), ["web2 mark", "web2 sourced"]);
    scene
        .run(&["-l", "@failed"])
        .code(1)
        .says("in the last run of `site.yml`")
        .says("no host failed");
    scene
        .run(&["-l", "@unreachable"])
        .code(1)
        .says("no host was unreachable");
    scene.write("some", b"web1\n\n  db*  \nmail9\n");
    scene
        .run(&["-l", "@some", "-t", "mark"])
        .code(0)
        .says("`mail9` is not a host or group");
    assert_eq!(log(&scene), ["db1 mark", "web1 mark"]);
    scene.run(&["-l", "@some,!db1", "-t", "mark"]).code(0);
    assert_eq!(log(&scene), ["web1 mark"]);
    scene
        .run(&["-l", "@nowhere"])
        .code(1)
        .says("the file cannot be read");
    scene.run(&["-l", "web:&db1"]).code(1).says("leaves no host");
    assert_eq!(log(&scene), [""; 0]);
}

#[test]
fn lists_are_printed_and_nothing_is_run() {
    let scene = scene();
    let ran = scene.run(&["--list-hosts", "-l", "web1,db1"]).code(0);
    assert!(ran.stdout.contains("hosts (2):\n      web1\n      db1"), "{ran}");
    assert!(ran.stdout.contains("hosts (1):\n      web1"), "{ran}");
    let ran = scene.run(&["--list-calls", "-t", "mark,late"]).code(0);
    assert!(
        ran.stdout.contains("the mark (exec.shell)  site.yml:13:9  tags:"),
        "{ran}"
    );
    assert!(
        ran.stdout.contains("read (exec.shell)") && !ran.stdout.contains("special"),
        "{ran}"
    );
    let ran = scene.run(&["--list-tags"]).code(0);
    assert!(ran.stdout.contains("tags: base, mark"), "{ran}");
    assert_eq!(log(&scene), [""; 0]);
}

#[test]
fn variables_of_the_command_line_come_as_pairs_json_and_files() {
    let scene = Fixture::new(
        "hosts: { a: { transport: local } }
vars: { n: 0, t: x, list: [] }
rounds:
  - name: one
    hosts: a
    calls:
      - log.log: \"said {{ n }} {{ n is integer }} {{ t }} {{ list | length }}\"
",
    )
    .file("vars.yml", "n: 7\nlist: [1, 2]\n")
    .file("vars.json", "{\"n\": 8, \"t\": \"{{ n }}\"}")
    .build();
    for (extra, said) in [
        ("n=5", "said 5 False x 0"),
        ("n=5 t=y", "said 5 False y 0"),
        ("t=two words", "said 0 True two words 0"),
        ("{\"n\": 6}", "said 6 True x 0"),
        ("@vars.yml", "said 7 True x 2"),
        ("@vars.json", "said 8 True {{ n }} 0"),
    ] {
        scene.events(&["-e", extra]).code(0).says(said);
    }
    scene.run(&["-e", "nonsense"]).code(64).says("is not name=value");
    scene.run(&["-e", "@missing.yml"]).code(1).says("missing.yml");
    scene.write("vars.yml", b"n: yes: no\n");
    scene.run(&["-e", "@vars.yml"]).code(1).says("vars.yml:1");
}
