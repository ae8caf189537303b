//! Batches and delegates of what is imported: of units among calls, and of files of rounds.

use crate::support::{Fixture, Ran};

const HOSTS: &str = "
hosts: { a: { transport: local }, b: { transport: local }, c: { transport: local }, lb: { transport: local } }
groups: { web: [a, b, c] }
";

const UNIT: &str = "
inputs: { word: { type: string }, balancer: { type: string, default: lb } }
calls:
  - { id: take, delegate_to: '{{ balancer }}', exec.shell: 'echo out-{{ host.name }} >> {DIR}/t/log' }
  - { id: work, exec.shell: 'echo {{ word }}-{{ host.name }} >> {DIR}/t/log' }
  - { id: give, delegate_to: '{{ balancer }}', always: true, exec.shell: 'echo in-{{ host.name }} >> {DIR}/t/log' }
";

/// What stands in the log, and that hosts of earlier batches have ended before later ones begin.
#[track_caller]
fn in_batches(log: &str, batches: &[&[&str]]) {
    let mut lines = log.lines();
    for hosts in batches {
        let own: Vec<&str> = lines.by_ref().take(hosts.len() * 3).collect();
        for host in *hosts {
            let of_host: Vec<&str> = own
                .iter()
                .copied()
                .filter(|it| it.ends_with(&format!("-{host}")))
                .collect();
            let wanted = ["out", "deploy", "in"].map(|word| format!("{word}-{host}"));
            assert_eq!(of_host, wanted, "{log}");
        }
    }
    assert_eq!(lines.next(), None, "{log}");
}

/// Where each call of a unit was made.
fn places(ran: &Ran, label: &str) -> Vec<(String, String)> {
    let word = |it: &serde_json::Value| it.as_str().unwrap_or("").to_owned();
    let mut places: Vec<_> = (ran.all("call_ended").iter())
        .filter(|end| end["call"]["label"] == label)
        .map(|end| (word(&end["host"]), word(&end["delegate"])))
        .collect();
    places.sort();
    places
}

fn on_lb() -> Vec<(String, String)> {
    ["a", "b", "c"]
        .map(|host| (host.to_owned(), "lb".to_owned()))
        .to_vec()
}

#[test]
fn a_unit_in_a_round_with_batches_ends_on_each_batch_before_the_next() {
    let scene = Fixture::new(format!(
        "{HOSTS}
rounds:
  - name: roll
    hosts: web
    serial: [1, 2]
    calls:
      - {{ import: unit.yml, id: unit, vars: {{ word: deploy }} }}
"
    ))
    .file("unit.yml", UNIT)
    .build();
    let ran = scene.events(&[]).code(0);
    in_batches(&scene.read("t/log"), &[&["a"], &["b", "c"]]);
    assert_eq!(places(&ran, "take"), on_lb());
    assert_eq!(ran.end("b", "give")["call"]["path"], "roll/unit/give");
    assert!(
        places(&ran, "work")
            .iter()
            .all(|(_, delegate)| delegate.is_empty())
    );
}

#[test]
fn imported_rounds_keep_their_batches_and_their_units() {
    let scene = Fixture::new(format!(
        "{HOSTS}
rounds:
  - {{ import: rounds/roll.yml, id: site, vars: {{ what: deploy }} }}
  - name: after
    hosts: lb
    calls: [{{ exec.shell: 'echo end >> {{DIR}}/t/log' }}]
"
    ))
    .file(
        "rounds/roll.yml",
        "
inputs: { what: { type: string } }
rounds:
  - name: roll
    hosts: web
    serial: 2
    max_failures: 0
    calls:
      - { import: ../unit.yml, id: unit, vars: { word: '{{ what }}' } }
",
    )
    .file("unit.yml", UNIT)
    .build();
    let ran = scene.events(&[]).code(0);
    let log = scene.read("t/log");
    in_batches(log.strip_suffix("end\n").unwrap(), &[&["a", "b"], &["c"]]);
    assert_eq!(places(&ran, "give"), on_lb());
    let batches = ran.all("batch_started");
    assert_eq!(batches.len(), 2, "{ran}");
    assert_eq!(batches[0]["round"], "site/roll");
}

#[test]
fn a_failed_batch_of_a_unit_stops_the_rollout_and_gives_its_host_back() {
    let scene = Fixture::new(format!(
        "{HOSTS}
rounds:
  - name: roll
    hosts: web
    serial: 1
    max_failures: 0
    calls:
      - {{ import: unit.yml, id: unit, vars: {{ word: 'deploy-{{{{ host.name }}}}; exit 1; :' }} }}
"
    ))
    .file(
        "unit.yml",
        UNIT.replace("echo {{ word }}-{{ host.name }}", "echo {{ word }}"),
    )
    .build();
    let ran = scene.events(&[]).code(2);
    assert_eq!(
        scene
            .read("t/log")
            .lines()
            .filter(|it| !it.starts_with("deploy"))
            .collect::<Vec<_>>(),
        ["out-a", "in-a"],
        "{ran}"
    );
    assert_eq!(ran.recap("b")["outcome"], "not_started", "{ran}");
}

#[test]
fn a_delegated_import_delegates_all_that_is_in_it() {
    let scene = Fixture::new(format!(
        "{HOSTS}
rounds:
  - name: one
    hosts: web
    calls:
      - {{ import: say.yml, id: said, delegate_to: lb }}
      - {{ id: read, log.log: '{{{{ results.said.say.stdout }}}}' }}
"
    ))
    .file(
        "say.yml",
        "calls: [{ id: say, exec.shell: 'echo of-{{ host.name }}' }]\n",
    )
    .build();
    let ran = scene.events(&[]).code(0);
    assert_eq!(places(&ran, "say"), on_lb(), "{ran}");
    let mut logs: Vec<_> = ran
        .all("call_log")
        .iter()
        .map(|it| it["message"].to_string())
        .collect();
    logs.sort();
    assert_eq!(logs, ["\"of-a\"", "\"of-b\"", "\"of-c\""]);
}
