//! Plans of playbooks as they are written.

use std::path::Path;

use petgraph::graph::NodeIndex;

use crate::diagnostic::Diagnostics;
use crate::name::EntryId;
use crate::plan::show::tree;
use crate::plan::{Plan, Reason};
use crate::playbook::{self, Playbook};
use crate::tool::Area;
use crate::tools;

const HOSTS: &str = "hosts: { a: { transport: local }, b: { transport: local } }\n";

fn load(text: &str) -> Playbook {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.yml");
    std::fs::write(&path, text).unwrap();
    let loaded = playbook::load(
        Path::new(&path),
        &tools::registry(),
        &playbook::Options::default(),
    );
    let found: Vec<_> = loaded
        .diagnostics
        .sorted()
        .iter()
        .map(|it| it.message.clone())
        .collect();
    loaded.playbook.unwrap_or_else(|| panic!("{found:?}"))
}

/// A plan of a round for all hosts with these `calls`, and of whatever else is before the rounds.
fn plan_of(before: &str, calls: &str) -> (Playbook, Plan) {
    let playbook = load(&format!(
        "{HOSTS}{before}rounds:\n  - name: one\n    hosts: all\n    calls:\n{calls}"
    ));
    let mut diagnostics = Diagnostics::default();
    let plan = Plan::build(&playbook, &mut diagnostics);
    let found: Vec<_> = diagnostics.sorted().iter().map(|it| it.message.clone()).collect();
    (playbook, plan.unwrap_or_else(|| panic!("{found:?}")))
}

fn waits(plan: &Plan, entry: usize) -> Vec<usize> {
    plan.node(EntryId::at(entry))
        .waits_for
        .iter()
        .map(|id| id.index())
        .collect()
}

fn after(plan: &Plan, entry: usize) -> Vec<usize> {
    plan.node(EntryId::at(entry))
        .comes_after
        .iter()
        .map(|id| id.index())
        .collect()
}

