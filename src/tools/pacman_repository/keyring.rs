//! Pacman's keyring: looked at with gpg, changed with `pacman-key`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Ended, Follow, Program, Reader, Writer};

/// What a keyring makes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// It is not there.
    Missing,
    /// It is there, and what it signs is not accepted.
    Unsigned,
    /// It is there, and what it signs is accepted.
    Signed,
}

impl Trust {
    pub(super) const fn word(self) -> Option<&'static str> {
        match self {
            Self::Missing => None,
            Self::Unsigned => Some("not trusted"),
            Self::Signed => Some("signed locally"),
        }
    }
}

/// The keyring's directory.
#[derive(Debug)]
pub(super) struct Keyring(String);

impl Keyring {
    /// Where pacman's configuration says that it is.
    ///
    /// # Errors
    /// `unsupported` where there is no pacman.
    pub(super) fn of(host: &Reader<'_>) -> Result<Self, Failure> {
        let ended = ask(host, &["pacman-conf", "GPGDir"]).map_err(|failure| match failure.kind {
            Kind::NotFound => Failure::new(
                Kind::Unsupported,
                format!("this host has no pacman: {}", failure.message),
            ),
            _ => failure,
        })?;
        let folder = String::from_utf8_lossy(&ended.stdout.bytes).trim().to_owned();
        if ended.exit_code != 0 || !folder.starts_with('/') {
            return Err(ended.failure("pacman-conf"));
        }
        Ok(Self(folder))
    }

    /// Whether it was made.
    pub(super) fn is_there(&self, host: &Reader<'_>) -> Result<bool, Failure> {
        let file = PathBuf::from(&self.0).join("trustdb.gpg");
        Ok(host.metadata(&file, Follow::Yes)?.is_some())
    }

    /// What it makes of these keys, one after the other.
    pub(super) fn trust(&self, fingerprints: &[String], host: &Reader<'_>) -> Result<Vec<Trust>, Failure> {
        if !self.is_there(host)? {
            return Ok(vec![Trust::Missing; fingerprints.len()]);
        }
        // Who only looks starts no agent, takes no lock and does not bring the database of trust up to date.
        let mut words = vec![
            "gpg",
            "--homedir",
            &self.0,
            "--batch",
            "--no-permission-warning",
            "--no-auto-check-trustdb",
            "--no-autostart",
            "--lock-never",
            "--with-colons",
            "--list-keys",
        ];
        words.extend(fingerprints.iter().map(|it| &**it));
        // It ends with 2 where a key is missing, as for any other reason; what it lists is there.
        let ended = ask(host, &words)?;
        let found = parse(&String::from_utf8_lossy(&ended.stdout.bytes));
        let trust = |it: &String| found.get(it).copied().unwrap_or(Trust::Missing);
        Ok(fingerprints.iter().map(trust).collect())
    }

    /// Changes it, and leaves no agent behind.
    pub(super) fn change(
        &self,
        host: &Writer<'_>,
        verb: &str,
        args: &[&str],
        input: &[u8],
    ) -> Result<(), Failure> {
        let words = [&["pacman-key", "--gpgdir", &self.0, verb], args].concat();
        let ended = act(host, &words, input)?;
        act(host, &["gpgconf", "--homedir", &self.0, "--kill", "all"], &[])?;
        if ended.exit_code == 0 {
            return Ok(());
        }
        Err(ended.failure(&format!("pacman-key {verb}")))
    }

    /// Keys are what they were to be.
    pub(super) fn verify(&self, change: &[(String, Trust, Trust)], host: &Reader<'_>) -> Result<(), Failure> {
        let names: Vec<String> = change.iter().map(|it| it.0.clone()).collect();
        for ((name, _, goal), found) in change.iter().zip(self.trust(&names, host)?) {
            if found != *goal {
                let found = found.word().unwrap_or("not there");
                let message =
                    format!("pacman-key ended well, but the key {name} is {found}; it may have expired");
                return Err(Failure::new(Kind::CommandFailed, message));
            }
        }
        Ok(())
    }
}

fn argv(words: &[&str]) -> Argv {
    Argv(words.iter().map(|it| Text::from(*it)).collect())
}

fn ask(host: &Reader<'_>, words: &[&str]) -> Result<Ended, Failure> {
    host.ask(&Program::of(&argv(words)), &[About::Domain(Domain::Packages)])
}

fn act(host: &Writer<'_>, words: &[&str], input: &[u8]) -> Result<Ended, Failure> {
    host.act(&Program {
        stdin: input,
        ..Program::of(&argv(words))
    })
}

/// The keys of a listing by their fingerprints.
fn parse(listing: &str) -> BTreeMap<String, Trust> {
    let mut found = BTreeMap::new();
    let mut validity = None;
    for line in listing.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        match fields[0] {
            "pub" => validity = fields.get(1).copied(),
            // The first one after a key is its own; those of subkeys follow.
            "fpr" => {
                if let (Some(validity), Some(name)) = (validity.take(), fields.get(9)) {
                    let trust = match validity {
                        "f" | "u" => Trust::Signed,
                        _ => Trust::Unsigned,
                    };
                    found.insert((*name).to_owned(), trust);
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_says_which_keys_are_there_and_which_are_trusted() {
        // GnuPG 2.2.40.
        let listing = "tru::1:1795642723:0:3:1:5\n\
            pub:f:255:22:2DE5036C64C741FF:1795642720:::-:::scSC:::::ed25519:::0:\n\
            fpr:::::::::1CE8AFE3F796684F322081BF2DE5036C64C741FF:\n\
            uid:f::::1795642720::0F85206B37023CEAEA4303ECDD9E6651ADD194A5::shop <s@example.invalid>::::::::::0:\n\
            sub:f:255:18:0000036C64C741FF:1795642720::::::e:::::cv25519::\n\
            fpr:::::::::00000FE3F796684F322081BF0000036C64C741FF:\n\
            pub:-:255:22:CD1E5017CA5D249E:1795642720:::-:::scSC:::::ed25519:::0:\n\
            fpr:::::::::896D80CE57C60F6D13716150CD1E5017CA5D249E:\n";
        let found: Vec<_> = parse(listing).into_iter().collect();
        assert_eq!(
            found,
            [
                (
                    "1CE8AFE3F796684F322081BF2DE5036C64C741FF".to_owned(),
                    Trust::Signed
                ),
                (
                    "896D80CE57C60F6D13716150CD1E5017CA5D249E".to_owned(),
                    Trust::Unsigned
                ),
            ]
        );
    }
}
