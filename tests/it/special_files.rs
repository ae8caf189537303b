//! Pipes, sockets and devices in the place of files of the controller: refused, and never waited for.

use std::os::unix::net::UnixListener;
use std::time::Duration;

use rustix::fs::{CWD, Mode, mkfifoat};

use crate::support::{Fixture, Ran, Scene};

/// Where a file is named: what of a playbook names it, files that go with that, and options.
struct Place {
    name: &'static str,
    head: &'static str,
    call: &'static str,
    args: &'static [&'static str],
}

const fn in_head(name: &'static str, head: &'static str) -> Place {
    Place {
        name,
        head,
        call: "log.log: x",
        args: &[],
    }
}

const fn in_call(name: &'static str, call: &'static str) -> Place {
    Place {
        name,
        head: "",
        call,
        args: &[],
    }
}

const fn in_options(name: &'static str, args: &'static [&'static str]) -> Place {
    Place {
        name,
        head: "",
        call: "log.log: x",
        args,
    }
}

const PLACES: &[Place] = &[
    in_head("a file of variables", "vars_files: odd\n"),
    in_head("an inventory", "inventory: odd\n"),
    in_head("the file of a secret", "secrets: { s: { file: odd } }\n"),
    in_head("a sealed secret", "secrets: { s: { age: odd } }\n"),
    in_call("a unit", "import: odd"),
    in_call("a template", "template.file: { src: odd, dest: /nowhere/x }"),
    in_call(
        "an included template",
        "template.file: { src: with.j2, dest: /nowhere/x }",
    ),
    in_call("file()", "log.log: \"{{ file('odd') }}\""),
    in_call("fs.copy", "fs.copy: { src: odd, dest: /nowhere/x }"),
    in_call(
        "fs.copy of what is in a directory",
        "fs.copy: { src: tree/, dest: '{DIR}/t/x' }",
    ),
    in_call("fs.unpack", "fs.unpack: { src: odd, dest: /nowhere }"),
    in_call("exec.script", "exec.script: odd"),
    in_options("variables", &["-e", "@odd"]),
    in_options("hosts", &["--limit", "@odd"]),
    in_options("an inventory of the command line", &["-i", "odd"]),
    in_options("an identity", &["--age-identity", "odd"]),
    in_options("a password of a vault", &["--vault-password-file", "odd"]),
    in_options("a password of become", &["--become-password-file", "odd"]),
];

fn scene(place: &Place) -> Scene {
    // What is read only where something needs it is needed.
    let needs = match place.name {
        "the file of a secret" | "a sealed secret" => {
            "exec.shell: { env: { S: '{{ secrets.s }}' }, script: ':' }"
        }
        "an identity" | "a password of a vault" => "log.log: '{{ sealed }}'",
        _ => place.call,
    };
    let sealed = match place.name {
        "an identity" => "vars_files: sealed.age\n",
        "a password of a vault" => "vars_files: sealed.yml\n",
        _ => "",
    };
    let Place { head, .. } = place;
    Fixture::new(format!(
        "hosts: {{ here: {{ transport: local }} }}\n{head}{sealed}rounds:\n  - name: r\n    hosts: here\n    calls:\n      - {needs}\n"
    ))
    .file("with.j2", "{% include 'odd' %}\n")
    .file("tree/file", "x")
    .file("sealed.age", crate::secrets::sealed("vars.age"))
    .file("sealed.yml", "$ANSIBLE_VAULT;1.1;AES256\n3061\n")
    .limit(Duration::from_secs(20))
    .build()
}

fn said(place: &Place, scene: &Scene) -> Ran {
    let args: Vec<&str> = ["-vv"].iter().chain(place.args).copied().collect();
    let ran = scene.run(&args);
    assert!(ran.code.is_some_and(|it| it != 0), "{}: {ran}", place.name);
    ran
}

#[test]
fn they_are_refused_wherever_a_file_of_the_controller_is_named() {
    let mut wrong = Vec::new();
    for place in PLACES {
        for sort in ["pipe", "socket", "device"] {
            // Of what is in a directory, links are copied as links.
            if sort == "device" && place.name.contains("in a directory") {
                continue;
            }
            let scene = scene(place);
            let odd = scene.path("odd");
            let _socket = match sort {
                "pipe" => {
                    mkfifoat(CWD, &odd, Mode::RWXU).unwrap();
                    None
                }
                "socket" => Some(UnixListener::bind(&odd).unwrap()),
                _ => {
                    std::os::unix::fs::symlink("/dev/zero", &odd).unwrap();
                    None
                }
            };
            std::fs::hard_link(&odd, scene.path("tree/odd")).unwrap();
            let text = said(place, &scene).to_string();
            let words: Vec<&str> = text.split_whitespace().filter(|it| *it != "│").collect();
            let text = words.join(" ");
            let is_named = [
                "not a regular file",
                "neither a file",
                "is a device",
                "is not a file",
                "there is no file `odd`",
            ]
            .iter()
            .any(|it| text.contains(it));
            if !is_named {
                wrong.push(format!("{}, a {sort}: {text}", place.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn a_playbook_or_a_journal_that_is_a_pipe_is_refused() {
    let scene = Fixture::new("").limit(Duration::from_secs(20)).build();
    for odd in ["odd.yml", "odd.jsonl"] {
        mkfifoat(CWD, scene.path(odd), Mode::RWXU).unwrap();
    }
    for args in [
        ["validate", "odd.yml"],
        ["plan", "odd.yml"],
        ["report", "./odd.jsonl"],
        ["hosts", "odd.yml"],
    ] {
        let ran = scene.rmote_play(&args);
        assert!(
            ran.code == Some(1) && ran.to_string().contains("not a regular file"),
            "{args:?}: {ran}"
        );
    }
}
