//! The state of a folder as text, to see whether anything in it was touched.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// One line for each thing below a folder: name, kind, mode, owner, time of change, and content.
pub(crate) fn fingerprint(folder: &Path) -> String {
    let mut text = String::new();
    walk(folder, folder, &mut text);
    text
}

fn walk(root: &Path, folder: &Path, text: &mut String) {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("cannot list {}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable entry").path())
        .collect();
    paths.sort();
    for path in paths {
        let about = fs::symlink_metadata(&path).expect("it was just listed");
        let name = path.strip_prefix(root).expect("it is below").display();
        let (mode, uid, seconds, nanos) = (about.mode(), about.uid(), about.mtime(), about.mtime_nsec());
        write!(text, "{name} {mode:o} {uid} {seconds}.{nanos:09}").expect("text grows");
        if about.is_symlink() {
            write!(text, " -> {}", fs::read_link(&path).expect("a link").display()).expect("text grows");
        } else if about.is_file() {
            let content = fs::read(&path).expect("a readable file");
            write!(text, " {}", blake3::hash(&content).to_hex()).expect("text grows");
        }
        text.push('\n');
        if about.is_dir() {
            walk(root, &path, text);
        }
    }
}
