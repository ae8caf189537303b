//! Every file of `playbooks/invalid` has exactly the mistakes that its head names; those of `playbooks/valid` have none.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rmote_play::diagnostic::{Code, Format, render};
use rmote_play::plan::Plan;
use rmote_play::playbook::{Options, load};
use rmote_play::tools::registry;
use serde_json::Value;

use crate::support::{Fixture, Ran, Scene, violations};

fn playbooks(folder: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/playbooks")
        .join(folder);
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "yml"));
    paths.sort();
    paths
}

fn scene() -> Scene {
    Fixture::new("").build()
}

/// What `validate` finds, as `code line:column`.
fn found(ran: &Ran) -> Vec<String> {
    let all: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {ran}"));
    let place = |it: &Value| {
        format!(
            "{} {}:{}",
            it["code"].as_str().unwrap(),
            it["labels"][0]["line"],
            it["labels"][0]["column"]
        )
    };
    let mut found: Vec<_> = all.as_array().unwrap().iter().map(place).collect();
    found.sort();
    found
}

#[test]
fn every_mistake_is_found_with_its_code_and_its_place_and_nothing_else_is() {
    let scene = scene();
    let files = playbooks("invalid");
    assert!(files.len() >= 150, "{} files", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).unwrap();
        let mut expected: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix("# expect: "))
            .collect();
        expected.sort_unstable();
        let ran = scene.rmote_play(&["validate", "--strict", "--format", "json", path.to_str().unwrap()]);
        let found = found(&ran);
        if ran.code != Some(1) || expected != found {
            wrong.push(format!("{}: {expected:?} is expected\n{ran}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
}

/// What people read of each file stands in `snapshots/invalid`. Where it is meant to change, or a file is new:
/// `INSTA_UPDATE=always cargo nextest run -E 'test(what_people_read_of_each_mistake)'`.
#[test]
fn what_people_read_of_each_mistake() {
    let registry = registry();
    let mut wrong = Vec::new();
    for path in playbooks("invalid") {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let shown = Path::new("tests/playbooks/invalid").join(path.file_name().unwrap());
        let mut loaded = load(&shown, &registry, &Options::default());
        if let Some(playbook) = &loaded.playbook {
            let _plan = Plan::build(playbook, &mut loaded.diagnostics);
        }
        let drawn = render(
            &loaded.diagnostics,
            &loaded.sources,
            Format::Human { color: false },
        );
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path("snapshots/invalid");
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let compared = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            settings.bind(|| insta::assert_snapshot!(name, drawn));
        }));
        if compared.is_err() {
            wrong.push(name.to_owned());
        }
    }
    assert!(wrong.is_empty(), "other than their snapshots: {wrong:?}");
}

