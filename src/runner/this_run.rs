//! `run`: what the run was asked to do, and the round that it is in.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::event::HostOutcome;
use crate::name::HostId;
use crate::playbook::{ROUND, RUN, RUN_ROUND, Round};
use crate::protocol::Mode;
use crate::runner::context::Context;
use crate::template::{Lookup, Root};
use crate::value::Value;

/// `run`, for a host that is in a round or in none.
pub(super) fn run(context: &Arc<Context>, round: Option<&Round>) -> Root {
    let context = Arc::clone(context);
    Root::Lookup(Arc::new(RunLookup {
        round: round.map(|round| Here {
            name: round.name.value.clone(),
            hosts: round.hosts.clone(),
            context: Arc::clone(&context),
        }),
        context,
    }))
}

/// `run`.
#[derive(Debug)]
struct RunLookup {
    context: Arc<Context>,
    round: Option<Here>,
}

impl Lookup for RunLookup {
    fn get(&self, key: &str) -> Option<Root> {
        let options = &self.context.options;
        let texts = |list: &[String]| Value::List(list.iter().map(|it| it.as_str().into()).collect());
        Some(Root::Value(match key {
            "id" => self.context.run_id.as_str().into(),
            "check" => (options.mode == Mode::Check).into(),
            "diff" => options.diff.into(),
            "playbook_dir" => folder(&self.context.playbook.path).into(),
            "version" => env!("CARGO_PKG_VERSION").into(),
            "tags" => texts(&options.chosen.tags),
            "skip_tags" => texts(&options.chosen.skip_tags),
            "limit" => options.chosen.limit.as_deref().map_or(Value::Null, Value::from),
            ROUND => return Some(Root::Lookup(Arc::new(self.round.clone()?))),
            _ => return None,
        }))
    }

    fn keys(&self) -> Vec<String> {
        let names = RUN.iter().filter(|name| self.round.is_some() || **name != ROUND);
        names.map(|name| (*name).to_owned()).collect()
    }
}

/// The directory of a playbook, as an absolute path.
fn folder(path: &Path) -> String {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let folder = if folder.as_os_str().is_empty() {
        std::env::current_dir().unwrap_or(folder)
    } else {
        folder
    };
    folder.to_string_lossy().into_owned()
}

/// The batch that is under way, of each round with `serial`, by its name.
#[derive(Debug, Default)]
pub(super) struct Batches(Mutex<HashMap<String, Vec<HostId>>>);

impl Batches {
    /// A batch begins.
    pub(super) fn begin(&self, round: &str, hosts: &[HostId]) {
        self.lock().insert(round.to_owned(), hosts.to_vec());
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Vec<HostId>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `run.round`.
#[derive(Debug, Clone)]
struct Here {
    context: Arc<Context>,
    name: String,
    hosts: Vec<HostId>,
}

impl Here {
    /// The names of those of some hosts that the run is limited to.
    fn names(&self, hosts: &[HostId], is_meant: impl Fn(HostId) -> bool) -> Root {
        let limit = self.context.options.limit.as_ref();
        let hosts = hosts
            .iter()
            .filter(|it| limit.is_none_or(|limit| limit.contains(it)));
        let meant = hosts.filter(|it| is_meant(**it));
        let names = meant.map(|it| self.context.name(*it).as_str().into());
        Root::Value(Value::List(names.collect()))
    }

    /// Whether a host is still in the run, as far as is known.
    fn is_active(&self, host: HostId) -> bool {
        let known = self.context.hosts[host.index()].lock();
        let outcome = known.ended.as_ref().map(|it| it.0);
        !known.is_gone && outcome.is_none_or(|it| it == HostOutcome::Ok)
    }
}

impl Lookup for Here {
    fn get(&self, key: &str) -> Option<Root> {
        Some(match key {
            "name" => Root::Value(self.name.as_str().into()),
            "hosts" => self.names(&self.hosts, |_| true),
            "active" => self.names(&self.hosts, |it| self.is_active(it)),
            "batch" => {
                let batch = self.context.batches.lock().get(&self.name).cloned();
                let batch = batch.unwrap_or_else(|| self.hosts.clone());
                self.names(&batch, |it| self.is_active(it))
            }
            _ => return None,
        })
    }

    fn keys(&self) -> Vec<String> {
        RUN_ROUND.map(str::to_owned).to_vec()
    }
}
