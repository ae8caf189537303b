//! `template.*`: text that the controller has rendered.

mod file;
mod render;

pub(crate) use file::File;
pub(crate) use render::Render;