#[test]
fn every_code_has_a_file_that_shows_it() {
    let texts: String = playbooks("invalid")
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    // What no single file can show, a test names.
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let sources: String = fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok())
        .collect();
    let is_shown =
        |code: &Code| texts.contains(&format!("# expect: {code} ")) || sources.contains(code.as_str());
    let missing: Vec<_> = Code::ALL.iter().filter(|code| !is_shown(code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn people_read_the_code_the_place_and_the_line_that_is_wrong() {
    let path = playbooks("invalid")
        .into_iter()
        .find(|path| path.ends_with("unknown_argument.yml"))
        .unwrap();
    let ran = scene().rmote_play(&["validate", path.to_str().unwrap()]).code(1);
    ran.says("unknown-argument")
        .says("unknown_argument.yml:7:31")
        .says("contents: y")
        .says("`content`");
}

#[test]
fn correct_playbooks_have_no_errors() {
    let scene = scene();
    for path in playbooks("valid")
        .into_iter()
        .filter(|path| !path.ends_with("more.yml"))
    {
        let ran = scene
            .rmote_play(&["validate", "--format", "json", path.to_str().unwrap()])
            .code(0);
        let errors = ran.stdout.matches("\"severity\": \"error\"").count();
        assert_eq!(errors, 0, "{}: {ran}", path.display());
    }
}

#[test]
fn warnings_are_errors_where_strict_is_asked_for() {
    let scene = Fixture::new(
        "
hosts: [a]
rounds:
  - name: one
    hosts: all
    calls:
      - exec.shell: make # all
",
    )
    .build();
    scene
        .rmote_play(&["validate", "site.yml"])
        .code(0)
        .says("comment-in-command");
    scene
        .rmote_play(&["validate", "--strict", "site.yml"])
        .code(1)
        .says("comment-in-command");
}

#[test]
fn mistakes_suggest_what_was_meant() {
    let scene = Fixture::new(
        "
hosts: [web]
rounds:
  - name: one
    hosts: wbe
    calls:
      - fs.wriet: { path: /x, content: y }
      - fs.write: { path: /x, contnet: y }
",
    )
    .build();
    scene
        .rmote_play(&["validate", "site.yml"])
        .code(1)
        .says("`fs.write`")
        .says("`content`")
        .says("`web`");
}

#[test]
fn several_playbooks_are_validated_in_one_run_and_each_is_told() {
    let scene = Fixture::new("hosts: [a]\nrounds: 3\n")
        .file("other.yml", "hosts: 4\nrounds: []\n")
        .build();
    scene
        .rmote_play(&["validate", "site.yml", "other.yml"])
        .code(1)
        .says("site.yml:2")
        .says("other.yml:1");
}

#[test]
fn a_big_playbook_is_validated_quickly() {
    let mut text = String::from("hosts:\n");
    for n in 0..10_000 {
        writeln!(text, "  host{n}: {{ vars: {{ n: {n} }} }}").unwrap();
    }
    text.push_str("rounds:\n  - name: one\n    hosts: all\n    calls:\n");
    for n in 0..1_000 {
        writeln!(
            text,
            "      - fs.write: {{ path: '/srv/{{{{ n }}}}/{n}', content: x }}"
        )
        .unwrap();
    }
    let scene = Fixture::new(text)
        .limit(std::time::Duration::from_mins(1))
        .build();
    let begun = std::time::Instant::now();
    scene.rmote_play(&["validate", "site.yml"]).code(0);
    // An unoptimized build on a busy machine; the figure itself is measured by the benchmarks.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

/// The fields that SARIF 2.1.0 requires, of the parts that are written here.
fn sarif_schema() -> Value {
    let text = serde_json::json!({ "type": "object", "required": ["text"], "properties": { "text": { "type": "string" } } });
    let physical = serde_json::json!({
        "type": "object",
        "required": ["artifactLocation", "region"],
        "properties": {
            "artifactLocation": { "type": "object", "required": ["uri"], "properties": { "uri": { "type": "string" } } },
            "region": {
                "type": "object",
                "required": ["startLine", "startColumn", "endLine", "endColumn"],
                "properties": { "startLine": { "type": "integer", "minimum": 1 }, "startColumn": { "type": "integer", "minimum": 1 } }
            }
        }
    });
    serde_json::json!({
        "type": "object",
        "required": ["version", "runs"],
        "properties": {
            "version": { "enum": ["2.1.0"] },
            "runs": { "type": "array", "items": {
                "type": "object",
                "required": ["tool", "results"],
                "properties": {
                    "columnKind": { "enum": ["utf16CodeUnits", "unicodeCodePoints"] },
                    "tool": { "type": "object", "required": ["driver"], "properties": { "driver": {
                        "type": "object",
                        "required": ["name"],
                        "properties": { "rules": { "type": "array", "items": {
                            "type": "object",
                            "required": ["id"],
                            "properties": { "shortDescription": text, "fullDescription": text, "help": text }
                        } } }
                    } } },
                    "results": { "type": "array", "items": {
                        "type": "object",
                        "required": ["message", "ruleId", "ruleIndex", "level"],
                        "properties": {
                            "message": text,
                            "level": { "enum": ["none", "note", "warning", "error"] },
                            "locations": { "type": "array", "items": {
                                "type": "object", "required": ["physicalLocation"], "properties": { "physicalLocation": physical }
                            } },
                            "relatedLocations": { "type": "array", "items": {
                                "type": "object", "required": ["physicalLocation", "message", "id"],
                                "properties": { "physicalLocation": physical, "message": text }
                            } }
                        }
                    } }
                }
            } }
        }
    })
}

#[test]
fn code_scanning_reads_a_sarif_log_of_the_whole_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/playbooks/invalid");
    let ran = scene()
        .rmote_play(&["validate", "--format", "sarif", folder.to_str().unwrap()])
        .code(1);
    let log: Value = serde_json::from_str(&ran.stdout).unwrap();
    let broken = violations(&sarif_schema(), &log);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let run = &log["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert!(results.len() > 120, "{}", results.len());
    for result in results {
        let rule =
            &run["tool"]["driver"]["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
    }
}

#[test]
fn folders_are_searched_for_playbooks_by_their_shape() {
    let bad = "hosts: [a]\nrounds: [{ name: x, hosts: all, calls: [{ exec.shell: make, whne: true }] }]\n";
    let good = "hosts: [a]\nrounds: [{ name: x, hosts: all, calls: [{ exec.shell: make }] }]\n";
    let scene = Fixture::new(good)
        .file("plays/b.yml", bad)
        .file("plays/a/deep.yaml", bad)
        .file("plays/broken.yml", "hosts: [a]\nrounds: [\n")
        .file("plays/vars.yml", "port: 80\n")
        .file("plays/.hidden/x.yml", bad)
        .file("plays/notes.txt", bad)
        .file("empty/x", "")
        .build();
    let ran = scene
        .rmote_play(&["validate", "plays", "site.yml", "plays/b.yml"])
        .code(1);
    let places: Vec<_> = ran.stdout.lines().filter(|line| line.contains("─[")).collect();
    let order = ["plays/a/deep.yaml:2", "plays/b.yml:2", "plays/broken.yml:"];
    assert_eq!(places.len(), order.len(), "{ran}");
    for (place, wanted) in places.iter().zip(order) {
        assert!(place.contains(wanted), "{ran}");
    }
    ran.says("4 files checked: 3 errors").says("--explain");
    scene
        .rmote_play(&["validate", "site.yml"])
        .code(0)
        .says("1 file checked, nothing found");
    scene
        .rmote_play(&["validate", "empty"])
        .code(1)
        .says("`empty` holds no playbook");
}

#[test]
fn what_two_playbooks_share_is_told_once() {
    let text =
        "vars_files: [more.yml]\nrounds: [{ name: x, hosts: localhost, calls: [{ exec.shell: make }] }]\n";
    let scene = Fixture::new(text)
        .file("other.yml", text)
        .file("more.yml", "a: 1\na: 2\n")
        .build();
    let ran = scene.rmote_play(&["validate", "site.yml", "other.yml"]).code(1);
    assert_eq!(ran.stdout.matches("duplicate-key\n").count(), 1, "{ran}");
}

#[test]
fn each_code_is_explained_with_an_example() {
    let scene = scene();
    let ran = scene
        .rmote_play(&["validate", "--explain", "not-boolean"])
        .code(0);
    ran.says("There are no truthy")
        .says("Wrong")
        .says("Right")
        .says("| length > 0");
    let list = scene.rmote_play(&["validate", "--explain"]).code(0);
    assert_eq!(list.stdout.lines().count(), Code::ALL.len(), "{list}");
    scene
        .rmote_play(&["validate", "--explain", "not-bolean"])
        .code(64)
        .says("Did you mean `not-boolean`?");
    scene.rmote_play(&["validate"]).code(64);
}

#[test]
fn annotations_are_one_line_each_whatever_is_in_them() {
    let ran = Fixture::new("hosts: [a]\n\"ro%unds:,\\n::x\": 1\nrounds: [{ name: x, hosts: all, calls: [{ exec.shell: make }] }]\n")
        .build()
        .rmote_play(&["validate", "--format", "github", "site.yml"])
        .code(1);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 1, "{ran}");
    assert!(
        lines[0].starts_with("::error file=site.yml,line=2,endLine=2,col=1,"),
        "{ran}"
    );
    assert!(lines[0].contains("ro%25unds"), "{ran}");
}

#[test]
fn warnings_about_inventories_are_told() {
    let rounds = "rounds: [{ name: x, hosts: web1, calls: [{ log.log: \"{{ a }} {{ flag }}\" }] }]\n";
    let ran = Fixture::new(rounds)
        .file("inventory/hosts", "web1 flag=FALSE ansible_connection=winrm\n")
        .file("inventory/group_vars/all.yml", "a: 1\n")
        .file("inventory/group_vars/all.yaml", "a: 2\n")
        .build()
        .rmote_play(&["validate", "-i", "inventory", "site.yml"])
        .code(0);
    ran.says("shadowed-file")
        .says("surprising-value")
        .says("unmapped-setting");
}
