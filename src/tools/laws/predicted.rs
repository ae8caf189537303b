//! Check mode says what apply does: random sequences of calls over a small world, foreseen in one directory and made in an
//! equal one. `RMOTE_PLAY_SEED=n` replays one, `RMOTE_PLAY_SEQUENCES=n` tries more.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;

use serde_json::{Value as Json, json};

use super::picture;
use crate::failure::Failure;
use crate::system::PredictedHost;
use crate::tool::{Apply, Served};
use crate::tools::testing::{TestLink, value};

/// So many sequences are tried where nobody says otherwise.
const SEQUENCES: u64 = 300;

struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % end as u64).unwrap()
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }
}

const PATHS: [&str; 12] = [
    "a",
    "b",
    "c",
    "d",
    "d/a",
    "d/b",
    "d/d",
    "l",
    "l/a",
    "a/x",
    "d/../b",
    "new/deep/f",
];
const CONTENTS: [&str; 5] = ["", "one\n", "two\n", "one\ntwo\n", "one\nthree\ntwo"];
const MODES: [&str; 4] = ["0644", "0600", "0755", "u+x,g-w"];

/// A world to begin with: files, directories and links.
fn begin(folder: &Path, seed: u64) {
    let mut random = Random(seed);
    let at = |name: &str| folder.join(name);
    fs::create_dir_all(folder).unwrap();
    let file = |name: &str, random: &mut Random| {
        fs::write(at(name), random.of(&CONTENTS)).unwrap();
        let mode = random.of(&[0o644, 0o600, 0o755]);
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    match random.below(4) {
        0 => {}
        1 => file("a", &mut random),
        2 => fs::create_dir(at("a")).unwrap(),
        _ => symlink("b", at("a")).unwrap(),
    }
    if random.percent(50) {
        file("b", &mut random);
    }
    if random.percent(60) {
        fs::create_dir(at("d")).unwrap();
        if random.percent(50) {
            file("d/a", &mut random);
        }
        if random.percent(30) {
            fs::create_dir(at("d/d")).unwrap();
        }
        if random.percent(20) {
            fs::hard_link(at("b"), at("d/b")).unwrap_or_default();
        }
    }
    match random.below(4) {
        0 => symlink("d", at("l")).unwrap(),
        1 => symlink("l", at("l")).unwrap(),
        2 => symlink(at("d"), at("l")).unwrap(),
        _ => {}
    }
}

/// A call in a directory whose name is as `DIR`.
fn call(random: &mut Random) -> (&'static str, Json) {
    let path = format!("DIR/{}", random.of(&PATHS));
    let other = format!("DIR/{}", random.of(&PATHS));
    let (content, mode) = (random.of(&CONTENTS), random.of(&MODES));
    let (one, two) = (random.percent(50), random.percent(50));
    let mode = if random.percent(40) {
        json!(mode)
    } else {
        Json::Null
    };
    let mut call = match random.below(20) {
        0..3 => (
            "fs.write",
            json!({ "path": path, "content": content, "mode": mode, "parents": one, "force": random.percent(80), "only_if_absent": random.percent(20) }),
        ),
        3 => (
            "fs.directory",
            json!({ "path": path, "mode": mode, "parents": one }),
        ),
        4 => {
            let target = if two { other } else { random.of(&PATHS).to_owned() };
            (
                "fs.symlink",
                json!({ "path": path, "target": target, "force": one }),
            )
        }
        5 => ("fs.remove", json!({ "path": path, "recursive": one })),
        6 => ("fs.move", json!({ "src": path, "dest": other, "force": one })),
        7 => (
            "fs.attributes",
            json!({ "path": path, "mode": random.of(&MODES), "recursive": one }),
        ),
        8 | 9 => {
            let state = if two { "present" } else { "absent" };
            let line = random.of(&["one", "two", "four"]);
            let mut args = json!({ "path": path, "line": line, "state": state });
            if two {
                args["create"] = json!(one);
            }
            ("fs.line_in_file", args)
        }
        10 => (
            "fs.block_in_file",
            json!({ "path": path, "block": random.of(&["x\n", "x\ny\n"]), "create": one }),
        ),
        11 => (
            "fs.replace",
            json!({ "path": path, "regexp": random.of(&["o", "^two$"]), "replace": random.of(&["o", "0"]) }),
        ),
        12 => {
            let src = random.of(&["SRC/one.txt", "SRC", "SRC/"]);
            (
                "fs.copy",
                json!({ "src": src, "dest": path, "parents": one, "mode": mode }),
            )
        }
        13 => ("fs.sync", json!({ "local": "SRC", "path": path, "delete": one })),
        14 => ("fs.stat", json!({ "path": path, "follow": one, "hash": two })),
        15 => ("fs.read_str", json!({ "path": path })),
        16 | 17 => {
            let time = if one {
                json!(random.of(&[0, 1_700_000_000]))
            } else {
                Json::Null
            };
            (
                "fs.touch",
                json!({ "path": path, "mode": mode, "only_if_absent": two, "modified": time }),
            )
        }
        18 => (
            "fs.copy",
            json!({ "host_src": other, "dest": path, "parents": one, "mode": mode, "only_if_absent": two }),
        ),
        _ => ("fs.find", json!({ "path": path, "hidden": true })),
    };
    if let Json::Object(args) = &mut call.1 {
        args.retain(|_, value| !value.is_null());
    }
    call
}

/// Times, and sizes of directories, are known to nobody beforehand.
fn known(mut fields: Json) -> Json {
    fn clean(value: &mut Json) {
        match value {
            Json::Object(map) => {
                map.remove("mtime");
                if map.get("type").is_some_and(|it| it == "directory") {
                    map.remove("size");
                }
                map.values_mut().for_each(clean);
            }
            Json::Array(list) => list.iter_mut().for_each(clean),
            _ => {}
        }
    }
    clean(&mut fields);
    fields
}

/// What came of a call, as it can be compared, but the fields that check mode leaves out.
fn told(came: Result<Served, Failure>, unsure: &[String], folder: &Path, link: &TestLink) -> String {
    let said = match came {
        Err(failure) => format!("failed {:?} {}", failure.kind, failure.message),
        Ok(served) if served.unknown => "unknown".to_owned(),
        Ok(mut served) => {
            served.fields.retain(|name, _| !unsure.contains(name));
            format!(
                "changed {} {} {}",
                served.changed,
                diffs(&served),
                known(serde_json::to_value(&served.fields).unwrap()),
            )
        }
    };
    let warnings = link.warnings().join("; ");
    format!("{said} {warnings}").replace(&*folder.to_string_lossy(), "DIR")
}

fn diffs(served: &Served) -> String {
    let all: Vec<_> = served
        .diff
        .iter()
        .map(|it| format!("{} {}", it.title, it.text))
        .collect();
    all.concat()
}

/// What is in a directory, but times and what numbers things have.
fn contents(folder: &Path) -> Vec<String> {
    let mut all = Vec::new();
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().path())
        .collect();
    names.sort();
    for path in names {
        let meta = path.symlink_metadata().unwrap();
        all.push(format!("{} {:o}", path.display(), meta.mode()));
        if meta.is_dir() {
            all.extend(contents(&path));
        }
    }
    all
}

