//! Hosts that say too much: whatever a host sends, it costs the controller bounded memory and bounded disk, and what was cut
//! is told.

use rmote_play::protocol::{FRAME_LIMIT, FromAgent, Outcome, Reply, WARNINGS, encode};
use rmote_play::system::{Level, Stream};
use rmote_play::value::{Map, Value};

use crate::hostile_agent::{assert_lost, frames, scene, scene_of, servers};

/// What a host may cost.
const MEMORY: u64 = 256 << 20;

fn reply() -> Reply {
    Reply {
        outcome: Outcome::Changed,
        diff: Vec::new(),
        warnings: Vec::new(),
        error: None,
        fields: Map::new(),
        unsure: Vec::new(),
        micros: 0,
        quit: None,
    }
}

/// An answer in parts to the first call, in which the bytes of one field are these.
fn in_parts(field: &str, bytes: &[u8]) -> Vec<u8> {
    let mark = "a place for it";
    let mut reply = reply();
    if field == "warnings" {
        reply.warnings = vec![mark.to_owned()];
    } else {
        reply.fields = Map::from([(field.to_owned(), Value::from(mark))]);
    }
    let whole = rmp_serde::to_vec_named(&reply).unwrap();
    // A text of less than 32 bytes has one byte before it; a list of one text has one more.
    let at = whole
        .windows(mark.len())
        .position(|it| it == mark.as_bytes())
        .unwrap();
    let begin = at - 1 - usize::from(field == "warnings");
    let whole = [&whole[..begin], bytes, &whole[at + mark.len()..]].concat();
    let mut sent = Vec::new();
    for id in 0..4 {
        for piece in whole.chunks(FRAME_LIMIT / 2) {
            let bytes = piece.to_vec();
            encode(&FromAgent::Part { id, bytes }, &mut sent).unwrap();
        }
        let outcome = Outcome::Changed;
        encode(&FromAgent::PartsEnd { id, outcome }, &mut sent).unwrap();
    }
    sent
}

/// A list of so many of these bytes.
fn list(count: u32, one: u8) -> Vec<u8> {
    let mut bytes = vec![0xdd];
    bytes.extend(count.to_be_bytes());
    bytes.resize(5 + count as usize, one);
    bytes
}

#[test]
fn few_bytes_that_would_be_many_values_are_refused() {
    let Some((bad, good)) = servers() else { return };
    for (field, one) in [
        ("stdout", 0xc0),
        ("stdout", 0x80),
        ("stdout", 0x90),
        ("warnings", 0xa0),
    ] {
        let lie = in_parts(field, &list(15 << 20, one));
        let ran = scene(&lie, &bad, &good).events(&[]).code(2);
        assert_lost(&ran, "more values than the limit");
        assert!(
            ran.peak_memory < MEMORY,
            "{field} of {one:#x}: {} bytes",
            ran.peak_memory
        );
    }
}

#[test]
fn an_answer_that_is_as_heavy_as_it_may_be_takes_bounded_memory() {
    let Some((bad, good)) = servers() else { return };
    for (field, one) in [("stdout", 0xc0), ("stdout", 0x80), ("warnings", 0xa0)] {
        let lie = in_parts(field, &list(590_000, one));
        let ran = scene(&lie, &bad, &good).events(&[]);
        assert!(
            ran.peak_memory < MEMORY,
            "{field} of {one:#x}: {} bytes",
            ran.peak_memory
        );
        assert_eq!(ran.host("good"), "ok", "{ran}");
    }
}

#[test]
fn a_result_of_another_type_than_its_tool_has_is_refused() {
    let Some((bad, good)) = servers() else { return };
    let wrong = |field: &str, value: Value| {
        let mut reply = reply();
        let fields = [
            ("ran", Value::from(true)),
            ("exit_code", Value::Int(0)),
            ("stdout", Value::from("x")),
            ("stderr", Value::from("")),
            ("truncated", Value::from(false)),
        ];
        reply.fields = fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        reply.fields.insert(field.to_owned(), value);
        let reply = |id| FromAgent::Reply {
            id,
            reply: Box::new(reply.clone()),
        };
        frames(&(0..4).map(reply).collect::<Vec<_>>())
    };
    for (field, value, is_refused) in [
        ("exit_code", Value::from("x"), true),
        ("stdout", Value::List(Vec::new()), true),
        ("truncated", Value::Int(1), true),
        ("another", Value::Int(1), false),
    ] {
        let lie = wrong(field, value);
        let ran = scene(&lie, &bad, &good).events(&[]);
        let first = ran.end("bad", "first");
        let is_failed = first["outcome"] == "failed";
        assert_eq!(is_failed, is_refused, "{field}: {ran}");
        assert_eq!(
            is_failed,
            first.to_string().contains("the answer of `exec.shell` is wrong"),
            "{ran}"
        );
        assert!(first["result"].get("another").is_none(), "{ran}");
    }
}

#[test]
fn output_and_records_without_end_are_cut_and_that_is_told() {
    let Some((bad, good)) = servers() else { return };
    let output = |id| FromAgent::Output {
        id,
        stream: Stream::Stdout,
        bytes: vec![b'x'; 60_000],
    };
    let record = |id| FromAgent::Log {
        id,
        level: Level::Info,
        message: "y".repeat(60_000),
    };
    let ids = || (0..1600).map(|count| count % 4);
    let playbook = "
hosts: [bad, good]
rounds:
  - name: one
    hosts: all
    calls:
      - { id: first, exec.shell: sleep 1 }
";
    for lie in [
        frames(&ids().map(output).collect::<Vec<_>>()),
        frames(&ids().map(record).collect::<Vec<_>>()),
    ] {
        let ran = scene_of(playbook, &lie, &bad, &good).events(&["-v"]);
        assert!(ran.peak_memory < MEMORY, "{} bytes", ran.peak_memory);
        let told = ran.all("call_output").len() + ran.all("call_log").len();
        // 8 MiB of 60,256 bytes each.
        assert!((130..145).contains(&told), "{told} are told");
        let warnings = ran.all("warning");
        let cut = warnings
            .iter()
            .filter(|it| it.to_string().contains("more than 8 MiB"));
        assert_eq!(cut.count(), 1, "{warnings:?}");
        assert_eq!(ran.host("good"), "ok");
    }
}

#[test]
fn warnings_and_notices_without_end_are_cut() {
    let Some((bad, good)) = servers() else { return };
    let mut many = reply();
    many.warnings = vec!["again".to_owned(); 5000];
    many.outcome = Outcome::Failed;
    let notice = || FromAgent::Notice {
        message: "\u{1b}[31mnoticed".to_owned(),
    };
    let mut words: Vec<_> = (0..500).map(|_| notice()).collect();
    words.extend((0..4).map(|id| FromAgent::Reply {
        id,
        reply: Box::new(many.clone()),
    }));
    let ran = scene(&frames(&words), &bad, &good).events(&[]);
    let first = ran.end("bad", "first");
    assert_eq!(
        first["warnings"].as_array().map(Vec::len),
        Some(WARNINGS + 1),
        "{ran}"
    );
    let noticed = ran
        .all("warning")
        .iter()
        .filter(|it| it.to_string().contains("noticed"))
        .count();
    assert_eq!(noticed, 20, "{ran}");
    assert!(!ran.to_string().contains('\u{1b}'));
}
