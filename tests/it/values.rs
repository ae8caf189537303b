//! Values on their way to a host and back: they come back as they were, or it is said that they cannot.

use crate::support::{Fixture, Sshd};

const HEAD: &str = "
hosts: [web]
tools:
  own: { src: own, methods: { back: { args: { value: any }, returns: { value: any }, writes: [] } } }
";

fn scene(vars: &str, calls: &str, sshd: &Sshd) -> Fixture {
    let playbook = format!("{HEAD}vars:\n{vars}rounds:\n  - name: one\n    hosts: web\n    calls:\n{calls}");
    Fixture::new(playbook)
        .file("own", "#!/bin/sh\nexec cat\n")
        .host("web", sshd)
}

#[test]
fn every_value_comes_back_as_it_was() {
    let Some(sshd) = Sshd::start() else { return };
    let vars = r#"
  values:
    empty: ""
    nothing: [null]
    no_list: []
    no_map: {}
    truths: [true, false]
    numbers: [0, -1, 9223372036854775807, -9223372036854775808, 18446744073709551615, 1.5, -0.25]
    small: "{{ 1e-100 }}"
    large: "{{ 1e100 }}"
    smallest: "{{ 5e-324 }}"
    largest: "{{ 1.7976931348623157e308 }}"
    scripts: "žluťoučký Ελλάδα Россия 日本語 한국어 العربية עברית 👩\u200d👩\u200d👧 e\u0301"
    controls: "\0\x01\t\n\r\e[31m\x7f\N\L\P\ufeff"
    quotes: "'\"\\$`%s {{ '{{' }}"
    names: { "": 1, "a b": 2, "ž": 3, "0": 4 }
    mixed: [[], [{}], { a: [null, { b: "" }] }]
  deep: "{{ file('deep') | from_json }}"
"#;
    let calls = "
      - { id: all, own.back: { value: '{{ values }}' } }
      - { id: each, loop: '{{ values }}', own.back: { value: '{{ item.value }}' } }
      - { id: deep, own.back: { value: '{{ deep }}' } }
      - { id: deeper, ignore_errors: true, own.back: { value: '{{ [deep] }}' } }
      - assert.that:
          - results.all.value == values
          - results.each.items | map(attribute='value') | list == values.values() | list
          - results.deep.value == deep
";
    let deep = format!("{}1{}", "[{\"k\":".repeat(48), "}]".repeat(48));
    let ran = scene(vars, calls, &sshd).file("deep", &*deep).events(&[]).code(0);
    let value = |id: &str| ran.end("web", id)["result"]["value"].clone();
    assert_eq!(value("deep").to_string(), deep);
    let refused = ran.failure("web", "deeper");
    assert!(refused.contains("nested more than 96 levels deep"), "{refused}");
    let all = value("all");
    assert_eq!(
        all["numbers"].to_string(),
        "[0,-1,9223372036854775807,-9223372036854775808,18446744073709551615,1.5,-0.25]"
    );
    assert_eq!(
        (all["smallest"].as_f64(), all["largest"].as_f64()),
        (Some(5e-324), Some(f64::MAX))
    );
    assert_eq!(
        all["controls"],
        "\0\u{1}\t\n\r\u{1b}[31m\u{7f}\u{85}\u{2028}\u{2029}\u{feff}"
    );
}

#[test]
fn ten_mebibytes_of_text_go_and_come_back() {
    let Some(sshd) = Sshd::start() else { return };
    let text = "žlu\n".repeat(10 << 20 >> 2);
    let calls = "
      - { id: it, own.back: { value: \"{{ file('large') }}\" } }
      - assert.that: results.it.value == file('large')
";
    scene("  a: \"{{ results.it.changed }}\"\n", calls, &sshd)
        .file("large", text)
        .run(&[])
        .code(0);
}

#[test]
fn numbers_that_json_has_not_are_refused_by_name() {
    let Some(sshd) = Sshd::start() else { return };
    let calls = "
      - { id: infinite, ignore_errors: true, own.back: { value: '{{ 1e308 * 10 }}' } }
      - { id: inside, ignore_errors: true, own.back: { value: { a: [1, \"{{ 'nan' | float }}\"] } } }
      - { id: filter, ignore_errors: true, log.log: '{{ [1e308 * -10] | to_json }}' }
      - { id: text, log.log: '{{ 1e308 * 10 }}' }
";
    let ran = scene("  a: 1\n", calls, &sshd).events(&[]).code(0);
    for id in ["infinite", "inside"] {
        let message = ran.failure("web", id);
        assert!(
            message.contains("arguments of `own.back`: `value`: an infinite number"),
            "{message}"
        );
    }
    assert!(ran.failure("web", "filter").contains("is not JSON"), "{ran}");
    assert_eq!(ran.all("call_log")[0]["message"], "inf");
    // As a playbook writes them they are an error before anything is connected.
    for number in [".inf", "-.inf", ".nan", "1e999", "99999999999999999999"] {
        let calls = format!("      - own.back: {{ value: {number} }}\n");
        scene("  a: 1\n", &calls, &sshd).run(&[]).code(1);
    }
}
