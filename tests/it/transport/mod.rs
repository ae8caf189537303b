//! Connections, tried with the real binary.

mod server;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rmote_play::blob::Blobs;
use rmote_play::cause::{Cause, Unreachable};
use rmote_play::inventory::{Connection, Transport};
use rmote_play::name::HostName;
use rmote_play::protocol::{Mode, Outcome, Reply, Request};
use rmote_play::transport::{Connector, Incoming, Session, Settings};
use server::{Known, Sshd};

fn connector() -> Connector {
    with_config(None)
}

fn with_config(ssh_config: Option<PathBuf>) -> Connector {
    Connector::new(settings(ssh_config)).program(env!("CARGO_BIN_EXE_rmote-play"))
}

fn settings(ssh_config: Option<PathBuf>) -> Settings {
    Settings {
        private_env: Vec::new(),
        ssh_config,
        persist: Duration::ZERO,
        agents: None,
        forks: 8,
        blobs: Arc::new(Blobs::default()),
    }
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
        account: None,
        args: rmp_serde::to_vec_named(args).unwrap(),
        mode: Mode::Apply,
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

async fn reply(session: &mut Session, id: u64) -> Reply {
    loop {
        match session.incoming.recv().await.expect("more comes") {
            Incoming::Reply(of, reply) if of == id => return *reply,
            Incoming::Closed(end) => panic!("closed: {end:?}"),
            _ => {}
        }
    }
}

async fn closed(session: &mut Session) -> Result<(), Unreachable> {
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
    session.sender.bye();
    assert_eq!(closed(&mut session).await, Ok(()));
}

#[tokio::test]
async fn an_agent_is_installed_over_ssh_once() {
    let cache = tempfile::tempdir().unwrap();
    let set = format!("SetEnv HOME={0}/home XDG_CACHE_HOME={0}", cache.path().display());
    let Some(sshd) = Sshd::start(&set) else { return };
    let connector = with_config(Some(sshd.config(Known::Right)));
    for installed in [true, false] {
        let mut session = connector
            .connect(&host("web1"), &sshd.connection())
            .await
            .unwrap();
        assert_eq!(session.installed, installed);
        session
            .sender
            .call(request(1, "log.log", &serde_json::json!({"message": "hi"})));
        assert_eq!(reply(&mut session, 1).await.outcome, Outcome::Ok);
        session.sender.bye();
        assert_eq!(closed(&mut session).await, Ok(()));
    }
    connector.close().await;
}

async fn refused(connector: &Connector, connection: &Connection) -> Unreachable {
    connector
        .connect(&host("web1"), connection)
        .await
        .map(|_| ())
        .unwrap_err()
}

#[tokio::test]
async fn a_failed_connection_names_its_cause() {
    let cache = tempfile::tempdir().unwrap();
    let set = format!("SetEnv HOME={0}/home XDG_CACHE_HOME={0}", cache.path().display());
    let Some(sshd) = Sshd::start(&set) else { return };
    let right = with_config(Some(sshd.config(Known::Right)));
    let good = sshd.connection();
    let other = Connection {
        identity: Some(sshd.path("other").display().to_string()),
        ..good.clone()
    };
    let error = refused(&right, &other).await;
    assert_eq!(error.cause, Cause::LoginRefused, "{error}");
    let closed = Connection {
        port: Some(1),
        ..good.clone()
    };
    let error = refused(&right, &closed).await;
    assert_eq!(error.cause, Cause::Refused, "{error}");
    let nameless = Connection {
        address: Some("no-such-host.invalid".into()),
        ..good.clone()
    };
    let error = refused(&right, &nameless).await;
    assert_eq!(error.cause, Cause::Dns, "{error}");
    let wrong = Connection {
        ssh_options: vec!["NoSuchOption=1".into()],
        ..good.clone()
    };
    let error = refused(&right, &wrong).await;
    assert_eq!(error.cause, Cause::Local, "{error}");
    let error = refused(&with_config(Some(sshd.config(Known::Nothing))), &good).await;
    assert_eq!(error.cause, Cause::KeyUnknown, "{error}");
    let error = refused(&with_config(Some(sshd.config(Known::Wrong))), &good).await;
    assert_eq!(error.cause, Cause::KeyChanged, "{error}");
}

#[tokio::test]
async fn a_host_that_accepts_and_never_speaks_costs_its_timeout_and_no_more() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = Connection {
        address: Some("127.0.0.1".into()),
        port: Some(listener.local_addr().unwrap().port()),
        connect_timeout: Duration::from_secs(1),
        ..Connection::default()
    };
    let start = Instant::now();
    let error = refused(&connector(), &connection).await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!(error.cause, Cause::Timeout, "{error}");
    assert!(error.message.contains("the SSH banner"), "{error}");
}

