//! Values that are known before anything runs: what reads variables alone is rendered for each host, and goes through the
//! same reading as in a run. Facts, results and secrets are unknown here, and so is all that is made of them.

mod call;
mod fault;
mod groups;
mod rows;
mod scope;

pub(super) use call::{Probe, Probed};
pub(super) use fault::Fault;
pub(super) use groups::Groups;
pub(super) use rows::{Conjuncts, ROWS, Row};
pub(super) use scope::{LATER, Scopes};
