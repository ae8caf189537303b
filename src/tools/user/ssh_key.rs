//! Makes a key with which a user logs in elsewhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::argument::{Argv, FileMode, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Caution, Follow, Location, Program, Reader, Writer, temporary_name};
use crate::tool::{Access, Area, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::accounts::{Accounts, User, check_name};
use crate::tools::fs::deploy::accounts;
use crate::tools::user::key::Key;

/// A key is not larger.
const LIMIT: u64 = 1 << 20;

/// `user.ssh_key`.
#[derive(Debug)]
pub(crate) struct SshKey;

/// Makes sure that a user has a pair of ssh keys, made by `ssh-keygen` of the host. A pair that is there stays, whatever its comment and
/// passphrase; one of another type, or an RSA key of another size, is a failure unless `force` is set. The private key is made where
/// only root looks, and leaves the host in no way. The passphrase is in no argument list.
///
/// Check mode: says whether a pair would be made.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The user.
    user: String,
    /// The type of the key.
    #[serde(default, rename = "type")]
    sort: Sort,
    /// The size of an RSA or ECDSA key in bits; by default what `ssh-keygen` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 256, max = 16384))]
    bits: Option<u32>,
    /// The file of the private key; by default `.ssh/id_ed25519` and its like in the home. The public one has `.pub` behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<HostPath>,
    /// What the key is called; by default the name of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    /// The passphrase that the private key is locked with. It needs OpenSSH 8.4 or newer on the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    passphrase: Option<String>,
    /// Also replaces a pair of another type or size.
    #[serde(default)]
    force: bool,
}

/// A type of key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Sort {
    /// Ed25519.
    #[default]
    Ed25519,
    /// RSA.
    Rsa,
    /// ECDSA.
    Ecdsa,
}

impl Sort {
    const fn word(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Rsa => "rsa",
            Self::Ecdsa => "ecdsa",
        }
    }

    /// Whether a public key is of it.
    fn is_of(self, key: &Key) -> bool {
        match self {
            Self::Ed25519 => key.sort == "ssh-ed25519",
            Self::Rsa => key.sort == "ssh-rsa",
            Self::Ecdsa => key.sort.starts_with("ecdsa-sha2-"),
        }
    }
}

/// The pair.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file of the private key.
    path: Text,
    /// The public key, as it belongs into `authorized_keys`.
    public_key: String,
    /// The fingerprint of the public key, such as `SHA256:...`.
    fingerprint: String,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    path: PathBuf,
    user: User,
    diffs: Vec<Diff>,
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        self.diffs.clone()
    }
}

