//! Agents that lie: a host that somebody has taken over sends whatever it likes, and harms nobody but itself.

use rmote_play::protocol::{Facts, FromAgent, Hello, MARK, Outcome, Piece, Reply, ToAgent, VERSION, encode};
use rmote_play::system::{Level, Push, Stream};
use rmote_play::value::Map;

use crate::support::{Fixture, Ran, Scene, Sshd};

const PLAYBOOK: &str = "
hosts: [bad, good]
rounds:
  - name: one
    hosts: good
    calls:
      - { id: secret, fs.copy: { src: secret, dest: '{DIR}/t/secret' } }
  - name: two
    hosts: all
    calls:
      - { id: first, exec.shell: 'echo {{ host.name }}' }
      - { id: second, exec.shell: 'echo {{ results.first.stdout | quote }} again' }
";

/// Longer than what rides inside calls, so that it lies there for whoever may ask.
fn secret() -> String {
    "for good alone ".repeat(4000)
}

/// What a true agent says, with a lie behind its introduction; what is said to it is written down.
pub(crate) fn scene(lie: &[u8], bad: &Sshd, good: &Sshd) -> Scene {
    scene_of(PLAYBOOK, lie, bad, good)
}

pub(crate) fn scene_of(playbook: &str, lie: &[u8], bad: &Sshd, good: &Sshd) -> Scene {
    let agent = env!("CARGO_BIN_EXE_rmote-play-agent");
    let liar = format!(
        "#!/bin/sh\n# {MARK}\n[ \"$2\" = --probe ] && exit 0\n[ \"$LIES\" = yes ] || exec {agent} \"$@\"\nexec 3<&0\n\
         tee {{DIR}}/t/heard <&3 | {agent} \"$@\" | {{ dd bs=65536 count=1 2>/dev/null; cat {{DIR}}/lie; cat; }}\n"
    );
    Fixture::new(playbook)
        .file("secret", secret())
        .file("lie", lie)
        .host("bad", bad)
        .host("good", good)
        .beside(liar)
        .build()
}

pub(crate) fn servers() -> Option<(Sshd, Sshd)> {
    Some((
        Sshd::setup().env("LIES", "yes").fresh().start()?,
        Sshd::setup().fresh().start()?,
    ))
}

pub(crate) fn frames(messages: &[FromAgent]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages {
        encode(message, &mut bytes).unwrap();
    }
    bytes
}

fn reply(text: &str) -> Reply {
    Reply {
        outcome: Outcome::Changed,
        diff: Vec::new(),
        warnings: vec![text.to_owned()],
        error: None,
        fields: Map::from([("stdout".to_owned(), text.into())]),
        unsure: Vec::new(),
        micros: 0,
        quit: None,
    }
}

/// The bad host is lost, for this reason; nobody else has noticed anything.
#[track_caller]
pub(crate) fn assert_lost(ran: &Ran, why: &str) {
    assert_eq!(ran.host("good"), "ok", "{ran}");
    assert_eq!(ran.host("bad"), "failed", "{ran}");
    let lost = ran.end("bad", "first");
    assert_eq!(lost["outcome"], "lost", "{ran}");
    assert!(lost.to_string().contains(why), "`{why}` is not said:\n{ran}");
}

#[test]
fn answers_to_what_nobody_asked_are_passed_over() {
    let Some((bad, good)) = servers() else { return };
    let orphan = "an orphan";
    let whole = rmp_serde::to_vec_named(&reply(orphan)).unwrap();
    let lie = frames(&[
        FromAgent::Reply {
            id: 4_000_000_000,
            reply: Box::new(reply(orphan)),
        },
        FromAgent::Reply {
            id: u64::MAX,
            reply: Box::new(reply(orphan)),
        },
        FromAgent::Output {
            id: 77,
            stream: Stream::Stdout,
            bytes: orphan.into(),
        },
        FromAgent::Log {
            id: 78,
            level: Level::Critical,
            message: orphan.into(),
        },
        FromAgent::Push {
            id: 79,
            push: Push::Bytes(orphan.into()),
        },
        FromAgent::Part { id: 80, bytes: whole },
        FromAgent::PartsEnd {
            id: 80,
            outcome: Outcome::Ok,
        },
        FromAgent::Pong { nonce: 9 },
    ]);
    let ran = scene(&lie, &bad, &good).events(&[]).code(0);
    let ran = ran.never_says(orphan);
    for host in ["bad", "good"] {
        let said = &ran.end(host, "second")["result"]["stdout"];
        assert_eq!(*said, format!("{host} again"), "{ran}");
    }
}

