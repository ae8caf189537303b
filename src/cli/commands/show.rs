//! How a run is shown: for people, or as events.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::args::Output;
use crate::cli::printer::Printer;
use crate::cli::showing::Progress;
use crate::event::Sink;
use crate::report::{Again, Called, Color, Detail, Form, Human, Json, Look};

/// How a run is to be shown.
#[derive(Debug, Clone, Default)]
pub(super) struct View {
    pub(super) quiet: bool,
    pub(super) verbose: u8,
    /// Whether what commands write is shown as it comes.
    pub(super) live: bool,
    /// Whether nothing moves: somebody is asked on the same terminal.
    pub(super) is_still: bool,
    pub(super) progress: Progress,
    /// How many bytes the hosts were given so far.
    pub(super) sent: Arc<AtomicU64>,
    /// The command that runs it again for some of its hosts.
    pub(super) again: Option<Again>,
    /// Of a single call: whether each host has one line.
    pub(super) call: Option<bool>,
}

/// Who shows a run.
pub(super) fn sinks(output: Output, view: View, printer: Printer) -> Vec<Box<dyn Sink>> {
    if output == Output::Json {
        return vec![Box::new(Json::new(printer.writer(), "standard output"))];
    }
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|it| !it.is_empty());
    let look = Look {
        detail: match (view.quiet, view.verbose) {
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
        again: view.again,
        width: printer.columns(),
        live: view.live,
        sent: view.sent,
        is_log: match view.progress {
            Progress::Auto => is_set("CI") && !printer.is_terminal(),
            Progress::Lines => true,
            Progress::Live | Progress::None => false,
        },
    };
    let bar = || {
        let is_wanted = matches!(view.progress, Progress::Auto | Progress::Live);
        let moves = printer.is_live() && is_wanted && !view.is_still;
        moves.then(|| ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout()))
    };
    let Some(one_line) = view.call.filter(|_| view.verbose == 0) else {
        return vec![Box::new(Human::new(printer.writer(), look, bar()))];
    };
    let form = if one_line { Form::Lines } else { Form::Groups };
    let is_raw = !printer.is_terminal();
    let bar = bar().inspect(|bar| {
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
    });
    let (out, notes) = (printer.writer(), printer.notes());
    vec![Box::new(Called::new(out, notes, look, form, is_raw, bar))]
}
