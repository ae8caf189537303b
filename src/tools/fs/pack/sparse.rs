//! Files with holes in tar archives: only what they hold is there, and a list says where it belongs.

use std::io::{self, Read};

use ::tar::{GnuExtSparseHeader, GnuSparseHeader, Header};

use crate::failure::Failure;
use crate::tools::fs::pack::scan::{fill, unreadable};
use crate::tools::fs::pack::tar::{BLOCK, Map, Whole, damaged};

/// Where in a file bytes of the archive belong, and how many.
pub(super) type Stretch = (u64, u64);

/// No file has more stretches than this.
const MOST: u64 = 1 << 20;

fn broken() -> Failure {
    damaged("the list of a sparse file's parts cannot be read")
}

/// The list in GNU's own header, and in the blocks behind it.
pub(super) fn map_in_header(header: &Header, stream: &mut dyn Read) -> Result<Map, Failure> {
    let gnu = header.as_gnu().ok_or_else(broken)?;
    let mut stretches = Vec::new();
    let mut add = |list: &[GnuSparseHeader]| -> Result<(), Failure> {
        for part in list.iter().filter(|it| !it.is_empty()) {
            let offset = part.offset().map_err(|error| unreadable(&error))?;
            let length = part.length().map_err(|error| unreadable(&error))?;
            stretches.push((offset, length));
        }
        Ok(())
    };
    add(&gnu.sparse)?;
    let mut is_extended = gnu.is_extended();
    let mut blocks = 0;
    while is_extended {
        let mut more = GnuExtSparseHeader::new();
        if fill(stream, more.as_mut_bytes())? < BLOCK || blocks > MOST {
            return Err(broken());
        }
        add(more.sparse())?;
        is_extended = more.is_extended();
        blocks += 1;
    }
    Ok(Map {
        size: gnu.real_size().map_err(|error| unreadable(&error))?,
        stretches: Some(stretches),
    })
}

/// The list in a record: numbers between commas.
pub(super) fn map_of_text(text: &[u8]) -> Result<Vec<Stretch>, Failure> {
    let text = std::str::from_utf8(text).map_err(|_| broken())?;
    let numbers = text.split(',').filter(|it| !it.is_empty()).map(str::parse);
    let numbers: Vec<u64> = numbers.collect::<Result<_, _>>().map_err(|_| broken())?;
    Ok(numbers.chunks_exact(2).map(|it| (it[0], it[1])).collect())
}

/// The list at the beginning of the content, a number a line, up to the end of a block: the file's length, the list, and
/// how many bytes it takes.
pub(super) fn map_in_content(size: u64, content: &mut dyn Read) -> Result<(u64, Vec<Stretch>, u64), Failure> {
    let mut read = 0;
    let mut block = [0; BLOCK];
    let mut at = BLOCK;
    let mut number = || -> Result<u64, Failure> {
        let mut value = 0_u64;
        loop {
            if at == BLOCK {
                if fill(content, &mut block)? < BLOCK {
                    return Err(broken());
                }
                read += BLOCK as u64;
                at = 0;
            }
            let byte = block[at];
            at += 1;
            match byte {
                b'\n' => return Ok(value),
                b'0'..=b'9' => {
                    let digit = u64::from(byte - b'0');
                    value = value
                        .checked_mul(10)
                        .and_then(|it| it.checked_add(digit))
                        .ok_or_else(broken)?;
                }
                _ => return Err(broken()),
            }
        }
    };
    let count = number()?;
    if count > MOST {
        return Err(broken());
    }
    let mut stretches = Vec::new();
    for _ in 0..count {
        stretches.push((number()?, number()?));
    }
    Ok((size, stretches, read))
}

/// The content of such a file, with zeroes in its holes.
pub(super) struct Sparse<'a> {
    inner: Whole<'a>,
    /// What follows: how many bytes, and whether they are in the archive.
    parts: std::vec::IntoIter<(u64, bool)>,
    part: (u64, bool),
}

impl<'a> Sparse<'a> {
    pub(super) fn new(
        inner: Whole<'a>,
        stretches: Vec<Stretch>,
        packed: u64,
        size: u64,
    ) -> Result<Self, Failure> {
        let (mut parts, mut at, mut held) = (Vec::new(), 0_u64, 0_u64);
        for (offset, length) in stretches {
            let hole = offset.checked_sub(at).ok_or_else(broken)?;
            at = offset.checked_add(length).ok_or_else(broken)?;
            held = held.checked_add(length).ok_or_else(broken)?;
            parts.extend([(hole, false), (length, true)]);
        }
        parts.push((size.checked_sub(at).ok_or_else(broken)?, false));
        if held > packed {
            return Err(broken());
        }
        Ok(Self {
            inner,
            parts: parts.into_iter(),
            part: (0, false),
        })
    }
}

impl Read for Sparse<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.part.0 == 0 {
            match self.parts.next() {
                Some(part) => self.part = part,
                None => return Ok(0),
            }
        }
        let most = usize::try_from(self.part.0)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let buffer = &mut buffer[..most];
        let read = if self.part.1 {
            self.inner.read(buffer)?
        } else {
            buffer.fill(0);
            most
        };
        self.part.0 -= read as u64;
        Ok(read)
    }
}
