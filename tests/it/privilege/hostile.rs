//! An account that was become decides its own calls and nothing else: whatever runs in the place of its agent.

use rmote_play::protocol::{Facts, FromAgent, Hello, Outcome, Piece, Reply, VERSION, encode};
use rmote_play::system::{Level, Push, Stream};
use rmote_play::value::Map;

use super::fixture;
use crate::support::{Lab, Machine};

/// What becomes of an agent that says this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is ended, and that is told.
    Breach,
    /// It has ended itself.
    Ended,
    /// It may say so.
    Heard,
}

/// The name of each message; one that is new is to have its place in the table below.
fn name(message: &FromAgent) -> &'static str {
    match message {
        FromAgent::Hello(_) => "hello",
        FromAgent::Part { .. } => "part",
        FromAgent::PartsEnd { .. } => "parts end",
        FromAgent::Reply { .. } => "reply",
        FromAgent::Output { .. } => "output",
        FromAgent::Log { .. } => "log",
        FromAgent::Pull { .. } => "pull",
        FromAgent::Push { .. } => "push",
        FromAgent::Pong { .. } => "pong",
        FromAgent::Retried { .. } => "retried",
        FromAgent::Notice { .. } => "notice",
        FromAgent::Bye => "bye",
    }
}

fn forged(quit: Option<i32>) -> Reply {
    Reply {
        outcome: Outcome::Ok,
        diff: Vec::new(),
        warnings: vec!["forged".into()],
        error: None,
        fields: Map::from([("stdout".to_owned(), "forged".into())]),
        unsure: Vec::new(),
        micros: 0,
        quit,
    }
}

/// What an agent may say of the call of another account, by its number, and what becomes of it.
fn table(id: u64) -> Vec<(FromAgent, Fate)> {
    let whole = rmp_serde::to_vec_named(&forged(None)).unwrap();
    let piece = Piece {
        blob: 7,
        offset: 0,
        length: 1,
    };
    let reply = |quit| FromAgent::Reply {
        id,
        reply: Box::new(forged(quit)),
    };
    let pull = |pull| FromAgent::Pull {
        pull,
        pieces: vec![piece],
    };
    let (ok, reason) = (Outcome::Ok, "forged".to_owned());
    vec![
        (
            FromAgent::Hello(Box::new(Hello {
                version: VERSION,
                build: String::new(),
                pid: 1,
                boot_id: String::new(),
                facts: Facts::default(),
            })),
            Fate::Breach,
        ),
        (FromAgent::Part { id, bytes: whole }, Fate::Breach),
        (FromAgent::PartsEnd { id, outcome: ok }, Fate::Breach),
        (reply(None), Fate::Breach),
        (reply(Some(0)), Fate::Breach),
        (
            FromAgent::Output {
                id,
                stream: Stream::Stdout,
                bytes: b"forged".to_vec(),
            },
            Fate::Breach,
        ),
        (
            FromAgent::Log {
                id,
                level: Level::Critical,
                message: "forged".into(),
            },
            Fate::Breach,
        ),
        (
            FromAgent::Push {
                id,
                push: Push::Bytes(b"forged".to_vec()),
            },
            Fate::Breach,
        ),
        (
            FromAgent::Retried {
                id,
                reason: reason.clone(),
            },
            Fate::Breach,
        ),
        (FromAgent::Notice { message: reason }, Fate::Breach),
        (pull(1 << 32), Fate::Breach),
        (pull(9), Fate::Heard),
        (FromAgent::Pong { nonce: 0 }, Fate::Heard),
        (FromAgent::Bye, Fate::Ended),
    ]
}

/// Puts a program into the place of carol's agent that says what is in `/tmp/lie` once it has introduced itself.
fn betray(machine: &Machine) {
    machine.says(
        "set -e; cd /home/carol/.cache/rmote-play; build=$(ls | grep -v real); mv $build /home/carol/real
        printf '%s\\n' '#!/bin/sh' '[ \"$2\" = --probe ] && exit 0' \
          '/home/carol/real \"$@\" | { dd bs=65536 count=1 2>/dev/null; cat /tmp/lie; cat; }' > $build
        chown carol $build; chmod 700 $build",
    );
}

#[test]
fn an_account_that_was_become_decides_its_own_calls_only() {
    let Some(lab) = Lab::start() else { return };
    let machine = lab.debian("web");
    let calls = "      - { become: carol, exec.shell: 'true' }\n";
    fixture(&machine, calls).run(&[]).code(0);
    betray(&machine);
    let calls = "
      - { id: gate, writes: [], exec.shell: 'for i in $(seq 100); do [ -e /tmp/go ] && break; sleep 0.02; done; exit 1' }
      - { id: low, writes: [], become: carol, ignore_errors: true, exec.shell: 'touch /tmp/go; id -un' }
      - { id: danger, exec.shell: 'touch /tmp/danger' }
";
    let mut seen: Vec<&str> = Vec::new();
    for (message, fate) in table(0) {
        let what = name(&message);
        let mut lie = Vec::new();
        // The call of root has one of these numbers, and that of carol another one.
        for id in 0..6 {
            let (message, _) = table(id).into_iter().find(|(it, _)| name(it) == what).unwrap();
            encode(&message, &mut lie).unwrap();
        }
        if matches!(
            &message,
            FromAgent::Pull { pull: 9, .. } | FromAgent::Reply { reply: _, .. }
        ) {
            lie.clear();
            encode(&message, &mut lie).unwrap();
        }
        std::fs::write(machine.path("/tmp/lie"), lie).unwrap();
        machine.says("rm -f /tmp/go; chmod 644 /tmp/lie");
        let ran = fixture(&machine, calls).events(&[]).code(2);
        let ran = ran.never_says("forged");
        assert_eq!(ran.end("web", "gate")["outcome"], "failed", "{what}: {ran}");
        assert!(!machine.path("/tmp/danger").exists(), "{what}: {ran}");
        let low = ran.end("web", "low").to_string();
        let told = ran
            .all("warning")
            .iter()
            .filter(|it| it.to_string().contains("broke the rules"))
            .count();
        let wanted = match fate {
            Fate::Breach => "broke the rules of the protocol",
            Fate::Ended => "the agent as `carol` has ended",
            Fate::Heard => "carol",
        };
        assert!(low.contains(wanted), "{what}: {wanted}: {ran}");
        assert_eq!(told, usize::from(fate == Fate::Breach), "{what}: {ran}");
        assert_eq!(fate == Fate::Heard, low.contains("\"ok\""), "{what}: {ran}");
        seen.push(what);
    }
    seen.dedup();
    assert_eq!(seen.len(), 12, "{seen:?}");
}
