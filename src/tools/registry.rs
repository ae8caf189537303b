//! Every tool by name.

use crate::tool::{Entry, Registry};
use crate::tools::{
    agent, apt, assert, exec, fs, group, host, hostname, log, mount, service, sysctl, template, user,
};

/// All built-in tools.
pub fn registry() -> Registry {
    [
        Entry::of::<agent::Quit>(),
        Entry::of::<agent::Reset>(),
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
        Entry::of::<group::Absent>(),
        Entry::of::<group::Present>(),
        Entry::of::<host::Reboot>(),
        Entry::of::<hostname::Set>(),
        Entry::of::<log::Log>(),
        Entry::of::<log::SetLevel>(),
        Entry::of::<mount::Present>(),
        Entry::of::<service::Converge>(),
        Entry::of::<service::DaemonReload>(),
        Entry::of::<service::Disable>(),
        Entry::of::<service::Enable>(),
        Entry::of::<service::Reload>(),
        Entry::of::<service::Restart>(),
        Entry::of::<service::Start>(),
        Entry::of::<service::Status>(),
        Entry::of::<service::Stop>(),
        Entry::of::<sysctl::Set>(),
        Entry::of::<template::File>(),
        Entry::of::<template::Render>(),
        Entry::of::<user::Absent>(),
        Entry::of::<user::AuthorizedKey>(),
        Entry::of::<user::Present>(),
        Entry::of::<user::Sudoer>(),
    ]
    .into_iter()
    .collect()
}
