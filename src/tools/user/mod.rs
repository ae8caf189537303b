//! `user.*`: accounts, their keys and their rights.

mod absent;
mod authorized_key;
mod change;
mod home;
pub(in crate::tools) mod key;
mod key_lines;
mod lookup;
mod present;
mod ssh_key;
mod sudoer;
mod sudoers;
#[cfg(test)]
mod tests;
mod wanted;

pub(crate) use absent::Absent;
pub(crate) use authorized_key::AuthorizedKey;
pub(crate) use lookup::Lookup;
pub(crate) use present::Present;
pub(crate) use ssh_key::SshKey;
pub(crate) use sudoer::Sudoer;
