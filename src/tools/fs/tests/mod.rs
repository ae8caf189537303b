//! Files on the real system, in directories of their own.

use std::fs;
use std::path::Path;

mod acls;
mod archives;
mod changes;
mod chosen;
mod fetched;
mod found;
mod here;
mod lines;
mod moved;
mod pulled;
mod read;
mod special;
mod streams;
mod temporary;
mod together;
mod touched;
mod trees;
mod write;

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub(super) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|it| it.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}
