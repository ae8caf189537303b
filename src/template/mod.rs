//! Values as written, and what they come to for one host: MiniJinja, strict, lazy, with unknown values and secrets
//! tracked.

mod analysis;
mod form;
mod scope;

pub use analysis::{Access, Reads};
pub use form::{Expression, Form, RenderError, Rendering, SyntaxError, Template, Truth};
pub use scope::{Lookup, Root, Scope};
