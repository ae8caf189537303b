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

/// Runs it with a file that has changed: how many bytes were sent.
fn sent(scene: &Scene, [from, to]: [&str; 2], new: &[u8]) -> u64 {
    fs::write(scene.path(from), new).unwrap();
    let ran = scene.events(&[]).code(0).outcomes("web", &[("it", "changed")]);
    let result = &ran.end("web", "it")["result"];
    assert_eq!(result["files"], 1, "{ran}");
    assert!(fs::read(scene.path(to)).unwrap() == new, "another content");
    let bytes = result["bytes"].as_u64().unwrap();
    eprintln!("{bytes} of {} bytes", new.len());
    bytes
}

/// Changes a large file time and again.
fn only_what_is_new_is_sent(scene: &Scene, way: [&str; 2]) {
    let mut content = noise(b"old", 30_000_000);
    assert_eq!(sent(scene, way, &content), 30_000_000);
    content[15_000_000..16_000_000].copy_from_slice(&noise(b"new", 1_000_000));
    let changed = sent(scene, way, &content);
    assert!((1_000_000..1_600_000).contains(&changed), "{changed}");
    content.splice(0..0, *b"ten bytes!");
    let inserted = sent(scene, way, &content);
    assert!((10..300_000).contains(&inserted), "{inserted}");
    content.truncate(25_000_000);
    assert!(sent(scene, way, &content) < 300_000);
    scene.events(&[]).code(0).outcomes("web", &[("it", "ok")]);
    // With nothing in common all of it is sent.
    assert_eq!(sent(scene, way, &noise(b"other", 9_000_000)), 9_000_000);
}

#[test]
fn of_a_large_file_only_what_is_new_is_sent() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = scene("fs.sync: { local: site/, path: '{DIR}/t/site' }", &sshd);
    fs::create_dir(scene.path("site")).unwrap();
    only_what_is_new_is_sent(&scene, ["site/blob", "t/site/blob"]);
}

#[test]
fn of_a_large_file_of_a_host_only_what_is_new_is_fetched() {
    let Some(sshd) = Sshd::start() else { return };
    let pull = "fs.sync: { local: got/, path: '{DIR}/t/site', direction: pull }";
    let scene = scene(pull, &sshd);
    fs::create_dir_all(scene.path("t/site")).unwrap();
    only_what_is_new_is_sent(&scene, ["t/site/blob", "got/blob"]);
}

#[test]
fn an_old_file_that_is_another_one_by_now_is_not_built_upon() {
    let Some(sshd) = Sshd::start() else { return };
    let wait = "exec.shell: 'until test -e {DIR}/t/go; do sleep 0.01; done'";
    let fetch = "id: fetch\n        fs.fetch: { src: '{DIR}/t/blob', dest: got, flat: true }";
    let scene = scene(&format!("{wait}\n      - {fetch}"), &sshd);
    let new = noise(b"new", 9_000_000);
    scene.write("t/blob", &new);
    scene.write("got", &[&new[..8_900_000], b"old"].concat());
    let mut running = scene.start(&["--output", "json"]);
    // By then the host was told of the old file.
    running.await_line(|line| line.contains("call_started") && line.contains("fs.fetch"));
    scene.write("got", &noise(b"other", 8_900_003));
    scene.write("t/go", b"");
    let ran = running.wait().code(0);
    assert!(fs::read(scene.path("got")).unwrap() == new, "{ran}");
    assert_eq!(ran.end("web", "fetch")["result"]["bytes"], 9_000_000, "{ran}");
}

#[test]
fn a_file_that_is_fetched_twice_in_a_run_is_as_it_was_at_last() {
    let Some(sshd) = Sshd::start() else { return };
    let fetch = "fs.fetch: { src: '{DIR}/t/blob', dest: got, flat: true }";
    let change = "exec.shell: 'printf \"changed again\" >> {DIR}/t/blob'";
    let scene = scene(&format!("{fetch}\n      - {change}\n      - {fetch}"), &sshd);
    let old = noise(b"old", 20_000_000);
    scene.write("got", &old);
    let new = [b"put in front", &old[..19_000_000]].concat();
    scene.write("t/blob", &new);
    scene.events(&[]).code(0);
    let wanted = [&new[..], b"changed again"].concat();
    assert!(fs::read(scene.path("got")).unwrap() == wanted, "another content");
}

const GIB: u64 = 1 << 30;

#[test]
fn a_sparse_file_of_ten_gibibytes_stays_sparse_and_takes_little_memory() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = scene("fs.copy: { src: disk, dest: '{DIR}/t/disk' }", &sshd);
    stays_sparse(&scene, &sshd, ["disk", "t/disk"], 10 * GIB);
}

#[test]
fn a_sparse_file_of_a_host_is_fetched_with_its_holes() {
    let Some(sshd) = Sshd::start() else { return };
    let scene = scene("fs.fetch: { src: '{DIR}/t/disk', dest: disk, flat: true }", &sshd);
    fs::create_dir_all(scene.path("t")).unwrap();
    let mut data = stays_sparse(&scene, &sshd, ["t/disk", "disk"], 2 * GIB);
    // With more data in a hole, the holes beside it stay.
    data.push((GIB, noise(b"more", 200_000)));
    write(&scene.path("t/disk"), &data);
    let ran = scene.events(&[]).code(0).outcomes("web", &[("it", "changed")]);
    assert_same(&scene.path("disk"), &data, 2 * GIB);
    let bytes = ran.end("web", "it")["result"]["bytes"].as_u64().unwrap();
    assert!((200_000..500_000).contains(&bytes), "{ran}");
}

fn write(path: &Path, data: &[(u64, Vec<u8>)]) {
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .unwrap();
    for (offset, bytes) in data {
        file.write_all_at(bytes, *offset).unwrap();
    }
}

/// Sends a file with some data in holes; gives the data and where it is.
fn stays_sparse(scene: &Scene, sshd: &Sshd, [from, to]: [&str; 2], size: u64) -> Vec<(u64, Vec<u8>)> {
    let data: Vec<_> = [0, size / 3 + 4096, size - 200_000]
        .into_iter()
        .map(|offset| (offset, noise(&offset.to_le_bytes(), 200_000)))
        .collect();
    write(&scene.path(from), &data);
    if fs::metadata(scene.path(from)).unwrap().blocks() > 100_000 {
        eprintln!("skipped: this file system knows no holes");
        return data;
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
    assert_same(&scene.path(to), &data, size);
    scene.events(&[]).code(0).outcomes("web", &[("it", "ok")]);
    data
}

/// It has this data at these places, and holes elsewhere.
fn assert_same(path: &Path, data: &[(u64, Vec<u8>)], size: u64) {
    let meta = fs::metadata(path).unwrap();
    assert_eq!(meta.len(), size);
    assert!(meta.blocks() * 512 < 4 << 20, "{} blocks", meta.blocks());
    let mut file = File::open(path).unwrap();
    for (offset, wanted) in data {
        let mut found = vec![0; wanted.len()];
        file.seek(SeekFrom::Start(*offset)).unwrap();
        file.read_exact(&mut found).unwrap();
        assert!(found == *wanted, "at {offset}");
    }
}
