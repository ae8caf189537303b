//! Tar archives: as they were in the beginning, of POSIX, and of GNU.

use std::io::{self, Read};

use ::tar::{EntryType, Header};

use crate::argument::Text;
use crate::failure::{Failure, Kind};
use crate::tools::fs::pack::entry::What;
use crate::tools::fs::pack::extended::{Extended, records};
use crate::tools::fs::pack::scan::{Tally, Visit, fill, unreadable};
use crate::tools::fs::pack::sparse::{Sparse, Stretch, map_in_content, map_in_header};

pub(super) const BLOCK: usize = 512;
/// Names and records of one entry are not longer than this.
const LONGEST: u64 = 1 << 20;

/// Goes through a tar archive to the end of its stream.
pub(super) fn scan(
    mut stream: Box<dyn Read + '_>,
    tally: &mut Tally,
    visit: &mut Visit<'_>,
) -> Result<(), Failure> {
    let mut next = Extended::default();
    while let Some(header) = header(&mut stream)? {
        let size = header.entry_size().map_err(|error| unreadable(&error))?;
        match header.entry_type() {
            EntryType::GNULongName => next.path = Some(name(&mut stream, size)?),
            EntryType::GNULongLink => next.target = Some(name(&mut stream, size)?),
            EntryType::XHeader => {
                let bytes = content(&mut stream, size)?;
                records(&bytes, &mut next)?;
            }
            EntryType::XGlobalHeader => drop(content(&mut stream, size)?),
            _ => one(&header, std::mem::take(&mut next), &mut stream, tally, visit)?,
        }
    }
    rest(&mut stream, tally)
}

/// The next header; nothing at the mark that ends an archive.
fn header(stream: &mut dyn Read) -> Result<Option<Header>, Failure> {
    let mut block = [0; BLOCK];
    match fill(stream, &mut block)? {
        BLOCK => {}
        0 => return Err(damaged("it is cut off: the mark of its end is missing")),
        _ => return Err(damaged("it is cut off")),
    }
    if block.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    if !is_header(&block) {
        return Err(damaged("the checksum of a header does not match"));
    }
    Ok(Some(Header::from_byte_slice(&block).clone()))
}

/// By its checksum, since old ones have no magic.
pub(super) fn is_header(block: &[u8]) -> bool {
    if block.len() < BLOCK {
        return false;
    }
    let byte = |at: usize| if (148..156).contains(&at) { b' ' } else { block[at] };
    let sum: u32 = (0..BLOCK).map(|at| u32::from(byte(at))).sum();
    // Some have added bytes with a sign.
    let signed: i32 = (0..BLOCK).map(|at| i32::from(byte(at).cast_signed())).sum();
    let written = String::from_utf8_lossy(&block[148..156]);
    let written = written.trim_matches(|c: char| c == '\0' || c == ' ');
    u32::from_str_radix(written, 8).is_ok_and(|it| it == sum || i32::try_from(it) == Ok(signed))
}

/// Content of an entry that is about the next one.
fn content(stream: &mut dyn Read, size: u64) -> Result<Vec<u8>, Failure> {
    if size > LONGEST {
        return Err(damaged("a name in it has no end"));
    }
    let mut bytes = Vec::new();
    let read = stream.take(size).read_to_end(&mut bytes);
    if read.map_err(|error| unreadable(&error))? as u64 != size {
        return Err(damaged("it is cut off"));
    }
    pass(stream, padding(size))?;
    Ok(bytes)
}

fn name(stream: &mut dyn Read, size: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = content(stream, size)?;
    if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
        bytes.truncate(end);
    }
    Ok(bytes)
}

fn padding(size: u64) -> u64 {
    size.next_multiple_of(BLOCK as u64) - size
}

fn pass(stream: &mut dyn Read, length: u64) -> Result<(), Failure> {
    let passed = io::copy(&mut stream.take(length), &mut io::sink());
    if passed.map_err(|error| unreadable(&error))? < length {
        return Err(damaged("it is cut off"));
    }
    Ok(())
}

