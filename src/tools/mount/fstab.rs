//! The lines of `/etc/fstab`.

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'a> {
    pub(super) source: &'a str,
    pub(super) path: &'a str,
    pub(super) kind: &'a str,
    pub(super) options: &'a str,
    pub(super) dump: u32,
    pub(super) pass: u32,
}

impl Line<'_> {
    fn words(&self) -> [String; 6] {
        [
            escaped(self.source),
            escaped(self.path),
            escaped(self.kind),
            escaped(self.options),
            self.dump.to_string(),
            self.pass.to_string(),
        ]
    }

    /// The text with this line in the place of the one for the same path, else at the end.
    pub(super) fn put(&self, text: &str) -> String {
        let wanted = self.words();
        let mut out = String::with_capacity(text.len() + 80);
        let mut is_there = false;
        for line in text.split_inclusive('\n') {
            let mut words: Vec<&str> = line.split_whitespace().collect();
            let is_it = words.len() >= 4 && !words[0].starts_with('#') && words[1] == wanted[1];
            if !is_it {
                out.push_str(line);
                continue;
            }
            if std::mem::replace(&mut is_there, true) {
                continue;
            }
            // The last two may be left out, and are then 0.
            words.resize(words.len().max(6), "0");
            if words[..6] == wanted.each_ref().map(String::as_str) {
                out.push_str(line);
            } else {
                out.push_str(&wanted.join(" "));
                out.push('\n');
            }
        }
        if !is_there {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(&wanted.join(" "));
            out.push('\n');
        }
        out
    }
}

/// Blanks would end a word.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\134")
        .replace(' ', "\\040")
        .replace('\t', "\\011")
        .replace('\n', "\\012")
}

/// What `escaped` made, read back, as the kernel writes it in its own lists, too.
pub(super) fn unescaped(word: &str) -> String {
    let mut out = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let octal = after.get(..3).and_then(|it| std::str::from_utf8(it).ok());
        let byte = octal.and_then(|it| u8::from_str_radix(it, 8).ok());
        if let Some(byte) = byte.filter(|_| *first == b'\\') {
            out.push(byte);
            rest = &after[3..];
        } else {
            out.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_takes_the_place_of_the_one_for_its_path() {
        let line = Line {
            source: "/dev/sdb1",
            path: "/srv/my data",
            kind: "ext4",
            options: "noatime",
            dump: 0,
            pass: 2,
        };
        let wanted = "/dev/sdb1 /srv/my\\040data ext4 noatime 0 2\n";
        assert_eq!(line.put(""), wanted);
        let text = format!("# /dev/x /srv/my\\040data ext4 x\n/dev/sda1 / ext4 defaults 0 1\n{wanted}");
        assert_eq!(line.put(&text), text);
        let old = "/dev/old\t/srv/my\\040data  xfs defaults\n/dev/sda1 / ext4 defaults 0 1";
        assert_eq!(line.put(old), format!("{wanted}/dev/sda1 / ext4 defaults 0 1"));
        let plain = Line { pass: 0, ..line };
        assert_eq!(
            plain.put("/dev/sdb1 /srv/my\\040data ext4 noatime\n"),
            "/dev/sdb1 /srv/my\\040data ext4 noatime\n"
        );
        assert_eq!(unescaped("/srv/my\\040data\\134x"), "/srv/my data\\x");
    }
}
