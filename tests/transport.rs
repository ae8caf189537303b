//! Connections, tried with the real binary.

use std::sync::Arc;
use std::time::Duration;

use rmote_play::inventory::{Connection, Transport};
use rmote_play::name::HostName;
use rmote_play::protocol::{Mode, Outcome, Reply, Request};
use rmote_play::tool::Blobs;
use rmote_play::transport::{Connector, Incoming, Session, Settings};
use rmote_play::value::Value;

fn connector() -> Connector {
    let settings = Settings {
        ssh_config: None,
        persist: Duration::ZERO,
        agents: None,
        forks: 8,
        blobs: Arc::new(Blobs::default()),
    };
    Connector::new(settings).program(env!("CARGO_BIN_EXE_rmote-play"))
}

fn host(name: &str) -> HostName {
    HostName::new(name).unwrap()
}

fn local() -> Connection {
    Connection {
        transport: Transport::Local,
        ..Connection::default()
    }
}

fn request(id: u64, tool: &str, args: &serde_json::Value) -> Request {
    Request {
        id,
        tool: tool.into(),
        args: rmp_serde::to_vec_named(args).unwrap(),
        mode: Mode::Apply,
        diff: false,
        stream: true,
        read_only: false,
        ignore_errors: false,
        timeout_ms: None,
        after: Vec::new(),
        if_changed: None,
        changed_before: false,
        behind: None,
        settled: 0,
    }
}

async fn reply(session: &mut Session, id: u64) -> Reply {
    loop {
        match session.incoming.recv().await.expect("more comes") {
            Incoming::Reply(of, reply) if of == id => return *reply,
            Incoming::Closed(end) => panic!("closed: {end:?}"),
            _ => {}
        }
    }
}

async fn closed(session: &mut Session) -> Result<(), rmote_play::cause::Unreachable> {
    loop {
        if let Incoming::Closed(end) = session.incoming.recv().await.expect("more comes") {
            assert!(session.incoming.recv().await.is_none(), "closed is the last word");
            return end;
        }
    }
}

#[tokio::test]
async fn a_local_agent_answers_and_says_goodbye() {
    let mut session = connector().connect(&host("localhost"), &local()).await.unwrap();
    assert!(!session.hello.facts.kernel.is_empty());
    session
        .sender
        .call(request(1, "log.log", &serde_json::json!({"message": "hi"})));
    let answer = reply(&mut session, 1).await;
    assert_eq!(answer.outcome, Outcome::Ok, "{answer:?}");
    session.sender.call(request(2, "no.tool", &serde_json::json!({})));
    let answer = reply(&mut session, 2).await;
    assert_eq!(answer.outcome, Outcome::Failed);
    assert!(answer.error.unwrap().message.contains("no.tool"));
    assert!(answer.fields.get("x") == None::<&Value>);
    session.sender.bye();
    assert_eq!(closed(&mut session).await, Ok(()));
}
