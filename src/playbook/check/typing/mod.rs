//! Types through templates: what a value must be, whoever runs it, and where that cannot be right. What is not known for
//! certain is never an error.

mod applied;
mod asked;
mod branches;
mod compare;
mod filters;
mod fits;
mod infer;
mod kinds;
mod locals;
mod mistakes;
mod operate;
mod require;

pub(super) use asked::{Asked, Known};
pub(super) use fits::{fits, shown};
pub(super) use infer::field;
