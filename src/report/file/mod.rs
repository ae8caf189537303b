//! Reports of whole runs, written to files when all is over: for CI, for a pull request, for a browser.

mod escape;
mod html;
mod junit;
mod markdown;
mod shelf;
mod story;
#[cfg(test)]
mod tests;
mod trace;

pub use story::Story;

/// What a report is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `JUnit` XML: a suite for each round, a case for each call on each host.
    Junit,
    /// A comment on a pull request, at most as long as GitHub takes.
    Markdown,
    /// One page that needs nothing else: recap, timeline, changes, failures.
    Html,
    /// Chrome's trace events: who was busy with what, and when.
    Trace,
}

/// The report of runs, one after the other, as text.
pub fn render(format: Format, runs: &[Story]) -> String {
    match format {
        Format::Junit => junit::draw(runs),
        Format::Markdown => markdown::draw(runs),
        Format::Html => html::draw(runs),
        Format::Trace => trace::draw(runs),
    }
}
