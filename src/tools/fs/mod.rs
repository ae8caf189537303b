//! `fs.*`: files, folders and links.

mod copy;
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

pub use copy::Copy;
pub use directory::Directory;
pub use glob::Glob;
pub use line_in_file::LineInFile;
pub use read_bytes::ReadBytes;
pub use read_str::ReadStr;
pub use remove::Remove;
pub use stat::Stat;
pub use symlink::Symlink;
pub use write::Write;
