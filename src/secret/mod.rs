//! Secrets: where they come from, and how they are kept out of everything that is shown.

mod age;
mod command;
mod cut;
mod dumps;
mod forms;
mod keys;
mod masker;
mod prompt;
mod quoting;
mod read;
mod source;
mod store;
mod stream;
#[cfg(test)]
mod tests;
mod vault;

pub use age::{is_age, is_armored};
pub use keys::Keys;
pub use masker::{MASK, Masker};
pub use prompt::{Unanswered, ask, can_ask, choose};
pub use source::Source;
pub use store::Secrets;
pub use stream::Stream;
pub use vault::is_vault;
