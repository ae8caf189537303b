//! A terminal of our own, at which a program may ask for a password.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

/// How much of what is written there is known.
const SAID: usize = 2 << 10;

/// Both ends of it.
pub(super) struct Terminal {
    ours: File,
    theirs: OwnedFd,
}

impl Terminal {
    /// A new one; it is nobody's controlling terminal yet.
    pub(super) fn open() -> io::Result<Self> {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let theirs = ioctl_tiocgptpeer(&ours, flags)?;
        rustix::io::ioctl_fionbio(&ours, true)?;
        Ok(Self {
            ours: ours.into(),
            theirs,
        })
    }

    /// The end at which the program sits.
    pub(super) fn theirs(&self) -> io::Result<OwnedFd> {
        self.theirs.try_clone()
    }

    /// Whether what is typed there is hidden now, which is how a password is asked for in every language. A terminal
    /// that passes everything through, as for a program that has one of its own within, hides it too, but takes no
    /// interrupts.
    pub(super) fn hides(&self) -> bool {
        let modes = tcgetattr(&self.ours).map(|it| it.local_modes);
        modes.is_ok_and(|it| !it.contains(LocalModes::ECHO) && it.contains(LocalModes::ISIG))
    }

    /// Types a line there.
    pub(super) fn type_line(&mut self, line: &str) -> io::Result<()> {
        // One write: whoever reads gets the whole line. A line is shorter than what a terminal holds.
        let mut bytes = Vec::with_capacity(line.len() + 1);
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
        let written = self.ours.write_all(&bytes);
        bytes.fill(0);
        written
    }

    /// Takes away what was written there, so that nobody who writes there waits; adds it to what is known of that.
    pub(super) fn drain(&mut self, said: &mut Vec<u8>) {
        let mut buffer = [0; 1024];
        while let Ok(length @ 1..) = self.ours.read(&mut buffer) {
            said.extend_from_slice(&buffer[..length]);
            let old = said.len().saturating_sub(SAID);
            said.drain(..old);
        }
    }

    /// Our end, for as long as the program is to have its terminal.
    pub(super) fn keep(self) -> File {
        self.ours
    }
}

impl AsFd for Terminal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.ours.as_fd()
    }
}
