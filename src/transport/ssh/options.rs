//! What is said to `ssh` on its command line; everything else is the user's configuration.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::cause::{Cause, Unreachable};
use crate::inventory::{Connection, HostKeys, KeyExchange};
use crate::name::HostName;
use crate::transport::credentials::Credentials;
use crate::transport::ssh::{forward, jump};

/// That ssh asks nothing.
pub(super) const SILENT: &str = "BatchMode=yes";
/// That a wrong password is one failed login, and not three.
pub(super) const ASKING: &str = "NumberOfPasswordPrompts=1";

/// What a master must not take from the user's configuration: it carries frames and nothing else.
const FIRST: [&str; 6] = [
    "ClearAllForwardings=yes",
    "ForwardX11=no",
    "RemoteCommand=none",
    "RequestTTY=no",
    "PermitLocalCommand=no",
    "Tunnel=no",
];

/// What a host's own options may say otherwise: a dead peer is found within 30 s.
pub(super) const LAST: [&str; 2] = ["ServerAliveInterval=10", "ServerAliveCountMax=2"];

/// What names a host to ssh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The options that decide the connection, without those of multiplexing.
    pub(super) options: Vec<OsString>,
    /// The name or address.
    pub(super) destination: String,
    /// The hosts on the way, as people know them; empty: none.
    pub(super) way: String,
    /// Whether the ssh-agent of this machine can be asked from there.
    pub(super) forwards: bool,
}

/// What a playbook chooses about safety.
pub(super) fn of_choice(keys: KeyExchange, hosts: HostKeys) -> impl Iterator<Item = &'static str> {
    let keys = match keys {
        KeyExchange::Configured => None,
        // The rest stays, for servers that do not have it.
        KeyExchange::Fast => Some("KexAlgorithms=^curve25519-sha256,curve25519-sha256@libssh.org"),
    };
    let hosts = match hosts {
        HostKeys::Configured => None,
        HostKeys::AcceptNew => Some("StrictHostKeyChecking=accept-new"),
    };
    keys.into_iter().chain(hosts)
}

/// What a host's settings say to ssh.
pub(super) async fn target(
    host: &HostName,
    connection: &Connection,
    credentials: &Credentials,
    config: Option<&Path>,
    deadline: Instant,
) -> Result<Target, Unreachable> {
    let destination = connection.address.as_deref().unwrap_or(host.as_str());
    check(destination)?;
    let mut options = Vec::<OsString>::new();
    if let Some(config) = config {
        options.extend(["-F".into(), config.into()]);
    }
    let mut option = |value: &str| options.extend(["-o".into(), value.into()]);
    option(if credentials.own.is_empty() {
        SILENT
    } else {
        ASKING
    });
    FIRST.into_iter().for_each(&mut option);
    of_choice(connection.key_exchange, connection.host_keys).for_each(&mut option);
    let seconds = whole_seconds(connection.connect_timeout);
    if let Some(command) = jump::command(&connection.way, credentials, config, seconds) {
        option(&format!("ProxyCommand={command}"));
    }
    connection.ssh_options.iter().for_each(|it| option(it));
    LAST.into_iter().for_each(&mut option);
    option(&format!("ConnectTimeout={seconds}"));
    if let Some(port) = connection.port {
        options.extend(["-p".into(), port.to_string().into()]);
    }
    if let Some(user) = connection.login_user() {
        options.extend(["-l".into(), user.into()]);
    }
    if let Some(identity) = &connection.identity {
        options.extend(["-i".into(), identity.into()]);
    }
    let forwards =
        forward::is_wanted(&connection.ssh_options, &options, destination, config, deadline).await?;
    if !forwards {
        // Before what is configured.
        options.splice(0..0, ["-o".into(), "ForwardAgent=no".into()]);
    }
    Ok(Target {
        forwards,
        options,
        destination: destination.to_owned(),
        way: jump::names(&connection.way),
    })
}

/// The whole command line of a master.
pub(super) fn master(target: &Target, socket: &Path, log: &Path, persist: Duration) -> Vec<OsString> {
    // By this option, and not by the level of its log, ssh lets be heard what commands on the way complain of.
    let mut args: Vec<OsString> = vec!["-v".into(), "-M".into(), "-N".into(), "-f".into()];
    args.extend(["-E".into(), log.into(), "-S".into(), socket.into()]);
    args.extend([
        "-o".into(),
        format!("ControlPersist={}", whole_seconds(persist)).into(),
    ]);
    args.extend(target.options.iter().cloned());
    args.extend(["--".into(), (&target.destination).into()]);
    args
}

/// The command line of a session of its own behind a master.
pub(super) fn session(target: &Target, socket: &Path) -> Vec<OsString> {
    // Before the option that no terminal is asked for.
    let mut args: Vec<OsString> = vec!["-T".into()];
    // Without the master it would connect by itself.
    args.extend([
        "-o".into(),
        "ProxyCommand=false".into(),
        "-S".into(),
        socket.into(),
    ]);
    args.extend(target.options.iter().cloned());
    args.extend(["--".into(), (&target.destination).into()]);
    args
}

/// Rounded up, and at least one: zero means "for ever" to ssh.
fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

fn check(destination: &str) -> Result<(), Unreachable> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "._:%@-[]".contains(c);
    if destination.is_empty() || destination.starts_with('-') || !destination.chars().all(fine) {
        let shown = destination.escape_debug();
        let message = format!("`{shown}` is not a valid host name or address for ssh");
        return Err(Unreachable::new(Cause::Local, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn target_of(connection: &Connection, config: Option<&Path>) -> Result<Target, Unreachable> {
        let host = HostName::new("web1").unwrap();
        let nothing = Credentials::default();
        target(
            &host,
            connection,
            &nothing,
            config,
            Instant::now() + Duration::from_mins(1),
        )
        .await
    }

    async fn line(connection: &Connection) -> Vec<String> {
        let target = target_of(connection, Some(Path::new("/c"))).await.unwrap();
        let args = master(
            &target,
            Path::new("/s"),
            Path::new("/l"),
            Duration::from_millis(1500),
        );
        args.into_iter().map(|it| it.into_string().unwrap()).collect()
    }

    #[tokio::test]
    async fn our_own_options_come_before_the_hosts_and_the_tuning_after() {
        let connection = Connection {
            port: Some(22),
            user: Some("-x".into()),
            ssh_options: vec!["BatchMode=no".into(), "ServerAliveInterval=60".into()],
            ..Connection::default()
        };
        let args = line(&connection).await;
        let place = |what: &str| args.iter().position(|it| it == what).unwrap();
        assert!(place("BatchMode=yes") < place("BatchMode=no"));
        assert!(place("ServerAliveInterval=60") < place("ServerAliveInterval=10"));
        assert!(args.contains(&"ControlPersist=2".to_owned()));
        assert_eq!(args[place("-l") + 1], "-x");
        assert_eq!(args[args.len() - 2..], ["--", "web1"]);
    }

    #[tokio::test]
    async fn an_address_that_is_an_option_or_holds_a_space_is_refused() {
        for address in ["-oProxyCommand=x", "a b", "", "a;b", "a\nb"] {
            let connection = Connection {
                address: Some(address.into()),
                ..Connection::default()
            };
            let error = target_of(&connection, None).await.unwrap_err();
            assert_eq!(error.cause, Cause::Local, "{address:?}");
        }
    }
}
