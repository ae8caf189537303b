//! How `/etc/fstab` and the kernel's lists write what would end a word.

/// Blanks would end a word.
pub(super) fn escaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'\\' | b' ' | b'\t' | b'\n' => out.extend(format!("\\{byte:03o}").bytes()),
            other => out.push(*other),
        }
    }
    out
}

/// What [`escaped`] made, read back.
pub(super) fn unescaped(word: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(word.len());
    let mut rest = word;
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
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_back_as_it_was() {
        assert_eq!(escaped(b"a b\\c\td\n"), b"a\\040b\\134c\\011d\\012");
        for text in ["", "a b", "\\040", "\\", "tab\tx", "日 本"] {
            assert_eq!(unescaped(&escaped(text.as_bytes())), text.as_bytes());
        }
        assert_eq!(unescaped(b"/srv/my\\040data\\134x\\9"), b"/srv/my data\\x\\9");
    }
}
