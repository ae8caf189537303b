//! Every tool by name.

use crate::tool::{Entry, Registry, Server, Servers};
use crate::tools::{
    agent, apk, apt, apt_repository, assert, cron, custom, dnf, exec, facts, fs, git, group, host, hostname,
    http, kernel_module, locale, log, mount, package, pacman, pacman_repository, service, ssh, sysctl,
    template, timezone, user, wait,
};

/// The one list of them, each made into what is asked for.
macro_rules! each {
    ($made:ident) => {
        vec![
            $made::of::<agent::Quit>(),
            $made::of::<agent::Reset>(),
            $made::of::<apk::Package>(),
            $made::of::<apk::Update>(),
            $made::of::<apt::Converge>(),
            $made::of::<apt::Package>(),
            $made::of::<apt::Update>(),
            $made::of::<apt_repository::Absent>(),
            $made::of::<apt_repository::Key>(),
            $made::of::<apt_repository::Present>(),
            $made::of::<assert::That>(),
            $made::of::<cron::Job>(),
            $made::of::<dnf::Package>(),
            $made::of::<dnf::Update>(),
            $made::of::<exec::Command>(),
            $made::of::<exec::Script>(),
            $made::of::<exec::Shell>(),
            $made::of::<facts::Gather>(),
            $made::of::<fs::Acl>(),
            $made::of::<fs::Archive>(),
            $made::of::<fs::Attributes>(),
            $made::of::<fs::BlockInFile>(),
            $made::of::<fs::Copy>(),
            $made::of::<fs::Directory>(),
            $made::of::<fs::Edit>(),
            $made::of::<fs::Fetch>(),
            $made::of::<fs::Find>(),
            $made::of::<fs::Glob>(),
            $made::of::<fs::Hardlink>(),
            $made::of::<fs::LineInFile>(),
            $made::of::<fs::Move>(),
            $made::of::<fs::ReadBytes>(),
            $made::of::<fs::ReadStr>(),
            $made::of::<fs::Remove>(),
            $made::of::<fs::Replace>(),
            $made::of::<fs::Stat>(),
            $made::of::<fs::Symlink>(),
            $made::of::<fs::Sync>(),
            $made::of::<fs::Temp>(),
            $made::of::<fs::Touch>(),
            $made::of::<fs::Unpack>(),
            $made::of::<fs::Write>(),
            $made::of::<git::Checkout>(),
            $made::of::<group::Absent>(),
            $made::of::<group::Present>(),
            $made::of::<host::Reboot>(),
            $made::of::<hostname::Set>(),
            $made::of::<http::Download>(),
            $made::of::<http::Get>(),
            $made::of::<http::Request>(),
            $made::of::<kernel_module::Absent>(),
            $made::of::<kernel_module::Loaded>(),
            $made::of::<locale::Default>(),
            $made::of::<log::Log>(),
            $made::of::<log::SetLevel>(),
            $made::of::<mount::Absent>(),
            $made::of::<mount::Present>(),
            $made::of::<package::Package>(),
            $made::of::<pacman::Converge>(),
            $made::of::<pacman::Package>(),
            $made::of::<pacman::Update>(),
            $made::of::<pacman_repository::Absent>(),
            $made::of::<pacman_repository::Key>(),
            $made::of::<pacman_repository::Present>(),
            $made::of::<service::Converge>(),
            $made::of::<service::DaemonReload>(),
            $made::of::<service::Disable>(),
            $made::of::<service::Enable>(),
            $made::of::<service::Reload>(),
            $made::of::<service::Restart>(),
            $made::of::<service::Start>(),
            $made::of::<service::Status>(),
            $made::of::<service::Stop>(),
            $made::of::<sysctl::Absent>(),
            $made::of::<sysctl::Converge>(),
            $made::of::<ssh::KnownHost>(),
            $made::of::<sysctl::Set>(),
            $made::of::<template::File>(),
            $made::of::<template::Render>(),
            $made::of::<timezone::Set>(),
            $made::of::<user::Absent>(),
            $made::of::<user::AuthorizedKey>(),
            $made::of::<user::Lookup>(),
            $made::of::<user::Present>(),
            $made::of::<user::SshKey>(),
            $made::of::<user::Sudoer>(),
            $made::of::<wait::Sleep>(),
            $made::of::<wait::Until>(),
            $made::of::<wait::WaitPath>(),
            $made::of::<wait::WaitPort>(),
        ]
    };
}

/// All built-in tools, as the controller knows them.
pub fn registry() -> Registry {
    each!(Entry).into_iter().collect()
}

/// All built-in tools as a host knows them, and what runs others.
pub fn servers() -> Servers {
    each!(Server).into_iter().chain([custom::server()]).collect()
}
