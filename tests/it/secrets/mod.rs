//! Secrets: where they come from, and that none of them is seen anywhere.

mod canary;
mod encrypted;
mod sources;

/// A file of `tests/secrets`.
fn sealed(file: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/secrets");
    std::fs::read(folder.join(file)).unwrap()
}
