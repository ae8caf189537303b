//! `--resume`: what an earlier run has done is not done again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::iter::successors;
use std::path::Path;

use crate::cli::error::CliError;
use crate::cli::numbers::{Chosen, Numbers, ranges};
use crate::cli::printer::Printer;
use crate::cli::recording::Recording;
use crate::diagnostic::nearest;
use crate::event::Iteration;
use crate::journal::{Archive, How, Progress, Seen, Unresumable, Which};
use crate::name::{EntryId, HostId};
use crate::plan::Plan;
use crate::playbook::{Action, Playbook};
use crate::runner::{Did, Preset, Presets, references};
use crate::tool::Access;
use crate::value::Map;

/// How many hosts are named in a message.
const NAMED: usize = 5;

/// What a run begins with that resumes another one.
#[derive(Debug, Default)]
pub(super) struct Resumed {
    pub(super) presets: Presets,
    /// The run that is resumed.
    pub(super) run: Option<String>,
    /// Held as long as it is resumed.
    pub(super) lock: Option<File>,
}

/// What is known of the run that is to be resumed, if one is.
pub(super) fn resumed(
    path: &Path,
    recording: &Recording,
    playbook: &Playbook,
    plan: &Plan,
    limit: Option<&HashSet<HostId>>,
    printer: Printer,
) -> Result<Resumed, CliError> {
    let Some(name) = &recording.resume else {
        return Ok(Resumed::default());
    };
    let archive = Archive::of_user()
        .ok_or_else(|| CliError::invalid("no runs are recorded: neither XDG_STATE_HOME nor HOME is set"))?;
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let name = Some(name.as_str()).filter(|it| *it != "last");
    let progress = Progress::find(&archive, &path, name).map_err(refused)?;
    let mut resuming = Resuming {
        playbook,
        plan,
        paths: references(playbook)
            .into_iter()
            .map(|it| it.path.clone())
            .collect(),
        texts: playbook.texts(),
        redo: Vec::new(),
        done: Vec::new(),
        undecided: BTreeMap::new(),
        presets: Presets::default(),
    };
    resuming.redo = resuming.chosen("--redo", &recording.redo)?;
    resuming.done = resuming.chosen("--done", &recording.done)?;
    resuming.take(&progress, limit);
    resuming.decided(&progress.run)?;
    let message = match resuming.presets.count() {
        1 => format!("run {} is resumed: 1 call is done", progress.run),
        count => format!("run {} is resumed: {count} calls are done", progress.run),
    };
    printer.complain("note", &message, None);
    Ok(Resumed {
        presets: resuming.presets,
        run: Some(progress.run.clone()),
        lock: Some(progress.into_lock()),
    })
}

fn refused(why: Unresumable) -> CliError {
    let error = CliError::invalid(why.to_string());
    match why {
        Unresumable::Resumed { by, .. } => {
            error.help(format!("Resume that one: `--resume={by}`, or just `--resume`."))
        }
        Unresumable::UnderWay(_) => error.help("Wait until it has ended, or end it."),
        Unresumable::Well(_) | Unresumable::None | Unresumable::Dry(_) | Unresumable::Old(_) => {
            error.help("Run the playbook without `--resume`.")
        }
        Unresumable::Journal(_) | Unresumable::OtherPlaybook { .. } => {
            error.help("`rmote-play report` lists the runs.")
        }
    }
}

/// Why it is not known how to go on with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Doubt {
    /// It was under way.
    UnderWay,
    /// It was done, and what came of it is not recorded.
    NoResult,
}

/// The calls of an entry of which somebody has to say what is to be done.
#[derive(Debug, Default)]
struct Undecided {
    hosts: BTreeSet<HostId>,
    /// Their iterations and items.
    numbers: BTreeSet<Vec<usize>>,
}

/// What becomes of a call that was seen.
#[derive(Debug, Clone)]
enum Fate {
    /// The earlier run did it, or a part of it.
    Preset(Preset),
    /// It is made as in a first run.
    Again,
    /// It was left out, and is asked about again.
    LeftOut,
    /// Somebody has to say it.
    Doubt(Doubt, Vec<usize>),
}

struct Resuming<'a> {
    playbook: &'a Playbook,
    plan: &'a Plan,
    /// By entry.
    paths: Vec<String>,
    texts: Vec<String>,
    redo: Vec<Chosen>,
    done: Vec<Chosen>,
    /// Calls of which somebody has to say what is to be done: on which hosts.
    undecided: BTreeMap<(EntryId, Doubt), Undecided>,
    presets: Presets,
}

