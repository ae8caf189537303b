//! Tags, and results that are read of what they leave out: what comes along, what is an error before the run.

use crate::support::{Fixture, Ran, Scene};

/// A call tagged `base`, and these entries after it, of which each line is indented as those of a round are.
fn after_source(entries: &str) -> Scene {
    let entries = entries.trim().replace('\n', "\n      ");
    Fixture::new(format!(
        "hosts: {{ a: {{ transport: local }} }}
vars: {{ out: \"{{{{ results.source.stdout }}}}\" }}
rounds:
  - name: one
    hosts: a
    calls:
      - id: source
        exec.command: [echo, sourced]
        writes: []
        tags: [base]
      {entries}
"
    ))
    .build()
}

fn skipping_base(entries: &str) -> Ran {
    after_source(entries).run(&["--skip-tags", "base"])
}

#[test]
fn a_reader_of_what_is_skipped_is_an_error_before_the_run_that_names_both() {
    let ran = skipping_base("- id: read\n  log.log: \"said {{ results.source.stdout }}\"").code(1);
    let ran = ran
        .says("skipped-result")
        .says("`read` reads `results.source.stdout`, but `--skip-tags base` skips `source` (site.yml:8:9)")
        .says("site.yml:12:27")
        .says("`when: not results.source.skipped`");
    assert!(!ran.stdout.contains("recap"), "{ran}");
    // Every reader is told at once, and the variable through which it reads.
    let ran = skipping_base(
        "- { name: first, log.log: \"{{ out }}\" }\n- { name: second, when: \"'x' in out\", log.log: hello }",
    )
    .code(1);
    ran.says("`first` reads")
        .says("`second` reads")
        .says("read from here, through `out`");
    // The list says so too, and runs nothing.
    let scene = after_source("- log.log: \"{{ out }}\"");
    scene.run(&["--skip-tags", "base", "--list-calls"]).code(1);
    scene
        .run(&["--skip-tags", "tagged"])
        .code(1)
        .says("`--skip-tags tagged` skips");
    scene
        .run(&["--skip-tags", "bass"])
        .code(1)
        .says("nothing has the tag `bass`")
        .says("Did you mean `base`?");
}

#[test]
fn what_every_result_has_is_no_error_and_says_skipped() {
    let ran = skipping_base(
        "- log.log: \"{{ results.source.changed }} {{ results.source.failed }} {{ results.source.status }}\"
- log.log: \"{{ results.source.skipped }} {{ results.source is skipped }}\"",
    )
    .code(0);
    let ran = ran.says("False False skipped").says("True True");
    // Nothing is told of what is left out.
    assert!(!ran.stdout.contains("source"), "{ran}");
}

#[test]
fn a_guard_lets_the_reader_run_or_skips_it() {
    for entry in [
        "- log.log: \"said {{ results.source.stdout | default('nothing') }}\"",
        "- log.log: \"said {{ results.source.stdout if results.source.changed else 'nothing' }}\"",
        "- log.log: \"said {% if results.source.stdout is defined %}{{ out }}{% else %}nothing{% endif %}\"",
    ] {
        skipping_base(entry).code(0).says("said nothing");
    }
    for guard in [
        "when: not results.source.skipped",
        "when: [results.source.changed, \"'s' in out\"]",
        "when: results.source.changed and out == 'x'",
        "when: host.name == 'a' and not results.source.skipped",
        "when: \"results.source.status in ['ok', 'changed']\"",
        "on_change: [source]",
        "on_failure: [source]",
    ] {
        let ran = skipping_base(&format!("- log.log: said {{{{ out }}}}\n  {guard}")).code(0);
        assert_eq!(ran.stdout.matches("1 skipped").count(), 1, "{guard}: {ran}");
        // So does one on a group.
        let group = format!("- {guard}\n  calls: [{{ log.log: \"said {{{{ out }}}}\" }}]");
        skipping_base(&group).code(0);
    }
}

#[test]
fn a_condition_that_is_true_of_what_was_skipped_is_no_guard() {
    for guard in [
        "when: not results.source.failed",
        "when: results.source.skipped or run.check",
        "when: host.name == 'a'",
        "when: out == 'x'",
        "loop: [1, 2]",
        "always: true",
    ] {
        let ran = skipping_base(&format!("- name: read\n  log.log: said {{{{ out }}}}\n  {guard}"));
        ran.code(1).says("`read` reads `results.source.stdout`");
    }
    // A loop is listed before `when` is asked for each item.
    let looped = "- { loop: results.source.stdout.split(), when: not results.source.skipped, log.log: \"{{ item }}\" }";
    skipping_base(looped).code(1);
}

#[test]
fn what_is_read_comes_along_even_where_it_is_tagged_never() {
    let scene = after_source(
        "- { id: asked, exec.command: [echo, asked], writes: [], tags: [never] }
- { log.log: \"said {{ results.asked.stdout }}\", tags: [late] }",
    );
    scene.run(&["-t", "late"]).code(0).says("said asked");
    scene
        .run(&["-t", "late", "--skip-tags", "never"])
        .code(1)
        .says("`--skip-tags never` skips `asked`");
}

const UNITS: &str = "
hosts: { a: { transport: local }, b: { transport: local } }
rounds:
  - name: prepare
    hosts: b
    calls:
      - id: token
        exec.command: [echo, secretive]
        writes: []
        tags: [token]
  - import: more.yml
    id: more
  - name: units
    hosts: a
    calls:
      - id: version
        exec.command: [echo, '7']
        writes: []
        tags: [probe]
      - id: app
        import: units/app
        vars: { version: '{{ results.version.stdout }}' }
        tags: [app]
      - name: after
        log.log: \"after {{ results.app.state.stdout }}\"
        tags: [after]
      - name: other
        log.log: \"token {{ hosts.b.results.token.stdout }}\"
        tags: [other]
      - name: of a group
        when: results.app.state.stdout == 'state 7'
        calls:
          - { log.log: grouped, tags: [grouped] }
  - name: last
    hosts: a
    when: results.app.state.stdout != ''
    calls:
      - { name: end, log.log: the end, tags: [end] }
";

fn units() -> Scene {
    Fixture::new(UNITS)
        .file(
            "more.yml",
            "rounds: [{ name: inner, hosts: b, calls: [{ log.log: inner, tags: [inner] }] }]\n",
        )
        .file(
            "units/app/main.yml",
            "inputs: { version: string }
calls:
  - id: state
    exec.command: [echo, \"state {{ version }}\"]
    writes: []
    tags: [state]
  - log.log: \"unit {{ results.state.stdout }}\"
    tags: [quiet]
",
        )
        .build()
}

#[test]
fn what_is_read_comes_along_out_of_units_from_other_hosts_and_for_conditions() {
    let scene = units();
    let notes = |ran: &Ran| ran.stderr.matches("runs since a selected one reads it").count();
    for (tag, said, brought) in [
        ("after", "after state 7", 2),
        ("other", "token secretive", 1),
        ("grouped", "grouped", 2),
        ("end", "the end", 2),
        ("quiet", "unit state 7", 2),
    ] {
        let ran = scene.run(&["-t", tag]).code(0).says(said);
        assert_eq!(notes(&ran), brought, "{tag}: {ran}");
    }
    let ran = scene.run(&["--start-at", "end"]).code(0);
    assert_eq!(notes(&ran), 2, "{ran}");
}

#[test]
fn what_is_skipped_does_not_come_along_whatever_else_selects() {
    let scene = units();
    for (args, reader) in [
        (
            &["-t", "after", "--skip-tags", "state"][..],
            "`after` reads `results.app.state.stdout`",
        ),
        (
            &["-t", "after", "--skip-tags", "app"],
            "`after` reads `results.app.state.stdout`",
        ),
        // One that was brought along reads, too, and through what the unit is given.
        (
            &["-t", "after", "--skip-tags", "probe"],
            "`state` reads `results.version.stdout`",
        ),
        (
            &["-t", "other", "--skip-tags", "token"],
            "`other` reads `hosts.b.results.token.stdout`",
        ),
        (
            &["-t", "grouped", "--skip-tags", "state"],
            "`of a group` reads `results.app.state.stdout`",
        ),
        (
            &["--start-at", "end", "--skip-tags", "state"],
            "the round `last` reads `results.app.state.stdout`",
        ),
    ] {
        scene.run(args).code(1).says(reader);
    }
    // A group stays where anything in it does.
    let ran = scene
        .run(&["-t", "app", "--skip-tags", "quiet", "--list-calls"])
        .code(0);
    assert!(ran.stdout.contains("state (exec.command)"), "{ran}");
    assert!(!ran.stdout.contains("log.log"), "{ran}");
}
