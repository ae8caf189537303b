//! Large files that come to the controller in parts, and what a hostile host may say of them.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::blob::{Hash, Layout};
use crate::failure::{Failure, Kind};
use crate::system::{Push, Target, Writer};
use crate::tools::testing::TestLink;

const SIZE: usize = 9 << 20;

fn noise(seed: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(seed).finalize_xof().fill(&mut bytes);
    bytes
}

/// A directory with a large file of which a host was given the parts.
struct Told {
    folder: tempfile::TempDir,
    link: TestLink,
    layout: Layout,
    old: Vec<u8>,
}

impl Told {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let old = noise(b"old", SIZE);
        fs::write(folder.path().join("f"), &old).unwrap();
        let link = TestLink::default();
        let (size, hash, layout) = link.blobs.old_file(&folder.path().join("f")).unwrap();
        assert_eq!((size, hash), (SIZE as u64, Hash::of(&old)));
        let told = Self {
            layout: layout.unwrap(),
            folder,
            link,
            old,
        };
        told.list().unwrap();
        told
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("f")
    }

    fn list(&self) -> Result<usize, Failure> {
        let host = Writer::new(&self.link);
        host.listed(&self.layout, SIZE as u64).map(|known| known.len())
    }

    /// What comes of a file that is to hold `wanted`, and of which a host sends this.
    fn collect(&self, wanted: &[u8], pushes: impl IntoIterator<Item = Push>) -> Result<(), Failure> {
        self.collect_as("f", wanted.len() as u64, Hash::of(wanted), pushes)
    }

    fn collect_as(
        &self,
        path: &str,
        size: u64,
        hash: Hash,
        pushes: impl IntoIterator<Item = Push>,
    ) -> Result<(), Failure> {
        let head = Push::File {
            path: path.into(),
            size,
            hash,
            is_executable: false,
            old: Some(self.layout.clone()),
        };
        let mut pushes = std::iter::once(head).chain(pushes);
        let target = Target {
            path: self.folder.path().to_path_buf(),
            is_folder: true,
            may_remove: false,
        };
        let host = Writer::new(&self.link);
        host.collect(&target, &self.link.blobs, &mut || pushes.next())
            .map(drop)
    }

    fn holds(&self, wanted: &[u8]) -> bool {
        fs::read(self.path()).unwrap() == wanted
    }
}

fn old(offset: u64, size: usize) -> Push {
    let size = size as u64;
    Push::Old { offset, size }
}

#[test]
fn a_file_is_made_of_new_bytes_of_the_old_file_and_of_holes() {
    let told = Told::new();
    let wanted = [b"new", &told.old[100..8 << 20], &vec![0; 2 << 20], &told.old[..7]].concat();
    let pushes = [
        Push::Bytes(b"new".to_vec()),
        old(100, (8 << 20) - 100),
        Push::Hole { size: 2 << 20 },
        old(0, 7),
    ];
    told.collect(&wanted, pushes).unwrap();
    assert!(told.holds(&wanted));
    let blocks = fs::metadata(told.path()).unwrap().blocks();
    assert!(blocks * 512 < 9 << 20, "{blocks} blocks");
    let told = Told::new();
    let wanted = [&told.old[5..10], &vec![0; 5000]].concat();
    told.collect(&wanted, [old(5, 5), Push::Hole { size: 5000 }])
        .unwrap();
    assert!(told.holds(&wanted), "a hole at the end");
}

#[test]
fn what_a_hostile_host_says_of_an_old_file_makes_no_file() {
    let whole = 1 << 60;
    for (what, size, pushes) in [
        ("behind its end", 100, vec![old(SIZE as u64 - 50, 100)]),
        ("far behind its end", 100, vec![old(u64::MAX - 50, 100)]),
        ("longer than the new one", 100, vec![old(0, 101)]),
        ("longer in sum", 100, vec![old(0, 60), old(60, 60)]),
        ("too much at once", whole, vec![old(0, (64 << 20) + 1)]),
        (
            "a hole longer than the new one",
            100,
            vec![Push::Hole { size: 101 }],
        ),
        ("a hole without an end", whole, vec![Push::Hole { size: whole }]),
        (
            "a hole of all there is",
            u64::MAX,
            vec![Push::Hole { size: u64::MAX }],
        ),
        ("no end", 100, vec![old(0, 60)]),
        ("other bytes", 100, vec![old(0, 100)]),
    ] {
        let told = Told::new();
        let failure = told.collect_as("f", size, Hash::of(b"x"), pushes).unwrap_err();
        assert!(told.holds(&told.old), "{what}: {failure}");
        assert!(
            matches!(failure.kind, Kind::Invalid | Kind::Conflict | Kind::Lost),
            "{what}: {failure}"
        );
    }
}

#[test]
fn a_host_names_only_the_old_file_of_the_same_path_and_only_what_it_was_told() {
    let told = Told::new();
    let hash = Hash::of(&told.old[..9]);
    let failure = told.collect_as("other", 9, hash, [old(0, 9)]).unwrap_err();
    assert_eq!(failure.kind, Kind::Invalid, "{failure}");
    assert!(!told.folder.path().join("other").exists());
    // A list is good for one file.
    told.collect(&told.old[..9], [old(0, 9)]).unwrap();
    let failure = told.collect(&told.old[..9], [old(0, 9)]).unwrap_err();
    assert_eq!(failure.kind, Kind::Invalid, "{failure}");
    let told = Told::new();
    let number = rmp_serde::to_vec(&(99_u64, false)).unwrap();
    let layout = rmp_serde::from_slice(&number).unwrap();
    let failure = Told { layout, ..told }.collect(b"12", [old(0, 2)]).unwrap_err();
    assert_eq!(failure.kind, Kind::Invalid, "{failure}");
}

fn change(path: &Path) {
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(b"changed", 5_000_000).unwrap();
}

#[test]
fn an_old_file_that_is_changed_meanwhile_makes_no_wrong_one() {
    let told = Told::new();
    change(&told.path());
    let failure = told.collect(&told.old[1..], [old(1, SIZE - 1)]).unwrap_err();
    assert_eq!(failure.kind, Kind::Conflict);
    assert!(failure.message.contains("run this again"), "{failure}");
    assert_eq!(fs::metadata(told.path()).unwrap().len(), SIZE as u64);
    let told = Told::new();
    File::options()
        .write(true)
        .open(told.path())
        .unwrap()
        .set_len(1_000_000)
        .unwrap();
    let failure = told.collect(&told.old[1..], [old(1, SIZE - 1)]).unwrap_err();
    assert_eq!(failure.kind, Kind::Conflict);
    assert_eq!(fs::metadata(told.path()).unwrap().len(), 1_000_000);
    // Before a host asks: then it is not told of it.
    assert!(told.list().is_err());
}

#[test]
fn an_old_file_that_is_replaced_meanwhile_is_read_as_it_was_told() {
    let told = Told::new();
    let beside = told.folder.path().join("beside");
    fs::write(&beside, noise(b"other", SIZE)).unwrap();
    fs::rename(&beside, told.path()).unwrap();
    told.collect(&told.old[1..], [old(1, SIZE - 1)]).unwrap();
    assert!(told.holds(&told.old[1..]));
}