impl Resuming<'_> {
    /// The calls of these ids or paths.
    fn chosen(&self, option: &str, names: &[String]) -> Result<Vec<Chosen>, CliError> {
        let id = |at: usize| self.playbook.entries[at].id.as_ref().map(|id| id.value.as_str());
        let find = |written: &String| {
            let (name, numbers) = Numbers::split(written);
            let found = (0..self.paths.len()).find(|at| self.paths[*at] == name || id(*at) == Some(name));
            let entry = found.map(EntryId::at).ok_or_else(|| {
                let error = CliError::invalid(format!("{option}: no entry has the id or path `{name}`"));
                let ids = (0..self.paths.len()).filter_map(id);
                match nearest(name, ids.chain(self.paths.iter().map(String::as_str))) {
                    Some(near) => error.help(format!("Did you mean `{near}`?")),
                    None => error.help("`--list-calls` lists them."),
                }
            })?;
            Ok(Chosen { entry, numbers })
        };
        names.iter().map(find).collect()
    }

    fn is_chosen(&self, chosen: &[Chosen], entry: EntryId, numbers: &[usize]) -> bool {
        self.around(entry).any(|it| {
            chosen
                .iter()
                .any(|chosen| chosen.entry == it && chosen.numbers.cover(numbers))
        })
    }

    fn take(&mut self, progress: &Progress, limit: Option<&HashSet<HostId>>) {
        let by_path: HashMap<String, EntryId> = (self.paths.iter().cloned().enumerate())
            .map(|(at, path)| (path, EntryId::at(at)))
            .collect();
        let hosts = &self.playbook.inventory.hosts;
        let ids: HashMap<_, _> = (hosts.iter().enumerate())
            .map(|(at, host)| (&host.name, HostId::at(at)))
            .collect();
        let is_meant = |host: &HostId| limit.is_none_or(|limit| limit.contains(host));
        let mut all: BTreeMap<(HostId, EntryId), Vec<Fate>> = BTreeMap::new();
        for (name, calls) in &progress.hosts {
            let Some(id) = ids.get(name).copied() else {
                continue;
            };
            // Where something was under way, that is what is meant, and not what was done before it.
            let mut is_halfway = HashSet::new();
            for (which, seen) in calls {
                if let Some(entry) = by_path.get(&which.path)
                    && seen.how == How::UnderWay
                {
                    is_halfway.extend(self.around(*entry));
                }
            }
            for (which, seen) in calls {
                let Some(entry) = by_path.get(&which.path).copied() else {
                    continue;
                };
                // What one host did for all is done for all that were there.
                let round = self.playbook.round(self.playbook.entry(entry).round);
                let mut on = vec![id];
                if self.is_once(entry) && round.serial.is_empty() {
                    on.extend(&round.hosts);
                } else if self.is_once(entry) {
                    let batches = progress.batches.iter();
                    let here = batches.filter(|(of, hosts)| *of == round.name.value && hosts.contains(name));
                    on.extend(here.flat_map(|(_, hosts)| hosts).filter_map(|it| ids.get(it)));
                }
                let on: BTreeSet<HostId> = on.into_iter().filter(is_meant).collect();
                let fate = self.fate(entry, which, seen, &is_halfway);
                for host in on {
                    if let Fate::Doubt(doubt, numbers) = &fate {
                        let undecided = self.undecided.entry((entry, *doubt)).or_default();
                        undecided.hosts.insert(host);
                        undecided.numbers.insert(numbers.clone());
                    }
                    all.entry((host, entry)).or_default().push(fate.clone());
                }
            }
        }
        self.run_handlers_again(&mut all);
        for ((host, entry), fates) in all {
            for fate in fates {
                if let Fate::Preset(preset) = fate {
                    self.presets.add(host, entry, preset);
                }
            }
        }
    }

    /// A handler that was done, and one of whose sources is done again, may have to run once more.
    fn run_handlers_again(&self, all: &mut BTreeMap<(HostId, EntryId), Vec<Fate>>) {
        let is_done = |fate: &Fate| match fate {
            Fate::Preset(preset) => matches!(preset.did, Did::All { .. }),
            Fate::LeftOut => true,
            Fate::Again | Fate::Doubt(..) => false,
        };
        loop {
            let mut lost = Vec::new();
            for ((host, entry), fates) in &*all {
                let sources = self
                    .around(*entry)
                    .flat_map(|it| &self.playbook.entry(it).on_change);
                let mut sources = sources.copied();
                let is_again = |source: EntryId| {
                    let inside = all.range((*host, source)..);
                    let mut inside = inside.take_while(|((on, it), _)| {
                        on == host && self.around(*it).any(|around| around == source)
                    });
                    inside.any(|(_, fates)| !fates.iter().all(is_done))
                };
                let is_made = |fate: &Fate| matches!(fate, Fate::Preset(preset) if matches!(preset.did, Did::All { .. }));
                if fates.iter().any(is_made) && sources.any(is_again) {
                    lost.push((*host, *entry));
                }
            }
            if lost.is_empty() {
                return;
            }
            for key in lost {
                all.insert(key, vec![Fate::Again]);
            }
        }
    }

    /// The entry and the groups that it is in.
    fn around(&self, entry: EntryId) -> impl Iterator<Item = EntryId> {
        successors(Some(entry), |it| self.playbook.entry(*it).parent)
    }

    fn is_once(&self, entry: EntryId) -> bool {
        self.around(entry).any(|it| self.playbook.entry(it).run_once)
    }

    /// What becomes of a call.
    fn fate(&self, id: EntryId, which: &Which, seen: &Seen, is_halfway: &HashSet<EntryId>) -> Fate {
        let playbook = self.playbook;
        let entry = playbook.entry(id);
        let Action::Call(call) = &entry.action else {
            return Fate::Again;
        };
        if which.number.is_some() != entry.repeat.is_some() {
            // The end of a whole loop is that of its items.
            return Fate::LeftOut;
        }
        let numbers: Vec<usize> = which.iterations.iter().copied().chain(which.number).collect();
        let is_under_way = seen.how == How::UnderWay;
        // What is done at the end of each run, and what is done where something fails, is about this run.
        let is_of_this_run =
            |it: EntryId| playbook.entry(it).always || !playbook.entry(it).on_failure.is_empty();
        let is_redone = self.around(id).any(|it| {
            let mut chosen = self.redo.iter().filter(|chosen| chosen.entry == it);
            let is_meant =
                |numbers: &Numbers| is_under_way || numbers.are_given() || !is_halfway.contains(&it);
            chosen.any(|chosen| chosen.numbers.cover(&numbers) && is_meant(&chosen.numbers))
        });
        let is_safe = matches!(call.tool.access, Access::Reads | Access::Writes | Access::Waits)
            || self.plan.node(id).footprint.is_read_only();
        let is_known = self.is_chosen(&self.done, id, &numbers);
        let is_as_it_was = seen.text.as_ref() == Some(&self.texts[id.index()]);
        let again = |changed: bool| {
            if changed {
                preset(which, seen, Did::Part)
            } else {
                Fate::Again
            }
        };
        match &seen.how {
            How::Skipped => Fate::LeftOut,
            How::NotDone { changed } => again(*changed),
            How::UnderWay if is_known => preset(
                which,
                seen,
                Did::All {
                    changed: true,
                    attempts: 1,
                    fields: Map::new(),
                },
            ),
            How::UnderWay if is_safe || is_redone => again(true),
            How::UnderWay if self.around(id).any(is_of_this_run) => again(true),
            How::UnderWay => Fate::Doubt(Doubt::UnderWay, numbers),
            How::Done { changed, .. } if is_redone || self.around(id).any(is_of_this_run) => again(*changed),
            How::Done { changed, .. } if !is_as_it_was => again(*changed),
            How::Done {
                changed,
                attempts,
                result,
            } => match result {
                None if entry.id.is_some() && !is_known && is_safe => again(*changed),
                None if entry.id.is_some() && !is_known => Fate::Doubt(Doubt::NoResult, numbers),
                result => preset(
                    which,
                    seen,
                    Did::All {
                        changed: *changed,
                        attempts: *attempts,
                        fields: result.clone().unwrap_or_default(),
                    },
                ),
            },
        }
    }

    /// Nothing is run as long as somebody has to say what is to be done.
    fn decided(&self, run: &str) -> Result<(), CliError> {
        let Some(((first, _), _)) = self.undecided.first_key_value() else {
            return Ok(());
        };
        let lines = self.undecided.iter().map(|((entry, doubt), undecided)| {
            let path = &self.paths[entry.index()];
            let calls = some(ranges(&undecided.numbers).map(|numbers| format!("`{path}{numbers}`")));
            let hosts = undecided.hosts.iter();
            let hosts = some(hosts.map(|id| self.playbook.inventory.host(*id).name.to_string()));
            match doubt {
                Doubt::UnderWay => {
                    format!("nobody knows whether {calls} was done on {hosts}: it was under way when the run ended")
                }
                Doubt::NoResult => format!(
                    "{calls} was done on {hosts}, but its result is not recorded: a part of it is secret or too long"
                ),
            }
        });
        let lines: Vec<String> = lines.collect();
        let first = &self.paths[first.index()];
        Err(CliError::invalid(format!("run `{run}` cannot be resumed yet: {}", lines.join("; "))).help(format!(
            "Look at the hosts, and say what it is: `--done '{first}'` for what was done, `--redo '{first}'` for what is to \
             run again; a loop's items are chosen as in `{first}[3]` or `[3-7]`, and hosts by `--limit`."
        )))
    }
}

fn preset(which: &Which, seen: &Seen, did: Did) -> Fate {
    let numbers = which.iterations.iter().copied().chain(which.number);
    let mut iterations: Vec<Iteration> = (numbers.zip(seen.items.iter().cloned()))
        .map(|(number, item)| Iteration { number, item })
        .collect();
    let item = which.number.and_then(|_| iterations.pop());
    Fate::Preset(Preset {
        iterations,
        item,
        run: seen.run.clone(),
        did,
    })
}

/// Some of them, and how many more there are.
fn some(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    let shown = all[..all.len().min(NAMED)].join(", ");
    match all.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
