//! `user.*`: accounts, their keys and their rights.

mod absent;
mod authorized_key;
mod change;
mod home;
mod key;
mod key_lines;
mod present;
mod sudoer;
mod sudoers;
mod wanted;

pub(crate) use absent::Absent;
pub(crate) use authorized_key::AuthorizedKey;
pub(crate) use present::Present;
pub(crate) use sudoer::Sudoer;
