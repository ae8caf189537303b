//! A package as a playbook names it.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::argument::Text;

/// `nginx`, or `nginx=1.24.0-1` for a version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::tools) struct Spec {
    /// The name, and with it what the manager adds to names, such as `:i386`.
    pub(in crate::tools) name: String,
    /// The version, if one is wanted.
    pub(in crate::tools) version: Option<String>,
}

impl std::str::FromStr for Spec {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (name, version) = match text.split_once('=') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "+-._:~@^*".contains(c);
        let is_name = name.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@')
            && !name.ends_with('-')
            && name.chars().all(|c| is_plain(c) && c != '*');
        if !is_name {
            return Err(format!("`{}` is not the name of a package", name.escape_debug()));
        }
        if let Some(version) = version {
            let is_version =
                version.starts_with(|c: char| c.is_ascii_alphanumeric()) && version.chars().all(is_plain);
            if !is_version {
                return Err(format!(
                    "`{}` is not the version of a package",
                    version.escape_debug()
                ));
            }
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        })
    }
}

impl Spec {
    /// Whether an installed version is the one that is wanted. `*` stands for anything.
    pub(in crate::tools) fn accepts(&self, installed: &str) -> bool {
        let Some(wanted) = &self.version else { return true };
        let Some((start, rest)) = wanted.split_once('*') else {
            return wanted == installed;
        };
        let Some(mut left) = installed.strip_prefix(start) else {
            return false;
        };
        let mut parts = rest.split('*').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return left.ends_with(part);
            }
            let Some(at) = left.find(part) else { return false };
            left = &left[at + part.len()..];
        }
        true
    }
}

impl fmt::Display for Spec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.version {
            Some(version) => write!(f, "={version}"),
            None => Ok(()),
        }
    }
}

impl Serialize for Spec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Spec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::deserialize(deserializer)?;
        text.to_string_lossy().parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Spec {
    fn schema_name() -> Cow<'static, str> {
        "Package".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Za-z0-9@][^ =]*(=[A-Za-z0-9][^ =]*)?$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_a_name_with_or_without_a_version() {
        let parse = |text: &str| text.parse::<Spec>().map(|it| (it.name, it.version));
        assert_eq!(parse("g++"), Ok(("g++".into(), None)));
        assert_eq!(
            parse("libc6:i386=2.36-9+deb12u9"),
            Ok(("libc6:i386".into(), Some("2.36-9+deb12u9".into())))
        );
        assert_eq!(parse("x=1:2.0~rc1").unwrap().1.as_deref(), Some("1:2.0~rc1"));
        for bad in [
            "", "-y", "a b", "nginx-", "a=", "a=-1", "a\nb", "=1", "a;b", "a*", "../x",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_star_in_a_version_stands_for_anything() {
        let accepts =
            |wanted: &str, found: &str| format!("p={wanted}").parse::<Spec>().unwrap().accepts(found);
        assert!(accepts("1.2-1", "1.2-1") && !accepts("1.2-1", "1.2-10"));
        assert!(accepts("1.*", "1.2-1") && accepts("1*-1", "1.2-1") && !accepts("1.*", "2.1"));
        assert!(accepts("1.*-*", "1.2-1") && !accepts("1.*-*.", "1.2-1"));
        assert!("p".parse::<Spec>().unwrap().accepts("anything"));
    }
}
