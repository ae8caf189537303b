//! Settings: files, the environment and the command line, each over those before it, and where a value comes from.

use serde_json::Value;

use crate::support::{Fixture, Ran, Scene, Sshd, is_root};

const SITE: &str =
    "hosts: { here: { transport: local } }\nrounds: [{ name: one, hosts: all, calls: [{ log.log: hi }] }]\n";
const USER: &str = "home/.config/rmote-play/rmote-play.toml";

fn scene(near: &str, user: &str, env: &[(&str, &str)]) -> Scene {
    let mut fixture = Fixture::new("").file("deep/down/site.yml", SITE);
    if !near.is_empty() {
        fixture = fixture.file("deep/rmote-play.toml", near);
    }
    if !user.is_empty() {
        fixture = fixture.file(USER, user);
    }
    for (name, value) in env {
        fixture = fixture.env(name, *value);
    }
    fixture.build()
}

fn config(scene: &Scene, words: &[&str]) -> Ran {
    scene.rmote_play(&[&["config", "--playbook", "deep/down/site.yml"], words].concat())
}

/// The value of a setting and where it comes from.
fn of(scene: &Scene, key: &str) -> (String, String) {
    let ran = config(scene, &[key, "--format", "json"]).code(0);
    let all: Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let value = &all[0]["value"];
    let value = value.as_array().map_or_else(
        || text(&all[0]["default"]),
        |all| all.iter().map(text).collect::<Vec<_>>().join(","),
    );
    (value, text(&all[0]["origin"]))
}

#[test]
fn each_layer_is_over_those_before_it_and_says_that_it_is() {
    let pair = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    let near = "# ours\n[run]\nforks = 7\n";
    let user = "[run]\nforks = 5\ndiff = true\n";
    let forks = "run.forks";
    assert_eq!(of(&scene("", "", &[]), forks), pair("64", "default"));
    let only_user = scene("", user, &[]);
    let (value, origin) = of(&only_user, forks);
    assert_eq!(value, "5");
    assert!(
        origin.ends_with("/.config/rmote-play/rmote-play.toml:2") || origin == format!("{USER}:2"),
        "{origin}"
    );
    let both = scene(near, user, &[]);
    assert_eq!(of(&both, forks), pair("7", "deep/rmote-play.toml:3"));
    assert_eq!(of(&both, "run.diff").0, "true");
    let all = scene(near, user, &[("RMOTE_PLAY_RUN_FORKS", "9")]);
    assert_eq!(of(&all, forks), pair("9", "$RMOTE_PLAY_RUN_FORKS"));
    let list = config(&all, &[]).code(0);
    assert!(list.stdout.contains("run.forks = 9"), "{list}");
    assert!(list.stdout.starts_with("# deep/rmote-play.toml\n"), "{list}");
}

#[test]
fn a_setting_acts_where_nothing_is_typed_and_not_where_something_is() {
    let near = "[output]\nverbose = 1\n[run]\nforks = 3\n";
    let scene = scene(near, "", &[]);
    let run = |words: &[&str]| {
        scene
            .rmote_play(&[&["deep/down/site.yml", "--color", "never"], words].concat())
            .code(0)
    };
    // As with -v there is a line for each host, and without it where less is asked for.
    let of_host = "    here: ok in ";
    assert!(run(&[]).stdout.contains(of_host));
    assert!(!run(&["-q"]).stdout.contains(of_host));
    // What is set is not said again by the hint for another run.
    scene.write("deep/down/bad.yml", b"hosts: { here: { transport: local } }\nrounds: [{ name: one, hosts: all, calls: [{ exec.command: ['false'] }] }]\n");
    let ran = scene.rmote_play(&["deep/down/bad.yml"]).code(2);
    assert!(ran.stdout.contains("--limit @failed deep/down/bad.yml"), "{ran}");
    assert!(
        !ran.stdout.contains("--verbose") && !ran.stdout.contains("--forks"),
        "{ran}"
    );
}

#[test]
fn how_hosts_are_reached_is_set_below_what_playbooks_say() {
    let Some(sshd) = Sshd::start() else { return };
    let site =
        |hosts: &str| format!("{hosts}\nrounds: [{{ name: one, hosts: all, calls: [{{ log.log: hi }}] }}]\n");
    let block = sshd.block("web");
    let settings = "[connection]\nuser = \"nobody-of-this-name\"\nssh_config = \"ssh_config\"\npersist = \"0s\"\n\
        timeout = \"7s\"\n[run]\ninventory = [\"hosts.ini\"]\n";
    let scene = Fixture::new("")
        .ssh(&block)
        .file("rmote-play.toml", settings)
        .file("hosts.ini", "web\n")
        .file("bare.yml", site(""))
        .file("own.yml", site("hosts: { web: { user: root } }"))
        .build();
    let ran = scene.rmote_play(&["bare.yml", "--output", "json"]).code(4);
    let message = ran.all("unreachable")[0]["message"].to_string();
    assert!(message.contains("nobody-of-this-name@"), "{ran}");
    scene.rmote_play(&["own.yml"]).code(0);
    scene.rmote_play(&["bare.yml", "-u", "root"]).code(0);
    scene
        .rmote_play(&["call", "web", "log.log", "hi", "-u", "root"])
        .code(0);
    let hosts = scene.rmote_play(&["hosts"]).code(0);
    assert_eq!(hosts.stdout.trim_end(), "web");
    let other = scene.rmote_play(&["hosts", "-i", "other,"]).code(0);
    assert_eq!(other.stdout.trim_end(), "other");
    let offered = scene.rmote_play(&["__complete", "3", "rmote-play", "bare.yml", "-l", "w"]);
    assert_eq!(offered.code(0).stdout.trim_end(), "web");
}

