//! How far the sources of `on_change` have come while they are under way.

use crate::event::Outcome;
use crate::name::EntryId;
use crate::runner::frame::{Node, State};
use crate::runner::host::Host;

/// What is known of an entry that has not ended.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// Whether something of it has changed something.
    pub(super) changed: bool,
    /// Check mode: what a part of it that has ended depends on, and did not happen.
    pub(super) unknown: Option<String>,
}

impl Host {
    /// What has come of an entry so far: of a call its items, of a group everything in it.
    pub(super) fn progress(&self, source: EntryId) -> Progress {
        let mut progress = Progress::default();
        for frame in self.frames.values() {
            let first = frame.nodes.partition_point(|node| node.entry < source);
            let nodes = frame.nodes[first..].iter();
            for node in nodes.take_while(|node| self.is_of(node.entry, source)) {
                self.add(node, &mut progress);
            }
        }
        progress
    }

    /// Whether an entry is another one or in it, at whatever depth.
    fn is_of(&self, entry: EntryId, whole: EntryId) -> bool {
        let playbook = &self.context.playbook;
        std::iter::successors(Some(entry), |it| playbook.entry(*it).parent).any(|it| it == whole)
    }

    fn add(&self, node: &Node, progress: &mut Progress) {
        match &node.state {
            State::Waiting | State::Meeting(_) => {}
            State::Calling(calling) => {
                progress.changed |= calling.changed;
                let mut ended = calling.ended.iter().flatten();
                if let Some(because) = ended.find_map(|record| record.unknown.clone()) {
                    progress.unknown = Some(because);
                }
            }
            State::Inside(inside) => progress.changed |= inside.outcome == Outcome::Changed,
            State::Settled => {
                let fate = &self.fates[node.entry.index()];
                progress.changed |= fate.changed;
                if let Some(because) = &fate.unknown {
                    progress.unknown = Some(because.clone());
                }
            }
        }
    }
}
