//! Zip archives, by their central directory.

use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};

use flate2::Crc;

use crate::argument::{Text, Time};
use crate::failure::{Failure, Kind};
use crate::tools::fs::pack::entry::What;
use crate::tools::fs::pack::scan::{Tally, Visit, unreadable};

/// The record at the end, and the longest comment behind it.
const END: usize = 22;
const COMMENT: u64 = 65_535;
/// A link's target is not longer than this.
const TARGET: u64 = 4096;

fn damaged(what: &str) -> Failure {
    Failure::new(Kind::Invalid, format!("the zip archive is damaged: {what}"))
}

fn unsupported(what: &str) -> Failure {
    Failure::new(
        Kind::Unsupported,
        format!("the zip archive cannot be unpacked here: {what}"),
    )
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes
        .get(at..at + 2)
        .map_or(0, |it| u16::from_le_bytes([it[0], it[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..at + 4)
        .map_or(0, |it| u32::from_le_bytes([it[0], it[1], it[2], it[3]]))
}

/// One file of the central directory.
struct Member {
    name: Vec<u8>,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    mode: u32,
    offset: u64,
    modified: i64,
}

pub(super) fn scan(file: &mut File, tally: &mut Tally, visit: &mut Visit<'_>) -> Result<(), Failure> {
    for member in members(file)? {
        let number = tally.count(member.size)?;
        let is_folder = member.name.ends_with(b"/");
        let mode = member.mode & 0o777;
        let what = match member.mode & 0o170_000 {
            _ if is_folder => What::Folder {
                mode: if mode == 0 { 0o755 } else { mode },
            },
            0o120_000 => {
                let mut target = Vec::new();
                member
                    .open(file)?
                    .take(TARGET)
                    .read_to_end(&mut target)
                    .map_err(|error| unreadable(&error))?;
                What::Link { target: Text(target) }
            }
            0 | 0o100_000 => What::File {
                size: member.size,
                mode: if mode == 0 { 0o644 } else { mode },
                hash: None,
            },
            _ => {
                let message = format!(
                    "the archive is refused: `{}` is a device or pipe",
                    String::from_utf8_lossy(&member.name)
                );
                return Err(Failure::new(Kind::Invalid, message));
            }
        };
        if let Some(entry) = tally.entry(&member.name, what, member.modified)? {
            let mut content = member.open(file)?;
            visit(number, entry, &mut *content)?;
        }
    }
    Ok(())
}

fn members(file: &mut File) -> Result<Vec<Member>, Failure> {
    let length = file.seek(SeekFrom::End(0)).map_err(|error| unreadable(&error))?;
    let start = length.saturating_sub(COMMENT + END as u64);
    let tail = read_at(file, start, length - start)?;
    let end = (0..(tail.len() + 1).saturating_sub(END))
        .rev()
        .find(|at| tail[*at..].starts_with(b"PK\x05\x06"))
        .ok_or_else(|| damaged("its end is missing"))?;
    let end = &tail[end..];
    let (count, size, offset) = (u16_at(end, 10), u32_at(end, 12), u32_at(end, 16));
    if count == u16::MAX || size == u32::MAX || offset == u32::MAX {
        return Err(unsupported("it is larger than 4 GiB or 65,534 files"));
    }
    if u64::from(offset) + u64::from(size) > length {
        return Err(damaged("its list of files is outside of it"));
    }
    let list = read_at(file, offset.into(), size.into())?;
    let (mut members, mut at) = (Vec::new(), 0);
    for _ in 0..count {
        let record = list
            .get(at..)
            .filter(|it| it.starts_with(b"PK\x01\x02") && it.len() >= 46);
        let record = record.ok_or_else(|| damaged("its list of files ends too early"))?;
        let (name, extra, comment) = (u16_at(record, 28), u16_at(record, 30), u16_at(record, 32));
        let name = record
            .get(46..46 + usize::from(name))
            .ok_or_else(|| damaged("a name is cut off"))?;
        if u16_at(record, 8) & 1 != 0 {
            return Err(unsupported("it is encrypted"));
        }
        let made_by_unix = record[5] == 3;
        members.push(Member {
            name: name.to_vec(),
            method: u16_at(record, 10),
            crc: u32_at(record, 16),
            packed: u32_at(record, 20).into(),
            size: u32_at(record, 24).into(),
            mode: if made_by_unix { u32_at(record, 38) >> 16 } else { 0 },
            offset: u32_at(record, 42).into(),
            modified: time(u16_at(record, 14), u16_at(record, 12)),
        });
        if [20, 24, 42].iter().any(|at| u32_at(record, *at) == u32::MAX) {
            return Err(unsupported("a file in it is larger than 4 GiB"));
        }
        at += 46 + name.len() + usize::from(extra) + usize::from(comment);
    }
    Ok(members)
}

/// A time as DOS writes it.
fn time(date: u16, time: u16) -> i64 {
    let (year, month, day) = (1980 + (date >> 9), date >> 5 & 15, date & 31);
    let (hour, minute, second) = (time >> 11, time >> 5 & 63, (time & 31) * 2);
    let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z");
    text.parse::<Time>().map_or(0, |it| it.0)
}

fn read_at(file: &mut File, at: u64, length: u64) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(at))
        .map_err(|error| unreadable(&error))?;
    file.take(length)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(&error))?;
    Ok(bytes)
}

impl Member {
    /// Its content, which is checked as it is read.
    fn open<'a>(&self, file: &'a mut File) -> Result<Box<dyn Read + 'a>, Failure> {
        let head = read_at(file, self.offset, 30)?;
        if !head.starts_with(b"PK\x03\x04") || head.len() < 30 {
            return Err(damaged("a file is not where it should be"));
        }
        let start = self.offset + 30 + u64::from(u16_at(&head, 26)) + u64::from(u16_at(&head, 28));
        file.seek(SeekFrom::Start(start))
            .map_err(|error| unreadable(&error))?;
        let packed = io::BufReader::new(file.take(self.packed));
        let check = |inner| Checked {
            inner,
            crc: Crc::new(),
            rest: self.size,
            wanted: self.crc,
        };
        match self.method {
            0 => Ok(Box::new(check(Box::new(packed) as Box<dyn Read + 'a>))),
            8 => Ok(Box::new(check(Box::new(flate2::bufread::DeflateDecoder::new(
                packed,
            ))))),
            method => Err(unsupported(&format!("it is packed by method {method}"))),
        }
    }
}

/// Content of a known length and checksum.
struct Checked<'a> {
    inner: Box<dyn Read + 'a>,
    crc: Crc,
    rest: u64,
    wanted: u32,
}

impl Read for Checked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest == 0 {
            return Ok(0);
        }
        let most = usize::try_from(self.rest).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(&mut buffer[..most])?;
        self.crc.update(&buffer[..read]);
        self.rest -= read as u64;
        let is_torn = read == 0 && most > 0;
        if is_torn || self.rest == 0 && self.crc.sum() != self.wanted {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a file in it is damaged",
            ));
        }
        Ok(read)
    }
}
