//! Journals that are whole, torn, too long, foreign.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::event::{Event, HostOutcome, Kind, Recap, RunOutcome, SCHEMA_VERSION, Sink as _};
use crate::journal::{About, Archive, Ended, Error, Run, Writer};
use crate::name::HostName;
use crate::protocol::Mode;

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

fn started(run: &str, hosts: &[&str]) -> Kind {
    Kind::RunStarted {
        schema: SCHEMA_VERSION,
        version: "0".into(),
        run: run.into(),
        time: "2026-01-01T00:00:00Z".into(),
        playbook: "site.yml".into(),
        mode: Mode::Apply,
        diff: false,
        hosts: hosts.iter().map(|it| host(it)).collect(),
        rounds: Vec::new(),
    }
}

fn recap(name: &str, outcome: HostOutcome) -> Recap {
    Recap {
        ok: 1,
        ..Recap::of(host(name), outcome)
    }
}

fn ended(hosts: Vec<Recap>) -> Kind {
    Kind::RunEnded {
        outcome: RunOutcome {
            failed: true,
            unreachable: false,
            interrupted: false,
            stopped: false,
            changed: false,
            unknown: false,
            crashed: false,
        },
        hosts,
        took: 1.0,
    }
}

fn about(playbook: &str) -> About {
    About {
        playbook: playbook.into(),
        ..About::default()
    }
}

/// An archive in a directory of its own.
fn archive() -> (tempfile::TempDir, Archive) {
    let folder = tempfile::tempdir().unwrap();
    let archive = Archive::at(folder.path().join("runs"));
    (folder, archive)
}

fn record(archive: &Archive, playbook: &str, kinds: Vec<Kind>) {
    let (mut writer, fault) = Writer::new(archive.clone(), about(playbook));
    for (seq, kind) in (0..).zip(kinds) {
        writer.event(&Event { seq, at: 0.0, kind });
    }
    writer.tick();
    assert_eq!(fault.get(), None);
}

fn path(archive: &Archive, run: &str) -> PathBuf {
    archive.find(run).unwrap().path
}

#[test]
fn a_run_reads_back_and_only_its_owner_can_read_it() {
    let (_folder, archive) = archive();
    let hosts = vec![
        recap("a", HostOutcome::Ok),
        recap("b", HostOutcome::Failed),
        recap("c", HostOutcome::Unreachable),
        recap("d", HostOutcome::NotStarted),
    ];
    let kinds = vec![started("2026-x", &["a", "b", "c", "d"]), ended(hosts)];
    record(&archive, "/p/site.yml", kinds.clone());
    let run = archive.last_of(Path::new("/p/site.yml")).unwrap();
    assert_eq!(run.id(), "2026-x");
    let mut read = Vec::new();
    let end = run.events(|event| read.push(event.kind)).unwrap();
    assert!(matches!(end, Ended::Well(_)));
    assert_eq!(read, kinds);
    let unwell = run.unwell().unwrap();
    assert_eq!(unwell.failed, [host("b"), host("d")]);
    assert_eq!(unwell.unreachable, [host("c")]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&run.path), 0o600);
    assert_eq!(mode(run.path.parent().unwrap()), 0o700);
    assert!(archive.last_of(Path::new("/p/other.yml")).is_none());
}

#[test]
fn a_run_that_was_cut_off_is_read_as_far_as_it_goes() {
    let (_folder, archive) = archive();
    let left = Kind::Unreachable {
        host: host("b"),
        cause: crate::cause::Cause::Refused,
        message: "no".into(),
        help: None,
    };
    record(&archive, "/p/site.yml", vec![started("r1", &["a", "b"]), left]);
    let path = path(&archive, "r1");
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"seq\":2,\"at\":0.1,\"ev").unwrap();
    let run = archive.find("last").unwrap();
    let mut count = 0;
    assert_eq!(run.events(|_| count += 1).unwrap(), Ended::Torn);
    assert_eq!(count, 2);
    let unwell = run.unwell().unwrap();
    assert_eq!(
        (unwell.failed, unwell.unreachable),
        (vec![host("a")], vec![host("b")])
    );
    // In the middle it is no torn line, but no journal.
    file.write_all(b"\n{}\n").unwrap();
    assert!(matches!(run.events(|_| ()), Err(Error::Line { line: 4, .. })));
}

#[test]
fn newer_and_foreign_files_are_refused() {
    let (folder, archive) = archive();
    let file = folder.path().join("x.jsonl");
    for (text, is_newer) in [
        ("{\"journal\":2,\"playbook\":\"/p\",\"more\":1}\n", true),
        ("{\"journal\":\"1\"}\n", false),
        ("hello\n", false),
        ("", false),
    ] {
        fs::write(&file, text).unwrap();
        let error = Run::open(&file).unwrap_err();
        assert_eq!(matches!(error, Error::Newer(_)), is_newer, "{text}: {error}");
    }
    fs::write(&file, "{\"journal\":1,\"playbook\":\"/p\"}\n").unwrap();
    assert_eq!(
        archive.find(file.to_str().unwrap()).unwrap().playbook,
        Path::new("/p")
    );
    assert!(matches!(archive.find("last"), Err(Error::None)));
    assert!(matches!(archive.find("nosuch"), Err(Error::NoSuch(_))));
}

