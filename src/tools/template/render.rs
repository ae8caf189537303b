//! Renders a template into the result.

use std::convert::Infallible;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::Failure;
use crate::system::{Reader, Writer};
use crate::tool::{Access, Finding, Footprint, Place, Tool};

/// `template.render`.
#[derive(Debug)]
pub(crate) struct Render;

/// Renders a text on the controller and returns it; the host is not asked. What is undefined in it is an error that
/// names the line.
///
/// Check mode: the same.
#[derive(Debug, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The template.
    template: Text,
}

/// What a rendering gives.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// The rendered text.
    text: Text,
}

impl Tool for Render {
    const NAME: &'static str = "template.render";
    const ACCESS: Access = Access::Reads;
    const PLACE: Place = Place::Controller;
    const SHORTHAND: Option<&'static str> = Some("template");
    const EXAMPLE: &'static str = "template.render: \"{{ host.name }} is one of {{ groups.web | length }}\"";

    type Args = Args;
    type Change = Infallible;
    type Output = Output;

    fn footprint(_: &Args) -> Footprint {
        Footprint::NOTHING
    }

    fn inspect(args: &Args, _: &Reader<'_>) -> Result<Finding<Self>, Failure> {
        Ok(Finding::Settled(Output {
            text: args.template.clone(),
        }))
    }

    fn apply(_: &Args, change: Infallible, _: &Writer<'_>) -> Result<Output, Failure> {
        match change {}
    }
}
