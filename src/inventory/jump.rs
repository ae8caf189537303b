//! Jump hosts: from what is written to the way that is taken.

use std::collections::HashSet;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::inventory::answers::Answers;
use crate::inventory::model::{Connection, HostKeys, Inventory, KeyExchange, Transport};
use crate::name::HostId;
use crate::source::Spanned;

/// A host on the way to another one.
#[derive(Debug, Clone)]
pub struct Jump {
    /// What is connected to.
    pub destination: String,
    /// The port, where ssh's own configuration is not to decide.
    pub port: Option<u16>,
    /// The account, where ssh's own configuration is not to decide.
    pub user: Option<String>,
    /// A private key file.
    pub identity: Option<String>,
    /// More options for ssh.
    pub ssh_options: Vec<String>,
    /// How keys are exchanged.
    pub key_exchange: KeyExchange,
    /// Which keys of hosts are accepted.
    pub host_keys: HostKeys,
    /// What is answered where its ssh asks for a password.
    pub answers: Answers,
    /// The host of the inventory that it is.
    pub host: Option<HostId>,
}

impl Jump {
    /// A host of the inventory.
    fn of(id: HostId, name: &str, connection: &Connection) -> Self {
        Self {
            destination: connection.address.clone().unwrap_or_else(|| name.to_owned()),
            port: connection.port,
            user: connection.login_user().map(str::to_owned),
            identity: connection.identity.clone(),
            ssh_options: connection.ssh_options.clone(),
            key_exchange: connection.key_exchange,
            host_keys: connection.host_keys,
            answers: connection.answers.clone(),
            host: Some(id),
        }
    }

    /// `[user@]host[:port]`, on the way to a host that is reached like this.
    fn parse(text: &str, connection: &Connection) -> Option<Self> {
        let (user, rest) = match text.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, text),
        };
        let (host, port) = match (rest.strip_prefix('['), rest.rsplit_once(':')) {
            (Some(rest), _) => {
                let (host, after) = rest.split_once(']')?;
                let port = if after.is_empty() {
                    ""
                } else {
                    after.strip_prefix(':')?
                };
                (host, port)
            }
            // More than one colon: an address, without a port.
            (None, Some((host, port))) if !host.contains(':') => (host, port),
            (None, _) => (rest, ""),
        };
        let port = match port {
            "" => None,
            port => Some(port.parse().ok().filter(|port| *port > 0)?),
        };
        let is_word = |word: &str| {
            !word.is_empty()
                && !word.starts_with('-')
                && !word.contains(|c: char| c.is_whitespace() || c.is_control())
        };
        let is_host = |c: char| c.is_ascii_alphanumeric() || "._:%-".contains(c);
        let is_good = is_word(host) && host.chars().all(is_host) && user.is_none_or(is_word);
        is_good.then(|| Self {
            destination: host.to_owned(),
            port,
            user: user.map(str::to_owned),
            identity: None,
            ssh_options: Vec::new(),
            key_exchange: connection.key_exchange,
            host_keys: connection.host_keys,
            // It is another host than the one whose password that is.
            answers: Answers::default(),
            host: None,
        })
    }
}

/// Finds the way to every host that has jump hosts.
pub fn find_ways(inventory: &mut Inventory, diagnostics: &mut Diagnostics) {
    let mut told = HashSet::new();
    for at in 0..inventory.hosts.len() {
        let id = HostId::at(at);
        if inventory.host(id).connection.jump.is_empty() {
            continue;
        }
        match way(inventory, id, &mut Vec::new()) {
            Ok(way) => inventory.hosts[at].connection.way = way,
            Err(error) => {
                // What is in `connection` is wrong for every host.
                if told.insert(error.message.clone()) {
                    diagnostics.push(*error);
                }
            }
        }
    }
}

fn way(inventory: &Inventory, id: HostId, trail: &mut Vec<HostId>) -> Result<Vec<Jump>, Box<Diagnostic>> {
    let host = inventory.host(id);
    let own = |name: &Spanned<String>| name.value == host.name.as_str();
    // The jump host of all others is reached without it.
    if host.connection.jump.iter().any(own) {
        return Ok(Vec::new());
    }
    trail.push(id);
    let mut found = Vec::new();
    for (position, name) in host.connection.jump.iter().enumerate() {
        let refuse = |message: String| Box::new(Diagnostic::error(Code::InvalidHost, message).at(name.span));
        let Some(jump) = inventory.host_names.get(&name.value).copied() else {
            let jump = Jump::parse(&name.value, &host.connection).ok_or_else(|| {
                let shown = name.value.escape_debug();
                let error = refuse(format!("`{shown}` is not a jump host"));
                Box::new(error.help("It is a host of the inventory, or `user@host:port`."))
            })?;
            found.push(jump);
            continue;
        };
        if trail.contains(&jump) {
            return Err(refuse(format!("the way to `{}` goes through itself", name.value)));
        }
        let connection = &inventory.host(jump).connection;
        if connection.transport != Transport::Ssh {
            return Err(refuse(format!(
                "`{}` is not reached by ssh, so it is not a jump host",
                name.value
            )));
        }
        if let Some(why) = inventory
            .closed
            .get(&jump)
            .filter(|_| inventory.is_meant(trail[0]))
        {
            let error = refuse(format!("how `{}` is reached is not known: {why}", name.value));
            return Err(Box::new(error.help("Give --vault-password-file.")));
        }
        // Of several, the first is reached in its own way, the others through those before them.
        if position == 0 {
            found.extend(way(inventory, jump, trail)?);
        }
        found.push(Jump::of(jump, &name.value, connection));
    }
    trail.pop();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(Option<String>, String, Option<u16>)> {
        Jump::parse(text, &Connection::default()).map(|it| (it.user, it.destination, it.port))
    }

    #[test]
    fn a_jump_host_is_written_as_ssh_writes_it() {
        let some =
            |user: Option<&str>, host: &str, port| Some((user.map(str::to_owned), host.to_owned(), port));
        assert_eq!(parsed("bastion"), some(None, "bastion", None));
        assert_eq!(
            parsed("joe@bastion:2222"),
            some(Some("joe"), "bastion", Some(2222))
        );
        assert_eq!(parsed("[fe80::1]:22"), some(None, "fe80::1", Some(22)));
        assert_eq!(parsed("[fe80::1]"), some(None, "fe80::1", None));
        assert_eq!(parsed("fe80::1"), some(None, "fe80::1", None));
        for bad in [
            "",
            "-oProxyCommand=x",
            "a b",
            "a:0",
            "a:x",
            "@a",
            "-u@a",
            "a;b",
            "a:99999",
            "[a]b",
        ] {
            assert_eq!(parsed(bad), None, "{bad}");
        }
    }
}
