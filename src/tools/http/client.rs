//! HTTP/1.1 as a client speaks it: one request, one answer, one connection.

use std::io::{self, Read, Write as _};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use base64::Engine as _;

use crate::failure::{Failure, Kind};
use crate::system::Reader;
use crate::tools::http::ask::{Ask, Head};

/// The head of an answer is not longer than this, nor is a line of it.
const HEAD_LIMIT: usize = 64 << 10;
/// How often a read looks whether the call must end.
const GLANCE: Duration = Duration::from_millis(250);

/// Takes what comes of the body.
pub(super) type Take<'a> = dyn FnMut(&Head, &[u8]) -> Result<(), Failure> + 'a;

/// Sends a request and takes the answer.
///
/// # Errors
/// `unreachable` where the connection is not made or breaks off, `timeout`, `invalid` for what is no HTTP.
pub(super) fn request(ask: &Ask, host: &Reader<'_>, take: &mut Take<'_>) -> Result<Head, Failure> {
    let stream: Box<dyn Stream> = match &ask.unix_socket {
        Some(path) => Box::new(host.connect_local(path.as_path())?),
        None => Box::new(host.connect(&ask.url.host, ask.url.port(), ask.left()?)?),
    };
    let mut wire = Wire {
        ask,
        host,
        stream,
        buffer: Vec::new(),
        at: 0,
    };
    wire.send()?;
    let head = loop {
        let head = wire.head()?;
        if !head.is_interim() {
            break head;
        }
    };
    let has_body = ask.method != "HEAD" && !matches!(head.status, 204 | 304);
    if has_body {
        wire.body(&head, take)?;
    }
    Ok(head)
}

/// A connection, to whatever.
trait Stream: Read + io::Write {
    fn set_patience(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()>;
}

impl Stream for TcpStream {
    fn set_patience(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(read)?;
        self.set_write_timeout(write)
    }
}

impl Stream for UnixStream {
    fn set_patience(&self, read: Option<Duration>, write: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(read)?;
        self.set_write_timeout(write)
    }
}

struct Wire<'a> {
    ask: &'a Ask,
    host: &'a Reader<'a>,
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    /// Up to where the buffer was used.
    at: usize,
}

impl Wire<'_> {
    fn broken(&self, error: &io::Error) -> Failure {
        let message = format!("the connection to `{}` broke off: {error}", self.ask.url);
        Failure::new(Kind::Unreachable, message)
    }

    fn no_http(&self, what: &str) -> Failure {
        Failure::new(
            Kind::Invalid,
            format!("`{}` does not answer in HTTP: {what}", self.ask.url),
        )
    }

    fn send(&mut self) -> Result<(), Failure> {
        let ask = self.ask;
        let mut lines = vec![
            format!("{} {} HTTP/1.1", ask.method, ask.url.target),
            format!("Host: {}", ask.url.authority()),
            "Connection: close".to_owned(),
        ];
        let is_given = |name: &str| ask.headers.keys().any(|it| it.eq_ignore_ascii_case(name));
        if !is_given("user-agent") {
            lines.push(format!("User-Agent: rmote-play/{}", env!("CARGO_PKG_VERSION")));
        }
        if !is_given("accept") {
            lines.push("Accept: */*".to_owned());
        }
        if let Some(login) = ask.url.login.as_ref().filter(|_| !is_given("authorization")) {
            let login = base64::engine::general_purpose::STANDARD.encode(login);
            lines.push(format!("Authorization: Basic {login}"));
        }
        if !ask.body.is_empty() || matches!(ask.method.as_str(), "POST" | "PUT" | "PATCH") {
            lines.push(format!("Content-Length: {}", ask.body.len()));
        }
        lines.extend(ask.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let mut bytes = lines.join("\r\n").into_bytes();
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(&ask.body);
        self.stream
            .set_patience(None, Some(ask.left()?))
            .and_then(|()| self.stream.write_all(&bytes))
            .map_err(|error| self.broken(&error))
    }

    /// Reads on; whether anything came.
    fn fill(&mut self) -> Result<bool, Failure> {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        let mut piece = [0; 16 << 10];
        loop {
            self.host.check_canceled()?;
            let patience = self.ask.left()?.min(GLANCE);
            let read = self
                .stream
                .set_patience(Some(patience), None)
                .and_then(|()| self.stream.read(&mut piece));
            match read {
                Ok(n) => {
                    self.buffer.extend_from_slice(&piece[..n]);
                    return Ok(n > 0);
                }
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
    }

    /// What comes up to a mark, the mark included.
    fn until(&mut self, marks: &[&[u8]]) -> Result<Vec<u8>, Failure> {
        loop {
            let rest = &self.buffer[self.at..];
            let ends = marks.iter().filter_map(|mark| {
                let start = rest.windows(mark.len()).position(|it| it == *mark)?;
                Some(start + mark.len())
            });
            if let Some(end) = ends.min() {
                let found = rest[..end].to_vec();
                self.at += end;
                return Ok(found);
            }
            if rest.len() > HEAD_LIMIT {
                return Err(self.no_http("a line does not end"));
            }
            if !self.fill()? {
                let is_silent = self.buffer.is_empty();
                return Err(if is_silent {
                    self.broken(&io::ErrorKind::UnexpectedEof.into())
                } else {
                    self.no_http("it ends too early")
                });
            }
        }
    }

    fn head(&mut self) -> Result<Head, Failure> {
        let text = self.until(&[b"\r\n\r\n", b"\n\n"])?;
        Head::parse(&text).ok_or_else(|| self.no_http("its first lines are something else"))
    }

    fn body(&mut self, head: &Head, take: &mut Take<'_>) -> Result<(), Failure> {
        let coding = head.headers.get("transfer-encoding");
        let coding = coding.map(|it| it.trim().to_ascii_lowercase());
        let is_chunked = coding.as_deref() == Some("chunked");
        if coding.is_some_and(|it| it != "chunked" && it != "identity") {
            return Err(self.no_http("it packs what it sends, which it was not asked for"));
        }
        if is_chunked {
            loop {
                let line = self.until(&[b"\n"])?;
                let line = String::from_utf8_lossy(&line);
                let size = line.split(';').next().unwrap_or_default().trim();
                let size = u64::from_str_radix(size, 16).map_err(|_| self.no_http("a chunk has no size"))?;
                if size == 0 {
                    return Ok(());
                }
                self.exactly(size, head, take)?;
                self.until(&[b"\n"])?;
            }
        }
        match head.headers.get("content-length") {
            Some(length) => {
                let length = length
                    .parse()
                    .map_err(|_| self.no_http("its length is no number"))?;
                self.exactly(length, head, take)
            }
            None => loop {
                take(head, &self.buffer[self.at..])?;
                self.at = self.buffer.len();
                if !self.fill()? {
                    return Ok(());
                }
            },
        }
    }

    fn exactly(&mut self, mut size: u64, head: &Head, take: &mut Take<'_>) -> Result<(), Failure> {
        while size > 0 {
            let rest = &self.buffer[self.at..];
            let length = usize::try_from(size).unwrap_or(usize::MAX).min(rest.len());
            if length > 0 {
                take(head, &rest[..length])?;
                self.at += length;
                size -= length as u64;
            } else if !self.fill()? {
                return Err(self.broken(&io::Error::other(format!("{size} bytes are missing"))));
            }
        }
        Ok(())
    }
}
