//! Names the sources of a build, by which the program knows the agent that was built with it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is"));
    let mut files = BTreeSet::from(["Cargo.toml".into(), "Cargo.lock".into()]);
    collect(&root, Path::new("src"), &mut files)?;
    let mut sources = Fnv::default();
    for file in &files {
        sources.add(file.as_os_str().as_encoded_bytes());
        // A package without its lock file is built as well.
        sources.add(&fs::read(root.join(file)).unwrap_or_default());
    }
    let mut build = Fnv::default();
    for name in ["TARGET", "PROFILE"] {
        build.add(env::var_os(name).unwrap_or_default().as_encoded_bytes());
    }
    for watched in ["src", "Cargo.toml", "Cargo.lock", "build.rs"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    println!("cargo::rustc-env=RMOTE_PLAY_SOURCES={:016x}", sources.0);
    println!("cargo::rustc-env=RMOTE_PLAY_BUILD={:016x}", build.0);
    Ok(())
}

/// FNV-1a of 64 bits: the standard library's hashes may differ between the compilers that build the program and an agent
/// for another machine.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Takes a part, and where it ends.
    fn add(&mut self, part: &[u8]) {
        for byte in (part.len() as u64).to_le_bytes().iter().chain(part) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            collect(root, &path, files)?;
        } else {
            files.insert(path);
        }
    }
    Ok(())
}
