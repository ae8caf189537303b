//! Reading files of the controller.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use crate::source::drafts;

/// What one text of the controller may be long.
pub const LARGEST_TEXT: u64 = 64 << 20;

/// A file of the controller that is read as a whole. A pipe, socket or device is refused, and not waited for: whoever asked
/// for it could not be answered, and nobody could cancel it. Pipes that this process was given (`<(command)` of a shell, or
/// `/dev/stdin`) are read.
///
/// # Errors
/// Why it cannot be opened; `InvalidInput` where it is not a regular file.
pub fn open_file(path: &Path) -> io::Result<File> {
    let is_given =
        ["/dev/fd", "/proc/self/fd"].iter().any(|it| path.starts_with(it)) || path == Path::new("/dev/stdin");
    let flags = if is_given {
        OFlags::empty()
    } else {
        // The other end of a pipe may never come.
        OFlags::NONBLOCK
    };
    let mut options = File::options();
    options.custom_flags((flags | OFlags::NOCTTY).bits().cast_signed());
    let file = match options.read(true).open(path) {
        // A socket.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
            return Err(not_regular());
        }
        other => other?,
    };
    let sort = file.metadata()?.file_type();
    if sort.is_file() || is_given && sort.is_fifo() {
        return Ok(file);
    }
    if sort.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a directory, not a file",
        ));
    }
    Err(not_regular())
}

fn not_regular() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        "it is a pipe, a socket or a device, not a regular file",
    )
}

/// What a file of the controller holds, up to `limit` bytes.
///
/// # Errors
/// As [`open_file`]; `FileTooLarge` where it holds more.
pub fn read_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    if let Some(text) = drafts::text(path) {
        return Ok(text.as_bytes().to_vec());
    }
    let mut bytes = Vec::new();
    open_file(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let message = format!("it has more than {} MiB", limit >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// [`read_file`], of UTF-8 text.
///
/// # Errors
/// As [`read_file`]; `InvalidData` for other bytes.
pub fn read_text(path: &Path, limit: u64) -> io::Result<String> {
    let text = String::from_utf8(read_file(path, limit)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8 text"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    #[test]
    fn only_regular_files_are_read_and_others_hold_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "text").unwrap();
        mkfifoat(CWD, at("pipe"), Mode::RWXU).unwrap();
        let _socket = UnixListener::bind(at("socket")).unwrap();
        std::os::unix::fs::symlink("pipe", at("link")).unwrap();
        assert_eq!(read_text(&at("file"), 4).unwrap(), "text");
        let kind = |path: &Path, limit| read_file(path, limit).unwrap_err().kind();
        assert_eq!(kind(&at("file"), 3), io::ErrorKind::FileTooLarge);
        for name in ["pipe", "socket", "link"] {
            assert_eq!(kind(&at(name), 9), io::ErrorKind::InvalidInput, "{name}");
        }
        for device in ["/dev/zero", "/dev/tty"] {
            assert!(read_file(Path::new(device), 9).is_err(), "{device}");
        }
        assert_eq!(kind(folder.path(), 9), io::ErrorKind::IsADirectory);
        assert_eq!(kind(&at("missing"), 9), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_pipe_that_this_process_was_given_is_read() {
        use std::os::fd::AsRawFd as _;
        let (reader, mut writer) = io::pipe().unwrap();
        io::Write::write_all(&mut writer, b"given").unwrap();
        drop(writer);
        let path = format!("/dev/fd/{}", reader.as_raw_fd());
        assert_eq!(read_text(Path::new(&path), 99).unwrap(), "given");
    }
}
