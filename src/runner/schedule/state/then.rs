//! What the answers to a schedule's questions are for.

use crate::name::RoundId;
use crate::runner::items::Bindings;
use crate::runner::names::{FrameId, Place};
use crate::runner::schedule::state::flight::Flight;
use crate::runner::schedule::state::gate::Trigger;
use crate::template::Secrecy;

/// What the answer to a question is for.
#[derive(Debug)]
pub(in crate::runner) enum Then {
    /// To enter a round.
    Enter(RoundId),
    Round(RoundId),
    /// To begin an entry, or to end one that is not begun any more.
    Weigh {
        frame: FrameId,
        slot: usize,
        trigger: Trigger,
        is_stopped: bool,
    },
    /// To begin an entry with what its keys come to.
    Settings {
        frame: FrameId,
        slot: usize,
        trigger: Trigger,
        items: Vec<Bindings>,
    },
    /// To begin an entry that somebody is asked about.
    Step {
        frame: FrameId,
        slot: usize,
        trigger: Trigger,
        items: Vec<Bindings>,
    },
    /// To begin an item of a group.
    Item(Place),
    /// To end an item of a loop that is not begun any more.
    Drop(Place),
    /// To end a group with a loop that is not begun any more: whether this item of so many is left out.
    LeftOut {
        place: Place,
        items: usize,
    },
    Fail(FrameId, usize),
    /// To make a call: this attempt.
    Call(Place, u32),
    /// To put a call on the wire.
    Launch(Box<Launch>),
    /// To send calls of other hosts.
    Admit,
    Verdict(Verdict),
}

/// A call that may go on the wire once there is a connection.
#[derive(Debug)]
pub(in crate::runner) struct Launch {
    pub(in crate::runner) flight: Flight,
    /// Whether it was held back until now.
    pub(in crate::runner) was_held: bool,
}

impl Launch {
    pub(in crate::runner) const fn new(flight: Flight, was_held: bool) -> Self {
        Self { flight, was_held }
    }
}

/// An outcome that the playbook is asked about.
#[derive(Debug)]
pub(in crate::runner) struct Verdict {
    pub(in crate::runner) place: Place,
    pub(in crate::runner) attempt: u32,
    pub(in crate::runner) because: Option<String>,
    pub(in crate::runner) micros: u64,
    pub(in crate::runner) secrecy: Secrecy,
}
