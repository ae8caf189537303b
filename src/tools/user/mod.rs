//! `user.*`: accounts, their keys and their rights.

mod absent;
mod authorized_key;
mod key;
mod key_lines;
mod present;
mod sudoer;
mod wanted;

pub(crate) use absent::Absent;
pub(crate) use authorized_key::AuthorizedKey;
pub(crate) use present::Present;
pub(crate) use sudoer::Sudoer;
