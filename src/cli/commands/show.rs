//! How a run is shown: for people, or as events.

use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::cli::args::Output;
use crate::cli::printer::Printer;
use crate::event::Sink;
use crate::report::{Again, Color, Detail, Human, Json, Look};

/// Who shows a run. `again` is the command that runs it again for some of its hosts.
pub(super) fn sinks(
    output: Output,
    quiet: bool,
    verbose: u8,
    again: Option<Again>,
    printer: Printer,
) -> Vec<Box<dyn Sink>> {
    if output == Output::Json {
        return vec![Box::new(Json::new(printer.writer(), "standard output"))];
    }
    let look = Look {
        detail: match (quiet, verbose) {
            (true, _) => Detail::Quiet,
            (false, 0) => Detail::Entries,
            (false, 1) => Detail::Hosts,
            (false, _) => Detail::Results,
        },
        color: if printer.out_color() {
            Color::On
        } else {
            Color::Off
        },
        github: std::env::var_os("GITHUB_ACTIONS").is_some(),
        again,
    };
    let bar = printer
        .is_live()
        .then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout()));
    vec![Box::new(Human::new(printer.writer(), look, bar))]
}
