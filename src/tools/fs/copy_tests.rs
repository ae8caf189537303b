//! Copies on the real system.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use serde_json::json;

use crate::system::{Attributes, Caution, Follow, Writer};
use crate::tools::fs::tests::names;
use crate::tools::testing::TestLink;
use crate::value::Value;

#[test]
fn a_copy_sends_only_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("src/sub")).unwrap();
    fs::write(at("src/a"), vec![1; 200_000]).unwrap();
    fs::write(at("src/sub/b"), vec![2; 100_000]).unwrap();
    fs::set_permissions(at("src/sub/b"), fs::Permissions::from_mode(0o755)).unwrap();
    let link = TestLink::default();
    let args = json!({ "src": format!("{}/", at("src").display()), "dest": at("dest") });
    let fields = link.call("fs.copy", args.clone()).unwrap().fields;
    assert_eq!(
        (&fields["files"], &fields["bytes"]),
        (&Value::Int(2), &Value::Int(300_000))
    );
    assert_eq!(fs::metadata(at("dest/sub/b")).unwrap().mode() & 0o777, 0o755);
    *link.pulled.lock().unwrap() = 0;
    fs::write(at("dest/a"), vec![3; 200_000]).unwrap();
    let fields = link.call("fs.copy", args).unwrap().fields;
    assert_eq!(
        (&fields["files"], &fields["bytes"]),
        (&Value::Int(1), &Value::Int(200_000))
    );
    assert_eq!(*link.pulled.lock().unwrap(), 200_000);
    let whole = json!({ "src": at("src"), "dest": at("other"), "parents": true });
    link.call("fs.copy", whole).unwrap();
    assert!(at("other/src/sub/b").is_file());
    let into = json!({ "src": at("src/a"), "dest": format!("{}/", at("other").display()) });
    link.call("fs.copy", into).unwrap();
    assert!(at("other/a").is_file());
}
#[test]
fn content_that_changes_on_its_way_makes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let src = folder.path().join("src");
    fs::write(&src, vec![1; 2_000_000]).unwrap();
    let link = TestLink::default();
    let registry = crate::tools::registry();
    let copy = registry.get("fs.copy").unwrap();
    let args = crate::tools::testing::value(json!({ "src": src, "dest": folder.path().join("dest") }));
    let prepared = copy
        .prepare(args.into(), crate::tool::Controller { blobs: &link.blobs })
        .unwrap();
    fs::write(&src, vec![2; 2_000_001]).unwrap();
    let host = Writer::new(&link);
    let failure = copy
        .serve(&prepared, crate::tool::Apply::Yes, false, &host)
        .unwrap_err();
    assert!(failure.message.contains("changed"), "{failure}");
    assert_eq!(names(folder.path()), ["src"]);
}

#[test]
fn ten_thousand_small_files_are_one_call() {
    let folder = tempfile::tempdir().unwrap();
    let src = folder.path().join("src");
    fs::create_dir(&src).unwrap();
    for number in 0..10_000 {
        fs::write(src.join(format!("{number}")), number.to_string()).unwrap();
    }
    let link = TestLink::default();
    let args = json!({ "src": format!("{}/", src.display()), "dest": folder.path().join("dest") });
    let fields = link.call("fs.copy", args.clone()).unwrap().fields;
    assert_eq!(fields["files"], Value::Int(10_000));
    assert!(!link.call("fs.copy", args).unwrap().changed);
}

#[test]
fn holes_stay_holes() {
    let folder = tempfile::tempdir().unwrap();
    let (src, dest) = (folder.path().join("src"), folder.path().join("dest"));
    let file = fs::File::create(&src).unwrap();
    file.set_len(50 << 20).unwrap();
    std::os::unix::fs::FileExt::write_at(&file, b"data", 10 << 20).unwrap();
    let link = TestLink::default();
    link.call("fs.copy", json!({ "src": src, "dest": dest })).unwrap();
    assert!(fs::read(&src).unwrap() == fs::read(&dest).unwrap());
    let (before, after) = (fs::metadata(&src).unwrap(), fs::metadata(&dest).unwrap());
    if before.blocks() * 512 < 1 << 20 {
        assert!(after.blocks() * 512 < 1 << 20, "{} blocks", after.blocks());
    }
}