impl Tool for SshKey {
    const NAME: &'static str = "user.ssh_key";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = Some("user");
    const EXAMPLE: &'static str = "user.ssh_key: { user: deploy, comment: deploy@web1 }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = Footprint::writes(match &args.path {
            Some(path) => {
                let mut area = path.area();
                area.extend(&Area::path(&format!("{path}.pub")));
                area
            }
            // Where the home is, only the host knows.
            None => Area::Everything,
        });
        footprint.reads.extend(&accounts());
        footprint
    }

    fn spoils(args: &Args) -> Spoils {
        match &args.path {
            Some(_) => Spoils::of(Self::footprint(args).writes),
            None => Spoils::ACCOUNTS,
        }
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_name("user", &args.user).map_err(|it| ("user", it))?;
        let is_possible = match (args.sort, args.bits) {
            (_, None) => true,
            (Sort::Ed25519, Some(_)) => false,
            (Sort::Rsa, Some(bits)) => (1024..=16384).contains(&bits),
            (Sort::Ecdsa, Some(bits)) => [256, 384, 521].contains(&bits),
        };
        if !is_possible {
            let message = format!(
                "a key of the type {} has another number of `bits`",
                args.sort.word()
            );
            return Err(("bits type", message));
        }
        if args.path.as_ref().is_some_and(HostPath::ends_in_slash) {
            return Err(("path", "`path` is that of the private key".to_owned()));
        }
        if args
            .comment
            .as_ref()
            .is_some_and(|it| it.contains(char::is_control) || it.starts_with('-'))
        {
            return Err(("comment", "`comment` must be one line".to_owned()));
        }
        if args
            .passphrase
            .as_ref()
            .is_some_and(|it| it.len() < 5 || it.contains(char::is_control))
        {
            return Err((
                "passphrase",
                "`passphrase` must be one line of five characters or more".to_owned(),
            ));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let accounts = Accounts::read(host)?;
        let user = accounts.user(&args.user).cloned();
        accounts.looked(host);
        let user = user.ok_or_else(|| {
            Failure::new(
                Kind::NotFound,
                format!("there is no user `{}` on this host", args.user),
            )
        })?;
        let path = match &args.path {
            Some(path) => path.as_path().to_owned(),
            None => Path::new(&user.home).join(format!(".ssh/id_{}", args.sort.word())),
        };
        let title = path.display().to_string();
        let private = host.metadata(&path, Follow::Yes)?;
        let public = read_public(&path, host)?;
        let (old, what) = match (&private, &public) {
            (None, _) => (None, None),
            (Some(_), None) => {
                let message =
                    format!("`{title}` is there, and `{title}.pub` is not: `ssh-keygen -y` makes it again");
                return Err(Failure::new(Kind::Conflict, message));
            }
            (Some(_), Some(key)) => {
                let bits = key.rsa_bits().filter(|_| args.sort == Sort::Rsa);
                let is_wanted = args.sort.is_of(key)
                    && (args.bits.is_none() || bits.is_none() || bits == args.bits)
                    && (args.sort != Sort::Ecdsa
                        || args.bits.is_none_or(|it| key.sort.ends_with(&it.to_string())));
                if is_wanted {
                    return Ok(Finding::Settled(output(&path, key)));
                }
                let found =
                    bits.map_or_else(|| key.sort.clone(), |bits| format!("{} of {bits} bits", key.sort));
                (Some(found), Some(key.fingerprint()))
            }
        };
        if let (Some(found), false) = (&old, args.force) {
            let message = format!("`{title}` is another key ({found}), and `force` is not set");
            return Err(Failure::new(Kind::Conflict, message));
        }
        if user.uid != rustix::process::geteuid().as_raw() {
            host.check_root(&format!("a key of `{}` cannot be made", args.user))?;
        }
        host.check_makeable(&path)?;
        let new = args.bits.map_or_else(
            || args.sort.word().to_owned(),
            |bits| format!("{} of {bits} bits", args.sort.word()),
        );
        let mut diffs = vec![Diff::of_property(&title, "key", old.as_deref(), Some(&new))];
        if let Some(fingerprint) = what {
            diffs.push(Diff::of_property(&title, "fingerprint", Some(&fingerprint), None));
        }
        Ok(Finding::Pending(Change { path, user, diffs }))
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let Change { path, user, .. } = change;
        let folder = path.parent().unwrap_or(&path);
        let own = |mode| Attributes {
            mode: Some(FileMode(mode).0),
            uid: Some(user.uid),
            gid: Some(user.gid),
        };
        let missing = || {
            let message = format!(
                "cannot make `{}`: the home of `{}` does not exist",
                folder.display(),
                user.name
            );
            Failure::new(Kind::NotFound, message)
        };
        let above = host.locate(folder, Follow::Yes)?.ok_or_else(missing)?;
        if above.stat()?.is_none() {
            host.make_folder(&above, &own(0o700))?;
        }
        let scratch = host.make_place(
            &Path::new("/tmp").join(temporary_name(".rmote-key-", "")),
            Follow::No,
        )?;
        let private = Attributes {
            mode: Some(0o700),
            ..Attributes::default()
        };
        host.make_folder(&scratch, &private)?;
        let made = generate(args, &scratch, host);
        let removed = host.remove_all(&scratch);
        let (key, public) = made?;
        removed?;
        let mut public_path = path.clone().into_os_string();
        public_path.push(".pub");
        let text = String::from_utf8_lossy(&public).into_owned();
        let wrong = || Failure::new(Kind::CommandFailed, "`ssh-keygen` made no key that can be read");
        let read = Key::parse(text.trim()).ok().flatten().ok_or_else(wrong)?;
        // The private one first: what is there without it is no pair, and made again.
        for (path, mode, bytes) in [
            (path.as_path(), 0o600, &key),
            (Path::new(&public_path), 0o644, &public),
        ] {
            let at = host.make_place(path, Follow::Yes)?;
            host.replace(&at, &own(mode), &Caution::default(), &mut |file| {
                host.fill_bytes(&at, file, bytes)
            })?;
        }
        Ok(output(&path, &read))
    }
}

