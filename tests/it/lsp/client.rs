//! An editor, as far as the protocol goes: the real binary at the other end of its pipes.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

/// No answer may take longer, in an unoptimised build on a busy machine.
const LONGEST: Duration = Duration::from_mins(1);

pub(crate) struct Client {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    folder: TempDir,
    number: i64,
    version: i64,
    /// What the server told meanwhile.
    pub(crate) told: Vec<Value>,
    pub(crate) capabilities: Value,
}

impl Client {
    /// Starts a server and nothing else.
    pub(crate) fn silent(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut child = Command::new(env!("CARGO_BIN_EXE_rmote-play"))
            .arg("lsp")
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let (sender, from) = channel();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            loop {
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    if out.read_line(&mut line).unwrap_or(0) == 0 {
                        return;
                    }
                    match line.trim().split_once(": ") {
                        Some((_, value)) => length = value.parse().unwrap(),
                        None => break,
                    }
                }
                let mut body = vec![0; length];
                if out.read_exact(&mut body).is_err()
                    || sender.send(serde_json::from_slice(&body).unwrap()).is_err()
                {
                    return;
                }
            }
        });
        Self {
            to: child.stdin.take(),
            child,
            from,
            folder,
            number: 0,
            version: 0,
            told: Vec::new(),
            capabilities: Value::Null,
        }
    }

    /// Starts a server and introduces itself; `encodings` are the units of columns that it offers.
    pub(crate) fn start(files: &[(&str, &str)], encodings: &[&str]) -> Self {
        let mut client = Self::silent(files);
        let params = json!({
            "workspaceFolders": [{ "uri": client.uri(""), "name": "site" }],
            "capabilities": { "general": { "positionEncodings": encodings } },
        });
        client.capabilities = client.ask("initialize", params)["capabilities"].clone();
        client.tell("initialized", json!({}));
        client
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    /// Sends bytes as they are.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let to = self.to.as_mut().unwrap();
        to.write_all(bytes).unwrap();
        to.flush().unwrap();
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.bytes(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        let mut message = json!({ "jsonrpc": "2.0", "method": method });
        message["params"] = params;
        self.send(&message);
    }

    /// The next message of the server.
    pub(crate) fn next(&self) -> Value {
        self.from
            .recv_timeout(LONGEST)
            .expect("the server says something")
    }

    /// The answer to a request, or its error.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.number += 1;
        let id = self.number;
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        message["params"] = params;
        self.send(&message);
        loop {
            let message = self.next();
            if message["id"] == id {
                assert!(
                    message.get("result").is_some() != message.get("error").is_some(),
                    "{message}"
                );
                return message.get("result").or(message.get("error")).unwrap().clone();
            }
            assert_eq!(
                message["method"], "textDocument/publishDiagnostics",
                "nothing else is told: {message}"
            );
            self.told.push(message["params"].clone());
        }
    }

    pub(crate) fn open(&mut self, name: &str, text: &str) {
        self.version += 1;
        let document = json!({
            "uri": self.uri(name), "languageId": "yaml", "version": self.version, "text": text,
        });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub(crate) fn change(&mut self, name: &str, text: &str) {
        self.changes(name, json!([{ "text": text }]));
    }

    pub(crate) fn changes(&mut self, name: &str, changes: Value) {
        self.version += 1;
        let document = json!({ "uri": self.uri(name), "version": self.version });
        let mut params = json!({ "textDocument": document });
        params["contentChanges"] = changes;
        self.tell("textDocument/didChange", params);
    }

    /// What is wrong with the last version of a file, once the server has said it: each as `line:column message`.
    pub(crate) fn wrong(&mut self, name: &str) -> Vec<String> {
        let uri = self.uri(name);
        let version = self.version;
        let is_it = |it: &Value| it["uri"] == uri && it["version"].as_i64().is_none_or(|it| it == version);
        let mut told = std::mem::take(&mut self.told);
        let found = told.iter().rposition(is_it).map(|at| told.remove(at));
        let params = found.unwrap_or_else(|| {
            loop {
                let message = self.next();
                if is_it(&message["params"]) {
                    break message["params"].clone();
                }
            }
        });
        let all = params["diagnostics"].as_array().unwrap().iter();
        let drawn = all.map(|it| {
            let start = &it["range"]["start"];
            let message = it["message"].as_str().unwrap().lines().next().unwrap();
            format!(
                "{}:{} {} {message}",
                start["line"],
                start["character"],
                it["code"].as_str().unwrap()
            )
        });
        drawn.collect()
    }

    /// The document and position of the `^` in a text, and the text without it.
    pub(crate) fn mark(&self, name: &str, text: &str) -> (String, Value) {
        let at = text.find('^').expect("a mark");
        let (line, column) = (
            text[..at].matches('\n').count(),
            at - text[..at].rfind('\n').map_or(0, |it| it + 1),
        );
        let params = json!({
            "textDocument": { "uri": self.uri(name) },
            "position": { "line": line, "character": column },
        });
        (text.replacen('^', "", 1), params)
    }

    /// Opens or changes a file, and asks something at its mark.
    pub(crate) fn at(&mut self, method: &str, name: &str, text: &str) -> Value {
        let (text, params) = self.mark(name, text);
        self.change(name, &text);
        self.wrong(name);
        self.ask(&format!("textDocument/{method}"), params)
    }

    /// What is offered at the mark of a text.
    pub(crate) fn offered(&mut self, name: &str, text: &str) -> Vec<String> {
        let answer = self.at("completion", name, text);
        let items = answer["items"].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .map(|it| it["label"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Leaves as agreed, and gives the exit code.
    pub(crate) fn leave(mut self) -> Option<i32> {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.child.wait().unwrap().code()
    }

    /// Is gone at once, and gives the exit code.
    pub(crate) fn vanish(mut self) -> Option<i32> {
        self.to = None;
        self.child.wait().unwrap().code()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.to = None;
        let _killed = self.child.kill();
        let _reaped = self.child.wait();
    }
}
