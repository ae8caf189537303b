//! Gets what is at a URL.

use std::collections::BTreeMap;
use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::argument::{Duration, OneOrMany, Text};
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Area, Finding, Footprint, HostPath, Tool};
use crate::tools::http::body::{Access as Way, Manner, Output, timeout, yes};

/// `http.get`.
#[derive(Debug)]
pub(crate) struct Get;

/// Asks, from the host, for what is at a URL. Bodies up to 1 MiB are kept. HTTPS needs `curl` on the host; plain HTTP needs
/// nothing, and takes no proxy.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The URL.
    url: String,
    /// Headers that are sent along.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, Text>,
    /// The status codes that are no failure; by default those from 200 to 299.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<OneOrMany<u16>>,
    /// Goes where redirects lead.
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

impl Tool for Get {
    const NAME: &'static str = "http.get";
    const ACCESS: Access = Access::Reads;
    const SHORTHAND: Option<&'static str> = Some("url");
    const EXAMPLE: &'static str = "http.get: { url: \"http://127.0.0.1:8080/health\", status: [200, 204] }";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        // What answers depends on whatever came before.
        Footprint::reads(Area::Everything)
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        args.manner().verify()
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let answer = args.manner().ask("GET", Vec::new())?.send(host)?;
        Output::of(answer, args.status.as_ref()).map(Finding::Settled)
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
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
}
