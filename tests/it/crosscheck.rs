//! Inventories and patterns mean what they mean to Ansible, which is asked. The differences are in one table.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use rmote_play::ansible::Scripts;
use rmote_play::inventory::{Inventory, Pattern};
use rmote_play::playbook::{Options, load_hosts};
use rmote_play::tools::registry;
use serde_json::{Value, json};

use crate::support::{Fixture, skip};

/// The release that is asked.
const ANSIBLE: &str = "ansible-core==2.19.*";

/// What differs, and why: an inventory (and below it a group or host), or `inventory|pattern`.
const DIFFERENCES: &[(&str, &str)] = &[(
    "fleet.ini|lb[0",
    "a bracket that is not closed is an error; Ansible reads `lb` and `0`",
)];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inventories")
}

/// A Python with Ansible in it, made on first use; `Err`: why there is none.
fn python() -> Result<PathBuf, String> {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ansible");
    let python = home.join("bin/python");
    let done = home.join("done");
    if fs::read_to_string(&done).is_ok_and(|it| it == ANSIBLE) {
        return Ok(python);
    }
    let _absent = fs::remove_dir_all(&home);
    let run = |program: &Path, args: &[&str]| {
        let output = Command::new(program).args(args).stdin(Stdio::null()).output();
        match output {
            Ok(output) if output.status.success() => Ok(()),
            Ok(output) => Err(format!(
                "{} {args:?}: {}",
                program.display(),
                String::from_utf8_lossy(&output.stderr)
            )),
            Err(error) => Err(format!("{}: {error}", program.display())),
        }
    };
    let place = home.to_str().unwrap();
    run(Path::new("python3"), &["-m", "venv", place])?;
    run(&python, &["-m", "pip", "install", "--quiet", ANSIBLE])?;
    fs::write(done, ANSIBLE).unwrap();
    Ok(python)
}

/// Runs inventories without further ado.
#[derive(Debug)]
struct Run;

impl Scripts for Run {
    fn output(&self, program: &Path, args: &[&str]) -> Result<Vec<u8>, (String, String)> {
        let output = Command::new(program).args(args).output();
        output
            .map(|it| it.stdout)
            .map_err(|error| (error.to_string(), String::new()))
    }
}

/// Every inventory of the folder, and some together.
fn cases() -> Vec<(String, Vec<String>)> {
    let not_inventories = ["ask.py", "patterns", "invalid"];
    let names = fs::read_dir(folder()).unwrap().map(|entry| {
        let name = entry.unwrap().file_name();
        name.into_string().unwrap()
    });
    let mut cases: Vec<(String, Vec<String>)> = names
        .filter(|name| !not_inventories.contains(&name.as_str()))
        .map(|name| {
            let source = match name.as_str() {
                "beside" => "beside/hosts".to_owned(),
                _ => name.clone(),
            };
            (name, vec![source])
        })
        .collect();
    let several = [
        ("two-folders", &["layered", "layered2"][..]),
        ("two-folders-turned", &["layered2", "layered"]),
        ("ini-and-yaml", &["groups.ini", "simple.yml", "again"]),
        ("list", &["a1,b2:2222, 10.0.0.1 ,,c3,"]),
        ("list-and-file", &["extra,", "groups.ini"]),
        ("merged-and-script", &["merged", "script-meta"]),
    ];
    cases.extend(several.iter().map(|(name, sources)| {
        let sources = sources.iter().map(|it| (*it).to_owned()).collect();
        ((*name).to_owned(), sources)
    }));
    cases.sort();
    cases
}

fn patterns() -> Vec<(String, String)> {
    let text = fs::read_to_string(folder().join("patterns")).unwrap();
    let split = |line: &str| {
        let (name, pattern) = line.split_once('|').unwrap();
        (name.to_owned(), pattern.to_owned())
    };
    text.lines().map(split).collect()
}

/// What both call the same: templates with space in their braces, and ciphertexts hidden.
fn plain(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace("{{ ", "{{").replace(" }}", "}}")),
        Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
        Value::Object(map) if map.contains_key("__ansible_vault") => json!("********"),
        Value::Object(map) if map.contains_key("__ansible_unsafe") => plain(&map["__ansible_unsafe"]),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect(),
        // 1.0 and 1 are told apart, 1e3 and 1000.0 are not.
        other => other.clone(),
    }
}

