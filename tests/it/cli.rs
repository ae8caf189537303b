//! The command line: help, mistakes on it, and the exit codes.

use std::process::Command;

use crate::support::{Fixture, Scene, program, skip};

const FINE: &str = "
hosts: { here: { transport: local } }
rounds:
  - { name: one, hosts: here, calls: [{ exec.shell: 'true' }] }
";

#[test]
fn help_names_the_commands_and_the_options_of_a_run() {
    let scene = Fixture::new(FINE).build();
    let ran = scene.rmote_play(&["--help"]).code(0);
    for word in [
        "validate", "plan", "hosts", "report", "tools", "schema", "--check", "--diff", "--limit", "--tags",
        "--output", "--forks",
    ] {
        assert!(ran.stdout.contains(word), "{word}:\n{ran}");
    }
    scene
        .rmote_play(&["--version"])
        .code(0)
        .says(env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_wrong_command_line_is_64() {
    let scene = Fixture::new(FINE).build();
    for args in [
        &["--nonsense", "site.yml"][..],
        &[],
        &["--forks", "many", "site.yml"],
        &["validate"],
    ] {
        let ran = scene.rmote_play(args).code(64);
        assert!(!ran.stderr.is_empty(), "{args:?}: {ran}");
    }
}

#[test]
fn a_missing_playbook_a_folder_and_an_unreadable_one_are_1_and_named() {
    let scene = Fixture::new(FINE).build();
    scene.rmote_play(&["missing.yml"]).code(1).says("missing.yml");
    scene.rmote_play(&["."]).code(1).says("`.`");
    scene
        .rmote_play(&["validate", "missing.yml"])
        .code(1)
        .says("missing.yml");
    scene.rmote_play(&["validate", "home"]).code(1).says("home");
}

#[test]
fn an_invalid_playbook_is_1_and_nothing_is_run() {
    let scene = Fixture::new(FINE.replace("'true'", "touch {DIR}/t/ran, colour: red")).build();
    scene.run(&[]).code(1).says("colour").says("site.yml:4");
    assert!(!scene.path("t/ran").exists());
}

#[test]
fn a_good_run_is_0() {
    Fixture::new(FINE).run(&[]).code(0);
}

#[test]
fn tools_lists_every_tool_and_explains_each() {
    let scene = Fixture::new(FINE).build();
    let list = scene.rmote_play(&["tools"]).code(0);
    let wanted = [
        "agent.quit",
        "agent.reset",
        "assert.that",
        "exec.command",
        "exec.shell",
        "fs.copy",
        "fs.directory",
        "fs.glob",
        "fs.line_in_file",
        "fs.read_bytes",
        "fs.read_str",
        "fs.remove",
        "fs.stat",
        "fs.symlink",
        "fs.write",
        "host.reboot",
        "log.log",
        "log.set_level",
        "template.file",
        "template.render",
    ];
    for name in wanted {
        assert!(list.stdout.contains(name), "{name}:\n{list}");
        let one = scene.rmote_play(&["tools", name]).code(0);
        assert!(one.stdout.len() > 100, "{name}: {one}");
    }
    scene.rmote_play(&["tools", "fs.wrte"]).code(1).says("fs.write");
}

#[test]
fn several_playbooks_run_one_after_another() {
    let scene = Fixture::new(FINE.replace("'true'", "'echo 1 >> {DIR}/t/log'")).build();
    scene.write(
        "second.yml",
        FINE.replace("'true'", "'echo 2 >> {DIR}/t/log'").as_bytes(),
    );
    scene.rmote_play(&["site.yml", "second.yml"]).code(0);
    assert_eq!(scene.read("t/log"), "1\n2\n");
}

#[test]
fn the_manual_of_a_tool_has_types_defaults_order_and_check_mode() {
    let scene = Fixture::new("").build();
    let page = scene.rmote_play(&["tools", "fs.write"]).code(0);
    for part in [
        "path  absolute path, required",
        "content  text",
        "mode  mode (0644)",
        "backup  boolean, default false",
        "Order\n",
        "Check mode\n  Says whether",
        "Example\n  fs.write:",
    ] {
        assert!(page.stdout.contains(part), "{part}:\n{page}");
    }
    let json = scene
        .rmote_play(&["tools", "fs.write", "--format", "json"])
        .code(0)
        .stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["arguments"]["properties"]["path"]["type"], "string");
    let all = scene.rmote_play(&["tools", "--format", "json"]).code(0).stdout;
    let all: serde_json::Value = serde_json::from_str(&all).unwrap();
    assert!(all.as_array().unwrap().len() > 15);
}

#[test]
fn shells_complete_commands_and_names_of_tools() {
    let scene = Fixture::new("").build();
    for shell in ["bash", "zsh", "fish"] {
        let script = scene.rmote_play(&["completions", shell]).code(0).stdout;
        assert!(
            script.contains("validate") && script.contains("fs.write"),
            "{shell}"
        );
        assert!(
            !script.contains("'__complete:") && !script.contains(" __complete tools"),
            "{shell}"
        );
    }
    scene
        .rmote_play(&["completions", "csh"])
        .code(64)
        .says("bash, zsh and fish");
}

#[test]
fn manual_pages_are_written_for_every_command() {
    let scene = Fixture::new("").build();
    let page = scene.rmote_play(&["man"]).code(0).stdout;
    assert!(page.contains(".TH rmote-play 1") && page.contains("validate"));
    scene.rmote_play(&["man", "pages"]).code(0);
    let help = scene.rmote_play(&["--help"]).code(0).stdout;
    let commands = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|it| !it.starts_with(' ')))
        .filter_map(|line| line.split(' ').next())
        .filter(|name| *name != "help");
    let mut count = 0;
    for name in commands {
        let path = scene.dir().join(format!("pages/rmote-play-{name}.1"));
        let page = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(page.contains(&format!(".TH rmote-play-{name} 1")), "{page}");
        count += 1;
    }
    assert!(count >= 9, "{help}");
    scene.write("file", b"");
    scene
        .rmote_play(&["man", "file/pages"])
        .code(74)
        .says("cannot be written");
}

