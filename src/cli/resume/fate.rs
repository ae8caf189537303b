//! What becomes of a call that an earlier run has begun.

use crate::cli::resume::Resuming;
use crate::cli::resume::doubt::Doubt;
use crate::journal::{How, Seen, Which};
use crate::name::{EntryId, HostId};
use crate::playbook::Action;
use crate::runner::{Did, Preset};
use crate::tool::Access;
use crate::value::Map;

/// Calls whose effect ends with their run.
const OF_ONE_RUN: [&str; 2] = ["fs.temp", "log.set_level"];

/// What becomes of a call that was seen.
#[derive(Debug, Clone)]
pub(super) enum Fate {
    /// The earlier run did it, or a part of it.
    Preset(Preset),
    /// It is made as in a first run.
    Again,
    /// Somebody has to say it.
    Doubt(Doubt),
}

impl Resuming<'_> {
    /// Takes note of an entry whose failure was handled by `on_failure`: what was done in it may have been undone.
    pub(super) fn note_rescue(&mut self, host: HostId, entry: EntryId, seen: &Seen) {
        if matches!(seen.how, How::Skipped) {
            return;
        }
        let playbook = self.playbook;
        let regions = playbook
            .around(entry)
            .flat_map(|it| &playbook.entry(it).on_failure);
        self.rescued.extend(regions.map(|region| (host, *region)));
    }

    /// What becomes of a call.
    pub(super) fn fate(&mut self, host: HostId, id: EntryId, which: &Which, seen: &Seen) -> Fate {
        let playbook = self.playbook;
        let entry = playbook.entry(id);
        let Action::Call(call) = &entry.action else {
            return Fate::Again;
        };
        if which.number.is_some() != entry.repeat.is_some() {
            // The end of a whole loop is that of its items.
            return Fate::Again;
        }
        let around: Vec<EntryId> = playbook.around(id).collect();
        let numbers = which.numbers();
        let is_under_way = seen.how == How::UnderWay;
        let mut is_redone = false;
        for chosen in self.redo.iter_mut().filter(|it| it.is_of(&around, &numbers)) {
            chosen.is_meant = true;
            is_redone |= is_under_way || !chosen.is_open;
        }
        let mut is_said = false;
        for chosen in self.done.iter_mut().filter(|it| it.is_of(&around, &numbers)) {
            chosen.is_meant = true;
            is_said = true;
        }
        // What is done at the end of each run, and what is done where something fails, is about this run.
        let is_of_this_run = OF_ONE_RUN.contains(&&*call.tool.name)
            || around
                .iter()
                .any(|it| playbook.entry(*it).always || !playbook.entry(*it).on_failure.is_empty());
        let is_undone = around.iter().any(|it| self.rescued.contains(&(host, *it)));
        let access = call.tool.access;
        let is_safe = matches!(access, Access::Reads | Access::Writes | Access::Waits)
            || self.about.plan.node(id).footprint.is_read_only();
        let is_as_it_was = seen.text.as_ref() == Some(&self.texts[id.index()]);
        let again = |changed: bool| {
            if changed {
                preset(which, seen, Did::Part, false)
            } else {
                Fate::Again
            }
        };
        let all = |changed: bool, attempts: u32, fields: &Map| {
            let did = Did::All {
                changed,
                attempts,
                fields: fields.clone(),
            };
            preset(which, seen, did, is_said)
        };
        match &seen.how {
            How::Skipped => Fate::Again,
            How::Done {
                changed,
                attempts,
                result,
            } if is_said => all(*changed, *attempts, result.as_ref().unwrap_or(&Map::new())),
            How::UnderWay | How::NotDone { .. } if is_said => all(true, 1, &Map::new()),
            How::NotDone { changed } => again(*changed),
            How::UnderWay if is_safe || is_redone || is_of_this_run => again(true),
            How::UnderWay => Fate::Doubt(Doubt::UnderWay),
            How::Done { changed, .. } if is_redone || is_of_this_run || !is_as_it_was => again(*changed),
            How::Done { changed, .. } if is_undone && is_safe => again(*changed),
            How::Done { .. } if is_undone => Fate::Doubt(Doubt::Undone),
            How::Done { result: None, .. } if self.read.contains(&id) => Fate::Doubt(Doubt::NoResult),
            How::Done {
                changed,
                attempts,
                result,
            } => all(*changed, *attempts, result.as_ref().unwrap_or(&Map::new())),
        }
    }
}

fn preset(which: &Which, seen: &Seen, did: Did, is_said: bool) -> Fate {
    let mut iterations = seen.items.clone();
    let item = which.number.and_then(|_| iterations.pop());
    Fate::Preset(Preset {
        iterations,
        item,
        run: seen.run.clone(),
        did,
        is_said,
    })
}
