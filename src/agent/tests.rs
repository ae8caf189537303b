//! The serve loop, spoken to over a socket pair with tools made for it.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::agent::serve;
use crate::blob::{Blob, Blobs};
use crate::failure::{Failure, Kind};
use crate::protocol::{
    self, After, Behind, CHUNK, Facts, FrameError, FromAgent, Hello, Mode, Need, Outcome, Reply, Request,
    ToAgent, VERSION,
};
use crate::system::{Reader, Stream, Writer};
use crate::tool::{Access, Finding, Footprint, Server, Tool};

#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Act {
    Settle,
    Change,
    Fail,
    Panic,
    Wait,
    Print,
    Quit,
    Fill(usize),
    #[schemars(skip)]
    Fetch(Blob),
}

#[derive(Serialize, Deserialize, schemars::JsonSchema)]
struct Args {
    act: Act,
}

#[derive(Serialize, schemars::JsonSchema)]
struct Output {
    text: String,
}

/// Does what it is told; once as a writer, once as a reader.
struct Puppet<const READS: bool>;

impl<const READS: bool> Tool for Puppet<READS> {
    const NAME: &'static str = if READS { "puppet.read" } else { "puppet.write" };
    const ACCESS: Access = if READS { Access::Reads } else { Access::Writes };
    const EXAMPLE: &'static str = "";
    type Args = Args;
    type Change = ();
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let text = match &args.act {
            Act::Settle => String::new(),
            Act::Change => return Ok(Finding::Pending(())),
            Act::Fail => return Err(Failure::new(Kind::NotFound, "`it` is not there")),
            Act::Panic => panic!("a bug"),
            Act::Wait => {
                host.link().output(Stream::Stdout, b"waiting");
                host.link().cancel().sleep(Duration::from_mins(1))?;
                String::new()
            }
            Act::Print => {
                host.link().output(Stream::Stderr, &vec![b'x'; 3 * CHUNK]);
                String::new()
            }
            Act::Quit => {
                host.link().quit(7);
                String::new()
            }
            Act::Fill(length) => "x".repeat(*length),
            Act::Fetch(blob) => {
                let mut content = Vec::new();
                let mut from = host.open(&[blob]);
                from.read_to_end(&mut content)
                    .map_err(|error| Failure::io("cannot read the content", &error))?;
                blake3::hash(&content).to_string()
            }
        };
        Ok(Finding::Settled(Output { text }))
    }

    fn apply(_: &Args, (): (), _: &Writer<'_>) -> Result<Output, Failure> {
        Ok(Output {
            text: "applied".into(),
        })
    }
}

struct Peer {
    stream: UnixStream,
    agent: Option<JoinHandle<Result<i32, FrameError>>>,
}

impl Peer {
    fn start() -> Self {
        let (stream, far) = UnixStream::pair().unwrap();
        let servers = [Server::of::<Puppet<true>>(), Server::of::<Puppet<false>>()];
        let hello = Hello {
            version: VERSION,
            build: "test".into(),
            pid: 1,
            boot_id: String::new(),
            facts: Facts::default(),
        };
        let input = far.try_clone().unwrap();
        let agent = thread::spawn(move || serve(Arc::new(servers.into_iter().collect()), hello, input, far));
        let mut peer = Self {
            stream,
            agent: Some(agent),
        };
        assert!(matches!(peer.next(), Some(FromAgent::Hello(_))));
        peer
    }

    fn send(&mut self, message: &ToAgent) {
        protocol::write_frame(message, &mut self.stream).unwrap();
    }

    fn call(&mut self, request: Request) {
        self.send(&ToAgent::Call(Box::new(request)));
    }

    fn next(&mut self) -> Option<FromAgent> {
        protocol::read_frame(&mut self.stream).unwrap()
    }

    fn reply(&mut self) -> (u64, Reply) {
        loop {
            if let FromAgent::Reply { id, reply } = self.next().expect("more comes") {
                return (id, *reply);
            }
        }
    }

    /// The exit code, once the agent has ended.
    fn end(mut self) -> i32 {
        self.stream.shutdown(std::net::Shutdown::Write).unwrap();
        self.agent.take().unwrap().join().unwrap().unwrap()
    }
}