/// What bash offers at the end of a line.
fn offered(scene: &Scene, line: &[&str]) -> Vec<String> {
    let script = scene.rmote_play(&["completions", "bash"]).code(0).stdout;
    scene.write("completions", script.as_bytes());
    let binary = env!("CARGO_BIN_EXE_rmote-play");
    let words: Vec<_> = line
        .iter()
        .map(|word| format!("'{}'", word.replace('\'', r"'\''")))
        .collect();
    let ask = format!(
        "set -e; source completions; COMP_WORDS=('{binary}' {}); COMP_CWORD={}; {} '{binary}' {}; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.join(" "),
        line.len(),
        "$(complete -p rmote-play | sed 's/.*-F \\([^ ]*\\).*/\\1/')",
        words[words.len() - 1],
    );
    let ran = Command::new("bash")
        .args(["--norc", "-c", &ask])
        .current_dir(scene.dir())
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(
        ran.status.success(),
        "{line:?}: {said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    said.lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn bash_completes_hosts_and_tools_from_what_the_line_names() {
    let Some(_bash) = program("bash") else {
        skip("bash is not installed");
        return;
    };
    let scene = Fixture::new(
        "
hosts: [web1, web2, db1]
groups: { webs: [web1, web2] }
rounds: [{ name: one, hosts: all, calls: [{ log.log: x }] }]
",
    )
    .file("inv.ini", "[front]\nlb[1:2]\n")
    .file("bad.yml", "hosts: [\n")
    .file("evil.ini", "[x]\n$(touch${IFS}owned) a=1\n")
    .file("inv.sh", "#!/bin/sh\ntouch ran; echo '{}'\n")
    .build();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(scene.path("inv.sh"), executable).unwrap();
    for (line, expected) in [
        (&["site.yml", "-l", "web"][..], &["web1", "web2", "webs"][..]),
        (
            &["site.yml", "--limit", ""],
            &["db1", "web1", "web2", "webs", "all", "@failed", "@unreachable"],
        ),
        (
            &["-i", "inv.ini", "site.yml", "-C", "-l", "web1,!l"],
            &["web1,!lb1", "web1,!lb2"],
        ),
        (&["site.yml", "--limit", "=", "d"], &["db1"]),
        (&["call", "-i", "site.yml", "w"], &["web1", "web2", "webs"]),
        (
            &["call", "-i", "inv.ini", "lb1", "fs.rea"],
            &["fs.read_bytes", "fs.read_str"],
        ),
        (
            &["call", "-i", "inv.ini", "-f", "3", ""],
            &["front", "lb1", "lb2", "all", "localhost"],
        ),
        (&["call", "l"], &["localhost"]),
        (&["hosts", "site.yml", "db"], &["db1"]),
        (&["hosts", "-i", "inv.ini", "f"], &["front"]),
        (&["hosts", "site.yml", "--explain", "web"], &["web1", "web2"]),
        (&["bad.yml", "-l", "w"], &[]),
        (&["none.yml", "-l", "w"], &[]),
        (&["-i", "inv.sh", "site.yml", "-l", "db"], &["db1"]),
        (&["vali"], &["validate"]),
        (&["tools", "cron"], &["cron.job"]),
        (&["shell", "-i", "site.yml", "web"], &["web1", "web2"]),
        (&["console", "-i", "site.yml", "w"], &["web1", "web2", "webs"]),
        (&["config", "run.f"], &["run.forks"]),
        (&["site.yml", "--chec"], &["--check"]),
    ] {
        assert_eq!(offered(&scene, line), expected, "{line:?}");
    }
    offered(&scene, &["-i", "evil.ini", "site.yml", "-l", ""]);
    assert!(!scene.path("owned").exists() && !scene.path("ran").exists());
}

#[test]
fn words_that_are_no_line_are_no_matter() {
    let scene = Fixture::new("").build();
    for words in [
        &["__complete", "0"][..],
        &["__complete", "7", "x"],
        &["__complete", "2", "x", "call", "-i"],
    ] {
        let ran = scene.rmote_play(words);
        assert!(matches!(ran.code, Some(0 | 64)), "{ran}");
    }
    scene.rmote_play(&["--help"]).code(0).never_says("__complete");
}
