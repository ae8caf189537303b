//! What the wire costs without any wire: a request and its reply to bytes and back.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rmote_play::protocol::{After, FromAgent, Mode, Need, Outcome, Reply, Request, ToAgent, decode, encode};
use rmote_play::value::{Map, Value};

fn request(id: u64) -> ToAgent {
    ToAgent::Call(Box::new(Request {
        id,
        tool: "fs.read_str".into(),
        account: None,
        args: vec![0x81; 40],
        mode: Mode::Apply,
        diff: false,
        read_only: false,
        stream: false,
        timeout_ms: None,
        after: vec![After {
            id: id.saturating_sub(1),
            need: Need::Succeeded,
        }],
        if_changed: None,
        changed_before: false,
        touches: None,
        behind: None,
        settled: id.saturating_sub(64),
    }))
}

fn reply(id: u64, content: usize) -> FromAgent {
    let text = Value::Str("x".repeat(content));
    FromAgent::Reply {
        id,
        reply: Box::new(Reply {
            outcome: Outcome::Ok,
            diff: Vec::new(),
            warnings: Vec::new(),
            error: None,
            fields: Map::from([("content".to_owned(), text)]),
            unsure: Vec::new(),
            micros: 12,
            quit: None,
        }),
    }
}

fn there_and_back(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("wire");
    let mut buffer = Vec::new();
    group.throughput(Throughput::Elements(1));
    group.bench_function("a request", |bencher| {
        let message = request(1000);
        bencher.iter(|| {
            buffer.clear();
            encode(black_box(&message), &mut buffer).expect("it fits a frame");
            black_box(decode::<ToAgent>(&buffer[4..]).expect("it was just encoded"))
        });
    });
    for size in [100, 100_000] {
        group.bench_function(format!("a reply of {size} bytes"), |bencher| {
            let message = reply(1000, size);
            bencher.iter(|| {
                buffer.clear();
                encode(black_box(&message), &mut buffer).expect("it fits a frame");
                black_box(decode::<FromAgent>(&buffer[4..]).expect("it was just encoded"))
            });
        });
    }
    group.finish();
}

criterion_group!(wire, there_and_back);
criterion_main!(wire);
