//! One secret through everything that is shown: it stands nowhere, in no form.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::support::{Fixture, Ran, Scene};

/// With characters that every encoding writes in another way.
const CANARY: &str = "c4n4ry'\"$&ß /<OWLQ";

const PLAYBOOK: &str = r#"
secrets:
  canary: { env: CANARY }
vars:
  login: "user:{{ secrets.canary }}"
  token: "{{ login | b64encode }}"
  mirrored: "{{ secrets.canary | reverse }}"
rounds:
  - name: one
    hosts: localhost
    calls:
      - id: conf
        fs.write: { path: "{DIR}/t/conf", content: "a\npassword={{ secrets.canary }}\ntoken={{ token }}\n" }
      - id: read
        fs.read_str: "{DIR}/t/conf"
      - name: again
        fs.write: { path: "{DIR}/t/copy", content: "{{ results.read.content }}" }
      - id: shell
        exec.shell:
          script: |
            printf '%s\n' "$P"
            printf '%s' "$P" | base64
            printf 'x%s' "$P" | base64
            printf 'xy%s\n' "$P" | base64
            printf '%s' "$P" | od -An -v -tx1 | tr -d ' \n'
            echo; cat urlform jsonform
            printf '%s\n' "$P" >&2
          cwd: "{DIR}"
          env: { P: "{{ secrets.canary }}" }
      - name: in two pieces
        exec.shell: { script: 'printf "say %.8s" "$P"; sleep 0.4; printf "%s\n" "${P#????????}"' }
        env: { P: "{{ secrets.canary }}" }
      - name: mirrored
        exec.command: { argv: [cat], stdin: "{{ mirrored }}" }
      - log.log: "it is {{ secrets.canary }}"
      - name: fails
        ignore_errors: true
        exec.shell: { script: 'echo "no: $P" >&2; exit 3', env: { P: "{{ secrets.canary }}" } }
      - name: does not hold
        ignore_errors: true
        assert.that: { that: "secrets.canary == 'x'", message: "{{ login }}" }
      - name: template error
        ignore_errors: true
        log.log: "{{ secrets.canary | int }}"
      - name: wrong argument
        ignore_errors: true
        fs.write: { path: "{DIR}/t/x", content: "", mode: "{{ secrets.canary }}" }
      - name: not there
        ignore_errors: true
        fs.read_str: "/nowhere/{{ secrets.canary }}"
      - name: items
        loop: ["{{ secrets.canary }}", "{{ mirrored }}"]
        log.log: "item {{ item }}"
      - id: rendered
        template.render: "<p>{{ secrets.canary }}</p>"
      - template.file: { src: page.j2, dest: "{DIR}/t/page" }
      - id: unlogged
        no_log: true
        exec.command: [cat, other]
      - name: made of what was hidden
        log.log: "other: {{ results.unlogged.stdout }}"
      - name: fails without a word
        no_log: true
        ignore_errors: true
        exec.command: [cat, other, /nowhere]
      - name: fails with it
        fail: "no {{ login }} {{ token }} {{ mirrored }}"
"#;

fn scene() -> Scene {
    let url = "c4n4ry%27%22%24%26%C3%9F%20%2F%3COWLQ c4n4ry'%22%24%26%c3%9f+%2f%3COWLQ\n";
    let json = r#"{"p": "c4n4ry'\"$&ß /<OWLQ", "q": "c4n4ry'\"$&\u00df \/<OWLQ"}"#;
    // The first form of a URL is masked whole; the second one is written as nobody writes it, and left out.
    let url = url.split(' ').next().unwrap().to_owned() + "\n";
    Fixture::new(PLAYBOOK)
        .env("CANARY", CANARY)
        .file("urlform", url)
        .file("jsonform", json)
        .file("page.j2", "<p>{{ secrets.canary }}</p>\n")
        .file("other", "other-canary-2718")
        .build()
}

/// Every form in which the canary may be met.
fn forms() -> Vec<String> {
    let mirrored: String = CANARY.chars().rev().collect();
    let hex: Vec<_> = CANARY.bytes().map(|byte| format!("{byte:02x}")).collect();
    let base64 = |before: &str, skip: usize, cut: usize| {
        let all = STANDARD.encode(format!("{before}{CANARY}"));
        all[skip..all.len() - cut].to_owned()
    };
    let mut forms = vec![
        CANARY.to_owned(),
        "c4n4ry".to_owned(),
        "OWLQ".to_owned(),
        mirrored,
        hex.concat(),
        base64("", 0, 4),
        base64("x", 4, 4),
        base64("xy", 4, 4),
        STANDARD.encode(format!("user:{CANARY}"))[8..20].to_owned(),
        "other-canary".to_owned(),
    ];
    // As they stand within JSON.
    let quoted = |form: &String| serde_json::to_string(form).unwrap().trim_matches('"').to_owned();
    forms.extend(forms.iter().map(quoted).collect::<Vec<_>>());
    forms
}

#[track_caller]
fn never_shown(what: &str, text: &str) {
    for form in forms() {
        assert!(!text.contains(&form), "{what} shows `{form}`:\n{text}");
    }
}

#[track_caller]
fn hidden(ran: &Ran) {
    never_shown("standard output", &ran.stdout);
    never_shown("standard error", &ran.stderr);
}

/// Everything below a folder that is text.
pub(super) fn all_below(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.push_str(&all_below(&path));
        } else if let Ok(text) = fs::read(&path) {
            all.push_str(&String::from_utf8_lossy(&text));
        }
    }
    all
}

