//! Public keys as they stand in `authorized_keys`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A key with what stands before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// `from="10.0.0.*",no-pty`; empty where there are none.
    pub(super) options: String,
    /// `ssh-ed25519`.
    pub(super) sort: String,
    /// The key itself, in Base64.
    pub(super) blob: String,
    /// What it is called.
    pub(super) comment: String,
}

impl Key {
    /// Reads a line; nothing for an empty one or a comment.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn parse(line: &str) -> Result<Option<Self>, String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(None);
        }
        let (options, rest) = if is_sort(line.split([' ', '\t']).next().unwrap_or_default()) {
            ("", line)
        } else {
            split_options(line).ok_or("options without a key")?
        };
        let mut words = rest.splitn(3, [' ', '\t']).map(str::trim);
        let sort = words.next().unwrap_or_default();
        if !is_sort(sort) {
            return Err(format!(
                "`{}` is no type of key",
                sort.chars().take(40).collect::<String>().escape_debug()
            ));
        }
        let blob = words.next().unwrap_or_default();
        let bytes = STANDARD
            .decode(blob)
            .map_err(|_| format!("the {sort} key is not whole"))?;
        if !is_whole(sort, &bytes) {
            return Err(format!("what stands behind {sort} is no such key"));
        }
        Ok(Some(Self {
            options: options.to_owned(),
            sort: sort.to_owned(),
            blob: blob.to_owned(),
            comment: words.next().unwrap_or_default().to_owned(),
        }))
    }

    /// Whether two lines are about the same key.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.sort == other.sort && self.blob == other.blob
    }

    /// As a line.
    pub(super) fn line(&self) -> String {
        let words = [&self.options, &self.sort, &self.blob, &self.comment];
        words
            .into_iter()
            .filter(|it| !it.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// A key is a row of parts behind their lengths, of which the first says of which type it is.
fn is_whole(sort: &str, bytes: &[u8]) -> bool {
    let mut rest = bytes;
    let mut parts = 0;
    while let Some((length, after)) = rest.split_first_chunk() {
        let length = u32::from_be_bytes(*length) as usize;
        let Some(part) = after.get(..length) else {
            return false;
        };
        if parts == 0 && part != sort.as_bytes() {
            return false;
        }
        rest = &after[length..];
        parts += 1;
    }
    rest.is_empty() && parts >= 2
}

fn is_sort(word: &str) -> bool {
    let word = word.strip_suffix("-cert-v01@openssh.com").unwrap_or(word);
    matches!(
        word,
        "ssh-ed25519"
            | "ssh-rsa"
            | "ssh-dss"
            | "ecdsa-sha2-nistp256"
            | "ecdsa-sha2-nistp384"
            | "ecdsa-sha2-nistp521"
            | "sk-ssh-ed25519@openssh.com"
            | "sk-ecdsa-sha2-nistp256@openssh.com"
    )
}

/// Options end at the first blank that is not within quotes.
fn split_options(line: &str) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match c {
            '"' if before != '\\' => is_quoted = !is_quoted,
            ' ' | '\t' if !is_quoted => return Some((&line[..at], line[at..].trim_start())),
            _ => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) const ED: &str = "AAAAC3NzaC1lZDI1NTE5AAAAII9/XSn+/+/kSlqpIGq6lVO4qrilEn+iCRj/yna/v0e0";

    #[test]
    fn a_key_has_options_a_type_a_blob_and_a_comment() {
        let key = Key::parse(&format!("from=\"a b\",no-pty  ssh-ed25519 {ED} alice at work"))
            .unwrap()
            .unwrap();
        assert_eq!(
            (&*key.options, &*key.sort, &*key.comment),
            ("from=\"a b\",no-pty", "ssh-ed25519", "alice at work")
        );
        assert_eq!(
            key.line(),
            format!("from=\"a b\",no-pty ssh-ed25519 {ED} alice at work")
        );
        let bare = Key::parse(&format!("ssh-ed25519 {ED}")).unwrap().unwrap();
        assert!(bare.is(&key) && bare.comment.is_empty());
        assert_eq!(Key::parse("  "), Ok(None));
        assert_eq!(Key::parse("# ssh-ed25519 x"), Ok(None));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bad in [
            "ssh-ed25519".to_owned(),
            "ssh-ed25519 AAAA".to_owned(),
            format!("ssh-rsa {ED}"),
            format!("ssh-ed25519 {}", &ED[..40]),
            "no-pty".to_owned(),
            "-----BEGIN OPENSSH PRIVATE KEY-----".to_owned(),
            format!("command=\"x ssh-ed25519 {ED}"),
        ] {
            assert!(Key::parse(&bad).is_err(), "{bad}");
        }
    }
}
