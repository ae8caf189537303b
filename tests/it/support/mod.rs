//! What the tests share: real servers, sealed scenes for the real binary, and words for what came out.

mod browser;
mod fixture;
mod machines;
mod process;
mod ran;
mod random;
mod relay;
mod schema;
mod sshd;
mod terminal;
mod tree;

pub(crate) mod filters;

pub(crate) use browser::Browser;
pub(crate) use fixture::{Fixture, Scene};
pub(crate) use machines::{Kind, Lab, Machine};
pub(crate) use process::{descendants, is_gone, is_root, peak_memory, program};
pub(crate) use ran::{Ran, Running};
pub(crate) use random::Random;
pub(crate) use relay::Relay;
pub(crate) use schema::violations;
pub(crate) use sshd::{Sshd, Trust};
pub(crate) use terminal::Terminal;
pub(crate) use tree::fingerprint;

/// Says why a test cannot run here. On CI that is a failure.
///
/// # Panics
/// Where `CI` is `true`.
pub(crate) fn skip(reason: &str) {
    assert!(
        std::env::var_os("CI").is_none_or(|value| value != "true"),
        "this test must not be skipped on CI: {reason}"
    );
    eprintln!("skipped: {reason}");
}
