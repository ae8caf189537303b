//! Loading and planning a playbook, with everything that is wrong with it.

use std::path::Path;
use std::sync::Arc;

use crate::cli::printer::Printer;
use crate::diagnostic::{Diagnostics, Format, render};
use crate::plan::Plan;
use crate::playbook::{self, Options, Playbook};
use crate::source::SourceMap;
use crate::tool::Registry;

/// A playbook and its plan, if nothing is wrong with either but warnings.
pub(super) struct Checked {
    pub(super) sources: Arc<SourceMap>,
    pub(super) diagnostics: Diagnostics,
    pub(super) planned: Option<(Playbook, Plan)>,
}

/// Loads and plans. Connects to nothing.
pub(super) fn check(path: &Path, registry: &Registry, options: &Options) -> Checked {
    let mut loaded = playbook::load(path, registry, options);
    let planned = loaded.playbook.and_then(|playbook| {
        let plan = Plan::build(&playbook, &mut loaded.diagnostics)?;
        Some((playbook, plan))
    });
    let has_errors = loaded.diagnostics.has_errors();
    Checked {
        sources: loaded.sources,
        diagnostics: loaded.diagnostics,
        planned: planned.filter(|_| !has_errors),
    }
}

/// The same for a command that needs the playbook: what is wrong is said, and it is there or not.
pub(super) fn planned(
    path: &Path,
    registry: &Registry,
    options: &Options,
    printer: Printer,
) -> Option<(Playbook, Plan)> {
    let checked = check(path, registry, options);
    said(&checked.diagnostics, &checked.sources, printer);
    checked.planned
}

/// Says what is wrong.
pub(in crate::cli) fn said(diagnostics: &Diagnostics, sources: &SourceMap, printer: Printer) {
    let format = Format::Human {
        color: printer.err_color(),
    };
    printer.err(&render(diagnostics, sources, format));
}
