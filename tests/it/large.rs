//! Large files: what of them is sent, and how little memory they take.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::support::{Fixture, Scene, Sshd};

fn scene(call: &str, sshd: &Sshd) -> Scene {
    Fixture::new(format!(
        "hosts: [web]\nrounds:\n  - name: one\n    hosts: web\n    calls:\n      - id: it\n        {call}\n"
    ))
    .host("web", sshd)
    .limit(Duration::from_mins(3))
    .build()
}

/// Bytes without a pattern.
fn noise(seed: &[u8], length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(seed).finalize_xof().fill(&mut bytes);
    bytes
}

/// Runs it: how many bytes were sent for one file that has changed.
fn sent(scene: &Scene, new: &[u8]) -> u64 {
    fs::write(scene.path("site/blob"), new).unwrap();
    let ran = scene.events(&[]).code(0).outcomes("web", &[("it", "changed")]);
    let result = &ran.end("web", "it")["result"];
    assert_eq!(result["files"], 1, "{ran}");
    assert!(
        fs::read(scene.path("t/site/blob")).unwrap() == new,
        "another content"
    );
    let bytes = result["bytes"].as_u64().unwrap();
    eprintln!("{bytes} of {} bytes", new.len());
    bytes
}

#[test]
fn of_a_large_file_only_what_is_new_is_sent() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = scene("fs.sync: { local: site/, path: '{DIR}/t/site' }", &sshd);
    fs::create_dir(scene.path("site")).unwrap();
    let mut content = noise(b"old", 30_000_000);
    assert_eq!(sent(&scene, &content), 30_000_000);
    content[15_000_000..16_000_000].copy_from_slice(&noise(b"new", 1_000_000));
    let changed = sent(&scene, &content);
    assert!((1_000_000..1_600_000).contains(&changed), "{changed}");
    content.splice(0..0, *b"ten bytes!");
    let inserted = sent(&scene, &content);
    assert!((10..300_000).contains(&inserted), "{inserted}");
    content.truncate(25_000_000);
    assert!(sent(&scene, &content) < 300_000);
    scene.events(&[]).code(0).outcomes("web", &[("it", "ok")]);
    // With nothing in common all of it is sent.
    assert_eq!(sent(&scene, &noise(b"other", 9_000_000)), 9_000_000);
}

const GIB: u64 = 1 << 30;

#[test]
fn a_sparse_file_of_ten_gibibytes_stays_sparse_and_takes_little_memory() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = scene("fs.copy: { src: disk, dest: '{DIR}/t/disk' }", &sshd);
    let data: Vec<_> = [0, 3 * GIB + 4096, 10 * GIB - 200_000]
        .into_iter()
        .map(|offset| (offset, noise(&offset.to_le_bytes(), 200_000)))
        .collect();
    let file = File::create(scene.path("disk")).unwrap();
    file.set_len(10 * GIB).unwrap();
    for (offset, bytes) in &data {
        file.write_all_at(bytes, *offset).unwrap();
    }
    if file.metadata().unwrap().blocks() > 100_000 {
        eprintln!("skipped: this file system knows no holes");
        return;
    }
    let (peak, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
    let ran = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::SeqCst) {
                peak.fetch_max(sshd.peak_memory(), Ordering::SeqCst);
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let ran = scene.events(&[]);
        is_over.store(true, Ordering::SeqCst);
        ran
    });
    let ran = ran.code(0).outcomes("web", &[("it", "changed")]);
    eprintln!(
        "took {} s; peaks: agent {} MiB, controller {} MiB",
        ran.end("web", "it")["took"],
        peak.load(Ordering::SeqCst) >> 20,
        ran.peak_memory >> 20
    );
    assert!(peak.load(Ordering::SeqCst) < 40 << 20, "{peak:?}");
    assert!(ran.peak_memory < 160 << 20, "{}", ran.peak_memory);
    let copy = scene.path("t/disk");
    assert_same(&copy, &data);
    scene.events(&[]).code(0).outcomes("web", &[("it", "ok")]);
}

/// It has this data at these places, and holes elsewhere.
fn assert_same(path: &Path, data: &[(u64, Vec<u8>)]) {
    let meta = fs::metadata(path).unwrap();
    assert_eq!(meta.len(), 10 * GIB);
    assert!(meta.blocks() * 512 < 4 << 20, "{} blocks", meta.blocks());
    let mut file = File::open(path).unwrap();
    for (offset, wanted) in data {
        let mut found = vec![0; wanted.len()];
        file.seek(SeekFrom::Start(*offset)).unwrap();
        file.read_exact(&mut found).unwrap();
        assert!(found == *wanted, "at {offset}");
    }
}
