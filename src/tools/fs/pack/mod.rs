//! Archives: what is in them, and making them.

mod choice;
mod compare;
mod decode;
mod entry;
mod extended;
mod make;
mod scan;
mod sparse;
mod tar;
mod zip;

pub(super) use choice::{Choice, check_nesting, last_of_each, patterns};
pub(super) use compare::{is_newer, look, new};
pub(super) use entry::{Entry, What};
pub(super) use make::{Contents, Format, Packed, pack};
pub(super) use scan::{Limits, Source, Visit, manifest, scan};
