//! From a login to a second agent that has introduced itself.

use std::fs::File;

use crate::agent::deputy::shell::Shell;
use crate::agent::deputy::talk::{Next, Talk};
use crate::agent::deputy::way::Way;
use crate::argument::Text;
use crate::blob::Hash;
use crate::bootstrap;
use crate::failure::{Failure, Kind};
use crate::login::Login;
use crate::protocol;
use crate::system::Reader;

/// This process's own binary.
pub(super) const OWN: &str = "/proc/self/exe";

/// A second agent that has introduced itself.
pub(super) struct Started {
    pub(super) shell: Shell,
    /// What was read after its introduction.
    pub(super) begun: Vec<u8>,
}

/// Why it did not come to that.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) failure: Failure,
    /// Whether another try would do harm, as with a password that is wrong.
    pub(super) is_final: bool,
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self {
            failure,
            is_final: false,
        }
    }
}

/// Starts an agent for a login. `own`: what the first one was told that its build is.
pub(super) fn start(login: &Login, own: &str, host: &Reader<'_>) -> Result<Started, Refusal> {
    let build = build_name(own)?;
    let user = Text::from(login.user.as_str());
    host.uid_of(&user).map_err(|mut failure| {
        failure.message = format!("cannot become `{}`: {}", login.user, failure.message);
        failure
    })?;
    let way = Way::find(login)?;
    let mut refused = Vec::new();
    let mut from = 1;
    let mut anew = false;
    loop {
        match Talk::begin(login, &way, &build, from, anew)?.run(host.link().cancel())? {
            Ok(started) => return Ok(started),
            // A password that was taken once is asked for once more.
            Err(Next::Damaged(why)) if anew => return Err(why),
            Err(Next::Damaged(_)) => anew = true,
            Err(Next::Elsewhere { place, why }) => {
                from = place + 1;
                refused.push(why);
            }
            Err(Next::Nowhere) => {
                let message = format!("cannot become `{}`: {}", login.user, bootstrap::nowhere(&refused));
                return Err(Failure::new(Kind::Unsupported, message).into());
            }
        }
    }
}

/// The name of this binary among agents: its own, unless it was started without one.
fn build_name(own: &str) -> Result<String, Failure> {
    if own.len() == 16 && own.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(own.to_owned());
    }
    let mut hasher = blake3::Hasher::new();
    let done = File::open(OWN).and_then(|file| hasher.update_reader(file).map(|_| ()));
    done.map_err(|error| Failure::io("cannot read the agent's own file", &error))?;
    Ok(protocol::build_name(&Hash(*hasher.finalize().as_bytes())))
}