/// Whether a file in a directory has more than one name.
fn has_shared(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().any(|it| {
        let path = it.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        meta.is_dir() && has_shared(&path) || meta.is_file() && meta.nlink() > 1
    })
}

fn sequence(seed: u64) {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let (foreseen, made) = (root.join("one"), root.join("two"));
    fs::create_dir_all(root.join("src/sub")).unwrap();
    fs::write(root.join("src/one.txt"), "one\n").unwrap();
    fs::write(root.join("src/sub/a"), "two\n").unwrap();
    begin(&foreseen, seed);
    begin(&made, seed);
    let before = picture(&foreseen);
    let (check, apply) = (TestLink::default(), TestLink::default());
    let host = PredictedHost::default();
    let mut random = Random(seed ^ 0xABCD);
    let mut calls: Vec<(&str, Json)> = (0..2 + random.below(7)).map(|_| call(&mut random)).collect();
    // In the end, everything is looked at.
    calls.extend(PATHS.map(|path| ("fs.stat", json!({ "path": format!("DIR/{path}"), "hash": true }))));
    let mut story = String::new();
    for (id, (tool, args)) in calls.iter().enumerate() {
        let at = |folder: &Path| {
            let text = args.to_string().replace("DIR", &folder.to_string_lossy());
            let text = text.replace("SRC", &root.join("src").to_string_lossy());
            value(serde_json::from_str(&text).unwrap())
        };
        let said = check.foresee(tool, &at(&foreseen), &host, id as u64 + 1);
        let unsure = said
            .as_ref()
            .map_or_else(|_| Vec::new(), |served| served.unsure.clone());
        let said = told(said, &unsure, &foreseen, &check);
        // What is changed under one name of a file is unknown under another one, and check mode says so.
        if said.starts_with("unknown") && has_shared(&foreseen) {
            return;
        }
        let came = apply.serve(tool, &at(&made), Apply::Yes);
        let came = told(came, &unsure, &made, &apply);
        writeln!(story, "{tool} {args}\n    {came}").unwrap();
        assert_eq!(
            said,
            came,
            "check mode says something else than apply does: RMOTE_PLAY_SEED={seed}\nafter\n{story}{:#?}",
            contents(&made)
        );
        assert_eq!(
            picture(&foreseen),
            before,
            "check mode changed something: RMOTE_PLAY_SEED={seed}\n{story}"
        );
    }
}

