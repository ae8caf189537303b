//! Inventories as the command line names them, and what runs those that are programs.

use std::path::Path;
use std::sync::Arc;

use clap::Args;

use crate::ansible::{Gaps, Scripts};
use crate::argument::Duration;
use crate::cli::keys::{KeyArgs, keys};
use crate::inventory::Connection;
use crate::playbook::Options;
use crate::template::Variables;
use crate::transport;

/// How much an inventory may print.
const OUTPUT: u64 = 64 << 20;

/// Where hosts come from besides the playbook.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Named {
    /// An inventory in the place of those that the playbook names, as Ansible reads it: INI, YAML, a directory, a program
    /// that prints JSON, or names with commas
    #[arg(short, long = "inventory", value_name = "PATH")]
    pub(super) inventory: Vec<String>,
    /// An inventory next to those that the playbook or -i names
    #[arg(long, value_name = "PATH")]
    pub(super) add_inventory: Vec<String>,
    /// What files of settings say where nothing else does.
    #[arg(skip)]
    pub(super) usual: Usual,
}

/// The same, and how programs among them are run and what is encrypted is opened.
#[derive(Debug, Clone, Args)]
pub(super) struct Inventories {
    #[command(flatten)]
    pub(super) named: Named,
    /// How long a program that is an inventory may take (60s)
    #[arg(long, value_name = "DURATION")]
    pub(super) inventory_timeout: Option<Duration>,
    #[command(flatten)]
    pub(super) keys: KeyArgs,
}

/// What holds of hosts where nothing else is said.
#[derive(Debug, Clone, Default)]
pub(super) struct Usual {
    pub(super) inventories: Vec<String>,
    pub(super) connection: Connection,
}

impl Named {
    /// All that are named.
    pub(super) fn all(&self) -> Vec<String> {
        [self.inventory.as_slice(), &self.add_inventory].concat()
    }

    /// How a playbook is loaded with them where nothing is run or opened.
    pub(super) fn offline(&self, extra: &Arc<Variables>, allow_empty_pattern: bool) -> Options {
        Options {
            extra: Arc::clone(extra),
            allow_empty_pattern,
            text: None,
            inventories: self.all(),
            replaces_inventory: !self.inventory.is_empty(),
            scripts: None,
            gaps: Gaps::Told,
            units: false,
            connection: self.usual.connection.clone(),
            usual_inventories: self.usual.inventories.clone(),
            keys: None,
            limit: None,
        }
    }
}

impl Inventories {
    /// How a playbook is loaded with them, programs included.
    pub(super) fn options(&self, extra: &Arc<Variables>, allow_empty_pattern: bool) -> Options {
        let time = self
            .inventory_timeout
            .map_or(std::time::Duration::from_mins(1), |it| it.0);
        Options {
            scripts: Some(Arc::new(Programs { time })),
            gaps: Gaps::Refused,
            keys: Some(keys(&self.keys)),
            ..self.named.offline(extra, allow_empty_pattern)
        }
    }
}

/// Runs inventories on this machine.
#[derive(Debug)]
struct Programs {
    time: std::time::Duration,
}

impl Scripts for Programs {
    fn output(&self, program: &Path, args: &[&str]) -> Result<Vec<u8>, (String, String)> {
        let bounds = transport::Bounds {
            time: self.time,
            output: OUTPUT,
        };
        transport::output(program, args, bounds)
    }
}
