//! Keys with which a user may log in.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::argument::{FileMode, OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Reader, Writer};
use crate::tool::{Access, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::accounts::{Accounts, User, check_name};
use crate::tools::fs::deploy::{FileChange, Texts, Wanted, caution, compare_edit, deploy};
use crate::tools::fs::old::as_text;
use crate::tools::user::key::{Key, Line, are_same};
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

/// Makes sure that a user may log in with these keys, or may not. Keys are read as sshd reads them, and compared by what they
/// are, not by their comments; everything else in the file stays as it is. A key may have several entries: one with
/// `cert-authority` is another one than one that logs in, and of several the one with the options that are given is meant,
/// else the only one. `absent` removes all entries of a key that log in, or those with the options that are given; it warns
/// of entries that stay. The directory gets the mode 0700 when it is made, the file 0600, and both belong to the user. Links
/// that the user made are followed only to what is the user's own.
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
    /// There are no other keys: of other lines only comments and empty ones stay.
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
    /// The directory of keys, where it is to be made.
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

    fn spoils(_: &Args) -> Spoils {
        Spoils::ACCOUNTS
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        check_name("user", &args.user).map_err(|it| ("user", it))?;
        if args.options.as_ref().is_some_and(|it| it.contains('\n')) {
            return Err(("options", "`options` must be one line".to_owned()));
        }
        if args.exclusive && args.state == State::Absent {
            let message = "`exclusive` is for keys that are to be present";
            return Err(("exclusive state", message.to_owned()));
        }
        keys(args).map(drop).map_err(|it| ("key exclusive", it))
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
        let keys = keys(args).map_err(|error| Failure::new(Kind::Invalid, error))?;
        let edited = key_lines::edit(
            &before,
            &key_lines::Wanted {
                keys: &keys,
                options: args.options.as_deref(),
                present: args.state == State::Present,
                exclusive: args.exclusive,
            },
        );
        if edited.left > 0 {
            host.link().warn(format!(
                "`{path}` still holds the key, with other options than were named: {} lines",
                edited.left
            ));
        }
        if args.state == State::Present && args.path.is_none() {
            warn_of_modes(&user, host)?;
        }
        let is_about_all = args.exclusive || args.state == State::Absent;
        if is_about_all && args.path.is_none() {
            warn_of_second_file(&user, &keys, args.exclusive, host)?;
        }
        let after = edited.text;
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

/// sshd takes no keys from where somebody else could have put them.
fn warn_of_modes(user: &User, host: &Reader<'_>) -> Result<(), Failure> {
    for folder in [user.home.clone(), format!("{}/.ssh", user.home)] {
        let Some(found) = host.metadata(Path::new(&folder), Follow::Yes)? else {
            continue;
        };
        let is_open = found.mode() & 0o022 != 0;
        if is_open || ![0, user.uid].contains(&found.uid()) {
            let why = if is_open {
                "others may write there".to_owned()
            } else {
                format!("it belongs to `{}`", host.user_name(found.uid()))
            };
            host.link().warn(format!(
                "sshd takes no keys from below `{folder}` unless its `StrictModes` is off: {why}"
            ));
        }
    }
    Ok(())
}

/// sshd reads a second file as well, unless it was told otherwise.
fn warn_of_second_file(user: &User, keys: &[Key], any: bool, host: &Reader<'_>) -> Result<(), Failure> {
    let path = format!("{}/.ssh/authorized_keys2", user.home);
    let text = match host.locate(Path::new(&path), Follow::Yes)? {
        Some(place) if place.stat()?.is_some() => host.read(&place.path(), LIMIT)?,
        _ => return Ok(()),
    };
    let text = String::from_utf8_lossy(&text);
    let lets_in = |line: &str| match Line::read(line) {
        Line::Key(found) => any || keys.iter().any(|key| key.is(&found)),
        Line::Note | Line::Other(_) => false,
    };
    if text.lines().any(lets_in) {
        host.link().warn(format!(
            "`{path}`, which sshd may read as well, holds keys that are not to be there"
        ));
    }
    Ok(())
}

fn keys(args: &Args) -> Result<Vec<Key>, String> {
    let mut keys: Vec<Key> = Vec::new();
    for text in &args.key.0 {
        for line in text.to_string_lossy().lines() {
            let key = Key::parse(line)?;
            let is_same = |one: &Key, other: &Key| {
                one.is(other) && (args.options.is_some() || are_same(&one.options, &other.options))
            };
            keys.extend(key.filter(|it| !keys.iter().any(|other| is_same(it, other))));
        }
    }
    if keys.is_empty() && !args.exclusive {
        return Err("`key` does not hold a key".to_owned());
    }
    Ok(keys)
}

fn ids(user: &User) -> [Text; 2] {
    [user.uid, user.gid].map(|id| Text::from(&*id.to_string()))
}

fn wanted<'a>(path: &'a HostPath, [owner, group]: &'a [Text; 2]) -> Wanted<'a> {
    Wanted {
        path,
        mode: Some(FileMode(0o600).into()),
        owner: Some(owner),
        group: Some(group),
        caution: caution(false, None),
        parents: true,
        text: Texts::Kept,
    }
}