/// Tools that run what their author wrote: what that would do, nobody knows.
const OPAQUE: &[&str] = &["exec.command", "exec.script", "exec.shell"];

/// Tools of whose result nothing is said before it is there: the controller, which two bring files to, and what comes from
/// a repository are not predicted.
const LATE: &[&str] = &["fs.fetch", "fs.sync", "git.checkout"];

#[test]
fn what_is_foreseen_of_each_tool_comes_true_and_is_there_for_the_next_call() {
    let folder = tempfile::tempdir().unwrap();
    let link = TestLink::default();
    for (tool, args) in super::calls(folder.path()) {
        let args = value(args);
        let host = PredictedHost::default();
        let (before, children) = (picture(folder.path()), super::children());
        let first = link.foresee(tool, &args, &host, 1).unwrap();
        let second = link.foresee(tool, &args, &host, 2).unwrap();
        assert_eq!(
            picture(folder.path()),
            before,
            "{tool}: check mode changed something"
        );
        assert_eq!(
            super::children(),
            children,
            "{tool}: check mode left a process behind"
        );
        let applied = link.serve(tool, &args, Apply::Yes).unwrap();
        link.warnings();
        assert!(first.changed && !first.unknown, "{tool}");
        assert_eq!(first.diff, applied.diff, "{tool}");
        if OPAQUE.contains(&tool) {
            continue;
        }
        if LATE.contains(&tool) && first.fields.is_empty() {
            continue;
        }
        let fields = |served: &Served| known(serde_json::to_value(&served.fields).unwrap());
        let mut came = fields(&applied);
        for field in &first.unsure {
            assert!(
                came.as_object_mut().unwrap().remove(field).is_some(),
                "{tool}: {field}"
            );
        }
        assert_eq!(fields(&first), came, "{tool}");
        assert!(!second.changed && !second.unknown, "{tool}: {second:?}");
    }
}

#[test]
fn check_mode_says_of_random_sequences_what_apply_does() {
    let number = |name: &str| env::var(name).ok().map(|it| it.parse::<u64>().unwrap());
    if let Some(seed) = number("RMOTE_PLAY_SEED") {
        return sequence(seed);
    }
    for seed in 0..number("RMOTE_PLAY_SEQUENCES").unwrap_or(SEQUENCES) {
        sequence(seed);
    }
}
