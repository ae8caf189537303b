//! Arguments that are larger than a frame: they arrive, or the call fails at once. Nothing is waited for that was never sent.

use std::time::Duration;

use crate::support::{Fixture, Sshd};

/// The sizes around the length of a frame, and far above it.
const SIZES: [usize; 7] = [
    1_000_000, 1_048_560, 1_048_576, 1_048_577, 2_000_000, 9_000_000, 16_000_000,
];

#[test]
fn arguments_of_any_size_arrive_or_fail_at_once() {
    let Some(sshd) = Sshd::start() else { return };
    let call = |size| {
        format!(
            "      - {{ id: line{size}, fs.line_in_file: {{ path: '{{DIR}}/t/f{size}', create: true, line: \"{{{{ \
             file('b{size}') }}}}\" }} }}\n"
        )
    };
    let calls: String = SIZES.into_iter().map(call).collect();
    let playbook = format!(
        "hosts: [web]\nrounds:\n  - name: one\n    hosts: localhost,web\n    serial: 1\n    calls:\n{calls}      - {{ id: clean, exec.shell: 'rm -f {{DIR}}/t/f*' }}\n"
    );
    let mut fixture = Fixture::new(playbook).host("web", &sshd);
    for size in SIZES {
        fixture = fixture.file(&format!("b{size}"), "x".repeat(size));
    }
    let ran = fixture.limit(Duration::from_mins(2)).events(&[]).code(0);
    for host in ["localhost", "web"] {
        for size in SIZES {
            assert_eq!(
                ran.end(host, &format!("line{size}"))["outcome"],
                "changed",
                "{host} {size}"
            );
        }
    }
}

#[test]
fn arguments_that_no_host_takes_fail_at_once_and_the_rest_goes_on() {
    let playbook = "
rounds:
  - name: one
    hosts: localhost
    calls:
      - id: many
        ignore_errors: true
        fs.line_in_file: { path: '{DIR}/t/f', create: true, line: \"{{ file('b') ~ file('b') }}\" }
      - id: env
        ignore_errors: true
        timeout: 30s
        exec.shell: { env: { X: \"{{ file('m') }}\" }, script: 'true' }
      - { id: after, exec.shell: echo well }
";
    let ran = Fixture::new(playbook)
        .file("b", "x".repeat(9 << 20))
        .file("m", "x".repeat(1 << 20))
        .limit(Duration::from_mins(1))
        .events(&[])
        .code(0);
    let message = ran.failure("localhost", "many");
    assert!(message.contains("and at most 16 MiB are possible"), "{message}");
    assert_eq!(ran.end("localhost", "env")["outcome"], "failed", "{ran}");
    assert_eq!(ran.end("localhost", "after")["result"]["stdout"], "well");
}

#[test]
fn what_a_call_has_captured_fits_into_the_arguments_of_another_one() {
    let playbook = "
rounds:
  - name: one
    hosts: localhost
    calls:
      - { id: x, exec.shell: \"head -c 1048560 /dev/zero | tr '\\\\0' x\" }
      - { id: log, log.log: '{{ results.x.stdout }}' }
      - { id: line, fs.line_in_file: { path: '{DIR}/t/f', create: true, line: '{{ results.x.stdout }}' } }
";
    let scene = Fixture::new(playbook).limit(Duration::from_mins(1)).build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(scene.read("t/f").len(), 1_048_561);
    let logged = &ran.all("call_log")[0]["message"];
    let logged = logged.as_str().unwrap();
    assert!(
        logged.ends_with("bytes left out]"),
        "{}",
        &logged[logged.len() - 60..]
    );
}
