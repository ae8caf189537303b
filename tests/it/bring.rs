//! Files that come from hosts to the controller, and scripts, waits and requests, over real connections.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::thread;

use crate::support::{Fixture, Sshd, fingerprint};

fn site(calls: &str) -> Fixture {
    Fixture::new(format!(
        "hosts: [web]\nrounds:\n  - name: one\n    hosts: web\n    calls:\n{calls}"
    ))
}

#[test]
fn files_are_fetched_into_a_folder_of_their_host_and_only_once() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = site(
        "
      - { id: one, fs.fetch: { src: '{DIR}/t/large', dest: fetched } }
      - { id: all, fs.fetch: { src: '{DIR}/t/tree/', dest: 'flat/{{ host.name }}', flat: true } }
",
    )
    .host("web", &sshd)
    .build();
    let content: Vec<u8> = (0..3_000_000u32).map(|n| n.to_le_bytes()[1]).collect();
    fs::write(scene.path("t/large"), &content).unwrap();
    fs::create_dir_all(scene.path("t/tree/deep")).unwrap();
    fs::write(scene.path("t/tree/deep/file"), "x").unwrap();
    symlink("/etc/passwd", scene.path("t/tree/link")).unwrap();
    let before = fingerprint(scene.dir());
    let check = scene.events(&["-C", "-D"]).code(0);
    check.outcomes("web", &[("one", "changed"), ("all", "changed")]);
    assert!(
        !scene.path("fetched").exists() && !scene.path("flat").exists(),
        "{before:?}"
    );
    scene
        .events(&[])
        .code(0)
        .outcomes("web", &[("one", "changed"), ("all", "changed")]);
    let large = scene.path("t/large");
    let large = scene.path("fetched/web").join(large.strip_prefix("/").unwrap());
    assert!(fs::read(large).unwrap() == content);
    assert_eq!(scene.read("flat/web/deep/file"), "x");
    assert!(!scene.path("flat/web/link").exists());
    scene
        .events(&[])
        .code(0)
        .outcomes("web", &[("one", "ok"), ("all", "ok")]);
}

#[test]
fn a_file_that_cannot_be_written_on_the_controller_fails_the_call() {
    let Some(sshd) = Sshd::start() else { return };
    let scene =
        site("      - { id: one, fs.fetch: { src: '{DIR}/t/file', dest: site.yml/here, flat: true } }\n")
            .host("web", &sshd)
            .file("t/file", "x")
            .build();
    let ran = scene.events(&[]).code(2).outcomes("web", &[("one", "failed")]);
    assert!(ran.stdout.contains("site.yml"), "{ran}");
}

#[test]
fn a_script_of_the_controller_runs_by_its_own_interpreter_and_leaves_nothing() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = site(
        "
      - id: run
        exec.script: { src: tool.awk, args: ['{DIR}/t/in'], stdin: unused, creates: '{DIR}/t/out' }
        env: { GREETING: hello }
      - assert.that: results.run.stdout == 'hello 3'
",
    )
    .host("web", &sshd)
    .file(
        "tool.awk",
        "#!/usr/bin/awk -f\nEND { print ENVIRON[\"GREETING\"], NR; print NR > (FILENAME \"/../out\") }\n",
    )
    .file("t/in", "1\n2\n3\n")
    .build();
    let replaced = fs::read_to_string(scene.path("tool.awk")).unwrap().replace(
        "(FILENAME \"/../out\")",
        &format!("\"{}\"", scene.path("t/out").display()),
    );
    fs::write(scene.path("tool.awk"), replaced).unwrap();
    scene.events(&["-C"]).code(0);
    assert!(!scene.path("t/out").exists());
    scene.events(&[]).code(0).outcomes("web", &[("run", "changed")]);
    assert_eq!(scene.read("t/out"), "3\n");
    let names: Vec<_> = fs::read_dir(scene.path("t")).unwrap().collect();
    assert_eq!(names.len(), 2);
}

#[test]
fn a_wait_keeps_its_place_and_is_unknown_in_check_mode_until_it_holds() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = site(
        "
      - { id: start, exec.shell: \"(sleep 0.3; echo ready > '{DIR}/t/log') >/dev/null 2>&1 &\" }
      - { id: wait, wait.path: { path: '{DIR}/t/log', contains: ^ready$, interval: 50ms, timeout: 30s } }
      - { id: read, fs.read_str: '{DIR}/t/log' }
      - assert.that: results.read.content == 'ready\\n'
",
    )
    .host("web", &sshd)
    .build();
    let check = scene.events(&["-C"]).code(0);
    check.outcomes("web", &[("wait", "unknown"), ("read", "unknown")]);
    scene
        .events(&[])
        .code(0)
        .outcomes("web", &[("wait", "ok"), ("read", "ok")]);
}

#[test]
fn a_service_is_asked_from_the_host_until_it_answers() {
    let Some(sshd) = Sshd::start() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = thread::spawn(move || {
        for status in ["503 Service Unavailable", "200 OK"] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 1024];
            let _length = stream.read(&mut asked).unwrap();
            let body = "{\"ok\": true}";
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}",
                body.len()
            );
            write!(stream, "{head}\r\n\r\n{body}").unwrap();
        }
    });
    let scene = site(&format!(
        "
      - id: health
        http.get: http://127.0.0.1:{port}/health
        until: result.status == 200 and result.json.ok
        retries: 5
        delay: 100ms
"
    ))
    .host("web", &sshd)
    .build();
    let ran = scene.events(&[]).code(0).outcomes("web", &[("health", "ok")]);
    assert_eq!(ran.end("web", "health")["attempts"], 2, "{ran}");
    server.join().unwrap();
}

#[test]
fn what_reads_a_file_that_is_brought_waits_for_it() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = site(
        "
      - { id: write, fs.write: { path: '{DIR}/t/file', content: \"new\\n\" } }
      - { id: fetch, fs.fetch: { src: '{DIR}/t/file', dest: got, flat: true } }
      - { id: copy, fs.copy: { src: got, dest: '{DIR}/t/copy' } }
      - { id: back, fs.write: { path: '{DIR}/t/file', content: \"old\\n\" } }
      - { id: again, fs.fetch: { src: '{DIR}/t/file', dest: '{{ \"got\" }}', flat: true } }
      - { id: apart, fs.copy: { src: apart, dest: '{DIR}/t/apart' } }
",
    )
    .host("web", &sshd)
    .file("got", "old\n")
    .file("apart", "apart\n")
    .build();
    let done = |id| (id, "changed");
    let ids = ["write", "fetch", "copy", "back", "again", "apart"];
    scene.events(&[]).code(0).outcomes("web", &ids.map(done));
    assert_eq!(scene.read("t/copy"), "new\n");
    assert_eq!(scene.read("got"), "old\n");
    let plan = scene
        .rmote_play(&["plan", "--format", "json", "site.yml"])
        .code(0);
    let plan: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
    let edges = plan["edges"].as_array().unwrap().iter();
    let waits: Vec<_> = edges
        .filter(|edge| edge["reason"] == "reads files that it brings")
        .map(|edge| (edge["from"].as_u64().unwrap(), edge["to"].as_u64().unwrap()))
        .collect();
    assert_eq!(waits, [(1, 2), (1, 4), (4, 5)]);
}
