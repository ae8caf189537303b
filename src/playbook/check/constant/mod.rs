//! Values that are known before anything runs: what reads variables alone is rendered for each host, and goes through the
//! same reading as in a run. Facts, results and secrets are unknown here, and so is all that is made of them.

mod call;
mod groups;
mod rows;
mod scope;

pub(super) use call::Probe;
pub(super) use groups::Groups;
pub(super) use rows::Conjuncts;
pub(super) use scope::Scopes;
