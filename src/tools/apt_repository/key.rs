//! Whom apt trusts.

use serde::{Deserialize, Serialize};

use crate::argument::{FileMode, OneOrMany, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Follow, Reader, Writer};
use crate::tool::{Access, Controller, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::apt_repository::{name, sources};
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
    /// The key: text between `BEGIN PGP PUBLIC KEY BLOCK` and its end, or bytes; `file('key.asc')` reads it.
    data: Text,
    /// The fingerprints of all keys in it, with or without blanks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<OneOrMany<Text>>,
}

/// The key.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file, for `signed_by`.
    path: Text,
    /// The fingerprints of the keys in it.
    fingerprints: Vec<String>,
}

impl Tool for Key {
    const NAME: &'static str = "apt_repository.key";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "apt_repository.key: { name: shop, data: \"{{ file('keys/shop.asc') }}\", fingerprint: 9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88 }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = FileChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::REPOSITORIES
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        name::check(&args.name).map_err(|it| ("name", it))
    }

    fn prepare(mut args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        let refuse = |error: String| {
            Failure::new(
                Kind::Invalid,
                format!("the key `{}` cannot be used: {error}", args.name),
            )
        };
        let (bytes, _) = openpgp::read(args.data.as_bytes(), args.fingerprint.as_ref()).map_err(refuse)?;
        args.data = Text(bytes);
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let path = path(&args.name)?;
        let content = Content::Bytes(args.data.0.clone());
        Ok(match compare(&wanted(&path), content, host)? {
            Ok(_) => Finding::Settled(output(args, &path)?),
            Err(change) => {
                warn_of_users(args, &path, host)?;
                Finding::Pending(change)
            }
        })
    }

    fn apply(args: &Args, change: FileChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let path = path(&args.name)?;
        deploy(&wanted(&path), change, host)?;
        output(args, &path)
    }
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
    let read = openpgp::read(args.data.as_bytes(), None);
    let (_, fingerprints) = read.map_err(|error| Failure::new(Kind::Invalid, error))?;
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
