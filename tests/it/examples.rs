//! Every example runs as it stands, and where it says so, changes nothing the second time.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Fixture, Ran, Scene, program, skip};

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

/// Runs an example with everything that it writes below the scene.
fn run(scene: &Scene, name: &str, args: &[&str]) -> Ran {
    let path = example(name);
    let args = [args, &["--output", "json", path.to_str().unwrap()]].concat();
    scene.rmote_play(&args)
}

fn sealed() -> Scene {
    Fixture::new("").env("RMOTE_DEMO", "{DIR}/t").build()
}

fn changed(ran: &Ran) -> u64 {
    let hosts = ran.events.last().expect("a recap")["hosts"]
        .as_array()
        .unwrap()
        .clone();
    hosts.iter().map(|host| host["changed"].as_u64().unwrap()).sum()
}

#[test]
fn quickstart_does_its_work_and_the_second_time_there_is_nothing_to_do() {
    let scene = sealed();
    let first = run(&scene, "quickstart.yml", &[]).code(0);
    assert!(changed(&first) > 0, "{first}");
    assert!(scene.read("t/web2/index.html").contains("Hello from web2"));
    let second = run(&scene, "quickstart.yml", &[]).code(0);
    assert_eq!(changed(&second), 0, "{second}");
    assert_eq!(scene.read("t/web1/changes.log").lines().count(), 1);
}

#[test]
fn quickstart_in_check_mode_writes_nothing() {
    let scene = sealed();
    run(&scene, "quickstart.yml", &["-C", "-D"]).code(0);
    assert_eq!(fs::read_dir(scene.path("t")).unwrap().count(), 0);
}

#[test]
fn fan_out_collects_an_answer_of_every_host() {
    let scene = sealed();
    for _ in 0..2 {
        let ran = run(&scene, "fan-out.yml", &[]).code(0);
        assert_eq!(ran.all("connected").len(), 20, "{ran}");
        let said = ran.all("call_log")[0]["message"].as_str().unwrap().to_owned();
        assert!(said.contains("20 hosts") && said.contains("node20="), "{said}");
        assert_eq!(changed(&ran), 0, "{ran}");
    }
}

#[test]
fn pipelined_collects_what_ran_at_once() {
    let scene = sealed();
    for _ in 0..2 {
        let ran = run(&scene, "pipelined.yml", &[]).code(0);
        assert_eq!(ran.all("call_log").len(), 3, "{ran}");
        assert_eq!(changed(&ran), 0, "{ran}");
    }
}

#[test]
fn isolation_ends_with_the_code_that_it_promises() {
    let scene = sealed();
    for _ in 0..2 {
        let ran = run(&scene, "isolation.yml", &[]).code(6);
        for host in ["good1", "good2", "good3"] {
            assert_eq!(ran.host(host), "ok", "{ran}");
        }
        assert_eq!(
            (ran.host("clumsy"), ran.host("broken")),
            ("failed", "unreachable"),
            "{ran}"
        );
        assert_eq!(ran.unreachable("broken").0, "refused", "{ran}");
    }
}

#[test]
fn summary_says_of_each_host_how_it_went_and_why_not() {
    let scene = sealed();
    let ran = run(&scene, "summary.yml", &[]).code(6);
    let mut lines: Vec<_> = (ran.all("call_log").iter())
        .map(|it| it["message"].as_str().unwrap())
        .collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "broken: ERROR - connect to host 127.0.0.1 port 1: Connection refused",
            "clumsy: ERROR - build: `/bin/sh` ended with exit code 3: no space left on device",
            "good1: OK",
            "good2: OK",
        ],
        "{ran}"
    );
}

#[test]
fn rounds_connects_once_and_changes_nothing_the_second_time() {
    let scene = sealed();
    let first = run(&scene, "rounds.yml", &[]).code(0);
    assert_eq!(first.all("connected").len(), 4, "{first}");
    let second = run(&scene, "rounds.yml", &[]).code(0);
    assert_eq!(changed(&second), 0, "{second}");
}

