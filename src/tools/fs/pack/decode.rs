//! Compressed streams, read to their end: the check of what came before is there.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// In KiB: what an xz archive may need to be unpacked. `xz -9` needs a third of it.
const XZ_MEMORY: u32 = 200 << 10;

/// What a stream holds, by its first bytes; nothing where it is not compressed in a way that is known here.
pub(super) fn decoded<'a>(
    start: &[u8],
    stream: Box<dyn BufRead + 'a>,
) -> Result<Box<dyn Read + 'a>, Plain<'a>> {
    match start {
        [0x1f, 0x8b, ..] => Ok(Box::new(Gzip {
            member: None,
            rest: Some(stream),
        })),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => {
            let reader = lzma_rust2::XzReader::new_mem_limit(stream, true, XZ_MEMORY);
            Ok(Box::new(reader))
        }
        [b'B', b'Z', b'h', ..] => Ok(Box::new(bzip2::bufread::MultiBzDecoder::new(stream))),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(Box::new(Zstd {
            decoder: FrameDecoder::new(),
            is_open: false,
            stream,
        })),
        _ => Err(Plain(stream)),
    }
}

/// A stream that is not compressed.
pub(super) struct Plain<'a>(pub(super) Box<dyn BufRead + 'a>);

/// Whether a stream ends here, or nothing but zeroes follows, as behind what comes from a tape.
fn is_at_end(stream: &mut dyn BufRead) -> io::Result<bool> {
    let mut is_padded = false;
    loop {
        let bytes = stream.fill_buf()?;
        if bytes.is_empty() {
            return Ok(true);
        }
        let zeroes = bytes.iter().take_while(|byte| **byte == 0).count();
        let is_more = zeroes < bytes.len();
        is_padded |= zeroes > 0;
        if is_more {
            return if is_padded {
                Err(damaged("something else is behind its end"))
            } else {
                Ok(false)
            };
        }
        stream.consume(zeroes);
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// Members one after another.
struct Gzip<R: BufRead> {
    member: Option<GzDecoder<R>>,
    /// What is behind the last member.
    rest: Option<R>,
}

impl<R: BufRead> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(member) = &mut self.member {
                let read = member.read(buffer)?;
                if read > 0 || buffer.is_empty() {
                    return Ok(read);
                }
                self.rest = self.member.take().map(GzDecoder::into_inner);
            }
            let Some(mut rest) = self.rest.take() else {
                return Ok(0);
            };
            if is_at_end(&mut rest)? {
                return Ok(0);
            }
            self.member = Some(GzDecoder::new(rest));
        }
    }
}

/// Frames one after another.
struct Zstd<R: BufRead> {
    decoder: FrameDecoder,
    is_open: bool,
    stream: R,
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if self.is_open {
                while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                    let some = BlockDecodingStrategy::UptoBlocks(1);
                    self.decoder
                        .decode_blocks(&mut self.stream, some)
                        .map_err(|error| damaged(&error.to_string()))?;
                }
                let read = self.decoder.read(buffer)?;
                if read > 0 {
                    return Ok(read);
                }
                let written = self.decoder.get_checksum_from_data();
                if written.is_some() && written != self.decoder.get_calculated_checksum() {
                    return Err(damaged("its checksum does not match"));
                }
                self.is_open = false;
            }
            if is_at_end(&mut self.stream)? {
                return Ok(0);
            }
            match self.decoder.reset(&mut self.stream) {
                Ok(()) => self.is_open = true,
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => {
                    let length = u64::from(length);
                    if io::copy(&mut (&mut self.stream).take(length), &mut io::sink())? < length {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => return Err(damaged(&error.to_string())),
            }
        }
    }
}
