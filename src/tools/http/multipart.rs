//! Bodies of several parts, among them files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::system::Reader;
use crate::tool::HostPath;

/// A file that is larger is not held in memory to be sent.
const LIMIT: u64 = 64 << 20;

/// A part of a form.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub(crate) enum Part {
    /// A field.
    Text(Text),
    /// A file.
    File(File),
}

/// A file of a form.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// The file on the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<HostPath>,
    /// What it holds, instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<Text>,
    /// What it is called there; by default its own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filename: Option<String>,
    /// Of which sort it is, such as `application/pdf`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
}

impl Part {
    /// Whether it can be sent.
    ///
    /// # Errors
    /// Says why not.
    pub(super) fn verify(&self, name: &str) -> Result<(), String> {
        let is_odd = |text: &str| text.contains(['"', '\r', '\n', '\0']);
        if name.is_empty() || is_odd(name) {
            return Err(format!("`{}` cannot be the name of a part", name.escape_debug()));
        }
        let Self::File(file) = self else { return Ok(()) };
        if file.path.is_some() == file.content.is_some() {
            return Err(format!("the part `{name}` needs one of `path` and `content`"));
        }
        if [&file.filename, &file.content_type]
            .into_iter()
            .flatten()
            .any(|it| is_odd(it))
        {
            return Err(format!(
                "the part `{name}` has a quote or a line break in its name or type"
            ));
        }
        Ok(())
    }
}

/// The body, and of which sort it is.
///
/// # Errors
/// Where a file cannot be read.
pub(super) fn body(parts: &BTreeMap<String, Part>, host: &Reader<'_>) -> Result<(Vec<u8>, String), Failure> {
    let mut read = Vec::new();
    let mut hash = blake3::Hasher::new();
    for (name, part) in parts {
        let (head, bytes) = match part {
            Part::Text(text) => (String::new(), text.0.clone()),
            Part::File(file) => of_file(file, host)?,
        };
        hash.update(&bytes);
        read.push((
            format!("Content-Disposition: form-data; name=\"{name}\"{head}\r\n\r\n"),
            bytes,
        ));
    }
    // Made of all that it must not stand in.
    let line = format!("rmote-{}", &hash.finalize().to_hex()[..32]);
    let mut all = Vec::new();
    for (head, bytes) in read {
        all.extend_from_slice(format!("--{line}\r\n{head}").as_bytes());
        all.extend_from_slice(&bytes);
        all.extend_from_slice(b"\r\n");
    }
    all.extend_from_slice(format!("--{line}--\r\n").as_bytes());
    Ok((all, format!("multipart/form-data; boundary={line}")))
}

/// What stands behind the name of a file's part, and what it holds.
fn of_file(file: &File, host: &Reader<'_>) -> Result<(String, Vec<u8>), Failure> {
    let own = file.path.as_ref().and_then(|it| it.as_path().file_name());
    let own = own.map(|it| it.to_string_lossy().replace(['"', '\r', '\n'], "_"));
    let name = file.filename.clone().or(own).unwrap_or_else(|| "file".to_owned());
    let sort = file.content_type.as_deref().unwrap_or("application/octet-stream");
    let bytes = match (&file.path, &file.content) {
        (Some(path), _) => host.read(path.as_path(), LIMIT)?,
        (None, Some(content)) => content.0.clone(),
        (None, None) => return Err(Failure::new(Kind::Invalid, "a part needs `path` or `content`")),
    };
    Ok((format!("; filename=\"{name}\"\r\nContent-Type: {sort}"), bytes))
}
