//! The state of a folder as text, to see whether anything in it was touched.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// One line for each thing below a folder: name, kind, mode, owner, time of change, and content.
pub(crate) fn fingerprint(folder: &Path) -> String {
    let mut text = String::new();
    walk(folder, folder, &mut text);
    text
}

fn walk(root: &Path, folder: &Path, text: &mut String) {
    let list = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let Some(mut paths) = still_there::<Vec<_>>(list(), folder) else {
        return;
    };
    paths.sort();
    for path in paths {
        let name = path.strip_prefix(root).expect("it is below").display();
        let Some((state, is_folder)) = still_there(state(&path), &path) else {
            continue;
        };
        writeln!(text, "{name} {state}").expect("text grows");
        if is_folder {
            walk(root, &path, text);
        }
    }
}

/// What was read of a path, but for one that has gone since it was listed: on a machine that runs, some do.
fn still_there<T>(read: io::Result<T>, path: &Path) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => panic!("cannot read {}: {error}", path.display()),
    }
}

/// What a line says of a path behind its name, and whether it is a folder.
fn state(path: &Path) -> io::Result<(String, bool)> {
    let about = fs::symlink_metadata(path)?;
    let (mode, uid, seconds, nanos) = (about.mode(), about.uid(), about.mtime(), about.mtime_nsec());
    let mut state = format!("{mode:o} {uid} {seconds}.{nanos:09}");
    if about.is_symlink() {
        write!(state, " -> {}", fs::read_link(path)?.display()).expect("text grows");
    } else if about.is_file() {
        write!(state, " {}", blake3::hash(&fs::read(path)?).to_hex()).expect("text grows");
    }
    Ok((state, about.is_dir()))
}
