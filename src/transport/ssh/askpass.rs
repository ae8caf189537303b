//! What ssh asks for, answered: ssh starts this program for each question (`SSH_ASKPASS`), which takes it to a socket of the
//! run. A password is in no argument, in no environment and in no file.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream as Blocking;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, getuid, kill_process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;
use tokio::time;

use crate::cause::{Cause, Unreachable};
use crate::transport::credentials::{Answers, Credentials};
use crate::transport::pipes::clean;

/// Where the helper finds the socket; with it set, this program is the helper.
pub const ASKPASS: &str = "RMOTE_PLAY_ASKPASS";
/// The longest question.
const LONGEST: u64 = 64 << 10;
/// How long the helper may take to say what is asked, and to hear the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many refused questions are kept.
const KEPT: usize = 8;
/// How long a question may be that is shown.
const SHOWN: usize = 200;

/// Which ssh asks: 0 is that of the host itself, 1 the one that carries it, and so on.
type Depth = usize;

/// What became of the questions.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// Whose password was given.
    pub(super) passwords: HashSet<Depth>,
    /// The keys whose passphrase was given.
    pub(super) keys: HashSet<(Depth, String)>,
    /// What was not answered, but for passphrases and what was answered once.
    pub(super) refused: Vec<(Depth, String)>,
    /// Whether an ssh was ended that would have tried the login with an empty answer.
    pub(super) is_over: bool,
}

/// The socket at which the questions of one ssh, and of those on its way, are answered. It is gone once this is dropped.
#[derive(Debug)]
pub(super) struct Desk {
    path: PathBuf,
    program: PathBuf,
    credentials: Arc<Credentials>,
    listener: Option<UnixListener>,
    asked: Arc<Mutex<Asked>>,
    task: Option<JoinHandle<()>>,
}

impl Desk {
    /// Listens at a path in a directory that is ours alone; `None` where nothing is to be answered.
    ///
    /// # Errors
    /// Where it cannot listen there.
    pub(super) fn open(path: PathBuf, credentials: &Credentials) -> Result<Option<Self>, Unreachable> {
        if credentials.is_empty() {
            return Ok(None);
        }
        let failed = |error: io::Error| {
            let message = format!("cannot answer what ssh asks: `{}`: {error}", path.display());
            Unreachable::new(Cause::Local, message)
        };
        let program = std::env::current_exe().map_err(failed)?;
        // One that a killed run has left.
        drop(fs::remove_file(&path));
        let listener = UnixListener::bind(&path).map_err(failed)?;
        Ok(Some(Self {
            path,
            program,
            credentials: Arc::new(credentials.clone()),
            listener: Some(listener),
            asked: Arc::default(),
            task: None,
        }))
    }

    /// What ssh is started with.
    pub(super) fn environment(&self) -> [(&'static str, OsString); 3] {
        [
            ("SSH_ASKPASS", self.program.clone().into()),
            ("SSH_ASKPASS_REQUIRE", "force".into()),
            (ASKPASS, self.path.clone().into()),
        ]
    }

    /// From now on questions of this ssh are answered.
    pub(super) fn answer(&mut self, ssh: u32) {
        let Some(listener) = self.listener.take() else {
            return;
        };
        let (credentials, asked) = (Arc::clone(&self.credentials), Arc::clone(&self.asked));
        self.task = Some(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // One that does not speak keeps the others waiting for a moment at most.
                let served = serve(stream, ssh, &credentials, &asked);
                drop(time::timeout(PATIENCE, served).await);
            }
        }));
    }

    /// What became of the questions so far.
    pub(super) fn asked(&self) -> Asked {
        lock(&self.asked).clone()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        drop(fs::remove_file(&self.path));
    }
}