#[test]
fn the_tree_says_why_each_edge_is_there() {
    let (playbook, plan) = plan_of(
        "",
        "      - { id: config, fs.write: { path: /tmp/x, content: x } }
      - { id: look, writes: [], exec.shell: cat /tmp/x }
      - { id: peek, fs.stat: /tmp/x }
      - id: switch
        calls:
          - { id: copy, fs.write: { path: /tmp/y, content: '{{ results.look.stdout }}' } }
          - { assert.that: results.peek.exists }
      - { id: reload, on_change: [config], exec.shell: 'true' }
      - { on_failure: [switch], fail: no }
",
    );
    insta::assert_snapshot!(tree(&plan, &playbook), @r#"
    one (all: 2 hosts)
      1:config fs.write config
      2:look exec.shell look
          ← 1:config order: may read anything, possibly written by it
      3:peek fs.stat peek
          ← 1:config order: reads `/tmp/x`, possibly written by it
      4:switch group switch
          ← 2:look order: fence: switch
          ← 3:peek order: fence: switch
        5:copy fs.write copy
            ← 2:look data: reads `results.look.stdout`
        6 assert.that
            ← 3:peek data: reads `results.peek.exists`
            ← 5:copy order: fence: assert.that
      7:reload exec.shell reload
          ← 1:config change: runs only if it changes something
          ← 4:switch order: fence: switch
      8 fail
          ← 4:switch failure: runs only if it fails
          ← 7:reload order: fence: fail

    critical path (5 of 8 entries)
      1:config → 3:peek → 4:switch → 7:reload → 8
    "#);
}

#[test]
fn a_result_is_needed_through_the_variables_that_read_it() {
    let (_, plan) = plan_of(
        "vars: { shown: '{{ inner }}!', inner: '{{ results.first.stdout }}' }\n",
        "      - { id: first, exec.shell: 'true' }
      - { vars: { inner: x }, log.log: '{{ shown }}' }
      - { log.log: '{{ shown }}' }
      - { loop: { shown: [x] }, log.log: '{{ shown }}' }
",
    );
    assert_eq!(
        waits(&plan, 1),
        [0; 0],
        "the entry's own variable hides the one that reads"
    );
    assert_eq!(waits(&plan, 2), [0]);
    assert_eq!(waits(&plan, 3), [0; 0], "the loop's name hides the variable");
    let [first, reader] = [0, 2].map(NodeIndex::new);
    let reasons: Vec<_> = plan
        .graph
        .edges_connecting(first, reader)
        .map(|edge| &edge.weight().reason)
        .collect();
    assert!(
        reasons.contains(&&Reason::Data("`results.first.stdout` through `inner`".into())),
        "{reasons:?}"
    );
}

#[test]
fn a_group_needs_what_its_own_keys_read_and_its_entries_what_theirs_do() {
    let (_, plan) = plan_of(
        "",
        "      - { id: a, exec.shell: 'true' }
      - { id: b, exec.shell: 'true' }
      - when: results.a.changed
        calls:
          - { when: results.b.changed, exec.shell: 'true' }
",
    );
    assert_eq!((waits(&plan, 2), waits(&plan, 3)), (vec![0], vec![1]));
}

#[test]
fn an_opaque_call_touches_the_paths_it_says_cut_at_what_is_not_constant() {
    let (_, plan) = plan_of(
        "vars: { root: /srv/shop }\n",
        "      - { reads: [], writes: ['{{ root }}/a', '/b/{{ host.name }}/c', '/d/x{{ facts.kernel }}'], exec.shell: 'true' }
      - { reads: ['{{ host.name }}'], writes: [], exec.shell: 'true' }
      - { reads: [/b/c], writes: [], exec.shell: 'true' }
      - { reads: [/e], writes: [/e], exec.shell: 'true' }
",
    );
    let node = |at| &plan.node(EntryId::at(at)).footprint;
    assert_eq!(
        node(0).writes,
        Area::Paths(vec!["/srv/shop/a".into(), "/b".into(), "/d".into()])
    );
    assert!(node(0).reads.is_empty());
    assert_eq!(node(1).reads, Area::Everything);
    assert_eq!(after(&plan, 1), [0]);
    assert_eq!(after(&plan, 2), [0]);
    assert_eq!(
        after(&plan, 3),
        [1],
        "it writes what 1 may read, and touches nothing of 0's or 2's"
    );
}

#[test]
fn guards_keep_their_place_and_what_is_judged_here_is_waited_for() {
    let (_, plan) = plan_of(
        "",
        "      - { writes: [], exec.shell: 'true' }
      - { assert.that: 'true' }
      - { writes: [], exec.shell: 'true' }
      - { until: result.exit_code == 0, writes: [], exec.shell: 'true' }
      - { always: true, writes: [], exec.shell: 'true' }
",
    );
    let node = |at| plan.node(EntryId::at(at));
    let fences: Vec<_> = (0..5).map(|at| node(at).fence).collect();
    assert_eq!(fences, [false, true, false, false, true]);
    let decided: Vec<_> = (0..5).map(|at| node(at).decided_here).collect();
    assert_eq!(decided, [false, true, false, true, true]);
    assert_eq!(
        (after(&plan, 1), after(&plan, 2), after(&plan, 3)),
        (vec![0], vec![1], vec![1])
    );
    assert_eq!(after(&plan, 4), [2, 3]);
}

#[test]
fn calls_that_wait_for_each_other_are_all_shown() {
    let mut playbook = load(&format!(
        "{HOSTS}rounds:
  - name: one
    hosts: all
    calls:
      - {{ id: a, exec.shell: 'true' }}
      - {{ id: b, exec.shell: 'true' }}
      - {{ id: c, exec.shell: 'true' }}
"
    ));
    // What the loader refuses by itself.
    playbook.entries[0].on_change = vec![EntryId::at(2)];
    let mut diagnostics = Diagnostics::default();
    assert!(Plan::build(&playbook, &mut diagnostics).is_none());
    let all = diagnostics.sorted();
    let [diagnostic] = all[..] else { panic!("{all:?}") };
    assert_eq!(diagnostic.message, "`a`, `b`, `c` wait for each other");
    let labels: Vec<_> = diagnostic
        .labels
        .iter()
        .map(|label| label.text.as_str())
        .collect();
    assert_eq!(
        labels,
        [
            "runs only if it changes something (`c`)",
            "comes after `a`: both may write anything",
            "comes after `b`: both may write anything"
        ]
    );
}

#[test]
fn a_plan_of_a_thousand_calls_has_edges_in_their_number() {
    let calls = "      - { exec.shell: 'true' }\n".repeat(1000);
    let (_, plan) = plan_of("", &calls);
    assert_eq!(plan.graph.edge_count(), 999);
}
