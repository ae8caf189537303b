//! The lines of `/etc/fstab`, as bytes: what is not ours stays what it is, whatever it is.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::failure::{Failure, Kind};
use crate::tools::mount::escape::{escaped, unescaped};

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) source: &'a str,
    pub(super) path: &'a Path,
    pub(super) kind: &'a str,
    pub(super) options: &'a str,
    pub(super) dump: u32,
    pub(super) pass: u32,
}

impl Line<'_> {
    fn words(&self) -> [Vec<u8>; 6] {
        [
            escaped(self.source.as_bytes()),
            escaped(self.path.as_os_str().as_bytes()),
            escaped(self.kind.as_bytes()),
            escaped(self.options.as_bytes()),
            self.dump.to_string().into_bytes(),
            self.pass.to_string().into_bytes(),
        ]
    }

    /// The text with this line in the place of the one for the same path, else at the end. Of several lines for the path it
    /// takes the place of the one with the same source, and the others stay.
    ///
    /// # Errors
    /// `conflict` where there are several, and none has the source.
    pub(super) fn put(&self, text: &[u8]) -> Result<Vec<u8>, Failure> {
        let wanted = self.words();
        let ours = self.ours(text)?;
        let mut out = Vec::with_capacity(text.len() + 80);
        for (at, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
            if ours != Some(at) {
                out.extend_from_slice(line);
                continue;
            }
            let mut words = words(line);
            // The last three may be left out.
            words.resize(words.len().max(3), b"");
            words.resize(words.len().max(4), b"defaults");
            words.resize(words.len().max(6), b"0");
            if (0..6).all(|at| unescaped(words[at]) == unescaped(&wanted[at])) {
                out.extend_from_slice(line);
            } else {
                // What is behind the six, such as a remark, is not ours.
                let rest = words[6..].iter().map(|it| it.to_vec());
                let words: Vec<Vec<u8>> = wanted.iter().cloned().chain(rest).collect();
                out.extend(words.join(&b' '));
                out.push(b'\n');
            }
        }
        if ours.is_none() {
            if !out.is_empty() && !out.ends_with(b"\n") {
                out.push(b'\n');
            }
            out.extend(wanted.join(&b' '));
            out.push(b'\n');
        }
        Ok(out)
    }

    /// The number of the line whose place it takes.
    fn ours(&self, text: &[u8]) -> Result<Option<usize>, Failure> {
        let all: Vec<_> = lines(text).filter(|it| is_for(&it.1, self.path)).collect();
        let is_same = |words: &[&[u8]]| unescaped(words[0]) == self.source.as_bytes();
        match all.as_slice() {
            [] => Ok(None),
            [(at, _)] => Ok(Some(*at)),
            several => several
                .iter()
                .find(|it| is_same(&it.1))
                .map(|it| Some(it.0))
                .ok_or_else(|| {
                    let message = format!(
                        "`/etc/fstab` has {} lines for `{}`, and none of them is for `{}`: remove those that do not count",
                        several.len(),
                        self.path.display(),
                        self.source
                    );
                    Failure::new(Kind::Conflict, message)
                }),
        }
    }
}

/// The options that the text has for a path and a source.
pub(super) fn options(text: &[u8], path: &Path, source: &str) -> Option<String> {
    let is_it = |words: &[&[u8]]| is_for(words, path) && unescaped(words[0]) == source.as_bytes();
    let (_, words) = lines(text).find(|it| is_it(&it.1))?;
    let options = words.get(3).copied().unwrap_or(b"defaults");
    Some(String::from_utf8_lossy(&unescaped(options)).into_owned())
}

/// What the text has for a path: source, type and options; of several lines that with this source.
pub(super) fn line(text: &[u8], path: &Path, source: Option<&str>) -> Option<(String, String, String)> {
    let all: Vec<_> = lines(text)
        .filter(|it| is_for(&it.1, path))
        .map(|it| it.1)
        .collect();
    let is_same = |it: &&Vec<&[u8]>| source.is_some_and(|source| unescaped(it[0]) == source.as_bytes());
    let words = all.iter().find(is_same).or(all.first())?;
    let word = |at: usize, or: &[u8]| {
        String::from_utf8_lossy(&unescaped(words.get(at).copied().unwrap_or(or))).into_owned()
    };
    Some((word(0, b""), word(2, b"auto"), word(3, b"defaults")))
}