fn lock(asked: &Mutex<Asked>) -> MutexGuard<'_, Asked> {
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(
    mut stream: UnixStream,
    ssh: u32,
    credentials: &Credentials,
    asked: &Mutex<Asked>,
) -> io::Result<()> {
    let peer = stream.peer_cred()?;
    let pid = peer.pid().and_then(|pid| u32::try_from(pid).ok());
    let place = pid.and_then(|pid| place(pid, ssh));
    let (Some((depth, asking)), true) = (place, peer.uid() == getuid().as_raw()) else {
        return Ok(());
    };
    let mut question = Vec::new();
    (&mut stream).take(LONGEST).read_to_end(&mut question).await?;
    let question = String::from_utf8_lossy(&question).into_owned();
    let reply = answer(&question, depth, credentials, &mut lock(asked));
    match reply {
        // The first byte says that there is an answer.
        Reply::Answer(answer) => stream.write_all(format!("+{answer}").as_bytes()).await?,
        Reply::Nothing => {}
        Reply::End => {
            lock(asked).is_over = true;
            if let Some(pid) = i32::try_from(asking).ok().and_then(Pid::from_raw) {
                // It may have ended by itself.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
    }
    stream.shutdown().await
}

/// How many ssh's are between a helper and the master, and which one asks: each carries the next one's connection and was
/// started by it. Nothing that a server says has a part in it.
fn place(helper: u32, master: u32) -> Option<(Depth, u32)> {
    /// More than anybody goes through.
    const MOST: usize = 32;
    let parent = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, after) = stat.rsplit_once(')')?;
        after.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let asking = parent(&helper)?;
    let mut above = std::iter::successors(Some(asking), parent).take(MOST);
    Some((above.position(|pid| pid == master)?, asking))
}

/// What is done about a question.
#[derive(Debug, PartialEq, Eq)]
enum Reply {
    Answer(String),
    /// Without an answer ssh goes on, and tells nobody.
    Nothing,
    /// Without an answer ssh would try to log in with none, which is a failed login.
    End,
}

fn answer(question: &str, depth: Depth, credentials: &Credentials, asked: &mut Asked) -> Reply {
    let nothing = Answers::default();
    let answers = match depth {
        0 => &credentials.own,
        // The last on the way carries the connection itself.
        depth => {
            let place = credentials.way.len().checked_sub(depth);
            place.map_or(&nothing, |place| &credentials.way[place])
        }
    };
    let meant = meant(question);
    let given = match meant {
        Meant::Passphrase(key) => {
            let answer = answers.passphrase.as_ref();
            answer.filter(|_| asked.keys.insert((depth, key.to_owned())))
        }
        Meant::Password => {
            let answer = answers.password.as_ref();
            answer.filter(|_| !asked.passwords.contains(&depth))
        }
        Meant::HostKey | Meant::Other => None,
    };
    if let Some(answer) = given {
        if meant == Meant::Password {
            asked.passwords.insert(depth);
        }
        return Reply::Answer(answer.reveal().to_owned());
    }
    if matches!(meant, Meant::Passphrase(_) | Meant::HostKey) {
        return Reply::Nothing;
    }
    // A second time it would be a second failed login.
    let is_second = meant == Meant::Password && asked.passwords.contains(&depth);
    if !is_second && asked.refused.len() < KEPT {
        asked.refused.push((depth, shown(question)));
    }
    Reply::End
}

/// What a question is about.
#[derive(Debug, PartialEq, Eq)]
enum Meant<'q> {
    /// ssh itself asks for the passphrase of this key.
    Passphrase(&'q str),
    /// The password of the account.
    Password,
    /// ssh itself asks whether a host key is right.
    HostKey,
    /// A code, another password.
    Other,
}

/// Words for a password that a server says before the colon, where it speaks another language.
const WORDS: [&str; 12] = [
    "password",
    "passwort",
    "mot de passe",
    "contraseña",
    "senha",
    "wachtwoord",
    "hasło",
    "lösenord",
    "пароль",
    "密码",
    "密碼",
    "パスワード",
];

fn meant(question: &str) -> Meant<'_> {
    // What a server asks has its account in brackets before it, by ssh: it cannot ask like this.
    if let Some(rest) = question.strip_prefix("Enter passphrase for key '")
        && let Some(key) = rest.trim_end().strip_suffix("':")
    {
        return Meant::Passphrase(key);
    }
    if question.contains("(yes/no") && !question.starts_with('(') {
        return Meant::HostKey;
    }
    let line = question.trim_end();
    if line.contains(['\n', '\r']) {
        return Meant::Other;
    }
    let Some(line) = line.strip_suffix([':', '：']) else {
        return Meant::Other;
    };
    if line.ends_with("'s password") && !line.starts_with('(') {
        return Meant::Password;
    }
    let of_server = line.strip_prefix('(').and_then(|rest| rest.split_once(") "));
    let Some((_, words)) = of_server else {
        return Meant::Other;
    };
    let words = words.trim().to_lowercase();
    let words = words.split_once(" for ").map_or(&*words, |(before, _)| before);
    if WORDS.contains(&words) {
        Meant::Password
    } else {
        Meant::Other
    }
}

fn shown(question: &str) -> String {
    let text = clean(question.as_bytes());
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Takes a question to the run that listens at a socket: the answer, if there is one.
///
/// # Errors
/// Where the run is not there.
pub fn ask(socket: &Path, question: &[u8]) -> io::Result<Option<Vec<u8>>> {
    let mut stream = Blocking::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(question)?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(answer.strip_prefix(b"+").map(<[u8]>::to_vec))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::Password;

    #[test]
    fn only_what_asks_for_the_password_of_the_account_is_answered_with_it() {
        for (question, expected) in [
            ("alice@web1's password: ", Meant::Password),
            ("(alice@web1) Password: ", Meant::Password),
            ("(alice@web1) Password for alice@web1: ", Meant::Password),
            ("(alice@web1) Passwort: ", Meant::Password),
            (
                "Enter passphrase for key '/home/a/it's': ",
                Meant::Passphrase("/home/a/it's"),
            ),
            ("(alice@web1) New password: ", Meant::Other),
            ("(alice@web1) Current password: ", Meant::Other),
            ("(alice@web1) Verification code: ", Meant::Other),
            ("(alice@web1) Enter passphrase for key '/a': ", Meant::Other),
            ("(alice@web1) root@bank's password: ", Meant::Other),
            ("(alice@web1) hello\nPassword: ", Meant::Other),
            (
                "The authenticity of host 'x' can't be established.\nAre you sure (yes/no/[fingerprint])? ",
                Meant::HostKey,
            ),
            ("(alice@web1) Are you sure (yes/no)? ", Meant::Other),
            ("Password: ", Meant::Other),
            ("", Meant::Other),
        ] {
            assert_eq!(meant(question), expected, "{question:?}");
        }
    }

    #[test]
    fn each_ssh_is_answered_with_its_own_password_and_once() {
        let of = |text: &str| Answers {
            password: Some(Password::new(text)),
            passphrase: None,
        };
        let credentials = Credentials {
            own: of("target"),
            way: vec![of("outer"), Answers::default(), of("inner")],
        };
        let mut asked = Asked::default();
        let mut ask = |depth| answer("a@b's password: ", depth, &credentials, &mut asked);
        let given = |text: &str| Reply::Answer(text.to_owned());
        assert_eq!(ask(0), given("target"));
        assert_eq!(ask(0), Reply::End);
        assert_eq!(ask(1), given("inner"));
        assert_eq!(ask(2), Reply::End);
        assert_eq!(ask(3), given("outer"));
        assert_eq!(ask(4), Reply::End);
        assert_eq!(asked.refused.len(), 2);
    }
}
