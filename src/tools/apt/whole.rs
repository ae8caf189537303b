//! What apt does with all packages at once.

use crate::failure::{Failure, Kind};
use crate::system::{Reader, Writer};
use crate::tools::apt::dpkg::{Database, files};
use crate::tools::apt::transaction::{Options, SIMULATE, configure, flags};
use crate::tools::apt::{command, locks, simulation};
use crate::tools::packages::{self, Step};

/// A command of apt-get over all packages.
#[derive(Debug)]
pub(in crate::tools) struct Whole {
    words: &'static [&'static str],
    options: Options,
}

impl Whole {
    pub(in crate::tools) const fn new(words: &'static [&'static str], options: Options) -> Self {
        Self { words, options }
    }

    fn args(&self) -> Vec<String> {
        let words = self.words.iter().map(|it| (*it).to_owned());
        flags(&self.options).into_iter().chain(words).collect()
    }
}

impl packages::Whole for Whole {
    fn steps(&self, host: &Reader<'_>) -> Result<Vec<Step>, Failure> {
        // There is no apt where there is no dpkg.
        let found = Database::read(host)?;
        let args = self.args();
        let args: Vec<&str> = SIMULATE.into_iter().chain(args.iter().map(|it| &**it)).collect();
        let ended = command::ask(host, "apt-get", &args)?;
        if ended.exit_code != 0 {
            return Err(simulation::refusal(&ended));
        }
        let said = String::from_utf8_lossy(&ended.stdout.bytes);
        if !said.contains(" newly installed, ") {
            let message = "apt ended well, and did not say what it would do";
            return Err(Failure::new(Kind::CommandFailed, message));
        }
        let mut steps = simulation::steps(&said);
        // What is purged without being removed was gone already; what was said of a package last counts.
        steps.retain(|it| it.before.is_some() || it.after.is_some());
        for step in &mut steps {
            step.before = step
                .before
                .take()
                .or_else(|| found.version(&step.name).map(str::to_owned));
        }
        Ok(steps)
    }

    fn files(&self, name: &str, host: &Reader<'_>) -> Result<Vec<String>, Failure> {
        files(name, host)
    }

    fn run(&self, host: &Writer<'_>) -> Result<(), Failure> {
        locks::wait(host, &locks::DPKG, self.options.lock_timeout.0)?;
        configure(&self.options, &Database::read(host)?, host)?;
        let args = self.args();
        let args: Vec<&str> = args.iter().map(|it| &**it).collect();
        let ended = command::act(host, "apt-get", &args)?;
        if ended.exit_code == 0 {
            Ok(())
        } else {
            Err(simulation::refusal(&ended))
        }
    }
}
