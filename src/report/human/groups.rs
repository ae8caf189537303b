//! Groups in the view for people. What is in a group has lines of its own; the group has one only where it does not start,
//! or fails by itself.

use std::io::Write;
use std::sync::Arc;

use crate::event::Kind;
use crate::report::detail::{self, Saying, Sort};
use crate::report::human::Human;
use crate::report::line::Counts;
use crate::report::look::Detail;

impl<W: Write> Human<W> {
    pub(super) fn group(&mut self, kind: &Kind) {
        let (Kind::GroupStarted { call, host, .. }
        | Kind::IterationEnded { call, host, .. }
        | Kind::GroupEnded { call, host, .. }) = kind
        else {
            return;
        };
        let Some((round, at, host)) = self.find(call, host) else {
            return;
        };
        let state = self.rounds[round].present.entry(host).or_default();
        // The lines of what is in a loop are complete when the loop has ended: until then its own line holds them back.
        let is_over = match kind {
            Kind::GroupStarted {
                iterations: Some(_), ..
            } => {
                state.looped.insert(at);
                false
            }
            Kind::IterationEnded { .. } => false,
            _ => true,
        };
        let is_said = matches!(kind, Kind::GroupEnded { .. }) && state.looped.remove(&at);
        if !matches!(kind, Kind::GroupStarted { .. }) {
            state.since = self.now;
        }
        let is_new = is_over && state.end(at);
        let is_check = self.mode == crate::protocol::Mode::Check;
        for saying in detail::of_group(kind, self.look.detail, is_check) {
            if saying.sort != Sort::Failure || !is_said {
                self.say_of_group(round, at, host, saying);
            }
        }
        let line = &mut self.rounds[round].lines[at];
        line.open = line.open.saturating_sub(usize::from(is_new));
        self.advance(round, false);
    }

    /// With its line, or, where that was passed when the group started, after it.
    fn say_of_group(&mut self, round: usize, at: usize, host: u32, saying: Saying) {
        let state = &mut self.rounds[round];
        if at >= state.written {
            return state.lines[at].details.add(saying, host);
        }
        if self.look.detail == Detail::Quiet && saying.sort != Sort::Failure {
            return;
        }
        let call = Arc::clone(&state.lines[at].call);
        let mut text = self.title(round);
        let pen = self.pen();
        text.push_str(&pen.line(&call, &Counts::default(), &[], self.rounds[round].width));
        text.push_str(&pen.saying(&saying, &[host]));
        self.write(&text);
    }
}
