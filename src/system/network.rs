//! Connections from the host. A static program has no name services of its own: names come from `/etc/hosts`, else from
//! `getent`.

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Program, Reader};

/// No connection is tried for longer at a time, so that a call that must end does.
const PIECE: Duration = Duration::from_secs(5);

impl Reader<'_> {
    /// Connects to a socket that has a path.
    ///
    /// # Errors
    /// `unreachable` where nobody listens there.
    pub fn connect_local(&self, path: &Path) -> Result<UnixStream, Failure> {
        if let Some(model) = self.model().filter(|it| it.is_changing()) {
            return Err(model.unforeseen());
        }
        UnixStream::connect(path).map_err(|error| {
            let message = format!("cannot connect to the socket `{}`: {error}", path.display());
            Failure::new(Kind::Unreachable, message)
        })
    }

    /// Connects to a port of a host, by its first address that answers.
    ///
    /// # Errors
    /// `not_found` for a name without addresses, `unreachable` where nothing answers in time.
    pub fn connect(&self, name: &str, port: u16, patience: Duration) -> Result<TcpStream, Failure> {
        if let Some(model) = self.model().filter(|it| it.is_changing()) {
            return Err(model.unforeseen());
        }
        let until = Instant::now() + patience;
        let mut last = String::new();
        for address in self.addresses(name)? {
            loop {
                self.check_canceled()?;
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                match TcpStream::connect_timeout(&SocketAddr::new(address, port), left.min(PIECE)) {
                    // Where nobody listens at a port that the system gives to clients, it may be given to this very one.
                    Ok(stream) if is_its_own_peer(&stream) => {
                        "connection refused".clone_into(&mut last);
                        break;
                    }
                    Ok(stream) => return Ok(stream),
                    Err(error) => {
                        let is_late = error.kind() == std::io::ErrorKind::TimedOut;
                        let cause = error.to_string();
                        last = cause
                            .split(" (os error")
                            .next()
                            .unwrap_or_default()
                            .to_lowercase();
                        if !is_late {
                            break;
                        }
                    }
                }
            }
        }
        if last.is_empty() {
            last.push_str("no time was left");
        }
        let message = format!("cannot connect to port {port} of `{name}`: {last}");
        Err(Failure::new(Kind::Unreachable, message))
    }

    /// The addresses of a name or address, each once.
    ///
    /// # Errors
    /// `not_found` where it has none.
    pub fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Failure> {
        let bare = name.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = bare.parse() {
            return Ok(vec![address]);
        }
        let odd = |c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if name.is_empty() || name.starts_with('-') || name.contains(odd) {
            let message = format!("`{}` is not the name of a host", name.escape_debug());
            return Err(Failure::new(Kind::Invalid, message));
        }
        let hosts = match self.differing() {
            Some(_) => self.read(Path::new("/etc/hosts"), 64 << 20).unwrap_or_default(),
            None => fs::read("/etc/hosts").unwrap_or_default(),
        };
        let mut found = from_hosts_file(name, &hosts);
        if found.is_empty() {
            found = self.ask_for_addresses(name);
        }
        if found.is_empty() && name.eq_ignore_ascii_case("localhost") {
            found = vec![[127, 0, 0, 1].into()];
        }
        if found.is_empty() {
            let message = format!("no address is known for the host name `{name}`");
            return Err(Failure::new(Kind::NotFound, message));
        }
        Ok(found)
    }

    fn ask_for_addresses(&self, name: &str) -> Vec<IpAddr> {
        let argv = Argv(["getent", "ahosts", name].map(Text::from).to_vec());
        let Ok(ended) = self.ask(&Program::of(&argv), &[About::Path(Path::new("/etc/hosts"))]) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for line in String::from_utf8_lossy(&ended.stdout.bytes).lines() {
            let address = line.split_whitespace().next().and_then(|it| it.parse().ok());
            found.extend(address.filter(|it| !found.contains(it)));
        }
        found
    }
}

fn from_hosts_file(name: &str, text: &[u8]) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    for line in String::from_utf8_lossy(text).lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(Ok(address)) = words.next().map(str::parse) else {
            continue;
        };
        if words.any(|word| word.eq_ignore_ascii_case(name)) && !found.contains(&address) {
            found.push(address);
        }
    }
    // What listens on one address only mostly listens on the old sort.
    found.sort_by_key(IpAddr::is_ipv6);
    found
}

fn is_its_own_peer(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(own), Ok(peer)) if own == peer)
}
