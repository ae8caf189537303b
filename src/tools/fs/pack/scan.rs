//! Going through an archive from its beginning to its end.

use std::fs::File;
use std::io::{self, Read};

use crate::argument::Text;
use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::tools::fs::pack::decode::{Plain, decoded};
use crate::tools::fs::pack::entry::{Entry, What, safe_path, safe_target};
use crate::tools::fs::pack::tar::{BLOCK, is_header};
use crate::tools::fs::pack::{tar, zip};

/// More things than this are not in one archive.
const MOST: u64 = 1_000_000;

/// How much an archive may hold, and what is cut from its paths.
#[derive(Debug, Clone, Copy)]
pub(in crate::tools::fs) struct Limits {
    pub(in crate::tools::fs) strip: usize,
    pub(in crate::tools::fs) bytes: u64,
}

/// Sees one thing, and may read its content.
pub(in crate::tools::fs) type Visit<'a> = dyn FnMut(u64, Entry, &mut dyn Read) -> Result<(), Failure> + 'a;

/// Where an archive comes from.
pub(in crate::tools::fs) enum Source<'a> {
    File(File),
    /// From its beginning on; a zip archive cannot be read so.
    Stream(Box<dyn Read + 'a>),
}

/// What is to be refused of an archive, and how many of it were seen.
pub(super) struct Tally {
    limits: Limits,
    entries: u64,
    bytes: u64,
}

impl Tally {
    /// Counts one thing; gives its number.
    pub(super) fn count(&mut self, size: u64) -> Result<u64, Failure> {
        self.entries += 1;
        self.add(size)?;
        if self.entries > MOST {
            let message = format!("the archive is refused: it holds more than {MOST} files");
            return Err(Failure::new(Kind::Invalid, message));
        }
        Ok(self.entries - 1)
    }

    /// Counts bytes.
    pub(super) fn add(&mut self, bytes: u64) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.limits.bytes {
            let message = format!(
                "the archive is refused: it holds more than {} bytes, which `max_bytes` allows",
                self.limits.bytes
            );
            return Err(Failure::new(Kind::Invalid, message));
        }
        Ok(())
    }

    /// The checked thing; nothing where nothing is left of its path.
    pub(super) fn entry(&self, raw: &[u8], what: What, modified: i64) -> Result<Option<Entry>, Failure> {
        let Some(path) = safe_path(raw, self.limits.strip)? else {
            return Ok(None);
        };
        let entry = Entry { path, what, modified };
        if let What::Link { target } = &entry.what {
            safe_target(entry.path(), target)?;
        }
        Ok(Some(entry))
    }

    /// The same of a path that another one names.
    pub(super) fn other(&self, raw: &[u8]) -> Result<Text, Failure> {
        safe_path(raw, self.limits.strip)?.ok_or_else(|| {
            Failure::new(
                Kind::Invalid,
                "the archive is refused: a hard link names something that is not unpacked",
            )
        })
    }
}

/// Goes through an archive. What is in it is checked before it is shown.
///
/// # Errors
/// `invalid` where it is none that is known here, or holds what is not to be unpacked; whatever `visit` gives.
pub(in crate::tools::fs) fn scan(
    source: Source<'_>,
    limits: Limits,
    visit: &mut Visit<'_>,
) -> Result<(), Failure> {
    let mut tally = Tally {
        limits,
        entries: 0,
        bytes: 0,
    };
    match source {
        Source::Stream(stream) => any_tar(stream, &mut tally, visit),
        Source::File(mut file) => {
            let mut start = [0; 4];
            let length = fill(&mut file, &mut start)?;
            io::Seek::rewind(&mut file).map_err(|error| unreadable(&error))?;
            if length == 4 && (start == *b"PK\x03\x04" || start == *b"PK\x05\x06") {
                return zip::scan(&mut file, &mut tally, visit);
            }
            any_tar(Box::new(file), &mut tally, visit)
        }
    }
}

/// Everything in an archive, each with its number in it, and with the hashes of its files.
///
/// # Errors
/// As [`scan`].
pub(in crate::tools::fs) fn manifest(
    source: Source<'_>,
    limits: Limits,
) -> Result<Vec<(u64, Entry)>, Failure> {
    let mut entries = Vec::new();
    scan(source, limits, &mut |number, mut entry, content| {
        if let What::File { hash, .. } = &mut entry.what {
            let mut hasher = blake3::Hasher::new();
            io::copy(content, &mut hasher).map_err(|error| unreadable(&error))?;
            *hash = Some(Hash(*hasher.finalize().as_bytes()));
        }
        entries.push((number, entry));
        Ok(())
    })?;
    Ok(entries)
}

fn any_tar<'a>(
    mut stream: Box<dyn Read + 'a>,
    tally: &mut Tally,
    visit: &mut Visit<'_>,
) -> Result<(), Failure> {
    let mut start = vec![0; BLOCK];
    let length = fill(&mut stream, &mut start)?;
    start.truncate(length);
    let is_tar = start.len() == BLOCK && (is_header(&start) || start.iter().all(|byte| *byte == 0));
    let whole = io::Cursor::new(start.clone()).chain(io::BufReader::with_capacity(128 << 10, stream));
    match decoded(&start, Box::new(whole)) {
        Ok(stream) => tar::scan(stream, tally, visit),
        Err(Plain(stream)) if is_tar => tar::scan(Box::new(stream), tally, visit),
        Err(_) => Err(Failure::new(
            Kind::Invalid,
            "this is not a tar archive, packed by gzip, bzip2, xz, zstd or not at all, nor a zip archive",
        )),
    }
}

pub(super) fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, Failure> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(unreadable(&error)),
        }
    }
    Ok(filled)
}

pub(super) fn unreadable(error: &io::Error) -> Failure {
    Failure::io("cannot read the archive", error)
}
