//! Several who change one file at the same time.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::{Fixture, Sshd};

/// Calls of one run on one host take turns, whatever host they belong to and whichever user makes them.
#[test]
fn of_one_run_no_line_is_lost() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = Fixture::new(
        "
hosts:
  web[1:6]: { transport: local }
  store:
rounds:
  - name: one
    hosts: 'web*'
    calls:
      - loop: [a, b, c, d, e]
        delegate_to: store
        fs.line_in_file: { path: '{DIR}/t/file', line: '{{ host.name }} {{ item }}', create: true }
  - name: two
    hosts: store
    needs: []
    calls:
      - { loop: [a, b, c, d, e], fs.line_in_file: { path: '{DIR}/t/file', line: 'store {{ item }}', create: true } }
",
    )
    .host("store", &sshd)
    .build();
    scene.events(&[]).code(0);
    let text = scene.read("t/file");
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), 7 * 5, "{text}");
    assert_eq!(text.lines().count(), 35, "{text}");
}

/// Two runs know nothing of each other: no line of either is lost all the same, and nobody ever reads half a file.
#[test]
fn of_two_runs_no_line_is_lost_and_nobody_reads_half_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let middle = "a line in the middle\n".repeat(20_000);
    fs::write(&file, format!("begin\n{middle}end\n")).unwrap();
    let run = |name: &str| {
        let playbook = format!(
            "
hosts: {{ here: {{ transport: local }} }}
rounds:
  - name: one
    hosts: here
    calls:
      - {{ loop: '{{{{ range(20) | list }}}}', fs.line_in_file: {{ path: '{}', line: '{name} {{{{ item }}}}', insert_after: '^begin' }} }}
",
            file.display()
        );
        Fixture::new(playbook).build()
    };
    let (one, two) = (run("one"), run("two"));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !done.load(Ordering::SeqCst) {
                let text = fs::read_to_string(&file).unwrap();
                assert!(
                    text.starts_with("begin\n") && text.ends_with("middle\nend\n"),
                    "half a file"
                );
                assert!(text.contains(&middle), "half a file");
                reads += 1;
            }
            reads
        });
        let (first, second) = (one.start(&[]), two.start(&[]));
        first.wait().code(0);
        second.wait().code(0);
        done.store(true, Ordering::SeqCst);
        assert!(reader.join().unwrap() > 0);
    });
    let text = fs::read_to_string(&file).unwrap();
    for line in ["one", "two"]
        .iter()
        .flat_map(|run| (0..20).map(move |n| format!("{run} {n}")))
    {
        assert_eq!(text.lines().filter(|it| **it == *line).count(), 1, "{line}");
    }
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing is left behind: {left:?}");
}
