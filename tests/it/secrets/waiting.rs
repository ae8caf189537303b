//! Secrets that take their time, and secrets at the edge of what is kept.

use crate::support::{Fixture, is_root, skip};

/// The secret is there only once host `b` has made its call.
fn only_after_b(head: &str, entry: &str) -> Fixture {
    Fixture::new(format!(
        "
hosts: {{ a: {{ transport: local{head} }}, b: {{ transport: local }} }}
secrets: {{ slow: {{ command: [sh, -c, 'until [ -e {{DIR}}/t/go ]; do sleep 0.02; done; echo slow-canary-1'] }} }}
rounds:
  - name: one
    hosts: a
    calls:
      - {entry}
  - name: two
    hosts: b
    needs: []
    calls:
      - {{ id: go, exec.shell: touch {{DIR}}/t/go }}
"
    ))
}

#[test]
fn whoever_waits_for_a_secret_holds_up_nobody_else() {
    for entry in [
        "{ id: it, when: secrets.slow == 'slow-canary-1', exec.shell: 'true' }",
        "{ id: it, when: secrets.slow != 'slow-canary-1', exec.shell: 'true' }",
        "{ id: it, loop: [1, 2], when: secrets.slow | length > item, exec.shell: 'true' }",
        "{ id: it, loop: '{{ [secrets.slow] }}', exec.shell: 'true' }",
        "{ when: secrets.slow == 'slow-canary-1', calls: [{ id: it, exec.shell: 'true' }] }",
        "{ id: it, delegate_to: '{{ \"b\" if secrets.slow else \"a\" }}', exec.shell: 'true' }",
        "{ id: it, exec.command: { argv: [cat], stdin: '{{ secrets.slow }}' } }",
        "{ id: it, ignore_errors: true, fail: 'no {{ secrets.slow }}' }",
    ] {
        let ran = only_after_b("", entry)
            .events(&[])
            .code(0)
            .never_says("slow-canary");
        let at = |host: &str, label: &str| {
            let is_it =
                |event: &&&serde_json::Value| event["host"] == host && event["call"]["label"] == label;
            let ended = ran.all("call_ended");
            let ended = ended
                .iter()
                .find(is_it)
                .unwrap_or_else(|| panic!("{entry}: {ran}"));
            ended["seq"].as_u64()
        };
        assert!(at("b", "go") < at("a", "it"), "{entry}: {ran}");
    }
    let round = only_after_b("", "{ id: it, exec.shell: 'true' }").build();
    let text = round.read("site.yml").replace(
        "    hosts: a\n",
        "    hosts: a\n    when: secrets.slow == 'slow-canary-1'\n",
    );
    round.write("site.yml", text.as_bytes());
    let ran = round.events(&[]).code(0);
    assert_eq!(ran.end("a", "it")["outcome"], "changed", "{ran}");
}

#[test]
fn a_password_that_is_waited_for_holds_up_nobody_else() {
    if !is_root() {
        skip("only root becomes somebody without a terminal of its own");
        return;
    }
    let head = ", become: { user: root, method: su, password: slow }";
    let ran = only_after_b(head, "{ id: it, exec.shell: id -un }")
        .events(&[])
        .code(0);
    assert_eq!(ran.end("a", "it")["result"]["stdout"], "root", "{ran}");
}

#[test]
fn a_secret_that_is_cut_at_the_edge_of_what_is_kept_leaves_no_part() {
    const SECRET: &str = "edge-canary-quixotry";
    let scene = Fixture::new(
        "
secrets: { word: { env: WORD } }
rounds:
  - name: one
    hosts: localhost
    calls:
      - id: cut
        loop: [1, 7, 13, 19]
        exec.shell:
          script: |
            fill() { head -c $1 /dev/zero | tr '\\0' x; }
            fill $((524288 - $AT)); printf %s \"$W\"; fill 100000; printf %s \"$W\"; fill $((524288 - 20 + $AT))
          env: { W: '{{ secrets.word }}', AT: '{{ item }}' }
      - id: failing
        ignore_errors: true
        loop: [1, 7, 13, 19]
        exec.shell:
          script: |
            fill() { head -c $1 /dev/zero | tr '\\0' x; }
            { fill 5000; printf %s \"$W\"; fill $((4096 - 20 + $AT)); } >&2; exit 3
          env: { W: '{{ secrets.word }}', AT: '{{ item }}' }
",
    )
    .env("WORD", SECRET)
    .build();
    let ran = scene.events(&[]).code(0);
    let part = |text: &str| {
        let mut parts = (0..SECRET.len() - 3).map(|at| &SECRET[at..at + 4]);
        let at = parts.find_map(|part| text.find(part))?;
        Some(text[at.saturating_sub(300)..text.len().min(at + 100)].to_owned())
    };
    for (label, field) in [("cut", "result"), ("failing", "error")] {
        for item in ran.items("localhost", label) {
            let (stdout, stderr) = (&item[field]["stdout"], &item[field]["stderr"]);
            let text = format!(
                "{}{}",
                stdout.as_str().unwrap_or(""),
                stderr.as_str().unwrap_or("")
            );
            assert!(text.contains("bytes left out]\n"), "{label}: {}", text.len());
            assert!(text.contains("***"), "{label}: nothing was cut: {item}");
            assert_eq!(part(&text), None, "{label}: a part is left");
        }
    }
    assert_eq!(part(&ran.stdout), None);
    for args in [&["-vv"][..], &["-D"]] {
        assert_eq!(part(&scene.run(args).code(0).stdout), None);
    }
}
