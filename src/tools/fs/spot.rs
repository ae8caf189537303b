//! A place in a text.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::argument::Pattern;

/// The line that a regular expression finds, or one end of the text.
#[derive(Debug, Clone)]
pub(super) enum Spot {
    /// `BOF`.
    Beginning,
    /// `EOF`.
    End,
    /// The last line that this finds.
    Line(Pattern),
}

impl std::str::FromStr for Spot {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "BOF" => Self::Beginning,
            "EOF" => Self::End,
            pattern => Self::Line(Pattern::new(pattern)?),
        })
    }
}

impl Serialize for Spot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Beginning => serializer.serialize_str("BOF"),
            Self::End => serializer.serialize_str("EOF"),
            Self::Line(pattern) => pattern.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Spot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for Spot {
    fn schema_name() -> Cow<'static, str> {
        "Spot".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}
