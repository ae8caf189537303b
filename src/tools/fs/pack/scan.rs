//! Going through an archive from its beginning to its end.

use std::fs::File;
use std::io::{self, Read};

use tar::EntryType;

use crate::argument::Text;
use crate::blob::Hash;
use crate::failure::{Failure, Kind};
use crate::tools::fs::pack::entry::{Entry, What, safe_path, safe_target};
use crate::tools::fs::pack::zip;

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
        self.bytes = self.bytes.saturating_add(size);
        self.entries += 1;
        if self.bytes > self.limits.bytes {
            let message = format!(
                "the archive is refused: it holds more than {} bytes, which `max_bytes` allows",
                self.limits.bytes
            );
            return Err(Failure::new(Kind::Invalid, message));
        }
        if self.entries > MOST {
            let message = format!("the archive is refused: it holds more than {MOST} files");
            return Err(Failure::new(Kind::Invalid, message));
        }
        Ok(self.entries - 1)
    }

    /// The checked thing; nothing where nothing is left of its path.
    pub(super) fn entry(&self, raw: &[u8], what: What) -> Result<Option<Entry>, Failure> {
        let Some(path) = safe_path(raw, self.limits.strip)? else {
            return Ok(None);
        };
        let entry = Entry { path, what };
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

/// Goes through an archive. What stands in it is checked before it is shown.
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
            any_tar(
                Box::new(io::BufReader::with_capacity(128 << 10, file)),
                &mut tally,
                visit,
            )
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
    let mut start = vec![0; 512];
    let length = fill(&mut stream, &mut start)?;
    start.truncate(length);
    let odd = |what: &str| {
        Err(Failure::new(
            Kind::Unsupported,
            format!("{what} archives cannot be unpacked here"),
        ))
    };
    match start.as_slice() {
        [0x1f, 0x8b, ..] => {
            let whole = io::Cursor::new(start).chain(stream);
            tar(flate2::read::MultiGzDecoder::new(whole), tally, visit)
        }
        [0xfd, b'7', b'z', ..] => odd("xz"),
        [b'B', b'Z', b'h', ..] => odd("bzip2"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => odd("zstd"),
        _ if is_tar(&start) => tar(io::Cursor::new(start).chain(stream), tally, visit),
        _ => Err(Failure::new(
            Kind::Invalid,
            "this is no tar, tar.gz or zip archive",
        )),
    }
}

/// By the checksum of its first header, since old ones have no magic; an empty one is all zeroes.
fn is_tar(start: &[u8]) -> bool {
    if start.len() < 512 {
        return false;
    }
    let sum: u32 = (0..512)
        .map(|at| {
            if (148..156).contains(&at) {
                32
            } else {
                u32::from(start[at])
            }
        })
        .sum();
    let written = String::from_utf8_lossy(&start[148..156]);
    let written = written.trim_matches(|c: char| c == '\0' || c == ' ');
    u32::from_str_radix(written, 8) == Ok(sum) || start.iter().all(|byte| *byte == 0)
}

fn tar(stream: impl Read, tally: &mut Tally, visit: &mut Visit<'_>) -> Result<(), Failure> {
    let mut archive = tar::Archive::new(stream);
    for entry in archive.entries().map_err(|error| unreadable(&error))? {
        let mut entry = entry.map_err(|error| unreadable(&error))?;
        let mode = entry.header().mode().unwrap_or(0o644) & 0o777;
        let size = entry.size();
        let raw = entry.path_bytes().into_owned();
        let target = entry
            .link_name_bytes()
            .map(std::borrow::Cow::into_owned)
            .unwrap_or_default();
        let what = match entry.header().entry_type() {
            EntryType::Directory => What::Folder { mode },
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => What::File {
                size,
                mode,
                hash: None,
            },
            EntryType::Symlink => What::Link { target: Text(target) },
            EntryType::Link => What::Same {
                target: tally.other(&target)?,
            },
            EntryType::XGlobalHeader => continue,
            EntryType::Block | EntryType::Char | EntryType::Fifo => {
                let message = format!(
                    "the archive is refused: `{}` is a device or pipe",
                    String::from_utf8_lossy(&raw)
                );
                return Err(Failure::new(Kind::Invalid, message));
            }
            _ => {
                let message = format!(
                    "the archive is refused: `{}` is of an unknown sort",
                    String::from_utf8_lossy(&raw)
                );
                return Err(Failure::new(Kind::Unsupported, message));
            }
        };
        let number = tally.count(size)?;
        if let Some(checked) = tally.entry(&raw, what)? {
            visit(
                number,
                checked,
                &mut Whole {
                    inner: &mut entry,
                    rest: size,
                },
            )?;
        }
    }
    Ok(())
}

/// Content of a length that is known: an archive that ends too early is an error.
struct Whole<'a> {
    inner: &'a mut dyn Read,
    rest: u64,
}

impl Read for Whole<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && self.rest > 0 && !buffer.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it ends too early"));
        }
        self.rest = self.rest.saturating_sub(read as u64);
        Ok(read)
    }
}

fn fill(from: &mut dyn Read, buffer: &mut [u8]) -> Result<usize, Failure> {
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
