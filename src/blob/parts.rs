//! Large content in parts that are cut where the content itself says so: what is put in or taken out somewhere changes
//! the parts there, and no others.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;

use rustix::fs::SeekFrom;
use serde::{Deserialize, Serialize};

use crate::blob::Hash;

/// Content above this many bytes has parts.
pub const LARGE: u64 = 8 << 20;
/// No part but the last one of a stretch is smaller.
const SMALLEST: usize = 16 << 10;
/// No part is larger.
const LARGEST: usize = 256 << 10;
/// As many bits must be zero where a part ends: one place in 65,536.
const MASK: u64 = 0xffff << 48;
/// The sum over a window of so many bytes, since each is shifted out after that.
const WINDOW: usize = 64;
/// Shorter stretches without data are taken for data.
const HOLE: u64 = 1 << 20;

/// A part of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Bytes.
    pub size: u64,
    /// Of what it holds; nothing: zeroes that take no room.
    pub hash: Option<Hash>,
}

/// A number for each byte, without any pattern: those of `SplitMix64`.
const GEAR: [u64; 256] = {
    let mut table = [0; 256];
    let (mut index, mut state) = (0, 0_u64);
    while index < table.len() {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        table[index] = mixed ^ (mixed >> 31);
        index += 1;
    }
    table
};

/// Where the part at the beginning of these bytes ends; nothing where that is behind them.
fn end(bytes: &[u8]) -> Option<usize> {
    let mut sum = 0_u64;
    let first = SMALLEST - WINDOW;
    for (index, byte) in bytes.iter().enumerate().take(LARGEST).skip(first) {
        sum = (sum << 1).wrapping_add(GEAR[usize::from(*byte)]);
        if index >= SMALLEST && sum & MASK == 0 {
            return Some(index + 1);
        }
    }
    (bytes.len() >= LARGEST).then_some(LARGEST)
}

/// Reads a file part by part: of each its size and, where it is data, its bytes.
///
/// # Errors
/// Where the file cannot be read, or `take` fails.
pub fn each(file: &File, mut take: impl FnMut(u64, Option<&[u8]>) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(4 * LARGEST);
    for (offset, size, is_data) in stretches(file)? {
        if !is_data {
            take(size, None)?;
            continue;
        }
        let mut stretch = At { file, offset }.take(size);
        loop {
            let room = (4 * LARGEST - buffer.len()) as u64;
            let read = stretch.by_ref().take(room).read_to_end(&mut buffer)?;
            let mut start = 0;
            while let Some(length) = end(&buffer[start..]) {
                take(length as u64, Some(&buffer[start..start + length]))?;
                start += length;
            }
            buffer.drain(..start);
            if read == 0 {
                break;
            }
        }
        if !buffer.is_empty() {
            take(buffer.len() as u64, Some(&buffer))?;
            buffer.clear();
        }
    }
    Ok(())
}

/// The size and the hash of a file, and whether it has stretches without data.
///
/// # Errors
/// Where the file cannot be read.
pub(super) fn hash(file: &File) -> io::Result<(u64, Hash, bool)> {
    let mut hasher = blake3::Hasher::new();
    let mut has_holes = false;
    for (offset, size, is_data) in stretches(file)? {
        if is_data {
            hasher.update_reader(At { file, offset }.take(size))?;
        } else {
            has_holes = true;
            hasher.update_reader(io::repeat(0).take(size))?;
        }
    }
    Ok((hasher.count(), Hash(*hasher.finalize().as_bytes()), has_holes))
}

/// A file from somewhere on, whatever else is read of it.
struct At<'a> {
    file: &'a File,
    offset: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// Where a file has data and where it has none: offset, size and whether there is data.
fn stretches(file: &File) -> io::Result<Vec<(u64, u64, bool)>> {
    let end = file.metadata()?.len();
    if end < HOLE {
        // What there may be of holes is too short to count, and files are mostly small.
        return Ok(vec![(0, end, true)]);
    }
    let mut found: Vec<(u64, u64, bool)> = Vec::new();
    let mut add = |from: u64, to: u64, is_data: bool| {
        let is_data = is_data || to - from < HOLE;
        match found.last_mut() {
            _ if from == to => {}
            Some(last) if last.2 == is_data => last.1 += to - from,
            _ => found.push((from, to - from, is_data)),
        }
    };
    let mut at = 0;
    while at < end {
        // A file system without holes has data everywhere; behind the last data there is none.
        let data = match rustix::fs::seek(file, SeekFrom::Data(at)) {
            Ok(data) => data.min(end),
            Err(rustix::io::Errno::NXIO) => end,
            Err(_) => at,
        };
        let hole = match rustix::fs::seek(file, SeekFrom::Hole(data)) {
            Ok(hole) => hole.min(end),
            Err(_) => end,
        };
        add(at, data, false);
        add(data, hole, true);
        // What others change meanwhile must not hold it here.
        at = hole.max(at + 1);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io::{Seek as _, Write as _};

    use super::*;

    fn parts(file: &File) -> Vec<Part> {
        let mut found = Vec::new();
        each(file, |size, bytes| {
            found.push(Part {
                size,
                hash: bytes.map(Hash::of),
            });
            Ok(())
        })
        .unwrap();
        found
    }

    fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    /// Bytes without a pattern.
    fn noise(length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        blake3::Hasher::new().finalize_xof().fill(&mut bytes);
        bytes
    }

    #[test]
    fn what_is_put_in_somewhere_changes_the_parts_there_and_no_others() {
        let old = noise(8 << 20);
        let first = parts(&file_of(&old));
        assert_eq!(first.iter().map(|it| it.size).sum::<u64>(), 8 << 20);
        assert!(first.iter().all(|it| it.size <= LARGEST as u64), "{first:?}");
        assert!((64..256).contains(&first.len()), "{}", first.len());
        let known: HashSet<_> = first.iter().map(|it| it.hash).collect();
        for at in [0, 5_000_000, old.len()] {
            let new = [&old[..at], b"ten bytes!", &old[at..]].concat();
            let second = parts(&file_of(&new));
            assert_eq!(second.iter().map(|it| it.size).sum::<u64>(), new.len() as u64);
            let others = second.iter().filter(|it| !known.contains(&it.hash)).count();
            assert!((1..4).contains(&others), "{others} of {} at {at}", second.len());
        }
    }

    #[test]
    fn where_there_is_no_data_there_is_a_hole() {
        let mut file = file_of(b"start");
        file.seek(io::SeekFrom::Start(4 << 20)).unwrap();
        file.write_all(&noise(100)).unwrap();
        file.set_len(9 << 20).unwrap();
        let found = parts(&file);
        assert_eq!(found.iter().map(|it| it.size).sum::<u64>(), 9 << 20);
        let holes: u64 = found
            .iter()
            .filter(|it| it.hash.is_none())
            .map(|it| it.size)
            .sum();
        assert!(holes > 8 << 20, "{found:?}");
        assert_eq!(parts(&file_of(b"")), []);
        // Hidden zeroes are data like any other.
        assert!(
            parts(&file_of(&vec![0; 3 << 20]))
                .iter()
                .all(|it| it.hash.is_some())
        );
    }
}
