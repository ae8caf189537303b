//! The script by which a shell on a host becomes an agent: what it is told, and what it answers.

/// The script; small, since a shell reads ahead of what it runs.
const SCRIPT: &str = include_str!("bootstrap.sh");

/// What the login's own shell, whichever it is, is asked to run where the script is to be read.
pub const SHELL: &str = "/bin/sh";

/// The script's answer before it becomes the agent; the directory of that may follow.
pub const RUNS: &str = "run";

/// The directory of the agent that a shell is about to become, where the answer is that; empty where it is not said.
pub fn runs(answer: &str) -> Option<&str> {
    let rest = answer.strip_prefix(RUNS)?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim_start())
}

/// What the login's own shell is asked to run instead, to spare the host a second shell: the agent itself, where it is
/// where it mostly does, or else [`SHELL`]. In words that most shells know. Either is sent the script of [`Task::Start`];
/// the agent passes over it, and answers in its place.
pub fn straight(build: &str, nonce: &str) -> String {
    let folder = "~/.cache/rmote-play";
    let agent = format!("{folder}/{build}");
    let is_ours = format!("[ -O {folder} ] && [ ! -L {folder} ] && [ -O {agent} ] && [ -x {agent} ]");
    format!("{is_ours} && exec {agent} agent {build} {nonce}; exec {SHELL}")
}

/// A word as /bin/sh reads it, whatever is in it.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// With what the script ends.
pub fn last_line() -> &'static str {
    SCRIPT.lines().last().unwrap_or_default()
}

/// What the script is to do.
#[derive(Debug, Clone, Copy)]
pub enum Task<'a> {
    /// Start the agent, or say what is needed to install it.
    Start,
    /// Install the agent: what follows, up to the end of the stream.
    Install {
        /// Which of its directories it tries first.
        from: usize,
        /// Whether what is sent is compressed.
        gzip: bool,
        /// The agent's size.
        size: u64,
        /// The agent's SHA-256, in hex.
        hash: &'a str,
    },
    /// Start the agent for another user than the one who logged in; where that user has none, install it from what
    /// follows, without an end, and start it.
    Become {
        /// Whose home directory it is put into; see [`crate::login::is_user`].
        user: &'a str,
        /// Which of its directories it tries first.
        from: usize,
        /// The agent's size.
        size: u64,
        /// Whether it is installed whatever is there: what is there does not start.
        anew: bool,
    },
}

/// The whole script for a task. `build` names the agent, `nonce` marks the answers.
pub fn script(build: &str, nonce: &str, task: Task<'_>) -> String {
    let job = match task {
        Task::Start => "f=0 w=".to_owned(),
        Task::Install {
            from,
            gzip,
            size,
            hash,
        } => {
            let packed = if gzip { "gzip" } else { "no" };
            format!("f=1 w= k={from} z={packed} s={size} h={hash}")
        }
        // The home directory is not left to what changed the user: it may keep the other's.
        Task::Become {
            user,
            from,
            size,
            anew,
        } => {
            let job = if anew { 3 } else { 2 };
            format!(
                "f={job} w=deputy k={from} z=head s={size} h= HOME=~{user}; unset XDG_CACHE_HOME; cd ~ 2>/dev/null || cd /"
            )
        }
    };
    format!("b={build} n={nonce} u= {job}\n{SCRIPT}")
}

/// What is before each answer.
pub fn marker(nonce: &str) -> String {
    format!("\nrmote-play-{nonce} ")
}

/// Sets one connection's answers apart from what is printed by chance.
pub fn nonce() -> String {
    use std::hash::{BuildHasher, RandomState};
    format!("{:016x}", RandomState::new().hash_one(std::process::id()))
}

/// Whether a word may be what [`nonce`] gives.
pub fn is_nonce(word: &str) -> bool {
    word.len() == 16 && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Why a directory did not take the agent, by the step that failed.
pub fn refusal(step: &str) -> &'static str {
    match step {
        "write" | "size" => "it is full, or not all arrived",
        "hash" => "what arrived is not what was sent",
        "start" => "the agent does not start there",
        _ => "it cannot be put in its place",
    }
}

/// Says that no directory takes the agent. `refused`: those that were tried, with why.
pub fn nowhere(refused: &[String]) -> String {
    let message = "no directory on the host takes the agent";
    if refused.is_empty() {
        format!("{message}: none is the account's alone, can be written and lets programs start")
    } else {
        format!("{message}: {}", refused.join(", "))
    }
}

/// What to do about that.
pub const NOWHERE_HELP: &str = "It goes into `$XDG_CACHE_HOME/rmote-play`, `~/.cache/rmote-play`, `/var/tmp/rmote-play-UID` or \
     `/dev/shm/rmote-play-UID`: one of them must have room, not be mounted `noexec`, and belong to the account, with nothing \
     on the way to it that others may write.";
