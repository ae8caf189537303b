//! Archives: what is in them, and making them.

mod compare;
mod entry;
mod make;
mod scan;
mod zip;

pub(super) use compare::{look, new};
pub(super) use entry::{Entry, What};
pub(super) use make::{Format, Packed, pack};
pub(super) use scan::{Limits, Source, Visit, manifest, scan};