#[test]
fn a_file_has_no_name_until_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, "old").unwrap();
    let link = TestLink::default();
    let host = Writer::new(&link);
    let at = host.make_place(&path, Follow::Yes).unwrap();
    let has_unnamed = {
        use rustix::fs::{Mode, OFlags};
        rustix::fs::open(
            folder.path(),
            OFlags::RDWR | OFlags::TMPFILE,
            Mode::from_raw_mode(0o600),
        )
        .is_ok()
    };
    // Whatever ends the agent meanwhile, there is nothing that would be left behind.
    host.replace(&at, &Attributes::default(), &Caution::default(), &mut |file| {
        if has_unnamed {
            assert_eq!(names(folder.path()), ["f"]);
        }
        host.fill_bytes(&at, file, b"new")
    })
    .unwrap();
    assert_eq!(names(folder.path()), ["f"]);
    assert_eq!(fs::read(&path).unwrap(), b"new");
}

#[test]
fn a_large_file_that_others_change_meanwhile_is_sent_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let mut content = vec![0; 10 << 20];
    blake3::Hasher::new().finalize_xof().fill(&mut content);
    fs::write(&old, &content).unwrap();
    content[0] ^= 1;
    fs::write(&new, &content).unwrap();
    let link = TestLink::default();
    let host = Writer::new(&link);
    let blob = link.blobs.file(&new).unwrap();
    for others in [None, Some(5_000_000), Some(10 << 20)] {
        let at = host.locate(&old, Follow::No).unwrap().unwrap();
        let plan = host.plan(&blob, Some(&at)).unwrap().unwrap();
        let ranges = plan.ranges(&blob);
        assert!(
            ranges.iter().map(|it| it.size).sum::<u64>() < 300_000,
            "{ranges:?}"
        );
        // It becomes another one, or shorter.
        if let Some(others) = others {
            let before = fs::read(&old).unwrap();
            fs::write(&old, &before[..before.len() - others]).unwrap();
        }
        *link.pulled.lock().unwrap() = 0;
        let mut source = host.open_ranges(&ranges);
        let attributes = Attributes::default();
        host.replace(&at, &attributes, &Caution::default(), &mut |file| {
            host.build(&at, file, &blob, &plan, &mut *source)
        })
        .unwrap();
        assert!(fs::read(&old).unwrap() == content, "{others:?}");
        let pulled = *link.pulled.lock().unwrap();
        assert_eq!(pulled > content.len() as u64, others.is_some(), "{pulled}");
        // As it was before.
        let mut before = content.clone();
        before[0] ^= 1;
        fs::write(&old, before).unwrap();
    }
}

#[test]
fn without_force_files_that_are_there_keep_what_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir_all(at("src")).unwrap();
    fs::create_dir_all(at("dest")).unwrap();
    fs::write(at("src/a"), "new").unwrap();
    fs::write(at("src/b"), "new").unwrap();
    fs::write(at("dest/a"), "mine").unwrap();
    let link = TestLink::default();
    let args = json!({ "src": format!("{}/", at("src").display()), "dest": at("dest"), "force": false, "mode": "0600" });
    assert!(link.call("fs.copy", args.clone()).unwrap().changed);
    let read = |name: &str| fs::read_to_string(at(name)).unwrap();
    assert_eq!((&*read("dest/a"), &*read("dest/b")), ("mine", "new"));
    assert_eq!(fs::metadata(at("dest/a")).unwrap().mode() & 0o777, 0o600);
    assert!(!link.call("fs.copy", args).unwrap().changed);
}
