//! HTTPS, by the host's `curl`. What it is to do is in a file without a name: nothing of it is on a command line.

use std::fs::File;

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::system::{About, Ended, Program, Reader, What};
use crate::tools::http::ask::{Ask, BODY_LIMIT, Head, too_large};

/// `curl` gave up for want of something that is still to come.
const NO_RANGE: i32 = 33;

/// Sends a request and takes the answer.
///
/// # Errors
/// `unsupported` where there is no curl; `unreachable`, `timeout` or `command_failed` as curl says.
pub(super) fn request(ask: &Ask, host: &Reader<'_>) -> Result<(Head, Vec<u8>), Failure> {
    let mut config = config(ask)?;
    config.push_str("include\n");
    if ask.method == "HEAD" {
        config.push_str("head\n");
    } else {
        config.push_str(&format_line("request", &ask.method));
    }
    if !ask.body.is_empty() {
        config.push_str("data-binary = \"@-\"\n");
    }
    let ended = run(&config, &ask.body, None, host)?;
    if ended.exit_code != 0 {
        return Err(failure(ask, &ended));
    }
    if ended.stdout.truncated {
        return Err(too_large(&ask.url));
    }
    let mut rest = ended.stdout.bytes.as_slice();
    loop {
        let end = rest
            .windows(4)
            .position(|it| it == b"\r\n\r\n")
            .map_or(rest.len(), |at| at + 4);
        let head = Head::parse(&rest[..end]).ok_or_else(|| {
            let message = format!("`curl` gave no answer of `{}`", ask.url);
            Failure::new(Kind::Invalid, message)
        })?;
        rest = &rest[end..];
        if head.is_interim() {
            continue;
        }
        if rest.len() > BODY_LIMIT {
            return Err(too_large(&ask.url));
        }
        return Ok((head, rest.to_vec()));
    }
}

/// What came of a transfer into a file.
pub(super) enum Transfer {
    /// It is whole.
    Done,
    /// The server cannot go on from where it was broken off.
    FromStart,
    /// It broke off.
    Broken(Failure),
}

/// Appends what is at the URL, from `offset` on, to a file.
///
/// # Errors
/// Where trying again is no use.
pub(super) fn download(ask: &Ask, offset: u64, file: &File, host: &Reader<'_>) -> Result<Transfer, Failure> {
    let mut config = config(ask)?;
    config.push_str("fail\nlocation\nproto-redir = \"=https\"\n");
    if offset > 0 {
        config.push_str(&format_line("continue-at", &offset.to_string()));
    }
    let ended = run(&config, &[], Some(file), host)?;
    Ok(match ended.exit_code {
        0 => Transfer::Done,
        NO_RANGE => Transfer::FromStart,
        // A partial file, a failed receive, a reset connection: it is worth another try.
        18 | 56 | 92 => Transfer::Broken(failure(ask, &ended)),
        _ => return Err(failure(ask, &ended)),
    })
}

fn run(config: &str, stdin: &[u8], stdout: Option<&File>, host: &Reader<'_>) -> Result<Ended, Failure> {
    let interpreter = ["curl", "-q", "--config"].map(Text::from);
    let what = What::File {
        name: "curl",
        text: config.as_bytes(),
        interpreter: &interpreter,
        args: &[],
    };
    let program = Program {
        what,
        stdin,
        stdout,
        ..Program::silent(what)
    };
    host.ask(&program, &[About::Everything])
        .map_err(|failure| match failure.kind {
            Kind::NotFound => Failure::new(
                Kind::Unsupported,
                "https needs `curl` on the host, and there is none",
            ),
            _ => failure,
        })
}

fn config(ask: &Ask) -> Result<String, Failure> {
    let mut text = String::from("silent\nshow-error\nsuppress-connect-headers\nproto = \"=https\"\n");
    let mut line = |name: &str, value: &str| text.push_str(&format_line(name, value));
    line("url", &ask.url.to_string());
    line("max-time", &format!("{:.3}", ask.left()?.as_secs_f64()));
    line("user-agent", concat!("rmote-play/", env!("CARGO_PKG_VERSION")));
    if let Some(login) = &ask.url.login {
        line("user", login);
    }
    for (name, value) in &ask.headers {
        // An empty header is written with a semicolon; with a colon it would be taken out.
        let header = match value.as_str() {
            "" => format!("{name};"),
            value => format!("{name}: {value}"),
        };
        line("header", &header);
    }
    // curl adds these to a body on its own.
    for name in ["Expect", "Content-Type"] {
        if !ask.headers.keys().any(|it| it.eq_ignore_ascii_case(name)) && !ask.body.is_empty() {
            line("header", &format!("{name}:"));
        }
    }
    if let Some(path) = &ask.ca_file {
        line("cacert", &path.to_string());
    }
    for (name, path) in [
        ("unix-socket", &ask.unix_socket),
        ("cert", &ask.client_cert),
        ("key", &ask.client_key),
    ] {
        if let Some(path) = path {
            line(name, &path.to_string());
        }
    }
    if ask.insecure {
        text.push_str("insecure\n");
    }
    Ok(text)
}

fn format_line(name: &str, value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("{name} = \"{value}\"\n")
}

fn failure(ask: &Ask, ended: &Ended) -> Failure {
    let kind = match ended.exit_code {
        6 | 7 | 35 | 52 | 55 | 56 => Kind::Unreachable,
        28 => Kind::Timeout,
        _ => Kind::CommandFailed,
    };
    let failure = ended.failure("curl");
    // What went wrong is in its first line; advice follows.
    let stderr = failure.stderr.as_deref().unwrap_or_default();
    let message = match stderr.lines().find(|it| it.starts_with("curl: (")) {
        Some(line) => format!("`{}`: {line}", ask.url),
        None => format!("`{}`: {}", ask.url, failure.message),
    };
    Failure {
        kind,
        message,
        ..failure
    }
}