#[tokio::test]
async fn a_login_that_hangs_is_ended_at_the_deadline() {
    // Asked for the user's keys, this server never answers.
    let Some(sshd) = Sshd::start("AuthorizedKeysCommand /usr/bin/sleep 30\nAuthorizedKeysCommandUser root")
    else {
        return;
    };
    let connection = Connection {
        identity: Some(sshd.path("other").display().to_string()),
        connect_timeout: Duration::from_secs(2),
        ..sshd.connection()
    };
    let error = refused(&with_config(Some(sshd.config(Known::Right))), &connection).await;
    assert_eq!(error.cause, Cause::Timeout, "{error}");
    assert!(error.message.contains("logging in"), "{error}");
}

fn shell(script: &str) -> Connection {
    Connection {
        transport: Transport::Command(vec!["/bin/sh".into(), "-c".into(), script.into()]),
        connect_timeout: Duration::from_secs(20),
        ..Connection::default()
    }
}

#[tokio::test]
async fn a_megabyte_of_noise_before_the_agent_does_no_harm() {
    let cache = tempfile::tempdir().unwrap();
    let noisy = format!(
        "head -c 1000000 /dev/zero | tr '\\0' x; export HOME={0}/home XDG_CACHE_HOME={0}; exec /bin/sh",
        cache.path().display()
    );
    let mut session = connector().connect(&host("web1"), &shell(&noisy)).await.unwrap();
    assert!(session.installed);
    session.sender.bye();
    assert_eq!(closed(&mut session).await, Ok(()));
}

#[tokio::test]
async fn a_login_shell_that_exits_is_quoted() {
    let error = refused(&connector(), &shell("echo account expired; exit 1")).await;
    assert_eq!(error.cause, Cause::Shell);
    assert!(error.message.contains("account expired"), "{error}");
    let silent = Connection {
        connect_timeout: Duration::from_secs(1),
        ..shell("echo wait; exec sleep 60")
    };
    let error = refused(&connector(), &silent).await;
    assert_eq!(error.cause, Cause::Timeout);
    assert!(error.message.contains("wait"), "{error}");
}

#[tokio::test]
async fn a_command_that_cannot_be_started_is_named() {
    let connection = Connection {
        transport: Transport::Command(vec!["/no/such/program".into()]),
        ..Connection::default()
    };
    let error = refused(&connector(), &connection).await;
    assert_eq!(error.cause, Cause::Local);
    assert!(error.message.contains("/no/such/program"), "{error}");
}

/// Two controllers find no agent and install it into the same directory at the same time.
#[tokio::test]
async fn concurrent_first_use_is_safe() {
    let cache = tempfile::tempdir().unwrap();
    let plain = format!(
        "export HOME={0}/home XDG_CACHE_HOME={0}; exec /bin/sh",
        cache.path().display()
    );
    let (one, two) = (connector(), connector());
    let (name, connection) = (host("web1"), shell(&plain));
    let both = tokio::join!(one.connect(&name, &connection), two.connect(&name, &connection));
    for session in [both.0, both.1] {
        let mut session = session.unwrap();
        session.sender.bye();
        assert_eq!(closed(&mut session).await, Ok(()));
    }
    let left = std::fs::read_dir(cache.path().join("rmote-play"))
        .unwrap()
        .count();
    assert_eq!(left, 1, "nothing but the agent stays");
}

