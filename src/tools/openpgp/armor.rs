//! `OpenPGP`'s text form of keys, read into bytes without any program.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const BEGIN: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
const END: &str = "-----END PGP PUBLIC KEY BLOCK-----";

/// The bytes of all blocks of a text; bytes that are no text are given back as they are.
///
/// # Errors
/// What is wrong with a block.
pub(super) fn read(data: &[u8]) -> Result<Vec<u8>, String> {
    // A packet begins with its highest bit set, a text never does.
    if data.first().is_some_and(|it| it & 0x80 != 0) {
        return Ok(data.to_vec());
    }
    let text = std::str::from_utf8(data).map_err(|_| "it is neither text nor packets".to_owned())?;
    let mut lines = text.lines().map(str::trim);
    let mut out = Vec::new();
    while lines.by_ref().any(|it| it == BEGIN) {
        let block: Vec<&str> = lines.by_ref().take_while(|it| *it != END).collect();
        // Headers end with an empty line.
        let start = block.iter().position(|it| it.is_empty()).map_or(0, |it| it + 1);
        let (mut body, mut sum) = (String::new(), None);
        for line in &block[start..] {
            match line.strip_prefix('=') {
                Some(rest) if rest.len() == 4 => sum = Some(rest),
                _ => body.push_str(line),
            }
        }
        let bytes = STANDARD
            .decode(&body)
            .map_err(|_| "its text is damaged".to_owned())?;
        if let Some(sum) = sum {
            let wanted = STANDARD
                .decode(sum)
                .map_err(|_| "its checksum is damaged".to_owned())?;
            if wanted != crc24(&bytes).to_be_bytes()[1..] {
                return Err("its checksum does not fit".to_owned());
            }
        }
        out.extend(bytes);
    }
    if out.is_empty() {
        return Err("it holds no public key".to_owned());
    }
    Ok(out)
}

fn crc24(bytes: &[u8]) -> u32 {
    let mut crc = 0x00b7_04ce_u32;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    crc & 0x00ff_ffff
}
