//! Permission bits as an argument of what copies: those of the source, or others.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::argument::ModeChange;

const WORD: &str = "preserve";

/// Permission bits: those that the source has, or a mode as elsewhere.
#[derive(Debug, Clone)]
pub enum KeptMode {
    /// Those of the source, as `preserve`.
    Preserve,
    /// These.
    Of(ModeChange),
}

impl Serialize for KeptMode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Preserve => serializer.serialize_str(WORD),
            Self::Of(mode) => mode.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for KeptMode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == WORD {
            return Ok(Self::Preserve);
        }
        text.parse().map(Self::Of).map_err(de::Error::custom)
    }
}

impl JsonSchema for KeptMode {
    fn schema_name() -> Cow<'static, str> {
        "KeptMode".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [ModeChange::json_schema(generator), { "type": "string", "const": WORD }] })
    }
}
