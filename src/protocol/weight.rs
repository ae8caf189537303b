//! How much memory a message would take, known before anything is allocated for it: a byte on the wire may be a whole value.

/// How deep lists and maps may lie in each other: what is nested deeper is not read back from journals.
pub const DEPTH: usize = 100;
/// The greatest weight of a message, as [`weight`] counts: about so many bytes of memory.
pub const WEIGHT_LIMIT: u64 = 64 << 20;

/// What a value weighs next to its bytes: itself, and the room that lists and maps keep for more.
const VALUE: u64 = 112;

/// Why a message is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// It ends before it should, or holds what `MessagePack` does not have.
    #[error("it is not whole")]
    Broken,
    /// It would take too much memory.
    #[error("it holds more values than the limit allows: they would take more than {} MiB", WEIGHT_LIMIT >> 20)]
    Heavy,
    /// Lists and maps lie too deep in each other.
    #[error("its lists and maps are nested deeper than {DEPTH}")]
    Deep,
}

/// About how many bytes of memory a message in `MessagePack` takes once it is read. Reads it once, allocates nothing that
/// depends on it.
///
/// # Errors
/// Where that is more than [`WEIGHT_LIMIT`], it is nested deeper than [`DEPTH`], or it is not whole.
pub fn weight(message: &[u8]) -> Result<u64, Excess> {
    let mut rest = message;
    let mut total = 0;
    // How many values are still to come in each list that is open.
    let mut open = vec![1_u64];
    while let Some(left) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        *left -= 1;
        let (bytes, values) = head(&mut rest)?;
        let bytes = usize::try_from(bytes).map_err(|_| Excess::Broken)?;
        rest = rest.get(bytes..).ok_or(Excess::Broken)?;
        total += VALUE + bytes as u64;
        if total > WEIGHT_LIMIT {
            return Err(Excess::Heavy);
        }
        if values > 0 {
            // Around the values of a result are the message, the answer and its fields.
            if open.len() > DEPTH + 4 {
                return Err(Excess::Deep);
            }
            open.push(values);
        }
    }
    Ok(total)
}

/// Takes the head of a value: how many bytes and how many values it has.
fn head(rest: &mut &[u8]) -> Result<(u64, u64), Excess> {
    let (first, after) = rest.split_first().ok_or(Excess::Broken)?;
    *rest = after;
    let mut number = |bytes: usize| {
        let (head, after) = rest.split_at_checked(bytes).ok_or(Excess::Broken)?;
        *rest = after;
        Ok(head.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    Ok(match first {
        0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => (0, 0),
        0x80..=0x8f => (0, 2 * u64::from(first & 0x0f)),
        0x90..=0x9f => (0, u64::from(first & 0x0f)),
        0xa0..=0xbf => (u64::from(first & 0x1f), 0),
        0xc1 => return Err(Excess::Broken),
        0xc4 | 0xd9 => (number(1)?, 0),
        0xc5 | 0xda => (number(2)?, 0),
        0xc6 | 0xdb => (number(4)?, 0),
        0xc7 => (number(1)? + 1, 0),
        0xc8 => (number(2)? + 1, 0),
        0xc9 => (number(4)? + 1, 0),
        0xca | 0xce | 0xd2 => (4, 0),
        0xcb | 0xcf | 0xd3 => (8, 0),
        0xcc | 0xd0 => (1, 0),
        0xcd | 0xd1 | 0xd4 => (2, 0),
        0xd5 => (3, 0),
        0xd6 => (5, 0),
        0xd7 => (9, 0),
        0xd8 => (17, 0),
        0xdc => (0, number(2)?),
        0xdd => (0, number(4)?),
        0xde => (0, 2 * number(2)?),
        0xdf => (0, 2 * number(4)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Map, Value};

    fn packed(value: &Value) -> Vec<u8> {
        rmp_serde::to_vec_named(value).unwrap()
    }

    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::Null, |inner, level| match level % 2 {
            0 => Value::List(vec![inner]),
            _ => Value::Map(Map::from([("in".to_owned(), inner)])),
        })
    }

    #[test]
    fn few_bytes_that_are_many_values_are_refused_before_they_are_read() {
        for one in [0xc0, 0x80, 0x90, 0xa0] {
            let mut list = vec![0xdd];
            list.extend(((16_u32 << 20) - 5).to_be_bytes());
            list.resize(16 << 20, one);
            assert_eq!(weight(&list), Err(Excess::Heavy), "{one:#x}");
        }
        let text = packed(&Value::Str("x".repeat(16 << 20)));
        assert!(weight(&text).unwrap() < WEIGHT_LIMIT / 2);
        let many: Vec<Value> = (0..400_000).map(Value::Int).collect();
        assert!(weight(&packed(&Value::List(many))).is_ok());
    }

    #[test]
    fn what_is_nested_without_end_or_is_not_whole_is_refused() {
        assert!(weight(&packed(&nested(DEPTH))).is_ok());
        assert_eq!(weight(&packed(&nested(DEPTH + 20))), Err(Excess::Deep));
        assert_eq!(weight(&vec![0x91; 1 << 20]), Err(Excess::Deep));
        for broken in [
            &[][..],
            &[0xc1],
            &[0xdd, 0xff],
            &[0xdb, 0xff, 0xff, 0xff, 0xff],
            &[0x92, 1],
        ] {
            assert_eq!(weight(broken), Err(Excess::Broken), "{broken:x?}");
        }
    }

    #[test]
    fn every_kind_of_value_is_passed_over_as_it_was_written() {
        let values = [
            Value::Null,
            Value::Bool(true),
            Value::Int(-1),
            Value::Int(-200),
            Value::Int(70_000),
            Value::Int(i64::MIN),
            Value::Uint(u64::MAX),
            Value::Float(0.5),
            Value::Bytes(vec![0xc1; 300]),
            Value::Bytes(vec![0xc1; 70_000]),
            Value::Str("x".repeat(40)),
            Value::Str("x".repeat(300)),
            Value::List(vec![Value::Int(1); 20]),
            Value::List(vec![Value::Int(1); 70_000]),
            nested(9),
        ];
        for value in &values {
            let mut bytes = packed(value);
            assert!(weight(&bytes).is_ok(), "{}", value.type_name());
            bytes.pop();
            assert_eq!(weight(&bytes), Err(Excess::Broken), "{}", value.type_name());
        }
        assert!(weight(&packed(&Value::List(values.to_vec()))).is_ok());
    }
}
