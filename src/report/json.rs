//! The events themselves, a line of JSON each.

use std::io::{self, Write};

use crate::event::{Event, Kind, Sink, to_json};

/// Writes events as JSON Lines.
#[derive(Debug)]
pub struct Json<W: Write> {
    out: W,
    line: Vec<u8>,
    name: String,
    broken: Option<io::Error>,
}

impl<W: Write> Json<W> {
    /// Writes to this, which has a name for people.
    pub fn new(out: W, name: impl Into<String>) -> Self {
        Self {
            out,
            line: Vec::new(),
            name: name.into(),
            broken: None,
        }
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        self.line.clear();
        to_json(event, &mut self.line)?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        match event.kind {
            Kind::CallOutput { .. } | Kind::CallStarted { .. } => Ok(()),
            _ => self.out.flush(),
        }
    }
}

impl<W: Write> Sink for Json<W> {
    /// A reader that went away stops the writing, never the run.
    fn event(&mut self, event: &Event) {
        if self.broken.is_none() {
            self.broken = self.write(event).err();
        }
    }

    fn broken(&self) -> Option<String> {
        let error = self.broken.as_ref()?;
        Some(format!("{} cannot be written: {error}", self.name))
    }

    fn tick(&mut self) {
        if self.broken.is_none() {
            self.broken = self.out.flush().err();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_line_that_reads_back() {
        let event = Event {
            seq: 3,
            at: 0.5,
            kind: Kind::RoundStarted { round: "a\nb".into() },
        };
        let mut out = Vec::new();
        Json::new(&mut out, "out").event(&event);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "{\"seq\":3,\"at\":0.5,\"event\":\"round_started\",\"round\":\"a\\nb\"}\n"
        );
        assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
    }
}