/// The first directory is a link to somebody's, the second takes it; a torn agent is sent again.
#[tokio::test]
async fn a_directory_that_is_not_ours_is_passed_over_and_a_broken_agent_replaced() {
    let root = tempfile::tempdir().unwrap();
    let at = |name: &str| root.path().join(name);
    for name in ["cache", "home", "elsewhere"] {
        std::fs::create_dir(at(name)).unwrap();
    }
    std::os::unix::fs::symlink(at("elsewhere"), at("cache/rmote-play")).unwrap();
    let plain = format!(
        "export XDG_CACHE_HOME={} HOME={}; exec /bin/sh",
        at("cache").display(),
        at("home").display()
    );
    for _ in 0..2 {
        let mut session = connector().connect(&host("web1"), &shell(&plain)).await.unwrap();
        assert!(session.installed);
        session.sender.bye();
        assert_eq!(closed(&mut session).await, Ok(()));
        let mut agents = std::fs::read_dir(at("home/.cache/rmote-play")).unwrap();
        let agent = agents.next().unwrap().unwrap().path();
        std::fs::remove_file(&agent).unwrap();
        std::fs::write(&agent, "#!/bin/sh\nexit 1\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&agent, mode).unwrap();
    }
    assert_eq!(std::fs::read_dir(at("elsewhere")).unwrap().count(), 0);
}

#[tokio::test]
async fn without_gzip_and_sha256sum_the_agent_is_sent_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    let bin = root.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    for tool in ["cat", "wc", "mv", "rm", "mkdir", "chmod", "id", "ls", "uname"] {
        let real = ["/bin", "/usr/bin"].map(|dir| std::path::Path::new(dir).join(tool));
        let real = real.iter().find(|it| it.exists()).unwrap();
        std::os::unix::fs::symlink(real, bin.join(tool)).unwrap();
    }
    let poor = format!(
        "export HOME={1}/home PATH={0} XDG_CACHE_HOME={1}; exec /bin/sh",
        bin.display(),
        root.path().display()
    );
    let mut session = connector().connect(&host("web1"), &shell(&poor)).await.unwrap();
    assert!(session.installed);
    session.sender.bye();
    assert_eq!(closed(&mut session).await, Ok(()));
}

#[tokio::test]
async fn an_agent_that_is_killed_is_a_lost_connection() {
    let mut session = connector().connect(&host("localhost"), &local()).await.unwrap();
    let pid = rustix::process::Pid::from_raw(session.hello.pid.cast_signed()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let error = closed(&mut session).await.unwrap_err();
    assert_eq!(error.cause, Cause::Lost);
    assert!(error.message.contains("signal: 9"), "{error}");
}

#[tokio::test]
async fn a_master_that_stays_is_taken_over_and_a_dead_one_replaced() {
    let cache = tempfile::tempdir().unwrap();
    let set = format!("SetEnv HOME={0}/home XDG_CACHE_HOME={0}", cache.path().display());
    let Some(sshd) = Sshd::start(&set) else { return };
    let config = sshd.config(Known::Right);
    let staying = || {
        let settings = Settings {
            persist: Duration::from_secs(3),
            ..settings(Some(config.clone()))
        };
        Connector::new(settings).program(env!("CARGO_BIN_EXE_rmote-play"))
    };
    // To pack a large agent for the first time may take longer than a master stays.
    let connector = with_config(Some(config.clone()));
    let mut session = connector
        .connect(&host("web1"), &sshd.connection())
        .await
        .unwrap();
    session.sender.bye();
    assert_eq!(closed(&mut session).await, Ok(()));
    connector.close().await;
    for reused in [false, true] {
        let connector = staying();
        let mut session = connector
            .connect(&host("web1"), &sshd.connection())
            .await
            .unwrap();
        assert_eq!(session.reused, reused);
        session.sender.bye();
        assert_eq!(closed(&mut session).await, Ok(()));
        connector.close().await;
    }
    assert_eq!(sshd.log().matches("Accepted publickey").count(), 2);
    let mut session = staying()
        .connect(&host("web1"), &sshd.connection())
        .await
        .unwrap();
    sshd.cut();
    let error = closed(&mut session).await.unwrap_err();
    assert_eq!(error.cause, Cause::Lost, "{error}");
    let mut session = staying()
        .connect(&host("web1"), &sshd.connection())
        .await
        .unwrap();
    assert!(!session.reused);
    session.sender.bye();
    assert_eq!(closed(&mut session).await, Ok(()));
}
