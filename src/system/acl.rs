//! Access lists, as the kernel has them in extended attributes.

use rustix::fs::{Mode, OFlags, XattrFlags};
use rustix::io::Errno;

use crate::failure::{Failure, Kind};
use crate::system::attributes::own_path;
use crate::system::{Attributes, Domain, Location, Reader, Writer};

/// Which of the two lists of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AclKind {
    /// That of the thing.
    Access,
    /// That which new things in a directory get.
    Default,
}

impl AclKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Access => "system.posix_acl_access",
            Self::Default => "system.posix_acl_default",
        }
    }
}

/// Whom an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AclTag {
    /// The owner.
    Owner,
    /// The user with this number.
    User(u32),
    /// The group of the thing.
    OwnGroup,
    /// The group with this number.
    Group(u32),
    /// What all but the owner and others get at most.
    Mask,
    /// Everybody else.
    Other,
}

/// What somebody may do: bits as in a mode, 0 to 7.
pub type AclEntry = (AclTag, u32);

const VERSION: u32 = 2;
const NOBODY: u32 = u32::MAX;

fn read(bytes: &[u8]) -> Option<Vec<AclEntry>> {
    let (version, rest) = bytes.split_first_chunk::<4>()?;
    if u32::from_le_bytes(*version) != VERSION || !rest.len().is_multiple_of(8) {
        return None;
    }
    let entries = rest.chunks_exact(8).map(|entry| {
        let short = |at: usize| u16::from_le_bytes([entry[at], entry[at + 1]]);
        let id = u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]);
        let tag = match short(0) {
            0x01 => AclTag::Owner,
            0x02 => AclTag::User(id),
            0x04 => AclTag::OwnGroup,
            0x08 => AclTag::Group(id),
            0x10 => AclTag::Mask,
            0x20 => AclTag::Other,
            _ => return None,
        };
        Some((tag, u32::from(short(2) & 7)))
    });
    entries.collect()
}

fn write(entries: &[AclEntry]) -> Vec<u8> {
    let mut bytes = VERSION.to_le_bytes().to_vec();
    for (tag, bits) in entries {
        let (tag, id): (u16, u32) = match tag {
            AclTag::Owner => (0x01, NOBODY),
            AclTag::User(id) => (0x02, *id),
            AclTag::OwnGroup => (0x04, NOBODY),
            AclTag::Group(id) => (0x08, *id),
            AclTag::Mask => (0x10, NOBODY),
            AclTag::Other => (0x20, NOBODY),
        };
        bytes.extend_from_slice(&tag.to_le_bytes());
        bytes.extend_from_slice(&u16::try_from(bits & 7).unwrap_or(0).to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
    }
    bytes
}

/// The list that the mode alone makes.
fn of_mode(mode: u32) -> Vec<AclEntry> {
    vec![
        (AclTag::Owner, mode >> 6 & 7),
        (AclTag::OwnGroup, mode >> 3 & 7),
        (AclTag::Other, mode & 7),
    ]
}

/// The mode that a list makes of an old one.
fn mode_of(entries: &[AclEntry], old: u32) -> u32 {
    let bits = |wanted: AclTag| {
        entries
            .iter()
            .find(|(tag, _)| *tag == wanted)
            .map(|(_, bits)| *bits)
    };
    let group = bits(AclTag::Mask).or_else(|| bits(AclTag::OwnGroup)).unwrap_or(0);
    old & 0o7000 | bits(AclTag::Owner).unwrap_or(0) << 6 | group << 3 | bits(AclTag::Other).unwrap_or(0)
}

fn key(at: &Location, kind: AclKind) -> String {
    format!("{} {}", kind.name(), at.path().display())
}

fn text_of(entries: &[AclEntry]) -> String {
    let bytes = write(entries);
    let mut text = String::new();
    for byte in bytes {
        text.extend([byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])));
    }
    text
}

fn of_text(text: &str) -> Option<Vec<AclEntry>> {
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
    read(&bytes?)
}

impl Reader<'_> {
    /// The access list of what is at a place; nothing where a directory has none for new things.
    ///
    /// # Errors
    /// `unsupported` where the file system has no such lists.
    pub fn acl(&self, at: &Location, kind: AclKind) -> Result<Option<Vec<AclEntry>>, Failure> {
        let stat = at
            .stat()?
            .ok_or_else(|| at.failure("cannot look at", Errno::NOENT))?;
        let plain = || (kind == AclKind::Access).then(|| of_mode(stat.st_mode));
        match self.item(Domain::Acls, &key(at, kind))? {
            Some(text) if text.is_empty() => return Ok(plain()),
            Some(text) => return Ok(of_text(&text).or_else(plain)),
            None => {}
        }
        let Some(disk) = at.on_disk() else {
            return Ok(plain());
        };
        let failed = |errno| match errno {
            Errno::NOTSUP => {
                let message = format!("the file system of `{}` has no access lists", at.path().display());
                Failure::new(Kind::Unsupported, message)
            }
            errno => at.failure("cannot read the access list of", errno),
        };
        let mut bytes = vec![0; 64 << 10];
        let path = Held::of(&disk).map_err(failed)?;
        match rustix::fs::getxattr(path.path(), kind.name(), &mut bytes[..]) {
            Ok(length) => read(&bytes[..length])
                .map(Some)
                .ok_or_else(|| at.failure("cannot read the access list of", Errno::INVAL)),
            Err(Errno::NODATA) => Ok(plain()),
            Err(errno) => Err(failed(errno)),
        }
    }
}

impl Writer<'_> {
    /// Gives what is at a place an access list; nothing: takes that for new things away.
    ///
    /// # Errors
    /// `unsupported` where the file system has no such lists, `permission_denied`.
    pub fn set_acl(&self, at: &Location, kind: AclKind, entries: Option<&[AclEntry]>) -> Result<(), Failure> {
        let failed = |errno| at.failure("cannot change the access list of", errno);
        if at.model().is_some() {
            if let (AclKind::Access, Some(entries)) = (kind, entries) {
                let stat = at.stat()?.ok_or_else(|| failed(Errno::NOENT))?;
                let wanted = Attributes {
                    mode: Some(mode_of(entries, stat.st_mode & 0o7777)),
                    ..Attributes::default()
                };
                self.set_attributes(at, &wanted)?;
            }
            self.set_item(
                Domain::Acls,
                &key(at, kind),
                entries.map(text_of).unwrap_or_default(),
            );
            return Ok(());
        }
        let held = Held::of(at).map_err(failed)?;
        match entries {
            Some(entries) => {
                let bytes = write(entries);
                rustix::fs::setxattr(held.path(), kind.name(), &bytes, XattrFlags::empty()).map_err(failed)
            }
            None => match rustix::fs::removexattr(held.path(), kind.name()) {
                Err(Errno::NODATA) => Ok(()),
                other => other.map_err(failed),
            },
        }
    }
}

/// What is at a place, held open and never through a link.
struct Held(std::os::fd::OwnedFd);

impl Held {
    fn of(at: &Location) -> Result<Self, Errno> {
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        rustix::fs::openat(at.folder(), at.name(), flags, Mode::empty()).map(Self)
    }

    fn path(&self) -> String {
        own_path(&self.0)
    }
}
