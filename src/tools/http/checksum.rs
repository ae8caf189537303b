//! Checksums of what is downloaded.

use std::borrow::Cow;
use std::fmt;
use std::io::Read;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};
use sha2::Digest as _;

use crate::failure::Failure;
use crate::system::Reader;

/// `sha256:HEX`, `sha512:HEX`, `blake3:HEX`, or `none`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checksum {
    None,
    Sum { method: Method, hex: String },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Sha256,
    Sha512,
    Blake3,
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
            Self::Blake3 => "blake3",
        }
    }

    /// Of all that can be read, as `NAME:HEX`.
    ///
    /// # Errors
    /// Where it cannot be read, or the call must end.
    pub(super) fn of(self, mut from: impl Read, host: &Reader<'_>) -> Result<String, Failure> {
        let (mut short, mut long, mut blake) =
            (sha2::Sha256::new(), sha2::Sha512::new(), blake3::Hasher::new());
        let mut buffer = vec![0; 128 << 10];
        loop {
            host.check_canceled()?;
            let read = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Failure::io("cannot read what was downloaded", &error)),
            };
            match self {
                Self::Sha256 => short.update(&buffer[..read]),
                Self::Sha512 => long.update(&buffer[..read]),
                Self::Blake3 => {
                    blake.update(&buffer[..read]);
                }
            }
        }
        let hex = match self {
            Self::Sha256 => format!("{:x}", short.finalize()),
            Self::Sha512 => format!("{:x}", long.finalize()),
            Self::Blake3 => blake.finalize().to_hex().to_string(),
        };
        Ok(format!("{}:{hex}", self.name()))
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Sum { method, hex } => write!(f, "{}:{hex}", method.name()),
        }
    }
}

impl std::str::FromStr for Checksum {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::None);
        }
        let wrong = || format!("`{text}` is not a checksum; write `sha256:` and 64 hex digits, or `none`");
        let (name, hex) = text.split_once(':').ok_or_else(wrong)?;
        let (method, length) = match name {
            "sha256" => (Method::Sha256, 64),
            "sha512" => (Method::Sha512, 128),
            "blake3" => (Method::Blake3, 64),
            _ => return Err(wrong()),
        };
        if hex.len() != length || !hex.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let hex = hex.to_ascii_lowercase();
        Ok(Self::Sum { method, hex })
    }
}

impl Serialize for Checksum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Checksum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for Checksum {
    fn schema_name() -> Cow<'static, str> {
        "Checksum".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^(none|(sha256|blake3):[0-9a-fA-F]{64}|sha512:[0-9a-fA-F]{128})$" })
    }
}
