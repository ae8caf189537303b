//! `--resume`: what an earlier run has done is not done again.

mod doubt;
mod fate;
mod numbers;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs::File;
use std::path::Path;

use crate::cli::error::CliError;
use crate::cli::printer::Printer;
use crate::cli::recording::Recording;
use crate::diagnostic::nearest;
use crate::journal::{Archive, How, Progress, Unresumable};
use crate::name::{EntryId, HostId};
use crate::plan::{Plan, Reason};
use crate::playbook::Playbook;
use crate::runner::{Presets, references};
use doubt::{Doubt, Undecided};
use fate::Fate;
use numbers::{Chosen, Numbers};

/// What a run begins with that resumes another one.
#[derive(Debug, Default)]
pub(super) struct Resumed {
    pub(super) presets: Presets,
    /// The run that is resumed.
    pub(super) run: Option<String>,
    /// Held as long as it is resumed.
    pub(super) lock: Option<File>,
}

/// What a run is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct About<'a> {
    pub(super) path: &'a Path,
    pub(super) playbook: &'a Playbook,
    pub(super) plan: &'a Plan,
    pub(super) limit: Option<&'a HashSet<HostId>>,
    pub(super) left_out: &'a HashSet<EntryId>,
}

/// What is known of the run that is to be resumed, if one is.
pub(super) fn resumed(
    about: About<'_>,
    recording: &Recording,
    printer: Printer,
) -> Result<Resumed, CliError> {
    let Some(name) = &recording.resume else {
        return Ok(Resumed::default());
    };
    if name.is_empty() {
        return Err(CliError::usage("`--resume=` names no run"));
    }
    let archive = Archive::of_user()
        .ok_or_else(|| CliError::invalid("no runs are recorded: neither XDG_STATE_HOME nor HOME is set"))?;
    let path = about
        .path
        .canonicalize()
        .unwrap_or_else(|_| about.path.to_path_buf());
    let name = Some(name.as_str()).filter(|it| *it != "last");
    let progress = Progress::find(&archive, &path, name).map_err(refused)?;
    let mut resuming = Resuming::new(about);
    resuming.redo = resuming.chosen("--redo", &recording.redo, &progress)?;
    resuming.done = resuming.chosen("--done", &recording.done, &progress)?;
    resuming.take(&progress);
    resuming.all_meant()?;
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

struct Resuming<'a> {
    about: About<'a>,
    playbook: &'a Playbook,
    /// By entry.
    paths: Vec<String>,
    texts: Vec<String>,
    /// The entries whose results something reads.
    read: HashSet<EntryId>,
    redo: Vec<Chosen>,
    done: Vec<Chosen>,
    /// Groups, and calls, that failed and whose rescue began, by host.
    rescued: HashSet<(HostId, EntryId)>,
    /// Calls of which somebody has to say what is to be done.
    undecided: BTreeMap<(EntryId, Doubt), Undecided>,
    /// What was under way, and the playbook does not have any more.
    gone: BTreeSet<String>,
    presets: Presets,
}

impl<'a> Resuming<'a> {
    fn new(about: About<'a>) -> Self {
        let graph = &about.plan.graph;
        let is_read = |reason: &Reason| matches!(reason, Reason::Data(_));
        let edges = graph.edge_indices().filter(|it| is_read(&graph[*it].reason));
        let read = edges
            .filter_map(|it| graph.edge_endpoints(it))
            .map(|(from, _)| EntryId::at(from.index()));
        let playbook = about.playbook;
        Self {
            about,
            playbook,
            paths: references(playbook)
                .into_iter()
                .map(|it| it.path.clone())
                .collect(),
            texts: playbook.texts(),
            read: read.collect(),
            redo: Vec::new(),
            done: Vec::new(),
            rescued: HashSet::new(),
            undecided: BTreeMap::new(),
            gone: BTreeSet::new(),
            presets: Presets::default(),
        }
    }

