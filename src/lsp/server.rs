//! The conversation with an editor.

use std::io::{BufRead, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use lsp_server::{Message, Notification, Request};
use serde_json::{Value, json};

use crate::lsp::text::{Units, changed};
use crate::lsp::wire::{self, Incoming, Outlet, Wrong};
use crate::lsp::workspace::{Checker, Document, Workspace};
use crate::lsp::{actions, complete, describe, files, names, outline};
use crate::tool::Registry;

/// After a change, so long is waited for the next one before the text is checked.
const PAUSE: Duration = Duration::from_millis(30);

/// How the conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// As agreed: a `shutdown`, then an `exit`.
    Agreed,
    /// The client was gone, or left without `shutdown`.
    Left,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Running,
    Closing,
}

/// Talks with the editor at the other end until it leaves.
///
/// # Errors
/// Where nothing can be written to it.
pub fn serve(
    from: impl BufRead + Send + 'static,
    to: impl Write,
    registry: &Registry,
    checker: &Checker<'_>,
) -> std::io::Result<Ended> {
    let (sender, receiver) = mpsc::sync_channel(64);
    thread::spawn(move || {
        let mut from = from;
        loop {
            let incoming = wire::read(&mut from);
            let is_end = matches!(incoming, Incoming::End);
            if sender.send(incoming).is_err() || is_end {
                return;
            }
        }
    });
    let mut server = Server {
        workspace: Workspace::new(checker),
        registry,
        outlet: Outlet::new(to),
        state: State::New,
    };
    server.run(&receiver)
}

struct Server<'a, W> {
    workspace: Workspace<'a>,
    registry: &'a Registry,
    outlet: Outlet<W>,
    state: State,
}

impl<W: Write> Server<'_, W> {
    fn run(&mut self, incoming: &Receiver<Incoming>) -> std::io::Result<Ended> {
        loop {
            let next = if self.workspace.dirty.is_empty() {
                incoming.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                incoming.recv_timeout(PAUSE)
            };
            match next {
                Err(RecvTimeoutError::Timeout) => self.check()?,
                Err(RecvTimeoutError::Disconnected) | Ok(Incoming::End) => return Ok(Ended::Left),
                Ok(Incoming::Malformed(why)) => self.outlet.malformed(&why)?,
                Ok(Incoming::Message(Message::Request(request))) => self.request(&request)?,
                Ok(Incoming::Message(Message::Response(_))) => {}
                Ok(Incoming::Message(Message::Notification(told))) => {
                    if told.method == "exit" {
                        return Ok(match self.state {
                            State::Closing => Ended::Agreed,
                            State::New | State::Running => Ended::Left,
                        });
                    }
                    if self.state == State::Running {
                        self.told(&told);
                    }
                }
            }
        }
    }

    fn check(&mut self) -> std::io::Result<()> {
        for params in self.workspace.check() {
            self.outlet.notify("textDocument/publishDiagnostics", &params)?;
        }
        Ok(())
    }

    fn request(&mut self, request: &Request) -> std::io::Result<()> {
        let answer = match (self.state, request.method.as_str()) {
            (State::New, "initialize") => {
                self.state = State::Running;
                Ok(self.initialize(&request.params))
            }
            (State::New, _) => Err((Wrong::NotInitialized, "`initialize` comes first".to_owned())),
            (State::Running, "shutdown") => {
                self.state = State::Closing;
                Ok(Value::Null)
            }
            (State::Closing, _) => Err((Wrong::Request, "the server was shut down".to_owned())),
            (State::Running, "initialize") => {
                Err((Wrong::Request, "the server was initialized before".to_owned()))
            }
            (State::Running, method) => {
                // What was typed just before is looked at first where the answer depends on it.
                if matches!(method, "textDocument/codeAction" | "textDocument/rename")
                    && !self.workspace.dirty.is_empty()
                {
                    self.check()?;
                }
                let work = || self.answer(method, &request.params);
                catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
                    Err((Wrong::Internal, format!("`{method}` failed: a bug in rmote-play")))
                })
            }
        };
        self.outlet.answer(&request.id, answer)
    }

    fn answer(&self, method: &str, params: &Value) -> Result<Value, (Wrong, String)> {
        let workspace = &self.workspace;
        let registry = self.registry;
        Ok(match method {
            "textDocument/documentSymbol" => outline::symbols(workspace, params),
            "textDocument/foldingRange" => outline::folds(workspace, params),
            "textDocument/completion" => complete::complete(workspace, registry, params),
            "textDocument/hover" => describe::hover(workspace, registry, params),
            "textDocument/definition" => names::definition(workspace, params),
            "textDocument/references" => names::references(workspace, params),
            "textDocument/prepareRename" => names::prepare(workspace, params),
            "textDocument/rename" => {
                return names::rename(workspace, params).map_err(|why| (Wrong::Failed, why));
            }
            "textDocument/codeAction" => actions::actions(workspace, params),
            other => return Err((Wrong::Method, format!("there is no method `{other}`"))),
        })
    }

    fn initialize(&mut self, params: &Value) -> Value {
        self.workspace.units = Units::agreed(params);
        let listed = params["workspaceFolders"].as_array().into_iter().flatten();
        let uris = listed.filter_map(|it| it["uri"].as_str());
        let mut folders: Vec<PathBuf> = uris.filter_map(files::path_of).collect();
        if folders.is_empty() {
            folders.extend(params["rootUri"].as_str().and_then(files::path_of));
        }
        self.workspace.folders = folders;
        json!({
            "capabilities": {
                "positionEncoding": self.workspace.units.name(),
                "textDocumentSync": { "openClose": true, "change": 2, "save": true },
                "documentSymbolProvider": true,
                "foldingRangeProvider": true,
                "completionProvider": { "triggerCharacters": [".", " ", "|", "[", "{"] },
                "hoverProvider": true,
                "definitionProvider": true,
                "referencesProvider": true,
                "renameProvider": { "prepareProvider": true },
                "codeActionProvider": { "codeActionKinds": ["quickfix"] },
            },
            "serverInfo": { "name": "rmote-play", "version": env!("CARGO_PKG_VERSION") },
        })
    }

    /// Keeps what the client says of its texts.
    fn told(&mut self, told: &Notification) {
        let params = &told.params;
        let document = &params["textDocument"];
        let Some(uri) = document["uri"].as_str() else {
            if told.method == "workspace/didChangeWatchedFiles" {
                self.workspace.forget();
            }
            return;
        };
        let Some(path) = files::path_of(uri) else { return };
        match told.method.as_str() {
            "textDocument/didOpen" => {
                let text = document["text"].as_str().unwrap_or_default().into();
                let opened = Document {
                    uri: uri.to_owned(),
                    version: document["version"].clone(),
                    text,
                };
                self.workspace.open.insert(path.clone(), opened);
            }
            "textDocument/didChange" => {
                let units = self.workspace.units;
                let Some(open) = self.workspace.open.get_mut(&path) else {
                    return;
                };
                for change in params["contentChanges"].as_array().into_iter().flatten() {
                    open.text = changed(units, &open.text, change).into();
                }
                open.version = document["version"].clone();
            }
            "textDocument/didClose" => {
                self.workspace.open.remove(&path);
                // What is shown of it is what its file says, if something open reaches it.
                self.workspace.snapshots.remove(&path);
            }
            "textDocument/didSave" => self.workspace.forget(),
            _ => return,
        }
        self.workspace.dirty.insert(path);
    }
}
