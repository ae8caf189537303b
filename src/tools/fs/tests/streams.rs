//! Archives whose check is at their end, and headers as other programs write them.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::failure::{Failure, Kind};
use crate::tools::testing::TestLink;

use super::names;

const XZ: &[u8] = include_bytes!("small.tar.xz");

/// A tar archive of one file.
fn tar_of(content: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    builder.append_data(&mut header, "f", content).unwrap();
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// Bytes without a pattern.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Unpacks it, sent and on the host; both must come to the same.
fn unpack(folder: &Path, archive: &[u8]) -> Result<PathBuf, Failure> {
    let file = folder.join("archive");
    fs::write(&file, archive).unwrap();
    let [sent, there] = ["sent", "there"].map(|name| folder.join(name));
    for dest in [&sent, &there] {
        drop(fs::remove_dir_all(dest));
    }
    let link = TestLink::default();
    let first = link.call("fs.unpack", json!({ "src": file, "dest": sent }));
    let second = link.call("fs.unpack", json!({ "host_src": file, "dest": there }));
    assert_eq!(first.is_ok(), second.is_ok(), "{first:?} and {second:?}");
    if first.is_err() {
        assert!(!sent.exists() && !there.exists(), "something was written");
    }
    first?;
    let again = json!({ "src": file, "dest": sent });
    assert!(!link.call("fs.unpack", again).unwrap().changed);
    Ok(sent)
}

type Pack = fn(&[u8]) -> Vec<u8>;

#[test]
fn a_stream_is_read_to_its_end_before_anything_of_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let content = noise(60_000);
    let tar = tar_of(&content);
    let packs: [(&str, Pack); 3] = [("gzip", gzip), ("bzip2", bzip2), ("zstd", zstd)];
    for (name, pack) in packs {
        let whole = pack(&tar);
        let dest = unpack(folder.path(), &whole).unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert_eq!(fs::read(dest.join("f")).unwrap(), content, "{name}");
        // The archive's own end, in two members: the second one holds nothing that is unpacked.
        let two = [pack(&tar[..tar.len() - 700]), pack(&tar[tar.len() - 700..])].concat();
        let dest = unpack(folder.path(), &two).unwrap_or_else(|failure| panic!("{name}: {failure}"));
        assert_eq!(fs::read(dest.join("f")).unwrap(), content, "{name}");
        let mut bad = Vec::new();
        for at in [whole.len() / 2, whole.len() - 3] {
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            bad.push(flipped);
        }
        for cut in [1, 4, 9, whole.len() / 2] {
            bad.push(whole[..whole.len() - cut].to_vec());
        }
        let last = two.len() - 5;
        bad.push(two[..last].to_vec());
        bad.push([whole.clone(), b"something else".to_vec()].concat());
        for (number, bytes) in bad.into_iter().enumerate() {
            let failure = unpack(folder.path(), &bytes).expect_err(&format!("{name}, {number}"));
            assert_eq!(failure.kind, Kind::Invalid, "{name}, {number}: {failure}");
        }
    }
}

#[test]
fn an_archive_of_xz_is_unpacked_and_a_damaged_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let dest = unpack(folder.path(), XZ).unwrap();
    assert_eq!(fs::read_to_string(dest.join("f")).unwrap(), "small\n");
    for at in [XZ.len() / 2, XZ.len() - 20] {
        let mut bad = XZ.to_vec();
        bad[at] ^= 1;
        unpack(folder.path(), &bad).unwrap_err();
    }
    unpack(folder.path(), &XZ[..XZ.len() - 4]).unwrap_err();
}

#[test]
fn a_plain_archive_that_is_cut_off_is_refused_wherever_that_is() {
    let folder = tempfile::tempdir().unwrap();
    let tar = tar_of(&noise(2000));
    unpack(folder.path(), &tar).unwrap();
    for length in [512, 1000, 512 + 2048] {
        let failure = unpack(folder.path(), &tar[..length]).unwrap_err();
        assert!(
            failure.message.contains("cut off") || failure.message.contains("too early"),
            "{failure}"
        );
    }
    // What is behind the end does not count.
    unpack(folder.path(), &[tar, vec![0; 10_000]].concat()).unwrap();
}

/// A tree with all that headers have trouble with, packed by tar(1) in all its ways.
#[test]
fn what_tar_packs_in_any_of_its_formats_is_unpacked_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let long = "long".repeat(40);
    fs::create_dir_all(at("tree/a\nb").join(&long)).unwrap();
    fs::write(at("tree/a\nb").join("tag=日\n"), "odd\n").unwrap();
    fs::write(at("tree/a\nb").join(&long).join("file"), "deep\n").unwrap();
    std::os::unix::fs::symlink(&long, at("tree/link")).unwrap();
    std::os::unix::fs::symlink("/absolute", at("tree/outside")).unwrap();
    fs::hard_link(at("tree/a\nb/tag=日\n"), at("tree/same")).unwrap();
    let holes = fs::File::create(at("tree/holes")).unwrap();
    for (number, offset) in (0..40_u8).map(|n| (n, u64::from(n) * 1_000_000)) {
        std::os::unix::fs::FileExt::write_all_at(&holes, &[number + 1; 4096], offset).unwrap();
    }
    holes.set_len(60_000_000).unwrap();
    let formats: [&[&str]; 7] = [
        &["--format=gnu"],
        &["--format=posix"],
        &["--format=gnu", "--sparse"],
        &["--format=posix", "--sparse"],
        &["--format=posix", "--sparse", "--sparse-version=0.1"],
        &["--format=posix", "--sparse", "--sparse-version=0.0"],
        &["--format=gnu", "--sparse", "--gzip"],
    ];
    for format in formats {
        let mut pack = Command::new("tar");
        pack.args(format)
            .args(["-cf", "-", "-C"])
            .arg(at("tree"))
            .arg(".");
        let packed = pack.stderr(Stdio::null()).output().unwrap();
        if !packed.status.success() {
            eprintln!("left out: this tar does not know {format:?}");
            continue;
        }
        let dest =
            unpack(folder.path(), &packed.stdout).unwrap_or_else(|failure| panic!("{format:?}: {failure}"));
        let same = Command::new("diff")
            .args(["-r", "--no-dereference"])
            .arg(at("tree"))
            .arg(&dest)
            .status();
        assert!(same.unwrap().success(), "{format:?}: {:?}", names(&dest));
        let blocks = fs::metadata(dest.join("holes")).unwrap().blocks();
        assert!(blocks < 20_000, "{format:?}: the holes take {blocks} blocks");
    }
}