/// A list as JSON, taken apart: `group` to its lists, `host` to its variables.
fn parts(list: &Value) -> BTreeMap<String, Value> {
    let mut parts = BTreeMap::new();
    for (name, value) in list.as_object().unwrap() {
        if name != "_meta" {
            parts.insert(format!("group {name}"), value.clone());
        }
    }
    let vars = list["_meta"]["hostvars"].as_object();
    for (name, value) in vars.into_iter().flatten() {
        parts.insert(format!("host {name}"), plain(value));
    }
    parts
}

#[test]
fn inventories_and_patterns_mean_what_they_mean_to_ansible() {
    let python = match python() {
        Ok(python) => python,
        Err(why) => return skip(&format!("ansible-core cannot be installed: {why}")),
    };
    let (cases, patterns) = (cases(), patterns());
    let sources: HashMap<_, _> = cases.iter().cloned().collect();
    let asked = json!({
        "inventories": cases.iter()
            .map(|(name, sources)| json!({"name": name, "sources": sources}))
            .collect::<Vec<_>>(),
        "patterns": patterns,
    });
    let told = ask(&python, &asked);
    let mut differences = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut differ = |place: &str, what: String| {
        let is_known = |(known, _): &&(&str, &str)| *known == place;
        match DIFFERENCES.iter().find(is_known) {
            Some((known, _)) => drop(differences.insert(*known)),
            None => wrong.push(format!("{place}: {what}")),
        }
    };
    let scene = Fixture::new("").build();
    let mut equal = 0;
    for (name, sources) in &cases {
        let theirs = &told["lists"][name];
        assert!(theirs.is_object(), "{name}: Ansible fails");
        let given: Vec<String> = sources.iter().map(|it| absolute(it)).collect();
        let mut args = vec!["hosts", "--format", "json"];
        for it in &given {
            args.extend(["-i", it]);
        }
        let ran = scene.rmote_play(&args).code(0);
        let ours = parts(&serde_json::from_str(&ran.stdout).unwrap());
        let theirs = parts(theirs);
        let keys: BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
        for key in keys {
            let (ours, theirs) = (ours.get(key), theirs.get(key));
            if ours == theirs {
                equal += 1;
            } else {
                let show = |it: Option<&Value>| it.map_or("nothing".to_owned(), Value::to_string);
                let what = format!("\n  ours   {}\n  theirs {}", show(ours), show(theirs));
                differ(&format!("{name} {key}"), what);
            }
        }
    }
    let mut inventories: HashMap<&str, Inventory> = HashMap::new();
    let mut same = 0;
    for ((name, pattern), theirs) in patterns.iter().zip(told["patterns"].as_array().unwrap()) {
        let inventory = inventories
            .entry(name)
            .or_insert_with(|| load(&sources[name.as_str()]));
        let ours = select(inventory, pattern);
        let theirs: Vec<String> = match theirs.as_array() {
            Some(hosts) => hosts.iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
            None => Vec::new(),
        };
        // In which order is another matter: here that of the inventory, there that of the parts.
        let set = |hosts: &[String]| hosts.iter().cloned().collect::<BTreeSet<_>>();
        if ours.len() == theirs.len() && set(&ours) == set(&theirs) {
            same += 1;
        } else {
            differ(
                &format!("{name}|{pattern}"),
                format!("\n  ours   {ours:?}\n  theirs {theirs:?}"),
            );
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    for (known, _) in DIFFERENCES {
        assert!(differences.contains(known), "`{known}` differs no longer");
    }
    println!(
        "{} inventories ({equal} groups and hosts equal), {same} of {} patterns equal, {} differences known",
        cases.len(),
        patterns.len(),
        DIFFERENCES.len()
    );
    assert!(cases.len() >= 25 && patterns.len() >= 200);
}

fn select(inventory: &Inventory, pattern: &str) -> Vec<String> {
    let Ok(pattern) = Pattern::parse(pattern) else {
        return Vec::new();
    };
    let (hosts, _) = pattern.select(inventory);
    let name = |id: &rmote_play::name::HostId| inventory.host(*id).name.to_string();
    hosts.iter().map(name).collect()
}

fn load(sources: &[String]) -> Inventory {
    let options = Options {
        inventories: sources.iter().map(|it| absolute(it)).collect(),
        scripts: Some(Arc::new(Run)),
        ..Options::default()
    };
    load_hosts(None, &registry(), &options).inventory
}

/// A path in the folder; a list of hosts as it is.
fn absolute(source: &str) -> String {
    if source.contains(',') {
        source.to_owned()
    } else {
        folder().join(source).display().to_string()
    }
}

fn ask(python: &Path, asked: &Value) -> Value {
    let mut child = Command::new(python)
        .arg("ask.py")
        .current_dir(folder())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(asked.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "ask.py fails");
    serde_json::from_slice(&output.stdout).unwrap()
}
