//! Keys of other hosts.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::argument::{FileMode, OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Attributes, Follow, Reader, Writer};
use crate::tool::{Access, Area, Describe, Finding, Footprint, HostPath, Spoils, Tool};
use crate::tools::accounts::{Accounts, User, check_name};
use crate::tools::fs::deploy::{
    FileChange, Texts, Wanted, accounts, caution, compare_edit, deploy, verify_file,
};
use crate::tools::fs::old::{as_text, read_old};
use crate::tools::ssh::known_lines::{self, is_name};
use crate::tools::user::key::Key;

const ALL: &str = "/etc/ssh/ssh_known_hosts";

/// `ssh.known_host`.
#[derive(Debug)]
pub(crate) struct KnownHost;

/// Makes sure that ssh on the host knows the keys of other hosts. A key takes the place of an old one of its type; keys of other
/// types, comments, and lines that say which keys sign others stay. Names that are hidden behind hashes are found, too.
///
/// No key is fetched: whoever asks the network for a key trusts the network. Take it from the other host, as in
/// `key: "{{ file('keys/git.pub') }}"`, or run `ssh-keyscan` by `exec.command`.
///
/// Check mode: says which lines would change.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The names and addresses of the other host; with a port that is not 22 as `[git.example.com]:2222`.
    name: OneOrMany<String>,
    /// Its public keys, such as `ssh-ed25519 AAAA...`; lines as `ssh-keyscan` prints them will do. With `state: absent` only these
    /// are removed; without a key, all of the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<OneOrMany<String>>,
    /// The file; by default `/etc/ssh/ssh_known_hosts`, which counts for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<HostPath>,
    /// The user whose `.ssh/known_hosts` it is, instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// Hides the names behind hashes.
    #[serde(default)]
    hash: bool,
    /// Whether the host is known.
    #[serde(default)]
    state: State,
}

/// Whether a host is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It is.
    #[default]
    Present,
    /// It is not.
    Absent,
}

/// What the file is.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The file.
    path: Text,
    /// The fingerprints of the keys that were given, such as `SHA256:...`.
    fingerprints: Vec<String>,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Change {
    file: FileChange,
    path: HostPath,
    owner: Option<User>,
    /// The directory of the file, where it is to be made.
    folder: Option<PathBuf>,
}

impl Describe for Change {
    fn diff(&self) -> Vec<Diff> {
        self.file.diff()
    }
}

impl Tool for KnownHost {
    const NAME: &'static str = "ssh.known_host";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str =
        "ssh.known_host: { name: [git.example.com, 192.0.2.7], key: \"{{ file('keys/git.pub') }}\" }";

    type Args = Args;
    type Change = Change;
    type Output = Output;

    fn footprint(args: &Args) -> Footprint {
        let mut footprint = Footprint::writes(match (&args.path, &args.user) {
            (Some(path), _) => path.area(),
            (None, None) => Area::path(ALL),
            // Where the home is, only the host knows.
            (None, Some(_)) => Area::Everything,
        });
        if args.user.is_some() {
            footprint.reads.extend(&accounts());
        }
        footprint
    }

    fn spoils(args: &Args) -> Spoils {
        match (&args.path, &args.user) {
            (None, Some(_)) => Spoils::ACCOUNTS,
            _ => Spoils::of(Self::footprint(args).writes),
        }
    }

    fn verify(args: &Args) -> Result<(), (&'static str, String)> {
        if let Some(user) = &args.user {
            check_name("user", user).map_err(|it| ("user", it))?;
        }
        if let Some(path) = &args.path {
            verify_file("path", path, None)?;
        }
        if args.path.is_some() && args.user.is_some() {
            let message = "`path` and `user` exclude each other";
            return Err(("user path", message.to_owned()));
        }
        for name in &args.name.0 {
            let is_odd = |it: char| it.is_whitespace() || it.is_control() || ",|*?!@#".contains(it);
            if name.is_empty() || name.contains(is_odd) {
                let name = name.escape_debug();
                let message = format!("`{name}` is not the name or address of one host");
                return Err(("name", message));
            }
        }
        if args.name.0.is_empty() {
            return Err(("name", "`name` is empty".to_owned()));
        }
        let keys = keys(args).map_err(|it| ("key name", it))?;
        if keys.is_empty() && (args.state == State::Present || args.key.is_some()) {
            return Err(("key state", "`key` does not hold a key".to_owned()));
        }
        Ok(())
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let invalid = |message| Failure::new(Kind::Invalid, message);
        let keys = keys(args).map_err(invalid)?;
        let owner = args.user.as_ref().map(|name| owner(name, host)).transpose()?;
        let path = match (&args.path, &owner) {
            (Some(path), _) => path.clone(),
            (None, None) => HostPath::new(ALL.as_bytes()).map_err(invalid)?,
            (None, Some(user)) => {
                HostPath::new(format!("{}/.ssh/known_hosts", user.home).as_bytes()).map_err(invalid)?
            }
        };
        let output = Output {
            path: path.as_path().as_os_str().to_owned().into(),
            fingerprints: keys.iter().map(Key::fingerprint).collect(),
        };
        let is_present = args.state == State::Present;
        let Some(before) = read_old(&path, true, is_present, host)? else {
            return Ok(Finding::Settled(output));
        };
        let before = as_text(&path, before)?;
        let names: Vec<String> = args.name.0.iter().map(|it| it.to_lowercase()).collect();
        let after = known_lines::edit(
            &before,
            &known_lines::Wanted {
                names: &names,
                keys: &keys,
                is_present,
                hash: args.hash,
            },
        );
        let ids = owner.as_ref().map(ids);
        let found = compare_edit(
            &wanted(&path, ids.as_ref(), is_new(&path, host)?),
            before.as_bytes(),
            after.into_bytes(),
            host,
        )?;
        let folder = match path.as_path().parent() {
            Some(above) if owner.is_some() && host.metadata(above, Follow::Yes)?.is_none() => {
                Some(above.to_path_buf())
            }
            _ => None,
        };
        Ok(match found {
            Ok(_) => Finding::Settled(output),
            Err(file) => Finding::Pending(Change {
                file,
                path,
                owner,
                folder,
            }),
        })
    }

