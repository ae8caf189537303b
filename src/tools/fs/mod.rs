//! `fs.*`: files, folders and links.

mod copy;
#[cfg(test)]
mod copy_tests;
pub(in crate::tools) mod deploy;
mod directory;
mod edit;
mod glob;
mod line_in_file;
mod manifest;
mod read_bytes;
mod read_str;
mod remove;
mod stat;
mod symlink;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use copy::Copy;
pub(crate) use directory::Directory;
pub(crate) use glob::Glob;
pub(crate) use line_in_file::LineInFile;
pub(crate) use read_bytes::ReadBytes;
pub(crate) use read_str::ReadStr;
pub(crate) use remove::Remove;
pub(crate) use stat::Stat;
pub(crate) use symlink::Symlink;
pub(crate) use write::Write;
