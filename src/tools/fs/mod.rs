//! `fs.*`: files, directories and links.

mod archive;
mod attributes;
mod block;
mod block_in_file;
mod content;
mod copy;
#[cfg(test)]
mod copy_tests;
pub(in crate::tools) mod deploy;
mod directory;
mod edit;
mod fetch;
mod fetched;
mod file_change;
mod find;
mod glob;
mod held;
mod line_in_file;
mod manifest;
mod r#move;
pub(in crate::tools) mod old;
mod pack;
mod read_bytes;
mod read_str;
mod remove;
mod replace;
mod sort;
mod spot;
mod stat;
mod symlink;
mod sync;
#[cfg(test)]
mod tests;
mod tree;
mod tree_look;
mod unpack;
mod write;

pub(crate) use archive::Archive;
pub(crate) use attributes::Attributes;
pub(crate) use block_in_file::BlockInFile;
pub(crate) use copy::Copy;
pub(crate) use directory::Directory;
pub(crate) use fetch::Fetch;
pub(crate) use find::Find;
pub(crate) use glob::Glob;
pub(crate) use line_in_file::LineInFile;
pub(crate) use r#move::Move;
pub(crate) use read_bytes::ReadBytes;
pub(crate) use read_str::ReadStr;
pub(crate) use remove::Remove;
pub(crate) use replace::Replace;
pub(crate) use stat::Stat;
pub(crate) use symlink::Symlink;
pub(crate) use sync::Sync;
pub(crate) use unpack::Unpack;
pub(crate) use write::Write;
