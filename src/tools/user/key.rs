//! Public keys as they stand in `authorized_keys`, read as sshd reads them.

use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// sshd is not strict about the end of a key's text.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A key with what is written before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tools) struct Key {
    /// `from="10.0.0.*",no-pty`; empty where there are none.
    pub(in crate::tools) options: String,
    /// Its type as it is written: `ssh-ed25519`.
    pub(in crate::tools) sort: String,
    /// The key itself, in Base64, as it is written.
    text: String,
    /// The key itself.
    blob: Vec<u8>,
    /// What it is called.
    pub(in crate::tools) comment: String,
}

/// A line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// Empty, or a comment.
    Note,
    /// A key.
    Key(Key),
    /// Something that this program cannot read; sshd might.
    Other(String),
}

impl Line {
    /// Reads a line.
    pub(super) fn read(line: &str) -> Self {
        let line = line.trim_end_matches(['\n', '\r']).trim_matches(BLANK);
        if line.is_empty() || line.starts_with('#') {
            return Self::Note;
        }
        let first = match Key::at("", line) {
            Ok(key) => return Self::Key(key),
            Err(why) => why,
        };
        if is_sort(word(line).0) {
            return Self::Other(first);
        }
        let Some((options, rest)) = split_options(line) else {
            return Self::Other("options without a key".to_owned());
        };
        match Key::at(options, rest) {
            Ok(key) => Self::Key(key),
            Err(why) => Self::Other(why),
        }
    }
}