#[test]
fn what_is_no_message_ends_that_connection_alone() {
    let Some((bad, good)) = servers() else { return };
    let nothing = FromAgent::PartsEnd {
        id: 3,
        outcome: Outcome::Ok,
    };
    let mut cases = vec![
        (vec![0xff; 64], "past the limit"),
        (vec![0, 0, 0, 3, 0xc1, 0, 0], "holds no message"),
        (vec![0, 0, 0, 0], "holds no message"),
        (frames(&[nothing]), "holds no message"),
    ];
    // Of the other direction; the second introduction; and lists in lists without end.
    let mut other = Vec::new();
    encode(&ToAgent::Ping { nonce: 1 }, &mut other).unwrap();
    cases.push((other, "holds no message"));
    let hello = FromAgent::Hello(Box::new(Hello {
        version: VERSION,
        build: String::new(),
        pid: 1,
        boot_id: String::new(),
        facts: Facts::default(),
    }));
    cases.push((frames(&[hello]), "it introduced itself twice"));
    let deep = [vec![0, 1, 0, 0], vec![0x91; 1 << 16]].concat();
    cases.push((deep, "holds no message"));
    for (lie, why) in cases {
        let ran = scene(&lie, &bad, &good).events(&[]).code(2);
        assert_lost(&ran, "makes no sense");
        assert_lost(&ran, why);
    }
}

#[test]
fn a_goodbye_that_nobody_asked_for_is_a_loss_and_is_not_heard_again_and_again() {
    let Some((bad, good)) = servers() else { return };
    let lie = frames(&[FromAgent::Bye]);
    let scene = scene(&lie, &bad, &good);
    assert_lost(&scene.events(&[]).code(2), "the agent has ended");
    // What is safe to repeat is repeated once.
    let playbook = PLAYBOOK.replace("id: first,", "id: first, writes: [],");
    scene.write("site.yml", playbook.as_bytes());
    let ran = scene.events(&[]).code(4);
    assert_eq!(
        (ran.host("good"), ran.host("bad")),
        ("ok", "unreachable"),
        "{ran}"
    );
    assert_eq!(ran.all("connected").len(), 3, "{ran}");
}

#[test]
fn an_answer_in_endless_parts_ends_its_connection_in_bounded_memory() {
    let Some((bad, good)) = servers() else { return };
    let part = |id| FromAgent::Part {
        id,
        bytes: vec![7; 900_000],
    };
    let one: Vec<_> = (0..30).map(|_| part(5)).collect();
    let many: Vec<_> = (0..200).map(part).collect();
    for parts in [one, many] {
        let ran = scene(&frames(&parts), &bad, &good).events(&[]).code(2);
        assert_lost(&ran, "an answer in parts");
        assert!(ran.peak_memory < 256 << 20, "{} bytes", ran.peak_memory);
    }
}

#[test]
fn a_host_is_not_given_what_is_meant_for_another() {
    let Some((bad, good)) = servers() else { return };
    let piece = |blob| Piece {
        blob,
        offset: 0,
        length: 65_536,
    };
    let pulls = (0..200).map(|blob| FromAgent::Pull {
        pull: 1 << 40 | blob,
        pieces: vec![piece(blob)],
    });
    // The run goes on until the last of them is answered; this very line is heard, too, and is not to be taken for it.
    let wait = "until grep -aq 'as blob [1]99' {DIR}/t/heard; do sleep 0.01; done";
    let playbook = format!(
        "{PLAYBOOK}      - {{ id: wait, when: host.name == 'bad', timeout: 20s, exec.shell: \"{wait}\" }}\n"
    );
    let lie = frames(&pulls.collect::<Vec<_>>());
    let scene = scene_of(&playbook, &lie, &bad, &good);
    scene.events(&[]).code(0);
    assert_eq!(scene.read("t/secret"), secret());
    let heard = String::from_utf8_lossy(&std::fs::read(scene.path("t/heard")).unwrap()).into_owned();
    assert!(
        heard.contains("no content was offered as blob 199"),
        "it was not answered"
    );
    assert!(!heard.contains("for good alone"), "it has what is not its own");
}