    fn apply(args: &Args, change: Change, host: &Writer<'_>) -> Result<Output, Failure> {
        let ids = change.owner.as_ref().map(ids);
        if let (Some(folder), Some(user)) = (&change.folder, &change.owner) {
            make_folder(folder, user, host)?;
        }
        let is_new = is_new(&change.path, host)?;
        let written = deploy(&wanted(&change.path, ids.as_ref(), is_new), change.file, host)?;
        let keys = keys(args).map_err(|message| Failure::new(Kind::Invalid, message))?;
        Ok(Output {
            path: written.path,
            fingerprints: keys.iter().map(Key::fingerprint).collect(),
        })
    }
}

fn owner(name: &str, host: &Reader<'_>) -> Result<User, Failure> {
    let accounts = Accounts::read(host)?;
    let user = accounts.user(name).cloned();
    accounts.looked(host);
    user.ok_or_else(|| Failure::new(Kind::NotFound, format!("there is no user `{name}` on this host")))
}

/// Makes the directory of a user's file, which nobody else reads.
fn make_folder(folder: &Path, user: &User, host: &Writer<'_>) -> Result<(), Failure> {
    let Some(at) = host.locate(folder, Follow::Yes)? else {
        let message = format!(
            "cannot make `{}`: the home of `{}` does not exist",
            folder.display(),
            user.name
        );
        return Err(Failure::new(Kind::NotFound, message));
    };
    let own = Attributes {
        mode: Some(0o700),
        uid: Some(user.uid),
        gid: Some(user.gid),
    };
    host.make_folder(&at, &own)
}

fn is_new(path: &HostPath, host: &Reader<'_>) -> Result<bool, Failure> {
    Ok(host.metadata(path.as_path(), Follow::Yes)?.is_none())
}

fn ids(user: &User) -> [Text; 2] {
    [user.uid, user.gid].map(|id| Text::from(&*id.to_string()))
}

fn wanted<'a>(path: &'a HostPath, ids: Option<&'a [Text; 2]>, is_new: bool) -> Wanted<'a> {
    let mode = if ids.is_some() { 0o600 } else { 0o644 };
    let [owner, group] = match ids {
        Some([owner, group]) => [Some(owner), Some(group)],
        None => [None, None],
    };
    Wanted {
        path,
        // One that is there keeps its own.
        mode: is_new.then(|| FileMode(mode).into()),
        owner,
        group,
        caution: caution(false, None),
        parents: ids.is_some(),
        text: Texts::Kept,
    }
}

/// The keys that are given. A line may name hosts in front of its key, of which one must be the one that is meant.
fn keys(args: &Args) -> Result<Vec<Key>, String> {
    let mut keys: Vec<Key> = Vec::new();
    let lines = args.key.iter().flat_map(|it| &it.0).flat_map(|it| it.lines());
    for line in lines
        .map(str::trim)
        .filter(|it| !it.is_empty() && !it.starts_with('#'))
    {
        let key = match Key::parse(line) {
            Ok(Some(key)) if key.options.is_empty() => key,
            plain => {
                let Some((hosts, rest)) = line.split_once([' ', '\t']) else {
                    return Err(plain.err().unwrap_or_else(|| "`key` is not a key".to_owned()));
                };
                let key = Key::parse(rest.trim_start()).map_err(|why| plain.err().unwrap_or(why))?;
                let is_meant =
                    |name: &String| hosts.split(',').any(|word| is_name(word, &name.to_lowercase()));
                if !args.name.0.iter().any(is_meant) {
                    let hosts = hosts.escape_debug();
                    return Err(format!(
                        "the key is that of `{hosts}`, and not of the host that `name` names"
                    ));
                }
                match key {
                    Some(key) if key.options.is_empty() => key,
                    _ => return Err("`key` is not a key of a host".to_owned()),
                }
            }
        };
        if !keys.iter().any(|it| it.is(&key)) {
            keys.push(key);
        }
    }
    Ok(keys)
}