impl Key {
    /// Reads a line that is to be a key; nothing for an empty one or a comment.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in crate::tools) fn parse(line: &str) -> Result<Option<Self>, String> {
        let key = match Line::read(line) {
            Line::Note => return Ok(None),
            Line::Key(key) => key,
            Line::Other(why) => return Err(why),
        };
        // What is written must be read by every sshd.
        if STANDARD.decode(&key.text).is_err() {
            return Err(format!("the {} key is not whole", key.sort));
        }
        Ok(Some(key))
    }

    /// Reads what follows the options: the type, the key, the comment, with any blanks between them.
    fn at(options: &str, text: &str) -> Result<Self, String> {
        let (sort, rest) = word(text);
        if !is_sort(sort) {
            return Err(format!(
                "`{}` is not a type of key",
                sort.chars().take(40).collect::<String>().escape_debug()
            ));
        }
        let (text, comment) = word(rest);
        let blob = LENIENT
            .decode(text)
            .map_err(|_| format!("the {sort} key is not whole"))?;
        if !is_whole(sort, &blob) {
            return Err(format!("what follows {sort} is not such a key"));
        }
        Ok(Self {
            options: options.to_owned(),
            sort: sort.to_owned(),
            text: text.to_owned(),
            blob,
            comment: comment.to_owned(),
        })
    }

    /// Whether two lines hold the same key. Its own bytes decide, not the name of its type.
    pub(in crate::tools) fn is(&self, other: &Self) -> bool {
        self.blob == other.blob
    }

    /// As `ssh-keygen -l` shows it: `SHA256:...`.
    pub(in crate::tools) fn fingerprint(&self) -> String {
        use sha2::Digest as _;
        let digest = sha2::Sha256::digest(&self.blob);
        format!("SHA256:{}", STANDARD_NO_PAD.encode(digest))
    }

    /// The key itself.
    pub(in crate::tools) fn blob(&self) -> &[u8] {
        &self.blob
    }

    /// The size of an RSA key.
    pub(in crate::tools) fn rsa_bits(&self) -> Option<u32> {
        let mut rest = &*self.blob;
        let mut parts = Vec::new();
        while let Some((length, after)) = rest.split_first_chunk() {
            let part = after.get(..u32::from_be_bytes(*length) as usize)?;
            parts.push(part);
            rest = &after[part.len()..];
        }
        let [name, _, modulus] = parts[..] else {
            return None;
        };
        let start = modulus.iter().position(|it| *it != 0)?;
        let bits = (modulus.len() - start) * 8 - modulus[start].leading_zeros() as usize;
        (name == b"ssh-rsa").then(|| u32::try_from(bits).ok())?
    }

    /// As a line.
    pub(in crate::tools) fn line(&self) -> String {
        let words = [&self.options, &self.sort, &self.text, &self.comment];
        words
            .into_iter()
            .filter(|it| !it.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// What sshd takes for space between words.
const BLANK: [char; 2] = [' ', '\t'];

/// The first word, and what follows it.
fn word(text: &str) -> (&str, &str) {
    match text.split_once(BLANK) {
        Some((word, rest)) => (word, rest.trim_start_matches(BLANK)),
        None => (text, ""),
    }
}

/// Options, one by one; their names are the same in capitals.
fn options(text: &str) -> Vec<String> {
    let (mut all, mut one, mut is_quoted, mut before) = (Vec::new(), String::new(), false, ' ');
    for c in text.chars() {
        match c {
            '"' if before != '\\' => is_quoted = !is_quoted,
            ',' if !is_quoted => all.push(std::mem::take(&mut one)),
            _ => {}
        }
        if c != ',' || is_quoted {
            one.push(if one.contains('=') {
                c
            } else {
                c.to_ascii_lowercase()
            });
        }
        before = c;
    }
    all.push(one);
    all.retain(|it| !it.is_empty());
    all.sort();
    all
}

/// Whether two texts are the same options.
pub(super) fn are_same(one: &str, other: &str) -> bool {
    options(one) == options(other)
}

/// Whether a key with these options does not log in itself, but signs keys that do.
pub(super) fn is_authority(text: &str) -> bool {
    options(text).iter().any(|it| it == "cert-authority")
}

/// Whether nothing is said but that it signs keys.
pub(super) fn is_authority_alone(text: &str) -> bool {
    options(text) == ["cert-authority"]
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
        if parts == 0 && !is_named(sort, part) {
            return false;
        }
        rest = &after[length..];
        parts += 1;
    }
    rest.is_empty() && parts >= 2
}

/// Types of keys that sshd reads: the name, what is in the key itself, and the short name that it takes as well.
const SORTS: [(&str, &str, &str); 10] = [
    ("ssh-ed25519", "ssh-ed25519", "ed25519"),
    ("ssh-rsa", "ssh-rsa", "rsa"),
    ("rsa-sha2-256", "ssh-rsa", "rsa"),
    ("rsa-sha2-512", "ssh-rsa", "rsa"),
    ("ssh-dss", "ssh-dss", "dsa"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", "ecdsa"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384", "ecdsa"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521", "ecdsa"),
    (
        "sk-ssh-ed25519@openssh.com",
        "sk-ssh-ed25519@openssh.com",
        "ed25519-sk",
    ),
    (
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
        "ecdsa-sk",
    ),
];

/// What is behind the name of a certificate's type.
const CERTIFICATE: &str = "-cert-v01@openssh.com";

/// The names in [`SORTS`] that a written one can mean. Of a certificate the `@openssh.com` is written once.
fn meant(word: &str) -> impl Iterator<Item = &'static str> {
    let plain = word.strip_suffix(CERTIFICATE);
    SORTS.iter().filter_map(move |(name, inner, short)| {
        let is_it = match plain {
            Some(plain) => *name == plain || name.strip_suffix("@openssh.com") == Some(plain),
            None => *name == word || short.eq_ignore_ascii_case(word),
        };
        is_it.then_some(*inner)
    })
}

fn is_sort(word: &str) -> bool {
    meant(word).next().is_some()
}

/// Whether the name in the key itself is that of the written type.
fn is_named(word: &str, inner: &[u8]) -> bool {
    let inner = String::from_utf8_lossy(inner);
    let inner = match (word.ends_with(CERTIFICATE), inner.strip_suffix(CERTIFICATE)) {
        (true, Some(plain)) => plain,
        (false, None) => &*inner,
        _ => return false,
    };
    meant(word).any(|it| it == inner || it.strip_suffix("@openssh.com") == Some(inner))
}

/// Options end at the first blank that is not within quotes.
fn split_options(line: &str) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match c {
            '"' if before != '\\' => is_quoted = !is_quoted,
            ' ' | '\t' if !is_quoted => return Some((&line[..at], line[at..].trim_start_matches(BLANK))),
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
    fn a_key_is_the_same_however_it_is_written() {
        let rsa = STANDARD.encode(b"\0\0\0\x07ssh-rsa\0\0\0\x03\x01\0\x01\0\0\0\x02\x12\x34");
        let key = Key::parse(&format!("ssh-rsa {rsa} x")).unwrap().unwrap();
        for line in [
            format!("ssh-rsa   {rsa}"),
            format!("ssh-rsa \t {rsa} x"),
            format!(" \tno-pty \t ssh-rsa  {rsa} x"),
            format!("rsa-sha2-256 {rsa} x\r"),
            format!("command=\"a \\\"b\\\" c\",no-pty rsa-sha2-512\t{rsa}"),
            format!("RSA {rsa}"),
        ] {
            let Line::Key(found) = Line::read(&line) else {
                panic!("{line}")
            };
            assert!(found.is(&key), "{line}");
        }
        assert!(matches!(
            Line::read(&format!("ssh-ed25519 {rsa}")),
            Line::Other(_)
        ));
        assert!(matches!(Line::read(&format!("no-pty {rsa}")), Line::Other(_)));
    }

    #[test]
    fn options_are_the_same_in_another_order() {
        assert!(are_same("no-pty,from=\"a,b\"", "from=\"a,b\",NO-PTY"));
        assert!(!are_same("from=\"a\"", "from=\"A\""));
        assert!(!are_same("from=\"a,b\"", "from=\"b,a\""));
        assert!(
            is_authority("principals=\"x\",Cert-Authority") && !is_authority("command=\"cert-authority\"")
        );
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
