//! Input past any reasonable size: a clear error, bounded memory, no hang.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::support::{Fixture, Sshd};

const MIB: u64 = 1 << 20;

#[test]
fn a_child_that_prints_a_gigabyte_is_cut_and_memory_stays_bounded() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(
        "
hosts: [web]
rounds:
  - name: one
    hosts: web
    calls:
      - id: flood
        exec.shell: 'echo FIRST; head -c 1000000000 /dev/zero | tr \"\\0\" x; echo; echo LAST'
      - assert.that:
          that:
            - results.flood.truncated
            - results.flood.stdout | length < 4000000
            - results.flood.stdout.startswith('FIRST')
            - results.flood.stdout.endswith('LAST')
",
    )
    .host("web", &sshd)
    .limit(Duration::from_mins(3))
    .build();
    let (done, agent) = (AtomicBool::new(false), AtomicU64::new(0));
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                agent.fetch_max(sshd.peak_memory(), Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let ran = scene.run(&[]);
        done.store(true, Ordering::SeqCst);
        ran
    })
    .code(0);
    assert!(
        ran.peak_memory < 200 * MIB,
        "the controller took {} MiB",
        ran.peak_memory / MIB
    );
    let agent = agent.load(Ordering::SeqCst);
    assert!(
        agent > 0 && agent < 200 * MIB,
        "the agent took {} MiB",
        agent / MIB
    );
}

#[test]
fn a_result_of_fifty_megabytes_is_refused_by_name() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(
        "
hosts: [web]
rounds:
  - name: one
    hosts: web
    calls:
      - { id: read, ignore_errors: true, fs.read_bytes: '{DIR}/big' }
      - { id: next, exec.shell: 'true' }
",
    )
    .host("web", &sshd)
    .file("big", vec![b'x'; 50_000_000])
    .build();
    let ran = scene
        .events(&[])
        .code(0)
        .outcomes("web", &[("read", "failed"), ("next", "changed")]);
    assert!(ran.failure("web", "read").contains("big"), "{ran}");
    assert!(ran.peak_memory < 200 * MIB, "{} MiB", ran.peak_memory / MIB);
}

#[test]
fn a_result_of_ten_megabytes_arrives_whole() {
    let Some(sshd) = Sshd::start() else { return };
    Fixture::new(
        "
hosts: [web]
rounds:
  - name: one
    hosts: web
    calls:
      - { id: read, fs.read_str: '{DIR}/big' }
      - assert.that: results.read.content | length == 10485760
",
    )
    .host("web", &sshd)
    .file("big", vec![b'x'; 10 << 20])
    .run(&[])
    .code(0);
}

#[test]
fn a_template_that_loops_for_ever_is_stopped_with_its_line() {
    let ran = Fixture::new(
        "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - id: endless
        when: host.name == 'a'
        fs.write:
          path: '{DIR}/t/out'
          content: \"{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}\"
      - { id: next, exec.shell: 'true' }
",
    )
    .limit(Duration::from_secs(170))
    .events(&[])
    .code(2)
    .outcomes("a", &[("endless", "failed")])
    .outcomes("b", &[("next", "changed")]);
    assert!(ran.peak_memory < 400 * MIB, "{} MiB", ran.peak_memory / MIB);
}

