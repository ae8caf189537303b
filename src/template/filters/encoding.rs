//! Encodings and digests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::{Environment, Error, Value};
use sha2::Digest as _;

use super::invalid;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &[
    "b64decode",
    "b64encode",
    "checksum",
    "hash",
    "md5",
    "quote",
    "sha1",
    "to_uuid",
];

/// Adds the filters.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("b64encode", b64encode);
    engine.add_filter("b64decode", b64decode);
    engine.add_filter("hash", hash);
    engine.add_filter("md5", |value: &Value| hash(value, Some("md5")));
    for name in ["checksum", "sha1"] {
        engine.add_filter(name, |value: &Value| hash(value, Some("sha1")));
    }
    engine.add_filter("to_uuid", to_uuid);
    engine.add_filter("quote", quote);
}

fn bytes<'a>(filter: &str, value: &'a Value) -> Result<&'a [u8], Error> {
    if value.is_undefined() {
        return Err(minijinja::ErrorKind::UndefinedError.into());
    }
    value.as_bytes().ok_or_else(|| {
        invalid(format!(
            "`{filter}` needs text, not a value of type {}",
            value.kind()
        ))
    })
}

fn b64encode(value: &Value) -> Result<String, Error> {
    Ok(STANDARD.encode(bytes("b64encode", value)?))
}

fn b64decode(text: &str) -> Result<Value, Error> {
    let joined: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD
        .decode(joined)
        .map_err(|error| invalid(format!("no base64: {error}")))?;
    Ok(String::from_utf8(bytes).map_or_else(|binary| Value::from_bytes(binary.into_bytes()), Value::from))
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

fn hash(value: &Value, algorithm: Option<&str>) -> Result<String, Error> {
    let bytes = bytes("hash", value)?;
    match algorithm.unwrap_or("sha256") {
        "sha256" => Ok(hex(&sha2::Sha256::digest(bytes))),
        "sha512" => Ok(hex(&sha2::Sha512::digest(bytes))),
        "sha384" => Ok(hex(&sha2::Sha384::digest(bytes))),
        "sha224" => Ok(hex(&sha2::Sha224::digest(bytes))),
        "sha1" => Ok(hex(&sha1::Sha1::digest(bytes))),
        "md5" => Ok(hex(&md5::Md5::digest(bytes))),
        "blake3" => Ok(blake3::hash(bytes).to_hex().to_string()),
        other => Err(invalid(format!(
            "`hash` does not know `{other}`: sha224, sha256, sha384, sha512, blake3, sha1 or md5"
        ))),
    }
}

/// One word for a POSIX shell.
fn quote(text: &str) -> Result<String, Error> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if text.contains('\0') {
        return Err(invalid("text with a NUL cannot be quoted for a shell"));
    }
    Ok(match text {
        "" => "''".to_owned(),
        text if text.chars().all(plain) => text.to_owned(),
        text => format!("'{}'", text.replace('\'', "'\"'\"'")),
    })
}

/// The name space of Ansible's own.
const ANSIBLE: &str = "361E6D51-FAEC-444A-9079-341386DA8E2E";

/// The UUID of version 5 of a name in a name space.
fn to_uuid(name: &str, space: Option<&str>) -> Result<String, Error> {
    let written = space.unwrap_or(ANSIBLE);
    let digits: Vec<u8> = written.bytes().filter(|it| *it != b'-').collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let space: Option<Vec<u8>> = digits.chunks(2).map(pair).collect();
    let space = space.filter(|it| it.len() == 16 && digits.len() == 32);
    let space = space.ok_or_else(|| invalid(format!("`{written}` is not a UUID")))?;
    let mut made = sha1::Sha1::new();
    made.update(&space);
    made.update(name.as_bytes());
    let mut id: Vec<u8> = made.finalize()[..16].to_vec();
    id[6] = (id[6] & 0x0f) | 0x50;
    id[8] = (id[8] & 0x3f) | 0x80;
    let text = hex(&id);
    let parts = [
        &text[..8],
        &text[8..12],
        &text[12..16],
        &text[16..20],
        &text[20..],
    ];
    Ok(parts.join("-"))
}