    /// The calls of these ids or paths. What the playbook does not have any more may be named by its path.
    fn chosen(
        &self,
        option: &'static str,
        names: &[String],
        progress: &Progress,
    ) -> Result<Vec<Chosen>, CliError> {
        let id = |at: usize| self.playbook.entries[at].id.as_ref().map(|id| id.value.as_str());
        let find = |written: &String| {
            let (name, numbers) = Numbers::split(written);
            let found = (0..self.paths.len()).find(|at| self.paths[*at] == name || id(*at) == Some(name));
            let is_gone = || {
                progress
                    .hosts
                    .values()
                    .flat_map(BTreeMap::keys)
                    .any(|it| it.path == name)
            };
            if found.is_none() && !is_gone() {
                let error = CliError::invalid(format!("{option}: no entry has the id or path `{name}`"));
                let ids = (0..self.paths.len()).filter_map(id);
                return Err(
                    match nearest(name, ids.chain(self.paths.iter().map(String::as_str))) {
                        Some(near) => error.help(format!("Did you mean `{near}`?")),
                        None => error.help("`--list-calls` lists them."),
                    },
                );
            }
            Ok(Chosen {
                written: format!("{option} {written}"),
                name: name.to_owned(),
                entry: found.map(EntryId::at),
                numbers,
                is_open: false,
                is_meant: false,
            })
        };
        names.iter().map(find).collect()
    }

    fn take(&mut self, progress: &Progress) {
        let (playbook, about) = (self.playbook, self.about);
        let paths = self.paths.clone();
        let by_path: HashMap<&str, EntryId> = (paths.iter().enumerate())
            .map(|(at, path)| (path.as_str(), EntryId::at(at)))
            .collect();
        let hosts = &playbook.inventory.hosts;
        let ids: HashMap<_, _> = (hosts.iter().enumerate())
            .map(|(at, host)| (&host.name, HostId::at(at)))
            .collect();
        let is_meant = |host: &HostId| about.limit.is_none_or(|limit| limit.contains(host));
        let all = progress
            .hosts
            .iter()
            .flat_map(|(host, calls)| calls.iter().map(move |(which, seen)| (host, which, seen)));
        let mut found = Vec::new();
        for (host, which, seen) in all {
            let id = ids.get(host).copied();
            let entry = by_path.get(which.path.as_str()).copied();
            match id.zip(entry) {
                Some((id, entry)) if is_meant(&id) => found.push((id, entry, which, seen)),
                None if seen.how == How::UnderWay && !self.is_named(&which.path) => {
                    self.gone.insert(format!("`{}` on {host}", which.path));
                }
                _ => {}
            }
        }
        for (host, entry, which, seen) in &found {
            self.note_rescue(*host, *entry, seen);
            if seen.how == How::UnderWay {
                self.note_open(*entry, &which.numbers());
            }
        }
        for (host, entry, which, seen) in found {
            if about.left_out.contains(&entry) {
                continue;
            }
            let fate = self.fate(host, entry, which, seen);
            // What one host did for all is done for all of its round.
            let is_once = self.playbook.around(entry).any(|it| playbook.entry(it).run_once);
            let mut on = BTreeSet::from([host]);
            if is_once {
                let round = playbook.round(playbook.entry(entry).round);
                on.extend(round.hosts.iter().filter(|it| is_meant(it)));
            }
            match fate {
                Fate::Preset(preset) => on
                    .into_iter()
                    .for_each(|host| self.presets.add(host, entry, preset.clone())),
                Fate::Doubt(doubt) => {
                    let undecided = self.undecided.entry((entry, doubt)).or_default();
                    undecided.hosts.insert(host);
                    undecided.numbers.insert(which.numbers());
                }
                Fate::Again => {}
            }
        }
    }

    /// Whether something was said of what the playbook does not have any more.
    fn is_named(&mut self, path: &str) -> bool {
        let mut is_named = false;
        for chosen in self.redo.iter_mut().chain(&mut self.done) {
            if chosen.name == path {
                chosen.is_meant = true;
                is_named = true;
            }
        }
        is_named
    }

    /// Takes note of a call of which nobody knows whether it was done: that is what `--redo` means then.
    fn note_open(&mut self, entry: EntryId, numbers: &[usize]) {
        let around: Vec<EntryId> = self.playbook.around(entry).collect();
        for chosen in &mut self.redo {
            chosen.is_open |= chosen.is_of(&around, numbers);
        }
    }
}
