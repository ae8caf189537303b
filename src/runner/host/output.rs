//! What calls under way write, log and bring.

use std::sync::Arc;
use std::time::Instant;

use crate::event::Kind as Event;
use crate::failure::Failure;
use crate::protocol::{Outcome as Answer, Reply};
use crate::runner::host::Host;
use crate::runner::host::budget::Share;
use crate::runner::host::connection::Parting;
use crate::runner::host::lines::Lines;
use crate::runner::host::receive::Receiver;
use crate::secret;
use crate::system::{Level, Push, Stream};
use crate::template::Secrecy;
use crate::tool::Access;
use crate::value::Map;

/// The tool after which the next connection is a new login.
const RESET: &str = "agent.reset";

/// What a call under way writes and brings.
#[derive(Debug, Default)]
pub(super) struct Output {
    stdout: secret::Stream,
    stderr: secret::Stream,
    /// Where each line of its standard error is a record.
    lines: Lines,
    pub(super) share: Share,
    /// What takes the files that it brings.
    pub(super) receiver: Option<Receiver>,
}

impl Output {
    /// One of the two.
    fn of(&mut self, stream: Stream) -> &mut secret::Stream {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}

impl Host {
    /// A part of a file that a call brings.
    pub(super) async fn receive(&mut self, id: u64, push: Push) {
        if let Some(receiver) = self.outputs.get_mut(&id).and_then(|it| it.receiver.as_mut()) {
            receiver.take(push).await;
        }
    }

    /// An answer, once the files that the call brought are in their places.
    pub(super) async fn received(&mut self, id: u64, reply: Reply) -> Reply {
        let Some(receiver) = self.outputs.get_mut(&id).and_then(|it| it.receiver.take()) else {
            return reply;
        };
        match receiver.end().await {
            Err(failure) if reply.error.is_none() => failed(reply, failure),
            _ => reply,
        }
    }

    /// A call was answered.
    pub(super) fn replied(&mut self, id: u64, reply: Reply) {
        self.end_output(id);
        let tool = self.schedule.tool_under_way(id);
        if let Some(tool) = tool {
            // No other call ends its agent, whatever its answer says.
            if tool.name == RESET && reply.outcome == Answer::Ok {
                self.parting = Parting::ForNewLogin;
            } else if reply.quit.is_some() && tool.access == Access::Fence {
                self.parting = Parting::Asked;
            }
        }
        self.schedule.replied(id, reply);
    }

    /// Output of a call, as it comes; what may be the begin of a secret waits for the next piece.
    pub(super) fn output(&mut self, id: u64, stream: Stream, bytes: &[u8]) {
        let context = Arc::clone(&self.context);
        if !self.is_shown(id) {
            return;
        }
        let masker = context.options.secrets.masker();
        let shown = self.outputs.entry(id).or_default().of(stream).push(masker, bytes);
        self.show_output(id, stream, &shown);
    }

    /// What is left of a call's output when nothing more comes.
    pub(super) fn end_output(&mut self, id: u64) {
        let context = Arc::clone(&self.context);
        for stream in [Stream::Stdout, Stream::Stderr] {
            let Some(output) = self.outputs.get_mut(&id) else {
                return;
            };
            let masker = context.options.secrets.masker();
            let shown = output.of(stream).finish(masker);
            self.show_output(id, stream, &shown);
        }
        let last = self.outputs.get_mut(&id).map(|it| it.lines.finish());
        for line in last.into_iter().flatten() {
            self.logged(id, Level::Info, line);
        }
        self.outputs.remove(&id);
    }

    fn show_output(&mut self, id: u64, stream: Stream, shown: &[u8]) {
        if shown.is_empty() {
            return;
        }
        let tool = self.schedule.tool_under_way(id);
        if tool.is_some_and(|tool| tool.custom().is_some()) {
            let lines = self
                .outputs
                .get_mut(&id)
                .map(|it| it.lines.push(shown, Instant::now()));
            for line in lines.into_iter().flatten() {
                self.logged(id, Level::Info, line);
            }
            return;
        }
        let Some((call, host, delegate)) = self.schedule.whose(id) else {
            return;
        };
        if !self.affords(id, shown.len()) {
            return;
        }
        self.schedule.emit(Event::CallOutput {
            call,
            host,
            delegate,
            stream,
            text: String::from_utf8_lossy(shown).into_owned(),
        });
    }

    pub(super) fn logged(&mut self, id: u64, level: Level, message: String) {
        let Some((call, host, delegate)) = self.schedule.whose(id).filter(|_| self.is_shown(id)) else {
            return;
        };
        if !self.affords(id, message.len()) {
            return;
        }
        self.schedule.emit(Event::CallLog {
            call,
            host,
            delegate,
            level,
            message,
        });
    }

    /// Whether what a call writes may be shown: not where it may hold a secret that cannot be looked for.
    fn is_shown(&self, id: u64) -> bool {
        self.schedule
            .secrecy(id)
            .is_some_and(|secrecy| secrecy != Secrecy::Blind)
    }
}

fn failed(reply: Reply, failure: Failure) -> Reply {
    Reply {
        outcome: Answer::Failed,
        error: Some(failure),
        fields: Map::new(),
        ..reply
    }
}
