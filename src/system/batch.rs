//! Many new files at once: they go to the disk together, and only then to their places, since waiting for the disk once for
//! each would take longer than everything else.

use std::fs::File;

use rustix::fs::Advice;

use crate::failure::Failure;
use crate::system::disk::Disk;
use crate::system::replace::New;
use crate::system::{Attributes, Caution, Found, Writer};

/// So many files and directories are held open at most.
const OPEN: usize = 128;
/// So many bytes wait at most.
const BYTES: u64 = 64 << 20;

/// New files that are written and not in their places yet. What is not committed is dropped.
pub struct Batch<'a> {
    host: &'a Writer<'a>,
    caution: Caution<'a>,
    waiting: Vec<New>,
    open: usize,
    bytes: u64,
    placed: usize,
    disk: Disk,
}

impl<'a> Batch<'a> {
    /// For files that are replaced with the same caution.
    pub fn new(host: &'a Writer<'a>, caution: Caution<'a>) -> Self {
        Self {
            host,
            caution,
            waiting: Vec::new(),
            open: 0,
            bytes: 0,
            placed: 0,
            disk: Disk::default(),
        }
    }

    /// Makes a file of what `fill` writes, as [`Writer::replace`] does.
    ///
    /// # Errors
    /// As [`Writer::replace`], of this file or of one before it.
    pub fn add(
        &mut self,
        place: &Found,
        wanted: &Attributes,
        fill: &mut dyn FnMut(&mut File) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if place.at.model().is_some() {
            self.host.replace(&place.at, wanted, &self.caution, fill)?;
            self.placed += 1;
            return Ok(());
        }
        let new = self
            .host
            .begin(&place.at, place.stat, wanted, &self.caution, fill)?;
        // Only a hint: it makes the kernel start to write.
        let _ = rustix::fs::fadvise(new.file(), 0, None, Advice::DontNeed);
        self.bytes += rustix::fs::fstat(new.file()).map_or(0, |it| u64::try_from(it.st_size).unwrap_or(0));
        let is_beside = self.waiting.last().is_some_and(|it| it.is_beside(&new));
        self.open += if is_beside { 1 } else { 2 };
        self.waiting.push(new);
        if self.open >= OPEN || self.bytes >= BYTES {
            self.commit()?;
        }
        Ok(())
    }

    /// Puts all of them into their places.
    ///
    /// # Errors
    /// Where the disk is full, or something is in the way; the others are in their places or as they were.
    pub fn commit(&mut self) -> Result<(), Failure> {
        (self.open, self.bytes) = (0, 0);
        let mut handed_over = None;
        for new in &self.waiting {
            if new.hand_over(&mut self.disk)? {
                handed_over = Some(new);
            } else {
                new.sync()?;
            }
        }
        // Takes the others of its file system along, so that they are not only whole after a crash, but there.
        if let Some(last) = handed_over {
            last.sync()?;
        }
        for new in self.waiting.drain(..) {
            self.host.finish(new, &self.caution)?;
            self.placed += 1;
        }
        Ok(())
    }

    /// How many are in their places.
    pub fn placed(&self) -> usize {
        self.placed
    }
}
