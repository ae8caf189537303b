//! Large files made of what is there already, of holes, and of what has to come from the controller.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek as _};

use crate::blob::{Blob, Hash, LARGE, Layout, Part, Range, each_part};
use crate::failure::{Failure, Kind};
use crate::system::assembly::Assembly;
use crate::system::content::{PIECE, changed, read_some};
use crate::system::{Location, Reader, Writer};

/// Where the parts of a file are: the offset of each by its size and hash.
pub type Known = HashMap<(u64, Hash), u64>;

/// Where the content of a file comes from, from its beginning to its end.
#[derive(Debug)]
pub struct Plan(Vec<Step>);

#[derive(Debug, Clone, Copy)]
enum Step {
    /// From the file that is there, from this place on.
    Old { offset: u64, size: u64 },
    /// From the controller.
    New { offset: u64, size: u64 },
    /// Zeroes that take no room.
    Hole { size: u64 },
}

impl Plan {
    /// What has to come from the controller.
    pub fn ranges(&self, blob: &Blob) -> Vec<Range> {
        let range = |step: &Step| match *step {
            Step::New { offset, size } => Some(Range {
                blob: blob.id,
                offset,
                size,
            }),
            Step::Old { .. } | Step::Hole { .. } => None,
        };
        self.0.iter().filter_map(range).collect()
    }

    fn add(&mut self, step: Step) {
        match (self.0.last_mut(), step) {
            (
                Some(Step::Old { offset, size }),
                Step::Old {
                    offset: at,
                    size: more,
                },
            )
            | (
                Some(Step::New { offset, size }),
                Step::New {
                    offset: at,
                    size: more,
                },
            ) if *offset + *size == at => {
                *size += more;
            }
            _ => self.0.push(step),
        }
    }
}

impl Reader<'_> {
    /// How a large blob can be made with less than all of it sent; nothing where it cannot.
    ///
    /// # Errors
    /// Where the file that is there cannot be read.
    pub fn plan(&self, blob: &Blob, old: Option<&Location>) -> Result<Option<Plan>, Failure> {
        let Some(layout) = &blob.layout else {
            return Ok(None);
        };
        // What is not written need not be put together.
        if self.model().is_some() {
            return Ok(None);
        }
        let old = match old {
            Some(at) if at.stat()?.is_some() => Some((at, at.open()?)),
            _ => None,
        };
        let old = old.filter(|(_, file)| file.metadata().is_ok_and(|it| it.len() > LARGE));
        if old.is_none() && !layout.has_holes {
            return Ok(None);
        }
        let known = match &old {
            Some((at, file)) => self.parts_of(at, file)?,
            None => Known::new(),
        };
        let parts = self.parts(layout, blob.size)?;
        let mut plan = Plan(Vec::new());
        let mut at = 0_u64;
        for Part { size, hash } in parts {
            plan.add(match hash.map(|it| known.get(&(size, it))) {
                None => Step::Hole { size },
                Some(Some(offset)) => Step::Old {
                    offset: *offset,
                    size,
                },
                Some(None) => Step::New { offset: at, size },
            });
            at = at.saturating_add(size);
        }
        Ok((at == blob.size).then_some(plan))
    }

    /// Where each part of a content of this many bytes is, as the controller lists them.
    ///
    /// # Errors
    /// Where the controller no longer has it as it was.
    pub fn listed(&self, layout: &Layout, size: u64) -> Result<Known, Failure> {
        let mut known = Known::new();
        let mut offset = 0_u64;
        for part in self.parts(layout, size)? {
            if let Some(hash) = part.hash {
                known.insert((part.size, hash), offset);
            }
            offset = offset.saturating_add(part.size);
        }
        Ok(known)
    }

    /// The parts of a content of this many bytes.
    fn parts(&self, layout: &Layout, size: u64) -> Result<Vec<Part>, Failure> {
        let failed = |error| Failure::io("cannot get the list of a file's parts", &error);
        let damaged = || Failure::new(Kind::Invalid, "the list of a file's parts is damaged");
        let mut head = [0; 8];
        let mut source = self.open_ranges(&[layout.head()]);
        source.read_exact(&mut head).map_err(failed)?;
        let length = u64::from_be_bytes(head);
        // No list is as long as what it lists.
        if length > size {
            return Err(damaged());
        }
        let mut list = Vec::new();
        let mut source = self.open_ranges(&[layout.list(length)]);
        source.read_to_end(&mut list).map_err(failed)?;
        rmp_serde::from_slice(&list).map_err(|_| damaged())
    }

    /// Where each part of a file is.
    fn parts_of(&self, at: &Location, file: &File) -> Result<Known, Failure> {
        let mut known = Known::new();
        let mut offset = 0;
        let mut canceled = Ok(());
        let read = each_part(file, |size, bytes| {
            canceled = self.check_canceled();
            if canceled.is_err() {
                return Err(std::io::Error::other("canceled"));
            }
            if let Some(bytes) = bytes {
                known.insert((size, Hash::of(bytes)), offset);
            }
            offset += size;
            Ok(())
        });
        canceled?;
        read.map_err(|error| Failure::io(format_args!("cannot read `{}`", at.path().display()), &error))?;
        Ok(known)
    }
}

impl Writer<'_> {
    /// Fills a new file as it was planned, with what is sent read from `source`. Where the file that is there turns out to be
    /// another one by now, all of it is sent.
    ///
    /// # Errors
    /// As [`Writer::fill`].
    pub fn build(
        &self,
        at: &Location,
        file: &mut File,
        blob: &Blob,
        plan: &Plan,
        source: &mut dyn Read,
    ) -> Result<(), Failure> {
        let is_reused = plan.0.iter().any(|it| matches!(it, Step::Old { .. }));
        let old = is_reused.then(|| at.open()).transpose()?;
        if self.follow(at, file, plan, old.as_ref(), source)? == blob.hash {
            return Ok(());
        }
        if !is_reused {
            return Err(changed());
        }
        let failed = |error| Failure::io(format_args!("cannot write `{}`", at.path().display()), &error);
        file.set_len(0).map_err(failed)?;
        file.rewind().map_err(failed)?;
        self.fill(at, file, blob, &mut *self.open(&[blob]))
    }

    /// Follows a plan to its end; gives the hash of what came of it.
    fn follow(
        &self,
        at: &Location,
        file: &mut File,
        plan: &Plan,
        old: Option<&File>,
        source: &mut dyn Read,
    ) -> Result<Hash, Failure> {
        let mut new = Assembly::new(self, at, file, old);
        let mut buffer = vec![0; PIECE];
        for step in &plan.0 {
            match *step {
                // Where it is shorter by now, the hash will not fit.
                Step::Old { offset, size } => {
                    new.reuse(offset, size)?;
                }
                Step::Hole { size } => new.skip(size)?,
                Step::New { size, .. } => {
                    let mut left = size;
                    while left > 0 {
                        self.check_canceled()?;
                        let length = usize::try_from(left).map_or(PIECE, |it| it.min(PIECE));
                        let read = read_some(self, source, &mut buffer[..length])?;
                        if read == 0 {
                            return Err(changed());
                        }
                        new.add(&buffer[..read])?;
                        left -= read as u64;
                    }
                }
            }
        }
        new.end()
    }
}
