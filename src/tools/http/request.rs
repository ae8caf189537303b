//! Sends any request.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::argument::{Duration, OneOrMany, Text};
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, HostPath, Tool};
use crate::tools::http::body::{Manner, Output, form, timeout, yes};

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
        let bodies = [args.body.is_some(), args.json.is_some(), args.form.is_some()];
        if bodies.iter().filter(|it| **it).count() > 1 {
            let message = "`body`, `json` and `form` exclude each other";
            return Err((" body json form", message.to_owned()));
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
        }
    }

    fn send(&self, host: &Reader<'_>) -> Result<Output, Failure> {
        let (body, sort) = match (&self.body, &self.json, &self.form) {
            (Some(body), ..) => (body.0.clone(), None),
            (_, Some(json), _) => (json.to_string().into_bytes(), Some("application/json")),
            (.., Some(fields)) => (form(fields), Some("application/x-www-form-urlencoded")),
            _ => (Vec::new(), None),
        };
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
