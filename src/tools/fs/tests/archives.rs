//! Archives, good ones and bad ones.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::json;
use tar::{Builder, EntryType, Header};

use crate::failure::Kind;
use crate::tools::fs::tests::names;
use crate::tools::testing::TestLink;

/// A tar archive of these: name, sort, content or target. Names are written as they are, however bad.
fn tar(things: &[(&str, EntryType, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, sort, text) in things {
        let mut header = Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*sort);
        header.set_mode(0o4755);
        let content = if *sort == EntryType::Regular { *text } else { "" };
        if *sort != EntryType::Regular {
            header.as_old_mut().linkname[..text.len()].copy_from_slice(text.as_bytes());
        }
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn unpack(link: &TestLink, archive: &Path, dest: &Path) -> Result<bool, crate::failure::Failure> {
    let args = json!({ "host_src": archive, "dest": dest });
    link.call("fs.unpack", args).map(|served| served.changed)
}

#[test]
fn an_archive_holds_the_same_bytes_whenever_it_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    for copy in ["one/app", "two/app"] {
        fs::create_dir_all(at(copy).join("deep")).unwrap();
        fs::write(at(copy).join("deep/b"), "b").unwrap();
        fs::write(at(copy).join("a"), vec![7; 100_000]).unwrap();
        symlink("deep/b", at(copy).join("link")).unwrap();
        let stamp = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        for file in ["a", "deep/b"] {
            fs::File::options()
                .write(true)
                .open(at(copy).join(file))
                .unwrap()
                .set_modified(stamp)
                .unwrap();
        }
    }
    let link = TestLink::default();
    for (from, to) in [("one/app", "1.tgz"), ("two/app", "2.tgz")] {
        link.call("fs.archive", json!({ "paths": at(from), "dest": at(to) }))
            .unwrap();
    }
    assert!(fs::read(at("1.tgz")).unwrap() == fs::read(at("2.tgz")).unwrap());
    let listed = Command::new("tar").arg("tzf").arg(at("1.tgz")).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert_eq!(listed, "app/\napp/a\napp/deep/\napp/deep/b\napp/link\n");
    fs::write(at("one/app/a"), "other").unwrap();
    assert!(
        link.call(
            "fs.archive",
            json!({ "paths": at("one/app"), "dest": at("1.tgz") })
        )
        .unwrap()
        .changed
    );
    let failure = link
        .call("fs.archive", json!({ "paths": at("one/app"), "dest": at("x") }))
        .unwrap_err();
    assert!(failure.message.contains("give `format`"), "{failure}");
}

#[test]
fn what_is_unpacked_is_what_was_packed_and_only_what_differs_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(
        at("a.tar"),
        tar(&[
            ("./top/", EntryType::Directory, ""),
            ("top/run", EntryType::Regular, "old"),
            ("top/run", EntryType::Regular, "new"),
            ("top/deep/file", EntryType::Regular, "x"),
            ("top/link", EntryType::Symlink, "deep/file"),
            ("top/same", EntryType::Link, "top/run"),
        ]),
    )
    .unwrap();
    let link = TestLink::default();
    assert!(unpack(&link, &at("a.tar"), &at("out")).unwrap());
    assert_eq!(
        fs::read_to_string(at("out/top/run")).unwrap(),
        "new",
        "what comes last counts"
    );
    let meta = fs::metadata(at("out/top/run")).unwrap();
    assert_eq!(meta.permissions().mode() & 0o7777, 0o755, "without setuid");
    assert_eq!(meta.ino(), fs::metadata(at("out/top/same")).unwrap().ino());
    assert_eq!(fs::read_link(at("out/top/link")).unwrap(), Path::new("deep/file"));
    assert!(!unpack(&link, &at("a.tar"), &at("out")).unwrap());
    fs::write(at("out/top/deep/file"), "changed").unwrap();
    let before = fs::metadata(at("out/top/run")).unwrap().ino();
    assert!(unpack(&link, &at("a.tar"), &at("out")).unwrap());
    assert_eq!(fs::metadata(at("out/top/run")).unwrap().ino(), before);
    let sent = json!({ "src": at("a.tar"), "dest": at("sent"), "strip": 1, "creates": at("sent/run") });
    assert!(link.call("fs.unpack", sent.clone()).unwrap().changed);
    assert_eq!(names(&at("sent")), ["deep", "link", "run", "same"]);
    assert!(!link.call("fs.unpack", sent).unwrap().changed);
}

