//! What a tool is: its contract, what it may touch, how it fails, and the registry in which it loses its types.

mod argument;
mod blob;
mod change;
mod contract;
mod failure;
mod footprint;
mod path;
mod pattern;
mod registry;
mod signature;
mod text;

pub use argument::{Duration, FileMode, OneOrMany};
pub use blob::{Blob, Blobs, Hash, INLINE_LIMIT};
pub use change::{Describe, Diff};
pub use contract::{Access, Controller, Finding, Place, Tool};
pub use failure::{Failure, Kind};
pub use footprint::{Area, Footprint, normalize};
pub use path::HostPath;
pub use pattern::Pattern;
pub use registry::{Apply, Entry, Prepared, Registry, Served};
pub use signature::{Field, Role, Signature, Type};
pub use text::{Argv, Text};
