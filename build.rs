//! Names the sources of a build, by which the program knows the agent that was built with it.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is"));
    let mut files = BTreeSet::from(["Cargo.toml".into(), "Cargo.lock".into()]);
    collect(&root, Path::new("src"), &mut files)?;
    let mut hasher = DefaultHasher::new();
    for name in ["TARGET", "PROFILE"] {
        env::var_os(name).hash(&mut hasher);
    }
    for file in &files {
        // A package without its lock file is built as well.
        (file, fs::read(root.join(file)).ok()).hash(&mut hasher);
    }
    for watched in ["src", "Cargo.toml", "Cargo.lock", "build.rs"] {
        println!("cargo::rerun-if-changed={watched}");
    }
    println!("cargo::rustc-env=RMOTE_PLAY_SOURCES={:016x}", hasher.finish());
    Ok(())
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
