//! `git.*`: work trees, by the host's own git.

mod checkout;
mod remote;
#[cfg(test)]
pub(in crate::tools) mod tests;
mod tree;

pub(crate) use checkout::Checkout;
