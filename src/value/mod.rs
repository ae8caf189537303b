//! The one dynamic data type: what playbooks hold, templates give and tools take and return.

mod de;
mod ser;

pub use de::Error;

/// A map that keeps the order in which it was written.
pub type Map = indexmap::IndexMap<String, Value>;

/// A piece of data. JSON's model, with whole numbers kept whole and bytes kept bytes.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// Nothing. For an optional argument: not given.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that fits 64 bits with a sign.
    Int(i64),
    /// A whole number above `i64::MAX`; smaller ones are `Int`.
    Uint(u64),
    /// Any other number, infinities and NaN included.
    Float(f64),
    /// Text.
    Str(String),
    /// What is not UTF-8. In JSON: `{"bytes": "<base64>"}`.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Self>),
    /// A map from text.
    Map(Map),
}

impl Value {
    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one. There are no truthy strings.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(it) => Some(*it),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether JSON has it whole. It has no infinities and no NaN.
    pub fn is_json(&self) -> bool {
        match self {
            Self::Float(number) => number.is_finite(),
            Self::List(list) => list.iter().all(Self::is_json),
            Self::Map(map) => map.values().all(Self::is_json),
            _ => true,
        }
    }

    /// The name of its type, as messages and `inputs` say it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) | Self::Uint(_) => "integer",
            Self::Float(_) => "number",
            Self::Str(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }

    /// Reads a typed value out of it. Unknown fields, missing ones and wrong types are errors that name the path.
    ///
    /// # Errors
    /// The path to the offending part and what is wrong with it.
    pub fn parse<T: serde::de::DeserializeOwned>(self) -> Result<T, Error> {
        let mut track = serde_path_to_error::Track::new();
        T::deserialize(serde_path_to_error::Deserializer::new(
            de::ValueDeserializer(self),
            &mut track,
        ))
        .map_err(|error| error.at(track.path().to_string()))
    }

    /// Turns a typed value into data.
    ///
    /// # Errors
    /// Only for maps whose keys are not text, which no type of ours has.
    pub fn of<T: serde::Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        value.serialize(ser::ValueSerializer)
    }
}

impl From<bool> for Value {
    fn from(it: bool) -> Self {
        Self::Bool(it)
    }
}

impl From<i64> for Value {
    fn from(it: i64) -> Self {
        Self::Int(it)
    }
}

impl From<u64> for Value {
    fn from(it: u64) -> Self {
        i64::try_from(it).map_or(Self::Uint(it), Self::Int)
    }
}

impl From<f64> for Value {
    fn from(it: f64) -> Self {
        Self::Float(it)
    }
}

impl From<&str> for Value {
    fn from(it: &str) -> Self {
        Self::Str(it.to_owned())
    }
}

impl From<String> for Value {
    fn from(it: String) -> Self {
        Self::Str(it)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(it: Vec<T>) -> Self {
        Self::List(it.into_iter().map(Into::into).collect())
    }
}

impl From<Map> for Value {
    fn from(it: Map) -> Self {
        Self::Map(it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(value: &Value) {
        let packed = rmp_serde::to_vec_named(value).unwrap();
        let back: Value = rmp_serde::from_slice(&packed).unwrap();
        assert_eq!(format!("{back:?}"), format!("{value:?}"));
        assert_eq!(format!("{:?}", Value::of(value).unwrap()), format!("{value:?}"));
    }

    #[test]
    fn every_kind_of_value_passes_the_wire_unchanged() {
        for value in [
            Value::Null,
            true.into(),
            i64::MIN.into(),
            i64::MAX.into(),
            u64::MAX.into(),
            f64::INFINITY.into(),
            f64::NAN.into(),
            1e-100.into(),
            "".into(),
            "žluťoučký \u{0} \u{2028} 漢字".into(),
            Value::Bytes((0..=255).collect()),
            Value::List(vec![]),
            Value::Map(Map::new()),
            Value::Str("x".repeat(10 << 20)),
        ] {
            round_trip(&value);
        }
        let mut deep = Value::Null;
        for _ in 0..100 {
            deep = Value::Map(Map::from([("k".to_owned(), Value::List(vec![deep]))]));
        }
        round_trip(&deep);
    }

    #[test]
    fn variants_of_every_shape_come_back() {
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        enum Shape {
            Unit,
            One(u8),
            Two(u8, String),
            Named { x: Option<i64> },
        }
        for shape in [
            Shape::Unit,
            Shape::One(1),
            Shape::Two(2, "b".into()),
            Shape::Named { x: Some(-3) },
        ] {
            let value = Value::of(&shape).unwrap();
            assert_eq!(value.parse::<Shape>().unwrap(), shape);
        }
        assert!(Value::Str("Three".into()).parse::<Shape>().is_err());
    }

    #[test]
    fn a_wrong_type_is_named_with_its_path() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only parsing is tested")]
        struct Inner {
            port: u16,
        }
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only parsing is tested")]
        struct Outer {
            list: Vec<Inner>,
        }
        let port = Value::Map(Map::from([("port".to_owned(), Value::from("x"))]));
        let value = Value::Map(Map::from([("list".to_owned(), Value::List(vec![port]))]));
        let error = value.parse::<Outer>().unwrap_err();
        assert_eq!(error.path, "list[0].port");
        assert_eq!(error.message, "invalid type: string \"x\", expected u16");
    }
}