#[test]
fn an_archive_that_leads_out_of_its_folder_is_refused_as_a_whole() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("out")).unwrap();
    fs::write(at("victim"), "safe").unwrap();
    let good = ("good", EntryType::Regular, "x");
    let victim = at("victim").display().to_string();
    for bad in [
        ("../victim", EntryType::Regular, "evil"),
        (victim.as_str(), EntryType::Regular, "evil"),
        ("a/../../victim", EntryType::Regular, "evil"),
        ("link", EntryType::Symlink, "../victim"),
        ("a/link", EntryType::Symlink, "b/../../../x"),
        ("same", EntryType::Link, "../victim"),
        ("pipe", EntryType::Fifo, ""),
        ("null", EntryType::Char, ""),
        ("disk", EntryType::Block, ""),
    ] {
        fs::write(at("bad.tar"), tar(&[good, bad])).unwrap();
        let link = TestLink::default();
        let failure = unpack(&link, &at("bad.tar"), &at("out")).unwrap_err();
        assert_eq!(failure.kind, Kind::Invalid, "{bad:?}: {failure}");
        assert!(failure.message.contains("refused"), "{failure}");
        assert_eq!(names(&at("out")), Vec::<String>::new(), "{bad:?}");
    }
    assert_eq!(fs::read_to_string(at("victim")).unwrap(), "safe");
}

#[test]
fn nothing_is_unpacked_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("elsewhere")).unwrap();
    let link = TestLink::default();
    // One that the archive brings along, and one that was there before.
    fs::create_dir(at("one")).unwrap();
    let things = [
        ("d", EntryType::Symlink, "e"),
        ("d/file", EntryType::Regular, "x"),
    ];
    fs::write(at("a.tar"), tar(&things)).unwrap();
    assert_eq!(
        unpack(&link, &at("a.tar"), &at("one")).unwrap_err().kind,
        Kind::Conflict
    );
    fs::create_dir(at("two")).unwrap();
    symlink(at("elsewhere"), at("two/d")).unwrap();
    fs::write(at("b.tar"), tar(&[("d/file", EntryType::Regular, "x")])).unwrap();
    assert_eq!(
        unpack(&link, &at("b.tar"), &at("two")).unwrap_err().kind,
        Kind::Conflict
    );
    assert_eq!(names(&at("elsewhere")), Vec::<String>::new());
}

#[test]
fn an_archive_that_holds_too_much_or_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let large = "x".repeat(100_000);
    fs::write(at("a.tar"), tar(&[("a", EntryType::Regular, &large)])).unwrap();
    let link = TestLink::default();
    let args = json!({ "host_src": at("a.tar"), "dest": at("out"), "max_bytes": 99_999 });
    let failure = link.call("fs.unpack", args).unwrap_err();
    assert!(failure.message.contains("max_bytes"), "{failure}");
    for (content, kind) in [
        (b"no archive".to_vec(), Kind::Invalid),
        (b"\xfd7zXZ\0rest".to_vec(), Kind::Invalid),
        (b"PK\x05\x06".to_vec(), Kind::Invalid),
        (fs::read(at("a.tar")).unwrap()[..50_000].to_vec(), Kind::Invalid),
    ] {
        fs::write(at("bad"), content).unwrap();
        assert_eq!(unpack(&link, &at("bad"), &at("out")).unwrap_err().kind, kind);
    }
    assert!(!at("out").exists());
}

#[test]
fn a_zip_archive_is_unpacked_as_well_and_a_damaged_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("in/deep")).unwrap();
    fs::write(at("in/deep/text"), "text\n".repeat(10_000)).unwrap();
    fs::write(at("in/run"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(at("in/run"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("deep/text", at("in/link")).unwrap();
    let zipped = Command::new("zip")
        .args(["-q", "-r", "-y", "../a.zip", "."])
        .current_dir(at("in"))
        .status();
    if !zipped.is_ok_and(|status| status.success()) {
        eprintln!("left out: there is no zip here");
        return;
    }
    let link = TestLink::default();
    assert!(unpack(&link, &at("a.zip"), &at("out")).unwrap());
    assert_eq!(
        fs::read(at("out/deep/text")).unwrap(),
        fs::read(at("in/deep/text")).unwrap()
    );
    assert_eq!(fs::read_link(at("out/link")).unwrap(), Path::new("deep/text"));
    assert_eq!(
        fs::metadata(at("out/run")).unwrap().permissions().mode() & 0o777,
        0o755
    );
    assert!(!unpack(&link, &at("a.zip"), &at("out")).unwrap());
    let sent = json!({ "src": at("a.zip"), "dest": at("sent") });
    assert!(link.call("fs.unpack", sent.clone()).unwrap().changed);
    assert!(!link.call("fs.unpack", sent).unwrap().changed);
    let mut bytes = fs::read(at("a.zip")).unwrap();
    let is_text =
        |at: &usize| bytes[*at..].starts_with(b"PK\x03\x04") && bytes[at + 30..].starts_with(b"deep/text");
    let start = (0..bytes.len()).find(is_text).unwrap();
    let extra = usize::from(u16::from_le_bytes([bytes[start + 28], bytes[start + 29]]));
    bytes[start + 30 + "deep/text".len() + extra + 5] ^= 0xff;
    fs::write(at("bad.zip"), bytes).unwrap();
    assert!(unpack(&link, &at("bad.zip"), &at("bad")).is_err());
}
