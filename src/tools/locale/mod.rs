//! `locale.*`: languages and formats of a host.

mod default;

pub(crate) use default::Default;