/// One thing, with all that was said of it before.
fn one(
    header: &Header,
    extended: Extended,
    stream: &mut dyn Read,
    tally: &mut Tally,
    visit: &mut Visit<'_>,
) -> Result<(), Failure> {
    let packed = match extended.size {
        Some(size) => size,
        None => header.entry_size().map_err(|error| unreadable(&error))?,
    };
    let padded = packed
        .checked_next_multiple_of(BLOCK as u64)
        .ok_or_else(|| damaged("a size in it is too large"))?;
    let raw = extended.path.unwrap_or_else(|| header.path_bytes().into_owned());
    let target = match extended.target {
        Some(target) => target,
        None => header.link_name_bytes().unwrap_or_default().into_owned(),
    };
    let mode = header.mode().unwrap_or(0o644) & 0o777;
    // What is in its place in the archive, and is to be read to its end whoever reads the content.
    let sparse = match header.entry_type() {
        EntryType::GNUSparse => Some(map_in_header(header, stream)?),
        _ => extended.sparse,
    };
    let mut own = Counted {
        inner: stream,
        left: padded,
    };
    let sparse = match sparse {
        Some(map) if map.stretches.is_none() => Some(map_in_content(map.size, &mut own)?),
        Some(map) => Some((map.size, map.stretches.unwrap_or_default(), 0)),
        None => None,
    };
    let refused = |kind, what: &str| {
        let message = format!(
            "the archive is refused: `{}` {what}",
            String::from_utf8_lossy(&raw)
        );
        Err(Failure::new(kind, message))
    };
    let size = sparse.as_ref().map_or(packed, |(size, ..)| *size);
    let what = match header.entry_type() {
        EntryType::Directory => What::Folder { mode },
        // In the oldest archives, a slash is all that says it.
        EntryType::Regular if raw.ends_with(b"/") => What::Folder { mode },
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => What::File {
            size,
            mode,
            hash: None,
        },
        EntryType::Symlink => What::Link { target: Text(target) },
        EntryType::Link => What::Same {
            target: tally.other(&target)?,
        },
        EntryType::Block | EntryType::Char | EntryType::Fifo => {
            return refused(Kind::Invalid, "is a device or pipe");
        }
        _ => return refused(Kind::Unsupported, "is of an unknown sort"),
    };
    let number = tally.count(if matches!(what, What::File { .. }) {
        size
    } else {
        0
    })?;
    let modified = header
        .mtime()
        .ok()
        .and_then(|it| i64::try_from(it).ok())
        .unwrap_or(0);
    if let Some(checked) = tally.entry(&raw, what, modified)? {
        let map = sparse.as_ref().map_or(0, |(.., map)| *map);
        let held = packed.saturating_sub(map);
        let mut whole = Whole {
            inner: &mut own,
            rest: held,
        };
        if let Some((size, stretches, _)) = sparse {
            visit(number, checked, &mut Sparse::new(whole, stretches, held, size)?)?;
        } else {
            visit(number, checked, &mut whole)?;
        }
    }
    let left = own.left;
    pass(own.inner, left)
}

/// What is behind the end of an archive: nothing that counts, but the check of a compressed stream.
fn rest(stream: &mut dyn Read, tally: &mut Tally) -> Result<(), Failure> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => tally.add(length as u64)?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&error)),
        }
    }
}

pub(super) fn damaged(what: &str) -> Failure {
    Failure::new(Kind::Invalid, format!("the tar archive is damaged: {what}"))
}

/// A stretch of a stream; what is left of it is known.
pub(super) struct Counted<'a> {
    inner: &'a mut dyn Read,
    left: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = (&mut self.inner).take(self.left).read(buffer)?;
        self.left -= read as u64;
        Ok(read)
    }
}

/// Content of a length that is known: an archive that ends too early is an error.
pub(super) struct Whole<'a> {
    inner: &'a mut dyn Read,
    rest: u64,
}

impl Read for Whole<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest == 0 || buffer.is_empty() {
            return Ok(0);
        }
        let read = (&mut self.inner).take(self.rest).read(buffer)?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it ends too early"));
        }
        self.rest -= read as u64;
        Ok(read)
    }
}

/// A file of which only some stretches are in the archive.
pub(super) struct Map {
    /// Its whole length.
    pub(super) size: u64,
    /// Which; nothing where the content begins with the list of them.
    pub(super) stretches: Option<Vec<Stretch>>,
}
