//! Sends any request.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::argument::{Duration, OneOrMany, Text};
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};
use crate::tools::http::body::{Access as Way, Manner, Output, form, timeout, yes};
use crate::tools::http::multipart::{self, Part};

/// `http.request`.
#[derive(Debug)]
pub(crate) struct Request;

/// Sends a request from the host. Bodies of answers up to 1 MiB are kept. HTTPS needs `curl` on the host; plain HTTP needs
/// nothing, and takes no proxy. A `GET`, `HEAD` or `OPTIONS` changes nothing; any other method counts as a change.
///
/// Check mode: `GET`, `HEAD` and `OPTIONS` are sent; others are not.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The URL.
    url: String,
    /// The method, such as `POST`.
    method: String,
    /// Headers that are sent along.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, Text>,
    /// The body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Text>,
    /// Data that is the body as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json: Option<serde_json::Value>,
    /// Fields of a form that is the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<BTreeMap<String, Text>>,
    /// Parts of a form that is the body, as `multipart/form-data`: each a text, or a map with the `path` of a file on the host, or
    /// `content`, and `filename` and `content_type`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    multipart: Option<BTreeMap<String, Part>>,
    /// The status codes that are no failure; by default those from 200 to 299.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<OneOrMany<u16>>,
    /// Goes where redirects lead. After 303, and after 301 and 302 for a `POST`, it goes on as a `GET`.
    #[serde(default = "yes")]
    follow: bool,
    /// How long all of it may take.
    #[serde(default = "timeout")]
    timeout: Duration,
    /// A file on the host with the certificates to trust, instead of the host's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ca_file: Option<HostPath>,
    /// Trusts any certificate.
    #[serde(default)]
    insecure: bool,
    /// The name of a login, which is sent along with `password` (basic authentication).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Text>,
    /// The password of the login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<Text>,
    /// A socket of the host that is asked, such as `/run/docker.sock`, in the place of the host that the URL names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unix_socket: Option<HostPath>,
    /// A file on the host with the certificate that it shows the server, for HTTPS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_cert: Option<HostPath>,
    /// A file on the host with the key of the certificate, where that is not in the same file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    client_key: Option<HostPath>,
}

impl Tool for Request {
    const NAME: &'static str = "http.request";
    const ACCESS: Access = Access::Opaque;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "http.request: { url: \"http://127.0.0.1:9200/_reindex\", method: POST, json: { source: { index: a } }, status: 202 }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = ();
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        let is_word = !args.method.is_empty() && args.method.bytes().all(|it| it.is_ascii_uppercase());
        if !is_word || matches!(args.method.as_str(), "CONNECT" | "TRACE") {
            let message = "`method` must be a method in capital letters, such as POST";
            return Err(("method", message.to_owned()));
        }
        let bodies = [
            args.body.is_some(),
            args.json.is_some(),
            args.form.is_some(),
            args.multipart.is_some(),
        ];
        if bodies.iter().filter(|it| **it).count() > 1 {
            let message = "`body`, `json`, `form` and `multipart` exclude each other";
            return Err((" body json form multipart", message.to_owned()));
        }
        for (name, part) in args.multipart.iter().flatten() {
            part.verify(name).map_err(|message| ("multipart", message))?;
        }
        args.manner().verify()
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(match args.method.as_str() {
            "GET" | "HEAD" | "OPTIONS" => Finding::Settled(args.send(host)?),
            _ => Finding::Pending(()),
        })
    }

    fn apply(args: &Args, (): (), host: &Writer<'_>) -> Result<Output, Failure> {
        args.send(host)
    }
}

impl Args {
    fn manner(&self) -> Manner<'_> {
        Manner {
            url: &self.url,
            headers: &self.headers,
            follow: self.follow,
            timeout: self.timeout,
            ca_file: self.ca_file.as_ref(),
            insecure: self.insecure,
            access: Way {
                user: self.user.as_ref(),
                password: self.password.as_ref(),
                unix_socket: self.unix_socket.as_ref(),
                client_cert: self.client_cert.as_ref(),
                client_key: self.client_key.as_ref(),
            },
        }
    }

    fn send(&self, host: &Reader<'_>) -> Result<Output, Failure> {
        if let Some(parts) = &self.multipart {
            let (body, sort) = multipart::body(parts, host)?;
            return self.send_body(body, Some(&sort), host);
        }
        let (body, sort) = match (&self.body, &self.json, &self.form) {
            (Some(body), ..) => (body.0.clone(), None),
            (_, Some(json), _) => (json.to_string().into_bytes(), Some("application/json")),
            (.., Some(fields)) => (form(fields), Some("application/x-www-form-urlencoded")),
            _ => (Vec::new(), None),
        };
        self.send_body(body, sort, host)
    }

    /// Sends a body; `sort`: of which sort it is, where no header says it.
    fn send_body(&self, body: Vec<u8>, sort: Option<&str>, host: &Reader<'_>) -> Result<Output, Failure> {
        let mut ask = self.manner().ask(&self.method, body)?;
        let is_given = ask
            .headers
            .keys()
            .any(|it| it.eq_ignore_ascii_case("content-type"));
        if let Some(sort) = sort.filter(|_| !is_given) {
            ask.headers.insert("Content-Type".into(), sort.into());
        }
        Output::of(ask.send(host)?, self.status.as_ref())
    }
}