#[test]
fn site_is_released_settles_and_takes_a_broken_release_back() {
    let scene = sealed();
    run(&scene, "site.yml", &[]).code(0);
    assert!(
        scene
            .read("t/site/lb1/etc/haproxy.cfg")
            .contains("server web3 web3:8080")
    );
    let second = run(&scene, "site.yml", &[]).code(0);
    assert_eq!(changed(&second), 0, "{second}");
    let current = || fs::read_link(scene.path("t/site/web1/srv/shop/current")).unwrap();
    assert!(current().ends_with("1.4.2"));
    run(&scene, "site.yml", &["-e", "release=1.5.0"]).code(0);
    assert!(current().ends_with("1.5.0"));
    assert!(
        scene
            .read("t/site/web1/srv/shop/current/app.conf")
            .contains("cache = on")
    );
    let broken = run(&scene, "site.yml", &["-e", "release=1.6.0-broken"]).code(2);
    assert!(current().ends_with("1.5.0"), "{broken}");
    assert_eq!(broken.host("lb1"), "ok", "{broken}");
}

#[test]
fn rolling_goes_by_batches_and_stops_at_the_first_host_that_is_not_healthy() {
    let scene = sealed();
    run(&scene, "rolling.yml", &["-C"]).code(0);
    let first = run(&scene, "rolling.yml", &[]).code(0);
    assert_eq!(first.all("batch_started").len(), 3, "{first}");
    let pool = || scene.read("t/rolling/lb1/pool");
    assert_eq!(pool().lines().count(), 4, "{first}");
    let current = |host: &str| fs::read_link(scene.path(&format!("t/rolling/{host}/current"))).unwrap();
    let broken = run(&scene, "rolling.yml", &["-e", "release=3-broken"]).code(2);
    assert!(current("web1").ends_with("2"), "it is rolled back: {broken}");
    assert_eq!(pool().lines().count(), 4, "it is put back: {broken}");
    let hosts = ["web1", "web2", "web4", "lb1"].map(|host| broken.host(host));
    assert_eq!(hosts, ["failed", "aborted", "aborted", "ok"], "{broken}");
    assert_eq!(broken.all("stopped").len(), 1, "{broken}");
}

#[test]
fn units_release_an_application_and_settle() {
    let scene = sealed();
    run(&scene, "units.yml", &[]).code(0);
    let pool = || scene.read("t/units/lb1/pool");
    assert_eq!(pool(), "server web1\nserver web2\nserver web3\n");
    assert!(
        scene
            .read("t/units/web2/app.conf")
            .contains("listen = 9000\nworkers = 2")
    );
    let second = run(&scene, "units.yml", &[]).code(0);
    assert!(
        second
            .all("call_ended")
            .iter()
            .all(|it| it["call"]["label"] == "server" || it["change"].is_null()),
        "{second}"
    );
    run(&scene, "units.yml", &["-e", "release=3", "-e", "workers=4"]).code(0);
    assert!(
        scene
            .read("t/units/web2/app.conf")
            .contains("workers = 4\nrelease = 3")
    );
    let current = fs::read_link(scene.path("t/units/web2/current")).unwrap();
    assert!(current.ends_with("3"), "{}", current.display());
    run(&scene, "units.yml", &["-e", "workers=many"]).code(1);
    for unit in ["units/app", "units/balancer.yml"] {
        let path = example(unit);
        scene
            .rmote_play(&["validate", "--strict", path.to_str().unwrap()])
            .code(0);
    }
}

#[test]
fn custom_tools_look_change_and_say_in_check_mode_what_they_would() {
    if program("python3").is_none() {
        skip("python3 is not installed");
        return;
    }
    let scene = sealed();
    let first = run(&scene, "custom-tools.yml", &[]).code(0);
    assert_eq!(first.outcome("web1", "set"), "changed");
    assert_eq!(first.end("web1", "set")["result"]["count"], 2);
    assert!(
        scene
            .read("t/custom-tools/web2/settings.json")
            .contains("\"host\": \"web2\"")
    );
    let second = run(&scene, "custom-tools.yml", &[]).code(0);
    assert_eq!(changed(&second), 0, "{second}");
    let check = run(&scene, "custom-tools.yml", &["-C", "-D", "-e", "motto=onward"]).code(0);
    let diff = check.end("web1", "set")["change"]["diff"][0]["text"]
        .as_str()
        .unwrap();
    assert!(diff.contains("+  \"motto\": \"onward\""), "{diff}");
    assert!(scene.read("t/custom-tools/web1/settings.json").contains("steady"));
}

#[test]
fn every_example_is_correct_and_run_by_a_test() {
    let tests = include_str!("examples.rs");
    let scene = sealed();
    for entry in fs::read_dir(example("")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yml") {
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(
                tests.contains(&format!("run(&scene, \"{name}\"")),
                "no test runs {name}"
            );
            scene
                .rmote_play(&["validate", "--strict", path.to_str().unwrap()])
                .code(0);
        }
    }
}