#[test]
fn an_expression_cannot_take_all_memory() {
    let ran = Fixture::new(
        "
hosts: { a: { transport: local } }
rounds:
  - name: one
    hosts: all
    calls:
      - { id: huge, exec.shell: \"echo {{ ('x' * 2000000000) | length }}\" }
",
    )
    .events(&[]);
    assert_ne!(ran.code, Some(0), "{ran}");
    assert!(ran.peak_memory < 400 * MIB, "{} MiB", ran.peak_memory / MIB);
}

#[test]
fn a_playbook_of_ten_megabytes_is_read() {
    let mut text = String::from("hosts: { a: { transport: local } }\nvars:\n");
    for n in 0..120_000 {
        writeln!(
            text,
            "  name_{n}: 'a value that is long enough to make this a large file, {n}, and it goes on'"
        )
        .unwrap();
    }
    text.push_str("rounds:\n  - name: one\n    hosts: a\n    calls: [{ exec.shell: 'true' }]\n");
    assert!(text.len() > 10 << 20, "{}", text.len());
    let scene = Fixture::new(text).limit(Duration::from_mins(2)).build();
    scene.rmote_play(&["validate", "site.yml"]).code(0);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("vars:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..10 {
        let inner = vec![format!("*a{}", n - 1); 10].join(", ");
        writeln!(text, "  a{n}: &a{n} [{inner}]").unwrap();
    }
    text.push_str("hosts: [a]\nrounds:\n  - { name: one, hosts: a, calls: [{ exec.shell: 'true' }] }\n");
    let scene = Fixture::new(text).build();
    let ran = scene
        .rmote_play(&["validate", "site.yml"])
        .code(1)
        .says("site.yml");
    assert!(ran.peak_memory < 1024 * MIB, "{} MiB", ran.peak_memory / MIB);
}

#[test]
fn absurd_depth_is_refused() {
    let text = format!("vars: {}1{}\n", "[".repeat(100_000), "]".repeat(100_000));
    Fixture::new(text)
        .build()
        .rmote_play(&["validate", "site.yml"])
        .code(1)
        .says("site.yml");
}

#[test]
fn an_empty_file_and_a_file_of_comments_say_what_is_missing() {
    for text in ["", "\n\n", "# nothing\n", "---\n"] {
        Fixture::new(text).build().run(&[]).code(1).says("site.yml");
    }
}

#[test]
fn a_file_that_is_not_text_is_refused() {
    let scene = Fixture::new("").build();
    std::fs::write(scene.path("site.yml"), b"hosts: [\xff\xfe]\n").unwrap();
    scene.run(&[]).code(1).says("site.yml");
}

#[test]
fn a_hundred_hosts_in_one_run_need_little_memory() {
    let scene = Fixture::new(
        "
hosts:
  h[001:100]: { transport: { command: [/bin/sh] } }
rounds:
  - name: one
    hosts: all
    calls: [{ exec.command: ['true'] }]
",
    )
    .limit(Duration::from_mins(2))
    .build();
    scene.run(&["--limit", "h001"]).code(0);
    let ran = scene.events(&["--connect-timeout", "60s"]).code(0);
    assert_eq!(ran.all("connected").len(), 100);
    assert!(ran.peak_memory < 250 * MIB, "{} MiB", ran.peak_memory / MIB);
}

#[test]
fn a_host_that_lets_few_files_be_open_takes_folders_of_many() {
    let scene = Fixture::new(
        "
hosts:
  few: { transport: { command: [/bin/sh, -c, 'ulimit -n 160; exec /bin/sh'] } }
rounds:
  - name: one
    hosts: few
    calls:
      - { id: first, fs.copy: { src: tree/, dest: '{DIR}/to' } }
      - { exec.shell: 'find {DIR}/to -type f | while read -r it; do echo old > \"$it\"; done' }
      - { id: replaced, fs.copy: { src: tree/, dest: '{DIR}/to' } }
      - { id: packed, fs.archive: { paths: ['{DIR}/to'], dest: '{DIR}/to.tar' } }
      - { id: unpacked, fs.unpack: { host_src: '{DIR}/to.tar', dest: '{DIR}/again/' } }
      - { id: mirrored, fs.sync: { local: one/, path: '{DIR}/again', delete: true } }
      - { id: fetched, fs.fetch: { src: '{DIR}/to/', dest: got } }
      - { id: removed, fs.remove: { path: '{DIR}/to', recursive: true } }
",
    );
    let names = (0..100).flat_map(|n| [format!("tree/{n}"), format!("tree/below-{n}/file")]);
    let scene = names.fold(scene, |scene, name| scene.file(&name, name.clone()));
    let scene = scene.file("one/kept", "kept").build();
    let done = |id| (id, "changed");
    let ids = [
        "first", "replaced", "packed", "unpacked", "mirrored", "fetched", "removed",
    ];
    scene.events(&[]).code(0).outcomes("few", &ids.map(done));
    assert_eq!(
        scene.read(&format!("got/few/{}/to/below-7/file", scene.path("").display())),
        "tree/below-7/file"
    );
}