/// Makes a pair in a directory that nobody else looks into: the private and the public one.
fn generate(args: &Args, scratch: &Location, host: &Writer<'_>) -> Result<(Vec<u8>, Vec<u8>), Failure> {
    let folder = scratch.path();
    let at = |name: &str| folder.join(name);
    let mut env = BTreeMap::new();
    let comment = args.comment.as_deref().unwrap_or(&args.user);
    let file = at("key").display().to_string();
    let mut words = vec![
        "ssh-keygen",
        "-q",
        "-t",
        args.sort.word(),
        "-C",
        comment,
        "-f",
        &file,
    ];
    let bits = args.bits.map(|it| it.to_string());
    if let Some(bits) = &bits {
        words.extend(["-b", bits]);
    }
    if let Some(passphrase) = &args.passphrase {
        for (name, mode, text) in [
            ("word", 0o600, format!("{passphrase}\n")),
            (
                "ask",
                0o700,
                format!("#!/bin/sh\ncat '{}'\n", at("word").display()),
            ),
        ] {
            let own = Attributes {
                mode: Some(mode),
                ..Attributes::default()
            };
            let place = host.make_place(&at(name), Follow::No)?;
            host.replace(&place, &own, &Caution::default(), &mut |file| {
                host.fill_bytes(&place, file, text.as_bytes())
            })?;
        }
        env.insert(
            "SSH_ASKPASS".to_owned(),
            Text::from(&*at("ask").display().to_string()),
        );
        env.insert("SSH_ASKPASS_REQUIRE".to_owned(), Text::from("force"));
        env.insert("DISPLAY".to_owned(), Text::from("none"));
    } else {
        words.extend(["-N", ""]);
    }
    let command = Argv(words.iter().map(|it| Text::from(*it)).collect());
    let ended = host.act(&Program {
        env: &env,
        ..Program::of(&command)
    });
    let ended = ended.map_err(|failure| match failure.kind {
        Kind::NotFound => Failure::new(
            Kind::Unsupported,
            "keys are made by `ssh-keygen`, which this host does not have: install the ssh client (`openssh-client`, `openssh-clients`)",
        ),
        _ => failure,
    })?;
    if ended.exit_code != 0 {
        return Err(ended.failure("ssh-keygen"));
    }
    let key = host.read(&at("key"), LIMIT)?;
    let is_locked = !String::from_utf8_lossy(&key)
        .lines()
        .nth(1)
        .is_some_and(|it| it.starts_with("b3BlbnNzaC1rZXktdjEAAAAABG5vbmU"));
    if args.passphrase.is_some() && !is_locked {
        let message = "`ssh-keygen` of this host did not lock the key with the passphrase: it is too old to be asked for one";
        return Err(Failure::new(Kind::Unsupported, message));
    }
    Ok((key, host.read(&at("key.pub"), LIMIT)?))
}

fn read_public(path: &Path, host: &Reader<'_>) -> Result<Option<Key>, Failure> {
    let mut public = path.as_os_str().to_owned();
    public.push(".pub");
    let bytes = match host.read(Path::new(&public), LIMIT) {
        Err(failure) if failure.kind == Kind::NotFound => return Ok(None),
        other => other?,
    };
    let text = String::from_utf8_lossy(&bytes);
    let key = Key::parse(text.trim()).map_err(|why| {
        let message = format!("`{}` is not a public key: {why}", Path::new(&public).display());
        Failure::new(Kind::Conflict, message)
    })?;
    Ok(key)
}

fn output(path: &Path, key: &Key) -> Output {
    Output {
        path: path.as_os_str().to_owned().into(),
        public_key: key.line(),
        fingerprint: key.fingerprint(),
    }
}
