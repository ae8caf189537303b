//! Keys with which a user may log in.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::argument::{FileMode, OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Reader, Writer};
use crate::tool::{Access, Controller, Describe, Finding, Footprint, HostPath, Tool};
use crate::tools::accounts::{Accounts, User, check_name};
use crate::tools::fs::deploy::{FileChange, Texts, Wanted, caution, compare_edit, deploy};
use crate::tools::fs::old::as_text;
use crate::tools::user::key::Key;
use crate::tools::user::key_lines;

/// More keys than this are a mistake.
const LIMIT: u64 = 4 << 20;

/// Whether keys let a user in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// They do.
    #[default]
    Present,
    /// They do not.
    Absent,
}

/// `user.authorized_key`.
#[derive(Debug)]
pub(crate) struct AuthorizedKey;

/// Makes sure that a user may log in with these keys, or may not. Keys are compared by what they are, not by their comments
/// or options; everything else in the file stays as it is. The folder gets the mode 0700 when it is made, the file 0600, and
/// both belong to the user. Links that the user made are followed only to what is the user's own.
///
/// Check mode: says how the file would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Whose keys.
    user: String,
    /// The keys, one or more to a text, each on a line, as in `id_ed25519.pub`. Options may stand before them.
    key: OneOrMany<Text>,
    /// Whether they are to be there.
    #[serde(default)]
    state: State,
    /// Options of the keys, such as `from="10.0.0.*",no-pty`; empty: none. Where this is not given, those that stand before
    /// a key, else those in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    options: Option<String>,
    /// There are no other keys.
    #[serde(default)]
    exclusive: bool,
    /// The file, where it is not `.ssh/authorized_keys` in the home.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<HostPath>,
}

/// The keys of a user.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file.
    path: Text,
}

/// What is to be done about keys.
#[derive(Debug)]
pub(crate) struct KeyChange {
    file: FileChange,
    path: HostPath,
    user: User,
    /// The folder of keys, where it is to be made.
    folder: Option<PathBuf>,
}

impl Describe for KeyChange {
    fn diff(&self) -> Vec<Diff> {
        self.file.diff()
    }
}

impl Tool for AuthorizedKey {
    const NAME: &'static str = "user.authorized_key";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str =
        "user.authorized_key: { user: deploy, key: \"{{ file('keys/ci.pub') }}\", options: no-pty }";

    type Args = Args;
    type Change = KeyChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn prepare(args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        check_name("user", &args.user)?;
        if args.options.as_ref().is_some_and(|it| it.contains('\n')) {
            return Err(Failure::new(Kind::Invalid, "`options` must be one line"));
        }
        keys(&args).map(|_| args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let accounts = Accounts::read(host)?;
        let user = accounts.user(&args.user).cloned().ok_or_else(|| {
            Failure::new(
                Kind::NotFound,
                format!("there is no user `{}` on this host", args.user),
            )
        })?;
        let path = match &args.path {
            Some(path) => path.clone(),
            None => HostPath::new(format!("{}/.ssh/authorized_keys", user.home).as_bytes())
                .map_err(|error| Failure::new(Kind::Invalid, error))?,
        };
        let place = host.locate(path.as_path(), Follow::Yes)?;
        let is_there = place
            .as_ref()
            .map_or(Ok(None), crate::system::Location::stat)?
            .is_some();
        let before = match &place {
            Some(place) if is_there => host.read(&place.path(), LIMIT)?,
            _ => Vec::new(),
        };
        let before = as_text(&path, before)?;
        let keys = keys(args)?;
        let after = key_lines::edit(
            &before,
            &key_lines::Wanted {
                keys: &keys,
                options: args.options.as_deref(),
                present: args.state == State::Present,
                exclusive: args.exclusive,
            },
        );
        let settled = || {
            Finding::Settled(Output {
                path: path.as_path().as_os_str().to_owned().into(),
            })
        };
        if !is_there && after.is_empty() {
            return Ok(settled());
        }
        let folder = match (&place, path.as_path().parent()) {
            (None, Some(above)) => Some(above.to_path_buf()),
            _ => None,
        };
        let ids = ids(&user);
        let found = compare_edit(&wanted(&path, &ids), before.as_bytes(), after.into_bytes(), host)?;
        Ok(match found {
            Ok(_) => settled(),
            Err(file) => Finding::Pending(KeyChange {
                file,
                path: path.clone(),
                user,
                folder,
            }),
        })
    }

    fn apply(_: &Args, change: KeyChange, host: &Writer<'_>) -> Result<Output, Failure> {
        if let Some(folder) = &change.folder {
            let Some(at) = host.locate(folder, Follow::Yes)? else {
                let message = format!(
                    "cannot make `{}`: the home of `{}` does not exist",
                    folder.display(),
                    change.user.name
                );
                return Err(Failure::new(Kind::NotFound, message));
            };
            let own = Attributes {
                mode: Some(0o700),
                uid: Some(change.user.uid),
                gid: Some(change.user.gid),
            };
            host.make_folder(&at, &own)?;
        }
        let ids = ids(&change.user);
        let written = deploy(&wanted(&change.path, &ids), change.file, host)?;
        Ok(Output { path: written.path })
    }
}

fn keys(args: &Args) -> Result<Vec<Key>, Failure> {
    let mut keys: Vec<Key> = Vec::new();
    for text in &args.key.0 {
        for line in text.to_string_lossy().lines() {
            let key =
                Key::parse(line).map_err(|error| Failure::new(Kind::Invalid, format!("`key`: {error}")))?;
            keys.extend(key.filter(|it| !keys.iter().any(|other| other.is(it))));
        }
    }
    if keys.is_empty() && !args.exclusive {
        return Err(Failure::new(Kind::Invalid, "`key` holds no key"));
    }
    Ok(keys)
}

fn ids(user: &User) -> [Text; 2] {
    [user.uid, user.gid].map(|id| Text::from(&*id.to_string()))
}

fn wanted<'a>(path: &'a HostPath, [owner, group]: &'a [Text; 2]) -> Wanted<'a> {
    Wanted {
        path,
        mode: Some(FileMode(0o600)),
        owner: Some(owner),
        group: Some(group),
        caution: caution(false, None),
        parents: true,
        text: Texts::Kept,
    }
}
