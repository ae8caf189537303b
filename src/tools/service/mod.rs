//! `service.*`: services of systemd, `OpenRC` and init scripts.

mod change;
mod converge;
mod daemon_reload;
mod disable;
mod enable;
mod manager;
mod openrc;
mod reload;
mod restart;
mod start;
mod state;
mod status;
mod stop;
mod systemd;
mod sysv;
mod verb;
mod watch;

pub(crate) use converge::Converge;
pub(crate) use daemon_reload::DaemonReload;
pub(crate) use disable::Disable;
pub(crate) use enable::Enable;
pub(crate) use reload::Reload;
pub(crate) use restart::Restart;
pub(crate) use start::Start;
pub(crate) use status::Status;
pub(crate) use stop::Stop;
