//! What requests and answers carry, as arguments and results.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde::Serialize;

use crate::argument::{Duration, OneOrMany, Text};
use crate::failure::{Failure, Kind};
use crate::tool::HostPath;
use crate::tools::http::ask::{Answer, Ask};
use crate::tools::http::url::Url;

/// How a request is made: what all methods share.
pub(super) struct Manner<'a> {
    pub(super) url: &'a str,
    pub(super) headers: &'a BTreeMap<String, Text>,
    pub(super) follow: bool,
    pub(super) timeout: Duration,
    pub(super) ca_file: Option<&'a HostPath>,
    pub(super) insecure: bool,
    pub(super) access: Access<'a>,
}

/// How the host gets at what it asks for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Access<'a> {
    /// A login, sent along as basic authentication.
    pub(super) user: Option<&'a Text>,
    pub(super) password: Option<&'a Text>,
    pub(super) unix_socket: Option<&'a HostPath>,
    pub(super) client_cert: Option<&'a HostPath>,
    pub(super) client_key: Option<&'a HostPath>,
}

impl Access<'_> {
    fn verify(
        &self,
        is_secure: bool,
        headers: &BTreeMap<String, Text>,
    ) -> Result<(), (&'static str, String)> {
        if self.user.is_none() && self.password.is_some() {
            return Err((
                "password user",
                "`password` is that of a `user`, which is not given".to_owned(),
            ));
        }
        if let Some(user) = self.user {
            if user.0.contains(&b':') {
                return Err(("user", "`user` must not have a colon in it".to_owned()));
            }
            if headers.keys().any(|it| it.eq_ignore_ascii_case("authorization")) {
                let message = "`user` is sent as the header `Authorization`, which is among `headers` too";
                return Err(("user headers", message.to_owned()));
            }
        }
        if self.client_key.is_some() && self.client_cert.is_none() {
            let message = "`client_key` is that of a `client_cert`, which is not given";
            return Err(("client_key client_cert", message.to_owned()));
        }
        if self.client_cert.is_some() && !is_secure {
            return Err(("client_cert url", "`client_cert` is for https".to_owned()));
        }
        Ok(())
    }

    /// The header that logs in.
    fn header(&self) -> Option<(String, String)> {
        let mut login = self.user?.0.clone();
        login.push(b':');
        login.extend_from_slice(self.password.map(|it| it.0.as_slice()).unwrap_or_default());
        let login = base64::engine::general_purpose::STANDARD.encode(login);
        Some(("Authorization".to_owned(), format!("Basic {login}")))
    }
}

impl Manner<'_> {
    /// Whether it makes sense, with the argument that does not.
    pub(super) fn verify(&self) -> Result<(), (&'static str, String)> {
        let url: Result<Url, String> = self.url.parse();
        let url = url.map_err(|message| ("url", message))?;
        self.access.verify(url.is_secure, self.headers)?;
        for (name, value) in self.headers {
            let value = value.to_string_lossy();
            let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
            if name.is_empty() || !name.chars().all(token) || value.contains(['\r', '\n', '\0']) {
                let name = name.escape_debug();
                return Err(("headers", format!("`{name}` cannot be a header with this value")));
            }
        }
        match self.deadline() {
            None => Err(("timeout", "`timeout` is too long".to_owned())),
            Some(_) => Ok(()),
        }
    }

    fn deadline(&self) -> Option<std::time::Instant> {
        std::time::Instant::now().checked_add(self.timeout.0)
    }

    /// The request. The clock runs from now on.
    ///
    /// # Errors
    /// `invalid` for what is no URL or header.
    pub(super) fn ask(&self, method: &str, body: Vec<u8>) -> Result<Ask, Failure> {
        let invalid = |message| Failure::new(Kind::Invalid, message);
        self.verify().map_err(|(_, message)| invalid(message))?;
        let text = |(name, value): (&String, &Text)| (name.clone(), value.to_string_lossy().into_owned());
        Ok(Ask {
            method: method.to_owned(),
            url: self.url.parse().map_err(invalid)?,
            headers: self
                .headers
                .iter()
                .map(text)
                .chain(self.access.header())
                .collect(),
            unix_socket: self.access.unix_socket.cloned(),
            client_cert: self.access.client_cert.cloned(),
            client_key: self.access.client_key.cloned(),
            body,
            follow: self.follow,
            deadline: (self.deadline()).ok_or_else(|| invalid("`timeout` is too long".to_owned()))?,
            ca_file: self.ca_file.cloned(),
            insecure: self.insecure,
        })
    }
}

/// What a server answered.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The status code.
    status: u16,
    /// The headers, their names in lower case; one that was sent more than once is joined by commas.
    headers: BTreeMap<String, String>,
    /// The body; bytes where it is not UTF-8.
    body: Text,
    /// The body as data, where the server says that it is JSON and it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<serde_json::Value>,
    /// The URL that answered in the end, without a login.
    url: String,
}

impl Output {
    /// The result of a request whose status must be one of these; by default any from 200 to 299.
    ///
    /// # Errors
    /// `invalid` where it is another, with the beginning of the body.
    pub(super) fn of(answer: Answer, wanted: Option<&OneOrMany<u16>>) -> Result<Self, Failure> {
        let Answer { url, head, body } = answer;
        let is_good = match wanted {
            Some(list) => list.0.contains(&head.status),
            None => (200..300).contains(&head.status),
        };
        if !is_good {
            let start = String::from_utf8_lossy(&body[..body.len().min(500)])
                .trim()
                .to_owned();
            let more = if start.is_empty() {
                start
            } else {
                format!(": {start}")
            };
            let message = format!("`{url}` answered with status {}{more}", head.status);
            return Err(Failure::new(Kind::Invalid, message));
        }
        let is_json = head.headers.get("content-type").is_some_and(|it| {
            let sort = it
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase();
            sort == "application/json" || sort.ends_with("+json")
        });
        Ok(Self {
            status: head.status,
            headers: head.headers,
            json: is_json.then(|| serde_json::from_slice(&body).ok()).flatten(),
            body: Text(body),
            url: url.to_string(),
        })
    }
}

/// Half a minute.
pub(super) const fn timeout() -> Duration {
    Duration(std::time::Duration::from_secs(30))
}

pub(super) const fn yes() -> bool {
    true
}

/// `a=1&b=2`.
pub(super) fn form(fields: &BTreeMap<String, Text>) -> Vec<u8> {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        escape(name.as_bytes(), &mut text);
        text.push('=');
        escape(value.as_bytes(), &mut text);
    }
    text.into_bytes()
}

fn escape(bytes: &[u8], text: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                text.push(char::from(*byte));
            }
            b' ' => text.push('+'),
            byte => {
                text.push('%');
                text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
            }
        }
    }
}
