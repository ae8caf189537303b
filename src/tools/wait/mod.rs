//! `wait.*`: until something comes true, for so long and no longer.

mod path;
mod patience;
mod port;
mod sleep;
#[cfg(test)]
mod tests;
mod until;

pub(crate) use path::WaitPath;
pub(crate) use port::WaitPort;
pub(crate) use sleep::Sleep;
pub(crate) use until::Until;