#[test]
fn a_hundred_runs_are_kept_and_found_by_the_beginning_of_their_names() {
    let (_folder, archive) = archive();
    for number in 0..105 {
        let kinds = vec![started(&format!("run-{number:03}"), &["a"]), ended(Vec::new())];
        record(&archive, "/p/site.yml", kinds);
    }
    let ids: Vec<_> = archive.runs().map(|run| run.id()).collect();
    assert_eq!(ids.len(), 100);
    assert_eq!((&*ids[0], &*ids[99]), ("run-104", "run-005"));
    assert_eq!(archive.find("run-09").map(|run| run.id()).ok(), None);
    assert_eq!(archive.find("run-098").unwrap().id(), "run-098");
}

#[test]
fn an_event_that_is_too_long_is_kept_without_its_result() {
    let (_folder, archive) = archive();
    let kind: Kind = serde_json::from_value(serde_json::json!({
        "event": "call_ended",
        "call": {
            "path": "one/x", "entry": 0, "round": "one", "label": "x", "tool": "fs.read_str",
            "location": { "path": "site.yml", "line": 1, "column": 1 },
        },
        "host": "a", "outcome": "ok", "attempts": 1, "took": 0.0,
        "result": { "text": "x".repeat(1 << 20) },
    }))
    .unwrap();
    record(&archive, "/p/site.yml", vec![started("r", &["a"]), kind]);
    let run = archive.find("r").unwrap();
    assert!(fs::metadata(&run.path).unwrap().len() < 10_000);
    let mut warned = Vec::new();
    run.events(|event| {
        if let Kind::CallEnded { result, warnings, .. } = event.kind {
            assert!(result.is_empty());
            warned = warnings;
        }
    })
    .unwrap();
    assert_eq!(warned.len(), 1);
}

#[test]
fn a_journal_that_cannot_be_written_says_so_and_stops_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    let archive = Archive::at(folder.path().join("file/runs"));
    let (mut writer, fault) = Writer::new(archive, about("/p"));
    for kind in [started("r", &["a"]), ended(Vec::new())] {
        writer.event(&Event {
            seq: 0,
            at: 0.0,
            kind,
        });
    }
    let (why, was_begun) = fault.get().unwrap();
    assert!(why.contains("ot a directory") && !was_begun, "{why}");
}

/// As version 1 of the schema wrote them: a group that did not start had the end of a call.
#[test]
fn a_journal_of_the_first_schema_is_read_with_groups_as_they_are_today() {
    let (folder, _) = archive();
    let call = |tool: &str| {
        format!(
            r#""call":{{"path":"base/{tool}","entry":0,"round":"base","label":"{tool}","tool":"{tool}","location":{{"path":"site.yml","line":3,"column":9}}}}"#
        )
    };
    let end = |seq: u32, tool: &str| {
        format!(
            r#"{{"seq":{seq},"at":0.5,"event":"call_ended",{},"host":"a","outcome":"skipped","ignored":false,"rescued":false,"because":"`when` is false","attempts":0,"took":0.0}}"#,
            call(tool)
        )
    };
    let lines = [
        r#"{"journal":1,"playbook":"/play/site.yml"}"#.to_owned(),
        r#"{"seq":0,"at":0.0,"event":"run_started","schema":1,"version":"0.1.0","run":"r","time":"","playbook":"site.yml","mode":"apply","diff":false,"hosts":["a"],"rounds":[]}"#.to_owned(),
        end(1, "group"),
        end(2, "import"),
        end(3, "exec.shell"),
    ];
    let path = folder.path().join("r.jsonl");
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    let mut read = Vec::new();
    let run = Run::open(&path).unwrap();
    assert_eq!(run.events(|event| read.push(event.kind)).unwrap(), Ended::Torn);
    assert!(matches!(
        read[0],
        Kind::RunStarted {
            schema: SCHEMA_VERSION,
            ..
        }
    ));
    for group in &read[1..3] {
        let Kind::GroupEnded { outcome, because, .. } = group else {
            panic!("{group:?}")
        };
        assert_eq!(*outcome, crate::event::Outcome::Skipped);
        assert_eq!(because.as_deref(), Some("`when` is false"));
    }
    assert!(matches!(read[3], Kind::CallEnded { .. }));
}

/// Runs of one playbook that end at the same time.
#[test]
fn what_is_owed_is_changed_by_many_at_once_and_nothing_is_lost() {
    let (_folder, archive) = archive();
    let ledger = crate::journal::Ledger::new(&archive, PathBuf::from("/play/site.yml"));
    let debt = |run: usize| crate::journal::owed::Debt {
        label: "restart".into(),
        run: run.to_string(),
    };
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let ledger = &ledger;
            scope.spawn(move || {
                for at in 0..20 {
                    let put = |debts: &mut crate::journal::Debts| {
                        let owed = debts.entry(format!("h{writer}")).or_default();
                        owed.insert(format!("r/{at}"), debt(writer));
                    };
                    ledger.change(put).unwrap();
                }
            });
        }
    });
    let debts = ledger.read().unwrap();
    assert_eq!(debts.len(), 8);
    assert!(debts.values().all(|owed| owed.len() == 20), "{debts:?}");
    ledger.change(crate::journal::Debts::clear).unwrap();
    assert!(ledger.read().unwrap().is_empty());
}
