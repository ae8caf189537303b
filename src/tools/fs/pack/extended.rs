//! What is before an entry of a tar archive and is about it.

use crate::failure::Failure;
use crate::tools::fs::pack::sparse::map_of_text;
use crate::tools::fs::pack::tar::{Map, damaged};

/// What was said of the next entry.
#[derive(Default)]
pub(super) struct Extended {
    pub(super) path: Option<Vec<u8>>,
    pub(super) target: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) sparse: Option<Map>,
    has_own_name: bool,
}

/// Reads the records of a POSIX header. Each says how long it is, so that its value may hold anything, line breaks included.
pub(super) fn records(mut bytes: &[u8], next: &mut Extended) -> Result<(), Failure> {
    let broken = || damaged("a record in it cannot be read");
    let number = |value: &[u8]| {
        let text = std::str::from_utf8(value).map_err(|_| broken())?;
        text.parse::<u64>().map_err(|_| broken())
    };
    let (mut real, mut list, mut pairs, mut is_in_content) = (None, None, Vec::new(), false);
    while bytes.iter().any(|byte| *byte != 0) {
        let blank = bytes.iter().position(|byte| *byte == b' ').ok_or_else(broken)?;
        let length = usize::try_from(number(&bytes[..blank])?).map_err(|_| broken())?;
        let record = bytes.get(blank + 1..length).ok_or_else(broken)?;
        let record = record.strip_suffix(b"\n").ok_or_else(broken)?;
        let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(broken)?;
        let (key, value) = (&record[..equals], &record[equals + 1..]);
        bytes = &bytes[length..];
        match key {
            // A sparse file's own name is behind a stand-in.
            b"path" if !next.has_own_name => next.path = Some(value.to_vec()),
            b"GNU.sparse.name" => {
                next.path = Some(value.to_vec());
                next.has_own_name = true;
            }
            b"linkpath" => next.target = Some(value.to_vec()),
            b"size" => next.size = Some(number(value)?),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => real = Some(number(value)?),
            b"GNU.sparse.map" => list = Some(map_of_text(value)?),
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => pairs.push(number(value)?),
            b"GNU.sparse.major" => is_in_content = value == b"1",
            _ => {}
        }
    }
    let Some(size) = real else { return Ok(()) };
    let stretches = match list {
        _ if is_in_content => None,
        Some(list) => Some(list),
        None => Some(pairs.chunks_exact(2).map(|it| (it[0], it[1])).collect()),
    };
    next.sparse = Some(Map { size, stretches });
    Ok(())
}
