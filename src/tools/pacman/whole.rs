//! What pacman does with all packages at once.

use crate::argument::Duration;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tools::packages::{self, Manager as _, Step};
use crate::tools::pacman::local::Installed;
use crate::tools::pacman::transaction::{Options, act, ask, refusal, wait_for_lock};

/// The upgrade of all packages, with how long to wait for others.
#[derive(Debug)]
pub(in crate::tools) struct Whole(pub(in crate::tools) Duration);

impl packages::Whole for Whole {
    fn steps(&self, host: &Reader<'_>) -> Result<Vec<Step>, Failure> {
        let installed = Installed::read(host)?;
        let words = ["pacman", "-Sup", "--print-format", "%n=%v"].map(str::to_owned);
        let ended = ask(host, &words)?;
        if ended.exit_code != 0 {
            return Err(refusal(&ended));
        }
        let said = String::from_utf8_lossy(&ended.stdout.bytes);
        let named = said.lines().filter_map(|it| it.split_once('='));
        let step = |(name, version): (&str, &str)| Step {
            name: name.to_owned(),
            before: installed.version(name, host).map(str::to_owned),
            after: Some(version.to_owned()),
        };
        Ok(named.map(step).filter(|it| it.before != it.after).collect())
    }

    fn files(&self, name: &str, host: &Reader<'_>) -> Result<Vec<String>, Failure> {
        Options::default().files(name, host)
    }

    fn run(&self, host: &Writer<'_>) -> Result<(), Failure> {
        wait_for_lock(host, self.0)?;
        let ended = act(host, &["pacman", "-Su", "--noconfirm"].map(str::to_owned))?;
        if ended.exit_code == 0 {
            Ok(())
        } else {
            Err(refusal(&ended))
        }
    }
}