fn request(id: u64, tool: &str, act: Act, mode: Mode) -> Request {
    Request {
        id,
        tool: tool.into(),
        account: None,
        args: rmp_serde::to_vec_named(&Args { act }).unwrap(),
        mode,
        diff: false,
        stream: true,
        read_only: false,
        timeout_ms: None,
        after: Vec::new(),
        if_changed: None,
        changed_before: false,
        touches: None,
        behind: None,
        settled: 0,
    }
}

fn write(id: u64, act: Act) -> Request {
    request(id, "puppet.write", act, Mode::Apply)
}

fn after(mut request: Request, id: u64) -> Request {
    request.after.push(After {
        id,
        need: Need::Succeeded,
    });
    request
}

#[test]
fn a_chain_that_is_sent_ahead_runs_in_order_and_stops_at_a_failure() {
    let mut peer = Peer::start();
    peer.call(write(1, Act::Change));
    peer.call(after(write(2, Act::Fail), 1));
    peer.call(after(write(3, Act::Change), 2));
    let ends: Vec<_> = (0..3)
        .map(|_| peer.reply())
        .map(|(id, it)| (id, it.outcome))
        .collect();
    assert_eq!(
        ends,
        [(1, Outcome::Changed), (2, Outcome::Failed), (3, Outcome::Dropped)]
    );
    assert_eq!(peer.end(), 0);
}

#[test]
fn a_panic_is_the_failure_of_its_call_alone() {
    let mut peer = Peer::start();
    peer.call(write(1, Act::Panic));
    let (_, reply) = peer.reply();
    let error = reply.error.unwrap();
    assert_eq!(error.kind, Kind::Crashed);
    assert!(error.message.contains("a bug"), "{}", error.message);
    peer.call(write(2, Act::Settle));
    assert_eq!(peer.reply().1.outcome, Outcome::Ok);
    peer.end();
}

#[test]
fn check_mode_changes_nothing_and_says_what_it_cannot_know() {
    let mut peer = Peer::start();
    let check = |id, tool, act| request(id, tool, act, Mode::Check);
    peer.call(check(1, "puppet.write", Act::Change));
    peer.call(after(check(2, "puppet.write", Act::Fail), 1));
    peer.call(after(check(3, "puppet.read", Act::Settle), 1));
    let mut elsewhere = after(check(4, "puppet.read", Act::Settle), 1);
    elsewhere.behind = Some(Box::new(Behind { id: 7, writes: None }));
    peer.call(elsewhere);
    let mut handler = after(check(5, "puppet.write", Act::Settle), 1);
    handler.if_changed = Some(vec![4]);
    peer.call(handler);
    let mut replies: Vec<_> = (0..5).map(|_| peer.reply()).collect();
    replies.sort_by_key(|(id, _)| *id);
    assert_eq!(
        replies[0].1.fields["text"],
        "applied".into(),
        "what would come of it is known"
    );
    let ends: Vec<_> = replies.into_iter().map(|(_, it)| it.outcome).collect();
    let unknown = Outcome::Unknown { because: 7 };
    assert_eq!(
        ends,
        [Outcome::Changed, Outcome::Failed, Outcome::Ok, unknown, unknown]
    );
    peer.end();
}

#[test]
fn a_running_call_ends_when_it_is_canceled_or_has_used_up_its_time() {
    let mut peer = Peer::start();
    peer.call(write(1, Act::Wait));
    assert!(matches!(peer.next(), Some(FromAgent::Output { id: 1, .. })));
    peer.send(&ToAgent::Withdraw { id: 1 });
    peer.send(&ToAgent::Ping { nonce: 5 });
    assert_eq!(peer.next(), Some(FromAgent::Pong { nonce: 5 }));
    peer.send(&ToAgent::Cancel { id: 1 });
    assert_eq!(peer.reply().1.error.unwrap().kind, Kind::Canceled);
    peer.call(Request {
        timeout_ms: Some(1),
        ..write(2, Act::Wait)
    });
    assert_eq!(peer.reply().1.error.unwrap().kind, Kind::Timeout);
    peer.end();
}

