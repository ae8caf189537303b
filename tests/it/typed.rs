//! What is typed at the command line does what it says, or is refused.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::Fixture;

const HERE: &str = "
hosts: { here: { transport: local } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: x, tags: [web], exec.shell: id -un }
";

#[test]
fn a_tag_that_nothing_has_is_an_error_with_a_suggestion_and_nothing_is_run() {
    for args in [["-t", "wbe"], ["--skip-tags", "wbe"]] {
        let ran = Fixture::new(HERE).events(&args);
        assert!(ran.code != Some(0) && ran.events.is_empty(), "{args:?} {ran}");
        assert!(ran.stderr.contains("web"), "{args:?} {ran}");
    }
    Fixture::new(HERE).events(&["-t", "web"]).code(0);
}

#[test]
fn an_inventory_of_the_command_line_replaces_the_playbooks() {
    let playbook = "
inventory: production
rounds:
  - { name: one, hosts: all, calls: [ { log.log: x } ] }
";
    let scene = Fixture::new(playbook)
        .file("production", "prod1 ansible_connection=local\n")
        .file("staging", "stage1 ansible_connection=local\n")
        .build();
    let hosts = |args: &[&str]| {
        let ran = scene.events(args).code(0);
        let begun = &ran.events[0];
        begun["hosts"].to_string()
    };
    assert_eq!(hosts(&[]), r#"["prod1"]"#);
    assert_eq!(hosts(&["-i", "staging"]), r#"["stage1"]"#);
    assert_eq!(hosts(&["--add-inventory", "staging"]), r#"["prod1","stage1"]"#);
}

#[test]
fn whom_a_call_on_this_machine_acts_as_is_never_ignored() {
    let scene = Fixture::new("").build();
    let ran = scene.rmote_play(&[
        "call",
        "localhost",
        "exec.shell",
        "id -un",
        "-b=nobody",
        "--output",
        "json",
    ]);
    // It acts as that user, or is refused.
    let is_refused = ran.code.is_some_and(|it| it != 0);
    assert!(is_refused || ran.to_string().contains("nobody"), "{ran}");
}

#[test]
fn reports_are_for_their_owner_alone() {
    let scene = Fixture::new(HERE).build();
    let sorts = ["junit", "markdown", "html", "trace", "json"];
    let named: Vec<String> = sorts.iter().map(|it| format!("{it}:r.{it}")).collect();
    let args: Vec<&str> = named.iter().flat_map(|it| ["--report", it]).collect();
    scene.run(&args).code(0);
    for sort in sorts {
        let mode = scene
            .path(&format!("r.{sort}"))
            .metadata()
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{sort}");
    }
}

#[test]
fn passwords_of_inventories_are_shown_by_no_list_of_hosts() {
    let scene = Fixture::new(
        "
inventory: hosts.ini
rounds:
  - { name: one, hosts: all, calls: [ { log.log: x } ] }
",
    )
    .file(
        "hosts.ini",
        "w1 ansible_connection=local ansible_password=login-canary-1 ansible_become_password=root-canary-2 odd_setting=1\n",
    )
    .build();
    for args in [
        &["hosts", "site.yml"][..],
        &["hosts", "site.yml", "--explain", "w1"],
        &["hosts", "site.yml", "--format", "json"],
        &["validate", "site.yml"],
        &["validate", "--format", "json", "site.yml"],
        &["plan", "site.yml"],
        &["-vv", "site.yml"],
        &["--output", "json", "site.yml"],
    ] {
        let text = scene.rmote_play(args).to_string();
        assert!(!text.contains("canary"), "{args:?}: {text}");
    }
}

/// What costs nothing to read is read, and hidden, from the first event on.
#[test]
fn a_secret_that_is_read_late_is_hidden_from_the_beginning() {
    let playbook = "
hosts: { here: { transport: local } }
secrets: { db: { env: DB_PASSWORD } }
rounds:
  - name: one
    hosts: here
    calls:
      - { id: seen, exec.shell: cat conf }
      - log.log: '{{ results.seen.stdout }}'
  - name: two
    hosts: here
    calls:
      - fs.write: { path: '{DIR}/conf', content: 'password = {{ secrets.db }}' }
";
    let scene = Fixture::new(playbook.replace("cat conf", "cat {DIR}/conf"))
        .file("conf", "password = late-canary-77")
        .env("DB_PASSWORD", "late-canary-77")
        .build();
    for args in [
        &["-vv", "-D"][..],
        &["--output", "json"],
        &["--report", "html:r.html"],
    ] {
        let ran = scene.run(args).code(0);
        assert!(!ran.to_string().contains("late-canary"), "{args:?} {ran}");
    }
    assert!(!scene.read("r.html").contains("late-canary"));
    // One that is not there ends the run before anything is done.
    let missing = Fixture::new(playbook.replace("cat conf", "touch {DIR}/begun")).build();
    let ran = missing.run(&[]);
    assert!(ran.code != Some(0) && !missing.path("begun").exists(), "{ran}");
    assert!(ran.to_string().contains("DB_PASSWORD"), "{ran}");
}

#[test]
fn a_variable_that_only_says_whom_calls_act_as_is_read() {
    for become_as in ["'{{ svcuser }}'", "{ user: '{{ svcuser }}' }"] {
        let playbook = HERE
            .replace("rounds:", "vars: { svcuser: nobody }\nrounds:")
            .replace("tags: [web]", &format!("become: {become_as}"));
        let ran = Fixture::new(playbook)
            .build()
            .rmote_play(&["validate", "--strict", "site.yml"]);
        assert!(ran.code == Some(0), "{become_as} {ran}");
    }
}

#[test]
fn a_variable_of_the_command_line_must_be_read_and_those_of_a_file_need_not() {
    let scene = Fixture::new(
        "vars: { zone: one }\nrounds: [{ name: a, hosts: localhost, calls: [{ log.log: 'in {{ zone }}' }] }]\n",
    )
    .file("vars.yml", "x: for others\n")
    .build();
    scene
        .run(&["-e", "zoen=two"])
        .code(1)
        .says("-e: nothing reads the variable `zoen`")
        .says("Did you mean `zone`?");
    // `x` is part of what was typed, and was not typed itself.
    for typed in ["zone=xx", "{\"zone\": \"xx\"}"] {
        scene.run(&["-e", "@vars.yml", "-e", typed]).code(0).says("in xx");
    }
    scene
        .run(&["-e", "@vars.yml", "-e", "x=1"])
        .code(1)
        .says("nothing reads the variable `x`");
}
