//! What dnf does with all packages at once.

use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tools::dnf::command::{act, ask, refusal};
use crate::tools::dnf::installed::Installed;
use crate::tools::dnf::simulation::steps;
use crate::tools::dnf::transaction::{Options, SETTLED_LISTS, STRICT, is_aborted};
use crate::tools::packages::{self, Manager as _, Step};

/// A command of dnf over all packages.
#[derive(Debug)]
pub(in crate::tools) struct Whole {
    words: &'static [&'static str],
    options: Options,
}

impl Whole {
    pub(in crate::tools) const fn new(words: &'static [&'static str], options: Options) -> Self {
        Self { words, options }
    }

    fn words<'a>(&self, before: &[&'a str], options: &'a [String]) -> Vec<&'a str> {
        let mut words: Vec<&str> = vec!["dnf"];
        words.extend(before);
        words.extend(options.iter().map(|it| &**it));
        words.extend(self.words);
        words
    }
}

impl packages::Whole for Whole {
    fn steps(&self, host: &Reader<'_>) -> Result<Vec<Step>, Failure> {
        let installed = Installed::read(host)?;
        let options = self.options.words();
        let ended = ask(host, &self.words(&["-C", "--assumeno", STRICT], &options))?;
        if ended.exit_code != 0 && !is_aborted(&ended) {
            return Err(refusal(&ended));
        }
        let output = String::from_utf8_lossy(&ended.stdout.bytes);
        Ok(steps(&output, &installed).into_iter().map(|it| it.1).collect())
    }

    fn files(&self, name: &str, host: &Reader<'_>) -> Result<Vec<String>, Failure> {
        self.options.files(name, host)
    }

    fn run(&self, host: &Writer<'_>) -> Result<(), Failure> {
        let options = self.options.words();
        let ended = act(host, &self.words(&["-y", SETTLED_LISTS, STRICT], &options))?;
        if ended.exit_code == 0 {
            Ok(())
        } else {
            Err(refusal(&ended))
        }
    }
}