#[test]
fn what_is_wrong_with_a_file_is_drawn_where_it_is() {
    for (text, words) in [
        (
            "[run]\nforsk = 3\n",
            &[
                "there is no setting `run.forsk`",
                "Did you mean `forks`?",
                "rmote-play.toml:2",
            ][..],
        ),
        (
            "[runs]\nforks = 3\n",
            &["there is no section `runs`", "Did you mean `run`?"],
        ),
        ("forks = 3\n", &["`forks` goes under `[run]`"]),
        ("[run]\nuser = \"x\"\n", &["`user` goes under `[connection]`"]),
        (
            "[run]\nforks = \"many\"\n",
            &["`run.forks`: this is a text", "a whole number from 1 to 10000"],
        ),
        (
            "[run]\nforks = 0x10\n",
            &["`run.forks`: write the number in decimal"],
        ),
        ("[run]\nforks = 0\n", &["`0` is not a whole number"]),
        ("[run]\ndiff = \"yes\"\n", &["`run.diff`: this is a text"]),
        (
            "[connection]\ntimeout = 10\n",
            &["this is a number", "a duration such as \"10s\""],
        ),
        (
            "[connection]\ntimeout = \"soon\"\n",
            &["`soon` is not a duration"],
        ),
        (
            "[connection]\nhost_keys = \"acept_new\"\n",
            &["Did you mean `accept_new`?"],
        ),
        ("[run]\ninventory = [1]\n", &["an item is a number"]),
        ("run = 3\n", &["`run` is a section, not a value"]),
        ("[run\nforks = 3\n", &["toml-syntax", "this is not TOML"]),
    ] {
        let ran = config(&scene(text, "", &[]), &[]).code(1);
        for word in words {
            assert!(ran.to_string().contains(word), "{text}{word}\n{ran}");
        }
        // A run says the same, and does nothing.
        let ran = scene(text, "", &[]).rmote_play(&["deep/down/site.yml"]).code(1);
        assert_eq!(ran.stdout, "", "{ran}");
    }
    let both = config(&scene("[run]\nforsk = 3\ndiff = 1\n", "", &[]), &[]).code(1);
    both.says("forsk").says("`run.diff`");
}

#[test]
fn what_is_wrong_with_the_environment_is_said() {
    let ran = config(&scene("", "", &[("RMOTE_PLAY_RUN_FORKS", "x")]), &[]).code(64);
    ran.says("the variable `RMOTE_PLAY_RUN_FORKS`: `x` is not a whole number");
    let ran = config(&scene("", "", &[("RMOTE_PLAY_RUN_FORK", "3")]), &[]).code(0);
    ran.says("there is no setting for the variable `RMOTE_PLAY_RUN_FORK`")
        .says("Did you mean `RMOTE_PLAY_RUN_FORKS`?");
    let ran = config(&scene("", "", &[]), &["run.forsk"]).code(64);
    ran.says("Did you mean `run.forks`?");
    let ran = scene("", "", &[]).rmote_play(&["config", "--playbook", "deep/missing.yml"]);
    ran.code(64).says("`--playbook deep/missing.yml` is not a file");
    let lists = scene(
        "",
        "",
        &[
            ("RMOTE_PLAY_RUN_INVENTORY", "/a, /b"),
            ("RMOTE_AGE_IDENTITY", "/k,1"),
        ],
    );
    assert_eq!(of(&lists, "run.inventory").0, "/a,/b");
    assert_eq!(of(&lists, "secrets.age_identity").1, "$RMOTE_AGE_IDENTITY");
}

#[test]
fn a_file_that_others_could_have_written_is_not_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let scene = scene("[run]\nforks = 3\n", "", &[]);
    let file = scene.path("deep/rmote-play.toml");
    // The group of another user may be one's own alone; that of root may have members.
    let modes: &[u32] = if is_root() { &[0o666, 0o664] } else { &[0o666] };
    for mode in modes {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(*mode)).unwrap();
        let ran = config(&scene, &["run.forks"]).code(0);
        ran.says("is not read: other users of this machine can write it")
            .says("run.forks = 64");
        let ran = config(&scene, &[]).code(0);
        let said = "# deep/rmote-play.toml  (refused: other users can write it)\n";
        assert!(ran.stdout.starts_with(said), "{ran}");
    }
    // Nor one above the directory of a repository.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(of(&scene, "run.forks").0, "3");
    std::fs::create_dir(scene.path("deep/down/.git")).unwrap();
    assert_eq!(of(&scene, "run.forks").0, "64");
}

#[test]
fn a_command_that_is_mistyped_is_suggested() {
    let scene = scene("", "", &[]);
    for (typed, meant) in [
        ("vaildate", "validate"),
        ("host", "hosts"),
        ("cal", "call"),
        ("confg", "config"),
    ] {
        let ran = scene.rmote_play(&[typed, "deep/down/site.yml"]).code(64);
        ran.says(&format!("`{typed}` is neither a command nor a playbook"))
            .says(&format!("Did you mean `rmote-play {meant}`?"));
    }
    scene.rmote_play(&["deploymnt"]).code(1);
}
