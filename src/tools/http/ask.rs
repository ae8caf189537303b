//! A request, its answer, and the way there over redirects.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::failure::{Failure, Kind};
use crate::system::Reader;
use crate::tool::HostPath;
use crate::tools::http::url::Url;
use crate::tools::http::{client, curl};

/// More redirects than this are a loop.
const MOST_REDIRECTS: usize = 10;
/// An answer larger than this is not kept: `http.download` writes it to a file.
pub(super) const BODY_LIMIT: usize = 1 << 20;

/// What is asked.
#[derive(Debug, Clone)]
pub(super) struct Ask {
    pub(super) method: String,
    pub(super) url: Url,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Vec<u8>,
    pub(super) follow: bool,
    pub(super) deadline: Instant,
    pub(super) ca_file: Option<HostPath>,
    pub(super) insecure: bool,
    /// The socket of the host that is asked in the place of the URL's host.
    pub(super) unix_socket: Option<HostPath>,
    /// The certificate, and the key, with which the host shows who it is.
    pub(super) client_cert: Option<HostPath>,
    pub(super) client_key: Option<HostPath>,
}

/// The beginning of an answer.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    pub(super) status: u16,
    /// Names in lower case; what was sent more than once is joined by commas.
    pub(super) headers: BTreeMap<String, String>,
}

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) url: Url,
    pub(super) head: Head,
    pub(super) body: Vec<u8>,
}

impl Ask {
    /// The time that is left.
    pub(super) fn left(&self) -> Result<Duration, Failure> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let message = format!("`{}` did not answer in time", self.url);
            return Err(Failure::new(Kind::Timeout, message));
        }
        Ok(left)
    }

    /// Asks, and again where that leads elsewhere.
    pub(super) fn send(mut self, host: &Reader<'_>) -> Result<Answer, Failure> {
        for _ in 0..=MOST_REDIRECTS {
            let (head, body) = if self.url.is_secure {
                curl::request(&self, host)?
            } else {
                let mut body = Vec::new();
                let head = client::request(&self, host, &mut |_, piece| {
                    if body.len() + piece.len() > BODY_LIMIT {
                        return Err(too_large(&self.url));
                    }
                    body.extend_from_slice(piece);
                    Ok(())
                })?;
                (head, body)
            };
            if !(self.follow && self.redirect(&head)?) {
                let url = self.url;
                return Ok(Answer { url, head, body });
            }
        }
        let message = format!(
            "`{}` leads on and on: more than {MOST_REDIRECTS} redirects",
            self.url
        );
        Err(Failure::new(Kind::Invalid, message))
    }

    /// Turns to where an answer leads; whether it leads anywhere.
    pub(super) fn redirect(&mut self, head: &Head) -> Result<bool, Failure> {
        let Some(location) = head.headers.get("location").filter(|_| is_redirect(head.status)) else {
            return Ok(false);
        };
        let wrong = |message| Failure::new(Kind::Invalid, format!("`{}` leads astray: {message}", self.url));
        let next = self.url.follow(location).map_err(wrong)?;
        if self.url.is_secure && !next.is_secure {
            return Err(wrong(format!("from https to `{next}`, which is not secure")));
        }
        if next.host != self.url.host || next.port() != self.url.port() {
            // What was meant for one host is not given to another.
            (self.client_cert, self.client_key) = (None, None);
            self.headers
                .retain(|name, _| !matches!(name.to_ascii_lowercase().as_str(), "authorization" | "cookie"));
        }
        if head.status == 303 || matches!(head.status, 301 | 302) && self.method == "POST" {
            self.method = "GET".into();
            self.body.clear();
            self.headers
                .retain(|name, _| !name.eq_ignore_ascii_case("content-type"));
        }
        self.url = next;
        Ok(true)
    }
}

pub(super) fn too_large(url: &Url) -> Failure {
    let message =
        format!("the answer of `{url}` is larger than {BODY_LIMIT} bytes; `http.download` takes it");
    Failure::new(Kind::Invalid, message)
}

const fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

impl Head {
    /// Reads the lines of a head.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let mut lines = text.lines();
        let mut words = lines.next()?.splitn(3, ' ');
        if !words.next()?.starts_with("HTTP/") {
            return None;
        }
        let mut head = Self {
            status: words.next()?.parse().ok().filter(|it| (100..1000).contains(it))?,
            headers: BTreeMap::new(),
        };
        for line in lines.take_while(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':')?;
            let value = value.trim();
            head.headers
                .entry(name.trim().to_ascii_lowercase())
                .and_modify(|all| {
                    all.push_str(", ");
                    all.push_str(value);
                })
                .or_insert_with(|| value.to_owned());
        }
        Some(head)
    }

    /// Whether it asks for patience, and the true answer follows.
    pub(super) fn is_interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }
}
