//! Whom apt trusts.

use serde::{Deserialize, Serialize};

use crate::argument::{FileMode, OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Controller, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::apt_repository::{name, sources};
use crate::tools::files::Files;
use crate::tools::fs::deploy::{Content, FileChange, Texts, Wanted, caution, compare, deploy};
use crate::tools::openpgp;

/// `apt_repository.key`.
#[derive(Debug)]
pub(crate) struct Key;

/// Puts the public key of a repository where `signed_by` of `apt_repository.present` can name it: in
/// `/etc/apt/keyrings/NAME.gpg`, as bytes, whether it was given as text or as bytes. No program is needed for that. With
/// `fingerprint`, a key that is another one is an error before anything is written. A key of that name that is there is
/// replaced; a warning names repositories of other names that use it.
///
/// Check mode: says whether the file would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What the file is called, without `.gpg`.
    name: String,
    /// The key: text between `BEGIN PGP PUBLIC KEY BLOCK` and its end, or bytes; `file('key.asc')` reads it. Not needed for a key
    /// that is not to be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Text>,
    /// The fingerprints of all keys in it, with or without blanks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<OneOrMany<Text>>,
    /// Whether it is to be there. One that another repository uses stays, which is an error.
    #[serde(default)]
    state: State,
}

/// Whether a key is there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It is.
    #[default]
    Present,
    /// It is not.
    Absent,
}

/// The key.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file, for `signed_by`.
    path: Text,
    /// The fingerprints of the keys in it.
    fingerprints: Vec<String>,
}

/// What is to be done to the file of a key.
#[derive(Debug)]
pub(crate) enum KeyChange {
    /// It is written.
    Write(Box<FileChange>),
    /// It goes.
    Remove(Files),
}

impl Describe for KeyChange {
    fn diff(&self) -> Vec<Diff> {
        match self {
            Self::Write(change) => change.diff(),
            Self::Remove(files) => files.diff(),
        }
    }
}

impl Tool for Key {
    const NAME: &'static str = "apt_repository.key";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "apt_repository.key: { name: shop, data: \"{{ file('keys/shop.asc') }}\", fingerprint: 9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88 }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = KeyChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::REPOSITORIES
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        if args.state == State::Present && args.data.is_none() {
            return Err((" data state", "`data` is missing: the key itself".to_owned()));
        }
        name::check(&args.name).map_err(|it| ("name", it))
    }

    fn prepare(mut args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        let refuse = |error: String| {
            Failure::new(
                Kind::Invalid,
                format!("the key `{}` cannot be used: {error}", args.name),
            )
        };
        if let (Some(data), State::Present) = (&args.data, args.state) {
            let (bytes, _) = openpgp::read(data.as_bytes(), args.fingerprint.as_ref()).map_err(refuse)?;
            args.data = Some(Text(bytes));
        }
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = path(&args.name)?;
        if args.state == State::Absent {
            return removal(args, &path, host);
        }
        let content = Content::Bytes(args.bytes().to_vec());
        Ok(match compare(&wanted(&path), content, host)? {
            Ok(_) => Finding::Settled(output(args, &path)?),
            Err(change) => {
                warn_of_users(args, &path, host)?;
                Finding::Pending(KeyChange::Write(Box::new(change)))
            }
        })
    }

    fn apply(args: &Args, change: KeyChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let path = path(&args.name)?;
        match change {
            KeyChange::Write(change) => {
                deploy(&wanted(&path), *change, host)?;
            }
            KeyChange::Remove(files) => files.make(host)?,
        }
        output(args, &path)
    }
}

impl Args {
    fn bytes(&self) -> &[u8] {
        self.data.as_ref().map_or(&[], Text::as_bytes)
    }
}

/// A key goes that no other repository uses.
fn removal(args: &Args, path: &HostPath, host: &Reader<'_>) -> Result<Finding<Key>, Failure> {
    let mut files = Files::default();
    files.remove(path.clone(), host)?;
    if files.is_empty() {
        return Ok(Finding::Settled(output(args, path)?));
    }
    if let [user, ..] = &*sources::users_of_key(path, &args.name, host)? {
        let message = format!("`{path}` is also the key of `{}`, and stays", user.display());
        return Err(Failure::new(Kind::Conflict, message));
    }
    Ok(Finding::Pending(KeyChange::Remove(files)))
}

/// Another key takes the place of one that others may use.
fn warn_of_users(args: &Args, path: &HostPath, host: &Reader<'_>) -> Result<(), Failure> {
    if host.metadata(path.as_path(), Follow::Yes)?.is_none() {
        return Ok(());
    }
    for user in sources::users_of_key(path, &args.name, host)? {
        host.link().warn(format!(
            "`{path}` is also the key of `{}`, which is checked with the new one from now on",
            user.display()
        ));
    }
    Ok(())
}

/// The file of a key.
pub(super) fn path(name: &str) -> Result<HostPath, Failure> {
    HostPath::new(format!("/etc/apt/keyrings/{name}.gpg").as_bytes())
        .map_err(|error| Failure::new(Kind::Invalid, error))
}

fn output(args: &Args, path: &HostPath) -> Result<Output, Failure> {
    let fingerprints = match args.state {
        State::Absent => Vec::new(),
        State::Present => {
            let read = openpgp::read(args.bytes(), None);
            read.map_err(|error| Failure::new(Kind::Invalid, error))?.1
        }
    };
    Ok(Output {
        path: path.as_path().as_os_str().to_owned().into(),
        fingerprints,
    })
}

fn wanted(path: &HostPath) -> Wanted<'_> {
    Wanted {
        path,
        mode: Some(FileMode(0o644).into()),
        owner: None,
        group: None,
        caution: caution(false, None),
        parents: true,
        text: Texts::Kept,
    }
}