/// The text without the lines for a path.
pub(super) fn without(text: &[u8], path: &Path) -> Vec<u8> {
    let ours: Vec<usize> = lines(text)
        .filter(|it| is_for(&it.1, path))
        .map(|it| it.0)
        .collect();
    let all = text.split_inclusive(|byte| *byte == b'\n').enumerate();
    let kept = all.filter(|it| !ours.contains(&it.0)).map(|it| it.1);
    kept.collect::<Vec<_>>().concat()
}

/// The words of those that are no remarks and not empty, with their numbers.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, Vec<&[u8]>)> {
    let all = text.split_inclusive(|byte| *byte == b'\n').map(words).enumerate();
    all.filter(|it| it.1.first().is_some_and(|word| !word.starts_with(b"#")))
}

fn words(line: &[u8]) -> Vec<&[u8]> {
    let all = line.split(u8::is_ascii_whitespace);
    all.filter(|word| !word.is_empty()).collect()
}

/// Whether a line is for a path, however it is written there.
fn is_for(words: &[&[u8]], path: &Path) -> bool {
    let Some(word) = words.get(1) else {
        return false;
    };
    let written = unescaped(word);
    let written = Path::new(OsStr::from_bytes(&written));
    // Slashes that are doubled or at the end make no other path.
    written.is_absolute() && written.components().eq(path.components())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(path: &str) -> Line<'_> {
        Line {
            source: "/dev/sdb1",
            path: Path::new(path),
            kind: "ext4",
            options: "noatime",
            dump: 0,
            pass: 2,
        }
    }

    fn put(line: &Line<'_>, text: &str) -> String {
        String::from_utf8(line.put(text.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn a_line_takes_the_place_of_the_one_for_its_path() {
        let line = line("/srv/my data");
        let wanted = "/dev/sdb1 /srv/my\\040data ext4 noatime 0 2\n";
        assert_eq!(put(&line, ""), wanted);
        let text = format!("# /dev/x /srv/my\\040data ext4 x\n/dev/sda1 / ext4 defaults 0 1\n{wanted}");
        assert_eq!(put(&line, &text), text);
        let old = "/dev/old\t/srv/my\\040data/  xfs defaults\n/dev/sda1 / ext4 defaults 0 1";
        assert_eq!(put(&line, old), format!("{wanted}/dev/sda1 / ext4 defaults 0 1"));
        let plain = Line { pass: 0, ..line };
        let short = "/dev/sdb1 /srv/my\\040data ext4 noatime\n";
        assert_eq!(put(&plain, short), short);
        let short = "/dev/sdb1 /srv//my\\040data\n";
        assert_eq!(put(&line, short), wanted);
        let remark = "x /srv/my\\040data y z 0 0 # why\n";
        assert_eq!(put(&line, remark), wanted.replace('\n', " # why\n"));
    }

    #[test]
    fn of_several_lines_for_a_path_only_that_with_the_source_is_changed() {
        let line = line("/media/usb");
        let text = "/dev/sda1 /media/usb vfat noauto\n/dev/sdb1 /media/usb vfat noauto\nLABEL=x /media/usb auto noauto\n";
        assert_eq!(
            put(&line, text),
            text.replace(
                "/dev/sdb1 /media/usb vfat noauto",
                "/dev/sdb1 /media/usb ext4 noatime 0 2"
            )
        );
        let other = Line {
            source: "/dev/sdz",
            ..line
        };
        let failure = other.put(text.as_bytes()).unwrap_err();
        assert!(failure.message.contains("3 lines for `/media/usb`"), "{failure}");
        assert_eq!(without(text.as_bytes(), line.path), b"");
    }

    #[test]
    fn what_is_not_text_and_not_ours_stays() {
        let line = line("/a");
        let text = b"# Gr\xfc\xdfe\r\n\tUUID=1\t/b\text4 rw\r\n\n  # /dev/x /a\n\xff /\xff x x\n";
        let after = line.put(text).unwrap();
        assert_eq!(
            after.strip_prefix(text.as_slice()),
            Some(&b"/dev/sdb1 /a ext4 noatime 0 2\n"[..])
        );
        assert_eq!(without(&after, line.path), text);
    }
}