#[test]
fn a_large_result_comes_in_parts_and_one_past_the_limit_is_a_failure() {
    let mut peer = Peer::start();
    peer.call(write(1, Act::Fill(3 << 20)));
    let mut joined = Vec::new();
    loop {
        match peer.next().unwrap() {
            FromAgent::Part { id: 1, bytes } => joined.extend(bytes),
            FromAgent::PartsEnd { id: 1, .. } => break,
            other => panic!("{other:?}"),
        }
    }
    let reply: Reply = protocol::decode(&joined).unwrap();
    assert_eq!(reply.fields["text"].as_str().unwrap().len(), 3 << 20);
    peer.call(write(2, Act::Fill(17 << 20)));
    let error = peer.reply().1.error.unwrap();
    assert!(error.message.starts_with("result too large"), "{}", error.message);
    peer.end();
}

#[test]
fn content_is_pulled_in_chunks_under_a_window() {
    let mut peer = Peer::start();
    let blobs = Blobs::default();
    let content: Vec<u8> = (0..5_000_000u32)
        .map(|it| u8::try_from(it % 251).unwrap())
        .collect();
    let blob = blobs.bytes(content.clone());
    peer.call(write(1, Act::Fetch(blob)));
    let mut pulls = 0;
    let reply = loop {
        match peer.next().unwrap() {
            FromAgent::Pull { pull, pieces } => {
                pulls += 1;
                let [piece] = pieces[..] else { panic!("{pieces:?}") };
                let bytes = blobs
                    .read(piece.blob, piece.offset, piece.length as usize)
                    .unwrap();
                peer.send(&ToAgent::Chunk { pull, bytes });
            }
            FromAgent::Reply { reply, .. } => break reply,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        reply.fields["text"].as_str(),
        Some(&*blake3::hash(&content).to_string())
    );
    assert_eq!(pulls, content.len().div_ceil(CHUNK));
    let gone = blobs.bytes(content);
    peer.call(write(2, Act::Fetch(gone)));
    let reply = loop {
        match peer.next().unwrap() {
            FromAgent::Pull { pull, .. } => peer.send(&ToAgent::NoChunk {
                pull,
                failure: Failure::new(Kind::NotFound, "it is gone"),
            }),
            FromAgent::Reply { reply, .. } => break reply,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(reply.error.unwrap().message, "it is gone");
    peer.end();
}

#[test]
fn output_comes_in_pieces_and_only_where_it_is_wanted() {
    let mut peer = Peer::start();
    peer.call(write(1, Act::Print));
    for _ in 0..3 {
        assert!(matches!(peer.next(), Some(FromAgent::Output { bytes, .. }) if bytes.len() == CHUNK));
    }
    assert_eq!(peer.reply().0, 1);
    peer.call(Request {
        stream: false,
        ..write(2, Act::Print)
    });
    assert!(matches!(peer.next(), Some(FromAgent::Reply { id: 2, .. })));
    peer.end();
}

#[test]
fn a_goodbye_waits_for_what_runs_and_a_call_can_end_the_agent() {
    let mut peer = Peer::start();
    peer.call(write(1, Act::Wait));
    peer.send(&ToAgent::Bye);
    assert!(matches!(peer.next(), Some(FromAgent::Output { .. })));
    peer.send(&ToAgent::Cancel { id: 1 });
    assert_eq!(peer.reply().0, 1);
    assert_eq!(peer.next(), Some(FromAgent::Bye));
    assert_eq!(peer.end(), 0);

    let mut peer = Peer::start();
    peer.call(write(1, Act::Quit));
    assert_eq!(peer.reply().0, 1);
    assert_eq!(peer.next(), Some(FromAgent::Bye));
    assert_eq!(peer.end(), 7);
}

#[test]
fn the_end_of_the_input_cancels_what_runs_and_nonsense_ends_the_agent() {
    let mut peer = Peer::start();
    peer.call(write(1, Act::Wait));
    assert!(matches!(peer.next(), Some(FromAgent::Output { .. })));
    assert_eq!(peer.end(), 0);

    let mut peer = Peer::start();
    std::io::Write::write_all(&mut peer.stream, &[0xff; 8]).unwrap();
    assert_eq!(peer.next(), None);
    let end = peer.agent.take().unwrap().join().unwrap();
    assert!(matches!(end, Err(FrameError::TooLong(_))), "{end:?}");
}
