//! `template.*`: text that the controller has rendered.

mod file;
mod render;

pub use file::File;
pub use render::Render;
