//! Paths on hosts.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::argument::Text;
use crate::tool::Area;

/// An absolute path on a host, without `.`, `..` and doubled slashes; a slash at its end is remembered. One that begins with
/// `~` counts from a home directory, which only the host knows: there it is absolute (see `tool::home`).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostPath {
    path: PathBuf,
    slash: bool,
}

impl HostPath {
    /// Checks and normalises a path by its text alone.
    ///
    /// # Errors
    /// Gives the sentence that says what is wrong.
    pub fn new(text: &[u8]) -> Result<Self, String> {
        let shown = String::from_utf8_lossy(text);
        if text.is_empty() {
            return Err("a path must not be empty".into());
        }
        if text.contains(&0) {
            return Err("a path must not contain a NUL byte".into());
        }
        if text[0] == b'~' {
            return Self::below_home(text);
        }
        if text[0] != b'/' {
            return Err(format!(
                "`{shown}` is not absolute; a path on a host begins with `/`, or with `~` for a home directory"
            ));
        }
        if text[1..].split(|byte| *byte == b'/').all(is_plain) {
            return Ok(Self {
                path: std::ffi::OsString::from_vec(text.to_vec()).into(),
                slash: false,
            });
        }
        let mut parts: Vec<&[u8]> = Vec::new();
        for part in text.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        let joined = [b"/".as_slice(), &parts.join(b"/".as_slice())].concat();
        Ok(Self {
            path: std::ffi::OsString::from_vec(joined).into(),
            slash: text.ends_with(b"/"),
        })
    }

    /// A path such as `~/x` or `~name/x`.
    fn below_home(text: &[u8]) -> Result<Self, String> {
        let shown = String::from_utf8_lossy(text);
        let mut parts = text.split(|byte| *byte == b'/');
        let home = parts.next().unwrap_or_default();
        let is_name = |byte: &u8| byte.is_ascii_graphic() && !b":$`'\"*?\\~".contains(byte) || *byte >= 0x80;
        if !home[1..].iter().all(is_name) {
            let home = String::from_utf8_lossy(home);
            return Err(format!(
                "`{home}` names no account whose home directory it could be"
            ));
        }
        let mut kept = vec![home];
        for part in parts {
            match part {
                b"" | b"." => {}
                b".." if kept.len() == 1 => {
                    return Err(format!(
                        "`{shown}` leads out of the home directory; write the path in full"
                    ));
                }
                b".." => {
                    kept.pop();
                }
                part => kept.push(part),
            }
        }
        Ok(Self {
            path: std::ffi::OsString::from_vec(kept.join(b"/".as_slice())).into(),
            slash: text.ends_with(b"/"),
        })
    }

    /// Of a path that counts from a home directory: the name of the account, empty for that of the call; nothing of others.
    pub fn home(&self) -> Option<&[u8]> {
        let text = self.path.as_os_str().as_bytes();
        let name = text.strip_prefix(b"~")?;
        name.split(|byte| *byte == b'/').next()
    }

    /// The path.
    pub fn as_path(&self) -> &Path {
        &self.path
    }

    /// Whether it was written with a slash at its end.
    pub fn ends_in_slash(&self) -> bool {
        self.slash
    }

    /// The same without the slash at its end.
    #[must_use]
    pub fn without_slash(self) -> Self {
        Self { slash: false, ..self }
    }

    /// It and what is under it. Where a home directory is, only the host knows: anything, before it was asked.
    pub fn area(&self) -> Area {
        if self.home().is_some() {
            return Area::Everything;
        }
        Area::Paths(vec![self.path.to_string_lossy().into_owned()])
    }

    /// The same with a name below it.
    #[must_use]
    pub fn join(&self, name: &OsStr) -> Self {
        Self {
            path: self.path.join(name),
            slash: false,
        }
    }
}

/// Whether a part of a path is a name, and is neither empty nor leads elsewhere.
fn is_plain(part: &[u8]) -> bool {
    !matches!(part, b"" | b"." | b"..")
}

impl fmt::Display for HostPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path.display().fmt(f)
    }
}

impl Serialize for HostPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = self.path.as_os_str().as_bytes().to_vec();
        if self.slash && text.len() > 1 {
            text.push(b'/');
        }
        Text(text).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for HostPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        let path = Self::new(text.as_bytes()).map_err(de::Error::custom)?;
        super::home::resolved(path).map_err(de::Error::custom)
    }
}

impl JsonSchema for HostPath {
    fn schema_name() -> Cow<'static, str> {
        "HostPath".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": super::HOST_PATH })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_absolute_and_normal() {
        let new = |text: &str| HostPath::new(text.as_bytes()).map(|it| it.to_string());
        assert_eq!(new("/srv//app/./x/../y/").as_deref(), Ok("/srv/app/y"));
        assert_eq!(new("/../..").as_deref(), Ok("/"));
        for bad in ["", "etc/x", "./x", "/a\0b"] {
            assert!(new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_may_count_from_a_home_directory_and_never_leads_out_of_it() {
        let new = |text: &str| HostPath::new(text.as_bytes()).map(|it| it.to_string());
        assert_eq!(new("~").as_deref(), Ok("~"));
        assert_eq!(new("~/a/./b/../c").as_deref(), Ok("~/a/c"));
        assert_eq!(new("~web-1/.ssh//id").as_deref(), Ok("~web-1/.ssh/id"));
        for bad in [
            "~/..",
            "~/a/../../b",
            "~web/..",
            "~we b/x",
            "~$USER/x",
            "~~/x",
            "~a:b",
        ] {
            assert!(new(bad).is_err(), "{bad}");
        }
        let path = HostPath::new(b"~web/x").unwrap();
        assert_eq!(
            (path.home(), path.area()),
            (Some(b"web".as_slice()), Area::Everything)
        );
        assert_eq!(HostPath::new(b"/~/x").unwrap().home(), None);
    }

    #[test]
    fn the_final_slash_and_odd_bytes_pass_the_wire() {
        for text in [b"/a/b/".as_slice(), b"/a/\xff\xfe", b"/"] {
            let path = HostPath::new(text).unwrap();
            let packed = rmp_serde::to_vec_named(&path).unwrap();
            assert_eq!(rmp_serde::from_slice::<HostPath>(&packed).unwrap(), path);
        }
    }
}
