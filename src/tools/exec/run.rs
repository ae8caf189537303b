//! What both tools of the namespace do, once it is known what to run.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::argument::{Argv, Text};
use crate::blob::{Blob, INLINE_LIMIT};
use crate::failure::{Failure, Kind};
use crate::system::{About, Captured, Ended, Follow, Program, Reader, Show, What};
use crate::tool::{Controller, HostPath};

/// A read-only command that is asked whether there is nothing to do.
#[derive(Debug, Clone)]
pub(in crate::tools) enum Unless {
    Script(Text),
    Argv(Argv),
}

impl Serialize for Unless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Script(text) => text.serialize(serializer),
            Self::Argv(argv) => argv.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Unless {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UnlessVisitor;
        impl<'de> Visitor<'de> for UnlessVisitor {
            type Value = Unless;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a command as text for the shell or as a list of words")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Unless, E> {
                Ok(Unless::Script(text.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Unless, A::Error> {
                Argv::deserialize(de::value::SeqAccessDeserializer::new(seq)).map(Unless::Argv)
            }
        }
        deserializer.deserialize_any(UnlessVisitor)
    }
}

impl JsonSchema for Unless {
    fn schema_name() -> Cow<'static, str> {
        "Unless".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<Text>();
        json_schema!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": word, "minItems": 1 }] })
    }
}

/// A program, its surroundings and its guards.
pub(super) struct Call<'a> {
    pub(super) what: What<'a>,
    pub(super) name: String,
    pub(super) cwd: Option<&'a HostPath>,
    pub(super) env: &'a BTreeMap<String, Text>,
    pub(super) creates: Option<&'a HostPath>,
    pub(super) removes: Option<&'a HostPath>,
    pub(super) unless: Option<&'a Unless>,
    pub(super) check: bool,
}

/// How a program ended, as data.
#[derive(Debug, Default, Serialize, schemars::JsonSchema)]
pub(crate) struct Output {
    /// Whether it ran; if not, its guards found nothing to do, and the other fields are missing.
    ran: bool,
    /// The exit code; 128 + n where signal n ended it.
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    /// Its standard output without newlines at the end; bytes where it is not UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    stdout: Option<Text>,
    /// Its standard error, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    stderr: Option<Text>,
    /// Whether it wrote more than 1 MiB to one of them, of which the middle is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
}

impl Output {
    fn of(ended: Ended) -> Self {
        Self {
            ran: true,
            exit_code: Some(ended.exit_code),
            truncated: Some(ended.stdout.truncated || ended.stderr.truncated),
            stdout: Some(text(ended.stdout)),
            stderr: Some(text(ended.stderr)),
        }
    }
}

/// As `$(...)` has it; bytes are left alone.
fn text(captured: Captured) -> Text {
    let mut bytes = captured.bytes;
    if std::str::from_utf8(&bytes).is_ok() {
        let kept = bytes.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r'));
        bytes.truncate(kept.map_or(0, |last| last + 1));
    }
    Text(bytes)
}

impl Call<'_> {
    /// Asks the guards: the result where there is nothing to do.
    pub(super) fn guard(&self, host: &Reader<'_>) -> Result<Option<Output>, Failure> {
        let is_there = |path: &HostPath| Ok(host.metadata(path.as_path(), Follow::No)?.is_some());
        let settled = Ok(Some(Output::default()));
        if let Some(path) = self.creates
            && is_there(path)?
        {
            return settled;
        }
        if let Some(path) = self.removes
            && !is_there(path)?
        {
            return settled;
        }
        let what = match self.unless {
            None => return Ok(None),
            Some(Unless::Script(script)) => What::Script(script.as_bytes()),
            Some(Unless::Argv(argv)) => What::Argv(argv),
        };
        let ended = host.ask(&self.program(what, &[], Show::Nothing), &[About::Everything])?;
        if ended.exit_code == 0 { settled } else { Ok(None) }
    }

    /// In check mode, once the guards were asked: what can be seen beforehand to be missing.
    fn look(&self, host: &Reader<'_>) -> Result<(), Failure> {
        if let Some(cwd) = self.cwd {
            let name = self.program(self.what, &[], Show::Nothing).name();
            let why = match host.metadata(cwd.as_path(), Follow::Yes)? {
                None => ErrorKind::NotFound,
                Some(it) if !it.is_dir() => ErrorKind::NotADirectory,
                Some(_) => return Ok(()),
            };
            return Err(Failure::io(
                format_args!("cannot run `{name}` in `{cwd}`"),
                &why.into(),
            ));
        }
        let What::Argv(argv) = self.what else {
            return Ok(());
        };
        let name = argv.0[0].to_string_lossy();
        if self.env.contains_key("PATH") {
            return Ok(());
        }
        // What may not be looked at is passed over, as it is when the program is run.
        let is_there = |path: &Path| match host.metadata(path, Follow::Yes) {
            Err(failure) if host.raised().is_some() => Err(failure),
            found => Ok(found.ok().flatten().is_some_and(|it| !it.is_dir())),
        };
        let found = if name.contains('/') {
            is_there(Path::new(&*name))?
        } else {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let mut folders = std::env::split_paths(&path);
            folders.try_fold(
                false,
                |found, folder| Ok(found || is_there(&folder.join(&*name))?),
            )?
        };
        if found {
            return Ok(());
        }
        let message = format!("there is no program `{name}`");
        Err(Failure::new(Kind::NotFound, message))
    }

    /// Runs it.
    pub(super) fn run(&self, stdin: &[u8], host: &Reader<'_>) -> Result<Output, Failure> {
        if host.foreseeing().is_some() {
            self.look(host)?;
        }
        // In check mode it comes here where its author says that it only looks, or while a change is foreseen, when nothing
        // is run.
        let ended = host.ask(&self.program(self.what, stdin, Show::Live), &[About::Everything]);
        let is_good = !self.check || ended.as_ref().is_ok_and(|it| it.exit_code == 0);
        if let Some(path) = self.creates.filter(|_| !is_good)
            && host.metadata(path.as_path(), Follow::No)?.is_some()
        {
            host.link().warn(format!(
                "`{}` has failed, and `{path}` is there: the next run will take it for done unless that is removed",
                self.name
            ));
        }
        let ended = ended?;
        if self.check && ended.exit_code != 0 {
            return Err(ended.failure(&self.name));
        }
        Ok(Output::of(ended))
    }

    fn program<'b>(&'b self, what: What<'b>, stdin: &'b [u8], show: Show) -> Program<'b> {
        Program {
            what,
            cwd: self.cwd.map(HostPath::as_path),
            env: self.env,
            stdin,
            stdout: None,
            show,
            keeps: None,
        }
    }
}

/// Puts a large text into a blob on its way to the host.
pub(super) fn offload(
    text: &mut Text,
    blob: &mut Option<Blob>,
    controller: Controller<'_>,
) -> Result<(), Failure> {
    if blob.is_some() {
        return Err(Failure::new(
            Kind::Invalid,
            "unknown argument: content is given as text",
        ));
    }
    if text.0.len() > INLINE_LIMIT {
        *blob = Some(controller.blobs.bytes(std::mem::take(&mut text.0)));
    }
    Ok(())
}

/// Gets such a text back.
pub(super) fn load<'a>(
    text: &'a Text,
    blob: Option<&Blob>,
    host: &Reader<'_>,
) -> Result<Cow<'a, [u8]>, Failure> {
    match blob {
        Some(blob) => host.fetch(blob).map(Cow::Owned),
        None => Ok(Cow::Borrowed(text.as_bytes())),
    }
}
