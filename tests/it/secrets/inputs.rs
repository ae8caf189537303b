//! Inputs of type `secret`: what is passed to them reaches the host, and is shown nowhere.

use crate::support::{Fixture, Scene};

const PLAYBOOK: &str = r#"
inputs: { given: { type: secret } }
hosts:
  here: { transport: local, vars: { layered: "host-canary-{{ host.name }}" } }
rounds:
  - name: one
    hosts: all
    calls:
      - import: unit.yml
        id: unit
        vars: { password: "{{ given }}" }
      - { id: outside, log.log: "outside: {{ given }}" }
      - { id: written, fs.read_str: "{DIR}/t/conf" }
      - { id: last, fail: "no {{ given }}" }
"#;

const UNIT: &str = r#"
inputs:
  password: { type: secret }
  layered: { type: secret }
  usual: { type: secret, default: default-canary-77 }
calls:
  - id: conf
    fs.write: { path: "{DIR}/t/conf", content: "{{ password }} {{ layered }} {{ usual }}\n" }
  - id: shown
    exec.command: { argv: [cat], stdin: "{{ password }} {{ layered }} {{ usual }}" }
  - id: bad
    ignore_errors: true
    exec.shell: { script: "cat >&2; exit 3", stdin: "{{ password }}" }
  - log.log: "in the unit: {{ password }} {{ layered }} {{ usual }}"
  - name: looped
    loop: ["{{ password }}", "{{ usual }}"]
    log.log: "{{ item }}"
"#;

fn scene() -> Scene {
    Fixture::new(PLAYBOOK)
        .file("unit.yml", UNIT)
        .file("given.yml", "given: extra-canary-31\n")
        .build()
}

#[test]
fn its_value_reaches_the_host_and_no_view_or_report() {
    for args in [
        &["-vv", "-D"][..],
        &["-v"],
        &["-q"],
        &["-C", "-D", "-vv"],
        &["--output", "json", "-D"],
    ] {
        let scene = scene();
        let reports = ["markdown", "junit", "html", "trace", "json"];
        let mut all = vec!["-e".to_owned(), "@given.yml".to_owned()];
        for format in reports {
            all.extend(["--report".to_owned(), format!("{format}:report.{format}")]);
        }
        all.extend(args.iter().map(|it| (*it).to_owned()));
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let ran = scene.run(&all).code(2).never_says("canary");
        for format in reports {
            let report = scene.read(&format!("report.{format}"));
            assert!(report.contains("***") || format == "trace", "{format}: {report}");
            assert!(!report.contains("canary"), "{format}: {report}");
        }
        let kept = super::canary::all_below(&scene.path("home/state"));
        assert!(kept.contains("***") && !kept.contains("canary"), "{kept}");
        if !args.contains(&"-C") {
            let written = scene.read("t/conf");
            let wanted = "extra-canary-31 host-canary-here default-canary-77\n";
            assert_eq!(written, wanted, "{ran}");
        }
    }
}

#[test]
fn masked_results_keep_what_is_no_secret() {
    let ran = scene().events(&["-e", "@given.yml"]).code(2);
    let stdout = |id: &str| ran.end("here", id)["result"]["stdout"].clone();
    assert_eq!(stdout("shown"), "*** *** ***");
    assert_eq!(ran.end("here", "written")["result"]["content"], "*** *** ***\n");
    assert_eq!(ran.end("here", "bad")["error"]["stderr"], "***");
    let logs: Vec<_> = ran
        .all("call_log")
        .iter()
        .map(|it| it["message"].to_string())
        .collect();
    assert!(
        logs.contains(&"\"in the unit: *** *** ***\"".to_owned()),
        "{logs:?}"
    );
    assert!(logs.contains(&"\"outside: ***\"".to_owned()), "{logs:?}");
}

#[test]
fn in_the_text_of_a_command_it_is_an_error_offline_and_in_its_environment_it_is_not() {
    let scene = Fixture::new(
        "
inputs: { token: { type: secret } }
hosts: [a]
rounds:
  - name: one
    hosts: all
    calls:
      - import: unit.yml
        vars: { word: '{{ token }}' }
      - { exec.command: [curl, '{{ token }}'] }
",
    )
    .file(
        "unit.yml",
        "
inputs: { word: { type: secret } }
vars: { header: 'T: {{ word }}' }
calls:
  - exec.shell: 'curl -H \"{{ header }}\" localhost'
  - exec.shell: { script: 'echo $W', env: { W: '{{ word }}' } }
  - { loop: { word: [plain] }, exec.shell: 'echo {{ word }}' }
",
    )
    .build();
    let ran = scene
        .rmote_play(&["validate", "site.yml", "-e", "token=x"])
        .code(1);
    let ran = ran
        .says("`token` is an input of type `secret`, and would stand in `argv` of `exec.command`")
        .says("`word` is an input of type `secret`, and would stand in `script` of `exec.shell`");
    ran.says("1 file checked: 2 errors");
}
