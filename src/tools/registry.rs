//! Every tool by name.

use crate::tool::{Entry, Registry};
use crate::tools::{agent, apt, assert, exec, fs, log, template};

/// All built-in tools.
pub fn registry() -> Registry {
    [
        Entry::of::<agent::Quit>(),
        Entry::of::<apt::Converge>(),
        Entry::of::<apt::Package>(),
        Entry::of::<apt::Update>(),
        Entry::of::<assert::That>(),
        Entry::of::<exec::Command>(),
        Entry::of::<exec::Shell>(),
        Entry::of::<fs::Copy>(),
        Entry::of::<fs::Directory>(),
        Entry::of::<fs::Glob>(),
        Entry::of::<fs::LineInFile>(),
        Entry::of::<fs::ReadBytes>(),
        Entry::of::<fs::ReadStr>(),
        Entry::of::<fs::Remove>(),
        Entry::of::<fs::Stat>(),
        Entry::of::<fs::Symlink>(),
        Entry::of::<fs::Write>(),
        Entry::of::<log::Log>(),
        Entry::of::<log::SetLevel>(),
        Entry::of::<template::File>(),
        Entry::of::<template::Render>(),
    ]
    .into_iter()
    .collect()
}
