//! Whom pacman trusts.

use serde::{Deserialize, Serialize};

use crate::argument::{OneOrMany, Text};
use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tool::{Access, Controller, Describe, Finding, Footprint, Spoils, Tool};
use crate::tools::openpgp;
use crate::tools::pacman_repository::keyring::{Keyring, Trust};

/// `pacman_repository.key`.
#[derive(Debug)]
pub(crate) struct Key;

/// Whether pacman is to trust a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It is in the keyring, and signed by the keyring's own key.
    #[default]
    Present,
    /// It is not in the keyring.
    Absent,
}

/// Puts public keys into pacman's keyring and signs them locally, by `pacman-key`, so that packages and databases that are
/// signed with them are accepted; or takes them out. Where there is no keyring yet, one is made. With `fingerprint`, a key
/// that is another one is an error before anything is written.
///
/// Check mode: says which keys would be added, signed or removed.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The keys: text between `BEGIN PGP PUBLIC KEY BLOCK` and its end, or bytes; `file('key.asc')` reads it. Not needed
    /// where keys are to be absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Text>,
    /// The fingerprints of all keys in it, with or without blanks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    fingerprint: Option<OneOrMany<Text>>,
    /// Whether pacman is to trust them.
    #[serde(default)]
    state: State,
}

/// The keys.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Their fingerprints.
    fingerprints: Vec<String>,
}

/// What becomes of keys: the fingerprint of each, what it is now and what it is to be.
#[derive(Debug)]
pub(crate) struct KeysChange(Vec<(String, Trust, Trust)>);

impl Describe for KeysChange {
    fn diff(&self) -> Vec<Diff> {
        let diff = |(fingerprint, before, after): &(String, Trust, Trust)| {
            Diff::of_property("keyring of pacman", fingerprint, before.word(), after.word())
        };
        self.0.iter().map(diff).collect()
    }
}

impl Tool for Key {
    const NAME: &'static str = "pacman_repository.key";
    const ACCESS: Access = Access::Writes;
    const SHORTHAND: Option<&'static str> = None;
    const EXAMPLE: &'static str = "pacman_repository.key: { data: \"{{ file('keys/shop.asc') }}\", fingerprint: 9DC8 5822 9FC7 DD38 854A E2D8 8D81 803C 0EBF CD88 }";
    const FORESEES: bool = false;

    type Args = Args;
    type Change = KeysChange;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::EVERYTHING
    }

    fn spoils(_: &Args) -> Spoils {
        Spoils::REPOSITORIES
    }

    /// Keys become bytes, and fingerprints all of theirs.
    fn prepare(mut args: Args, _: Controller<'_>) -> Result<Args, Failure> {
        let refuse = |error: &str| Failure::new(Kind::Invalid, format!("the key cannot be used: {error}"));
        match (&args.data, &args.fingerprint) {
            (Some(data), wanted) => {
                let (bytes, found) =
                    openpgp::read(data.as_bytes(), wanted.as_ref()).map_err(|it| refuse(&it))?;
                args.data = Some(Text(bytes));
                args.fingerprint = Some(OneOrMany(found.iter().map(|it| Text::from(&**it)).collect()));
            }
            (None, Some(wanted)) if args.state == State::Absent => {
                let wanted = openpgp::normal(wanted);
                let is_whole = |it: &String| it.len() == 40 && it.chars().all(|c| c.is_ascii_hexdigit());
                if let Some(bad) = wanted.iter().find(|it| !is_whole(it)) {
                    return Err(refuse(&format!("`{}` is no fingerprint", bad.escape_debug())));
                }
                args.fingerprint = Some(OneOrMany(wanted.iter().map(|it| Text::from(&**it)).collect()));
            }
            (None, None) if args.state == State::Absent => {
                return Err(refuse("`fingerprint` or `data` must say which one"));
            }
            (None, _) => return Err(refuse("`data` must hold it")),
        }
        Ok(args)
    }

    fn inspect(args: &Args, host: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        let wanted = fingerprints(args);
        let found = Keyring::of(host)?.trust(&wanted, host)?;
        let goal = match args.state {
            State::Present => Trust::Signed,
            State::Absent => Trust::Missing,
        };
        let differs: Vec<_> = wanted
            .into_iter()
            .zip(found)
            .filter(|(_, it)| *it != goal)
            .map(|(fingerprint, before)| (fingerprint, before, goal))
            .collect();
        Ok(if differs.is_empty() {
            Finding::Settled(output(args))
        } else {
            host.check_root("the keyring cannot be changed")?;
            Finding::Pending(KeysChange(differs))
        })
    }

    fn apply(args: &Args, KeysChange(change): KeysChange, host: &Writer<'_>) -> Result<Output, Failure> {
        let keyring = Keyring::of(host)?;
        let names: Vec<&str> = change.iter().map(|it| &*it.0).collect();
        match (args.state, &args.data) {
            (State::Absent, _) => keyring.change(host, "--delete", &names, &[])?,
            (State::Present, data) => {
                if !keyring.is_there(host)? {
                    keyring.change(host, "--init", &[], &[])?;
                }
                let bytes = data.as_ref().map(Text::as_bytes).unwrap_or_default();
                keyring.change(host, "--add", &["/dev/stdin"], bytes)?;
                keyring.change(host, "--lsign-key", &names, &[])?;
            }
        }
        keyring.verify(&change, host)?;
        Ok(output(args))
    }
}

fn fingerprints(args: &Args) -> Vec<String> {
    let all = args.fingerprint.iter().flat_map(|it| &it.0);
    all.map(|it| it.to_string_lossy().into_owned()).collect()
}

fn output(args: &Args) -> Output {
    Output {
        fingerprints: fingerprints(args),
    }
}
