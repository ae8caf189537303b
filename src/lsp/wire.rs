//! Messages in and out.

use std::io::{self, BufRead, ErrorKind, Write};

use lsp_server::{Message, RequestId};
use serde_json::{Value, json};

/// What came in.
pub(super) enum Incoming {
    /// A message.
    Message(Message),
    /// Something that is none: why.
    Malformed(String),
    /// The other side is gone.
    End,
}

/// The next message.
pub(super) fn read(from: &mut impl BufRead) -> Incoming {
    match Message::read(from) {
        Ok(Some(message)) => Incoming::Message(message),
        // What was read of it is gone, and what follows may well be a message.
        Err(error) if error.kind() == ErrorKind::InvalidData => Incoming::Malformed(error.to_string()),
        // It ended, maybe within a message, or cannot be read any more.
        Ok(None) | Err(_) => Incoming::End,
    }
}

/// Codes of errors, as the protocol numbers them.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wrong {
    Parse = -32700,
    Request = -32600,
    Method = -32601,
    Internal = -32603,
    NotInitialized = -32002,
    Failed = -32803,
}

/// What messages are written to.
pub(super) struct Outlet<W> {
    to: W,
}

impl<W: Write> Outlet<W> {
    pub(super) const fn new(to: W) -> Self {
        Self { to }
    }

    fn send(&mut self, message: &Value) -> io::Result<()> {
        let text = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        self.to.flush()
    }

    /// Answers a request.
    pub(super) fn answer(
        &mut self,
        id: &RequestId,
        answer: Result<Value, (Wrong, String)>,
    ) -> io::Result<()> {
        let mut message = json!({ "jsonrpc": "2.0", "id": id });
        match answer {
            Ok(result) => message["result"] = result,
            Err((code, why)) => message["error"] = json!({ "code": code as i32, "message": why }),
        }
        self.send(&message)
    }

    /// Says that what came is no message.
    pub(super) fn malformed(&mut self, why: &str) -> io::Result<()> {
        let error = json!({ "code": Wrong::Parse as i32, "message": why });
        self.send(&json!({ "jsonrpc": "2.0", "id": null, "error": error }))
    }

    /// Tells something.
    pub(super) fn notify(&mut self, method: &str, params: &Value) -> io::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }
}