#[test]
fn people_see_it_in_no_view() {
    for args in [
        &["-D"][..],
        &["-vv", "-D"],
        &["-v"],
        &["-q"],
        &["-C", "-D", "-vv"],
    ] {
        let scene = scene();
        let ran = scene.run(args);
        hidden(&ran);
        assert!(
            ran.stdout.contains("***") || args == ["-q"] || args.contains(&"-C"),
            "{ran}"
        );
        never_shown("what is kept of the run", &all_below(&scene.path("home")));
        if !args.contains(&"-C") {
            let ran = ran.code(2);
            // What was to be done was done with the secret itself.
            assert!(scene.read("t/conf").contains(CANARY), "{ran}");
            assert_eq!(scene.read("t/conf"), scene.read("t/copy"));
        }
    }
}

#[test]
fn programs_see_it_in_no_event_and_results_are_masked_and_not_hidden() {
    let scene = scene();
    let ran = scene.events(&["-D"]).code(2);
    hidden(&ran);
    let result = |label: &str, field: &str| {
        let text = &ran.end("localhost", label)["result"][field];
        text.as_str()
            .unwrap_or_else(|| panic!("{label}.{field}: {ran}"))
            .to_owned()
    };
    assert!(result("read", "content").starts_with("a\npassword=***\ntoken="));
    assert!(
        result("shell", "stdout").starts_with("***\n***Q==\neG***E=\n"),
        "{}",
        result("shell", "stdout")
    );
    assert_eq!(result("in two pieces", "stdout"), "say ***");
    assert_eq!(result("mirrored", "stdout"), "***");
    assert_eq!(result("rendered", "text"), "<p>***</p>");
    let pieces: String = (ran.all("call_output").iter())
        .filter(|event| event["call"]["label"] == "in two pieces")
        .filter_map(|event| event["text"].as_str())
        .collect();
    assert_eq!(pieces, "say ***\n");
    let diff = &ran.end("localhost", "conf")["change"]["diff"][0];
    assert!(diff["title"].as_str().unwrap().ends_with("/t/conf"), "{diff}");
    assert!(
        diff["text"]
            .as_str()
            .unwrap()
            .starts_with("changed (the diff is hidden"),
        "{diff}"
    );
    let failure = &ran.end("localhost", "fails")["error"];
    assert_eq!(
        (&failure["kind"], &failure["exit_code"]),
        (&"command_failed".into(), &3.into())
    );
    assert_eq!(failure["stderr"], "no: ***");
    let failure = &ran.end("localhost", "fails without a word")["error"];
    assert_eq!(
        (&failure["kind"], &failure["exit_code"]),
        (&"command_failed".into(), &1.into())
    );
    assert!(failure["stderr"].is_null(), "{failure}");
    let mut items: Vec<_> = ran
        .items("localhost", "items")
        .iter()
        .map(|it| it["item"].to_string())
        .collect();
    // They may end in any order.
    items.sort();
    assert_eq!(items, ["\"#1\"", "\"#2\""]);
    let reason = ran.all("run_ended")[0]["hosts"][0]["reason"].to_string();
    assert!(reason.contains("no user:***"), "{reason}");
}

/// Of the test that looks at all processes, some of which are of other tests.
const LONE: &str = "lone-canary-1618";

#[test]
fn no_other_process_has_it_in_its_arguments_or_environment() {
    let scene = Fixture::new(
        r#"
secrets:
  canary: { env: CANARY }
  other: { file: other }
rounds:
  - name: one
    hosts: localhost
    calls:
      - fs.write: { path: "{DIR}/t/conf", content: "{{ secrets.canary }} {{ secrets.other }}" }
      - name: held
        exec.shell: { script: "cat > read; while [ ! -e go ]; do sleep 0.05; done; env > environment", cwd: "{DIR}/t" }
        loop: [1]
      - name: fed
        exec.shell: { script: "cat > read; echo fed; while [ ! -e go2 ]; do sleep 0.05; done", cwd: "{DIR}/t", stdin: "{{ secrets.canary }}" }
"#,
    )
    .env("CANARY", LONE)
    .file("other", "second-lone-canary")
    .build();
    let mut run = scene.start(&["--output", "json"]);
    let controller = run.pid().to_string();
    run.await_line(|line| line.contains("call_started") && line.contains("held"));
    let seen_while_held = processes();
    scene.write("t/go", b"");
    run.await_line(|line| line.contains("\"text\":\"fed"));
    let seen_while_fed = processes();
    scene.write("t/go2", b"");
    run.wait().code(0).never_says("lone-canary");
    for (id, what, text) in seen_while_held.iter().chain(&seen_while_fed) {
        // The controller was started with it.
        if *id != controller {
            assert!(
                !text.contains("lone-canary"),
                "the {what} of process {id}: {text}"
            );
        }
    }
    assert!(
        seen_while_fed
            .iter()
            .any(|(_, _, text)| text.contains("\0agent\0local")),
        "the agent was looked at"
    );
    assert_eq!(scene.read("t/read"), LONE);
    assert!(!scene.read("t/environment").contains("lone-canary"));
}

/// The command lines and environments of all processes.
fn processes() -> Vec<(String, &'static str, String)> {
    let mut all = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let id = entry.file_name().to_string_lossy().into_owned();
        if !id.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        for what in ["cmdline", "environ"] {
            if let Ok(text) = fs::read(entry.path().join(what)) {
                all.push((id.clone(), what, String::from_utf8_lossy(&text).into_owned()));
            }
        }
    }
    all
}
