//! Making an archive: the same of the same, whenever and wherever it is made.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use ::tar::{Builder, EntryType, Header};
use flate2::{Compression, GzBuilder};
use rustix::fs::FileType;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind};
use crate::system::{Enter, Location, Mounts, Reader, Seen, Unreadable};

/// How things are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub(in crate::tools::fs) enum Format {
    /// One after another.
    #[serde(rename = "tar")]
    Tar,
    /// The same, compressed.
    #[serde(rename = "tar.gz")]
    TarGz,
}

/// What is packed, and under which name; an empty name: what is in it.
pub(in crate::tools::fs) struct Packed {
    pub(in crate::tools::fs) at: Location,
    pub(in crate::tools::fs) name: PathBuf,
}

/// How many things are in an archive, and how many could not be.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::tools::fs) struct Contents {
    pub(in crate::tools::fs) entries: u64,
    /// Pipes, sockets and devices in directories.
    pub(in crate::tools::fs) left_out: u64,
}

/// Packs things, in the order of their names.
///
/// # Errors
/// Where something cannot be read, or was named and is neither file, directory nor link.
pub(in crate::tools::fs) fn pack(
    things: &[Packed],
    format: Format,
    mounts: Mounts,
    is_wanted: &dyn Fn(&Seen) -> bool,
    to: &mut dyn Write,
    host: &Reader<'_>,
) -> Result<Contents, Failure> {
    match format {
        Format::Tar => {
            let mut tar = Tar::new(to, host);
            tar.all(things, mounts, is_wanted)?;
            tar.end()
        }
        Format::TarGz => {
            let mut packed = GzBuilder::new().mtime(0).write(to, Compression::default());
            let mut tar = Tar::new(&mut packed, host);
            tar.all(things, mounts, is_wanted)?;
            let contents = tar.end()?;
            packed.try_finish().map_err(|error| cannot_write(&error))?;
            Ok(contents)
        }
    }
}

struct Tar<'a, W: Write> {
    builder: Builder<W>,
    host: &'a Reader<'a>,
    contents: Contents,
}

impl<'a, W: Write> Tar<'a, W> {
    fn new(to: W, host: &'a Reader<'a>) -> Self {
        Self {
            builder: Builder::new(to),
            host,
            contents: Contents::default(),
        }
    }

    fn all(
        &mut self,
        things: &[Packed],
        mounts: Mounts,
        is_wanted: &dyn Fn(&Seen) -> bool,
    ) -> Result<(), Failure> {
        let host = self.host;
        for thing in things {
            let Some(stat) = thing.at.stat()? else { continue };
            let is_folder = FileType::from_raw_mode(stat.st_mode) == FileType::Directory;
            if !thing.name.as_os_str().is_empty() {
                let seen = Seen {
                    below: PathBuf::new(),
                    at: thing.at.clone(),
                    stat,
                };
                self.add(&thing.name, &seen)?;
            }
            if is_folder {
                host.walk_over(&thing.at, Unreadable::Fail, mounts, &mut |seen| {
                    if !is_wanted(&seen) {
                        return Ok(Enter::No);
                    }
                    let packable = [FileType::RegularFile, FileType::Directory, FileType::Symlink];
                    if !packable.contains(&seen.sort()) {
                        self.contents.left_out += 1;
                        return Ok(Enter::No);
                    }
                    self.add(&thing.name.join(&seen.below), &seen)?;
                    Ok(Enter::Yes)
                })?;
            }
        }
        Ok(())
    }

    fn end(mut self) -> Result<Contents, Failure> {
        self.builder.finish().map_err(|error| cannot_write(&error))?;
        Ok(self.contents)
    }

    fn add(&mut self, name: &Path, seen: &Seen) -> Result<(), Failure> {
        let stat = &seen.stat;
        let mut header = Header::new_gnu();
        header.set_mode(stat.st_mode & 0o7777);
        header.set_uid(stat.st_uid.into());
        header.set_gid(stat.st_gid.into());
        header.set_mtime(0);
        header.set_size(0);
        self.contents.entries += 1;
        let failed = |error: io::Error| {
            Failure::io(format_args!("cannot pack `{}`", seen.at.path().display()), &error)
        };
        match seen.sort() {
            FileType::Directory => {
                // When a directory was changed depends on what was put next to what is packed.
                header.set_entry_type(EntryType::Directory);
                let mut name = name.as_os_str().to_os_string();
                name.push("/");
                self.builder
                    .append_data(&mut header, name, io::empty())
                    .map_err(failed)
            }
            FileType::Symlink => {
                header.set_entry_type(EntryType::Symlink);
                header.set_mode(0o777);
                let target = seen.at.link_target()?;
                self.builder
                    .append_link(&mut header, name, Path::new(target.as_os_str()))
                    .map_err(failed)
            }
            FileType::RegularFile => {
                header.set_entry_type(EntryType::Regular);
                header.set_mtime(u64::try_from(stat.st_mtime).unwrap_or(0));
                let size = u64::try_from(stat.st_size).unwrap_or(0);
                header.set_size(size);
                let content = Exactly {
                    inner: io::BufReader::with_capacity(128 << 10, self.host.open_at(&seen.at)?),
                    rest: size,
                    host: self.host,
                };
                let added = self.builder.append_data(&mut header, name, content);
                self.host.check_canceled()?;
                added.map_err(failed)
            }
            _ => {
                let message = format!(
                    "`{}` is neither file, directory nor link",
                    seen.at.path().display()
                );
                Err(Failure::new(Kind::Unsupported, message))
            }
        }
    }
}

fn cannot_write(error: &io::Error) -> Failure {
    Failure::io("cannot write the archive", error)
}

/// As much as was announced, even if the file grows meanwhile.
struct Exactly<'a, R> {
    inner: R,
    rest: u64,
    host: &'a Reader<'a>,
}

impl<R: Read> Read for Exactly<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rest == 0 {
            return Ok(0);
        }
        if self.host.check_canceled().is_err() {
            return Err(io::Error::other("canceled"));
        }
        let most = usize::try_from(self.rest).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.inner.read(&mut buffer[..most])?;
        if read == 0 && most > 0 {
            return Err(io::Error::other("it became shorter while it was read"));
        }
        self.rest -= read as u64;
        Ok(read)
    }
}
