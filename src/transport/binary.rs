//! The binaries that can be sent as agents: the one that was built with this program, or else this program itself, and
//! those that were built for other machines.

use std::env;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use rustix::process::getuid;
use sha2::{Digest, Sha256};

use crate::blob::Hash;
use crate::cause::{Cause, Unreachable};
use crate::protocol;

/// The agent that is built with this program.
const AGENT: &str = "rmote-play-agent";
/// How long memories are kept.
const MONTH: Duration = Duration::from_hours(30 * 24);

/// A binary that can be sent.
#[derive(Debug)]
pub(super) struct Binary {
    path: PathBuf,
    /// The machine that it is for, as the kernel names it.
    pub(super) machine: String,
    /// What it is called on hosts.
    pub(super) build: String,
    /// Its bytes.
    pub(super) size: u64,
}

/// A binary as it is sent.
#[derive(Debug)]
pub(super) struct Parcel {
    /// The whole file, compressed.
    pub(super) gzip: Vec<u8>,
    /// The SHA-256 of the file, in hex.
    pub(super) hash: String,
}

/// What an agent's file is called where it lies with others.
fn file_name(machine: &str) -> String {
    format!("rmote-play-{machine}-linux")
}

/// Where agents lie that were installed with a program: beside it, in an archive's directory, or where packages put them.
fn places(program: &Path) -> impl Iterator<Item = PathBuf> {
    let dir = program.parent().unwrap_or(Path::new("/"));
    [
        dir.to_path_buf(),
        dir.join("agents"),
        dir.join("../lib/rmote-play"),
    ]
    .into_iter()
}

/// What the user does about an agent that is missing.
fn how_to_build(machine: &str) -> String {
    // What the kernel calls a machine is not always what a compiler calls it.
    let target = match machine {
        "armv7l" | "armv8l" => "armv7-unknown-linux-gnueabihf".to_owned(),
        "riscv64" => "riscv64gc-unknown-linux-gnu".to_owned(),
        "ppc64le" => "powerpc64le-unknown-linux-gnu".to_owned(),
        "i386" | "i486" | "i586" => "i686-unknown-linux-gnu".to_owned(),
        _ => format!("{machine}-unknown-linux-gnu"),
    };
    format!(
        "From the sources of this program, run `rustup target add {target}` and `cargo build --release --bin {AGENT} \
         --target {target}`, name what is built `{}`, and put it next to this program or into the directory of `--agents`.",
        file_name(machine)
    )
}

impl Binary {
    /// The agent that was built with a program, where it is installed with it, else the program, which is an agent, too,
    /// and a larger one. Blocks.
    pub(super) fn own(program: &Path) -> Result<Self, Unreachable> {
        if let Some(agent) = Self::installed(program) {
            return Ok(agent);
        }
        Self::read(program, env::consts::ARCH, None).map_err(|error| {
            let message = format!("cannot read this program's own file: {error}");
            Unreachable::new(Cause::Local, message)
        })
    }

    fn installed(program: &Path) -> Option<Self> {
        let program = fs::canonicalize(program).ok()?;
        let owner = fs::metadata(&program).ok()?;
        let packed = places(&program).map(|dir| dir.join(file_name(env::consts::ARCH)));
        std::iter::once(program.with_file_name(AGENT))
            .chain(packed)
            .find_map(|path| {
                let agent = fs::metadata(&path).ok()?;
                // Nobody may write it who may not write the program.
                let is_as_safe = agent.uid() == owner.uid() && agent.mode() & !owner.mode() & 0o022 == 0;
                if !is_as_safe || agent.mode() & 0o020 != 0 && agent.gid() != owner.gid() {
                    return None;
                }
                Self::read(&path, env::consts::ARCH, Some(protocol::MARK)).ok()
            })
    }

    /// The binary for another machine, from a directory or from where this program is installed. Blocks.
    pub(super) fn foreign(machine: &str, agents: Option<&Path>) -> Result<Self, Unreachable> {
        let name = file_name(machine);
        let program = env::current_exe().ok().and_then(|it| fs::canonicalize(it).ok());
        let installed = program.iter().flat_map(|it| places(it));
        for path in agents.map(Path::to_path_buf).into_iter().chain(installed) {
            let path = path.join(&name);
            let Ok(meta) = fs::metadata(&path) else {
                continue;
            };
            if meta.mode() & 0o022 != 0 {
                let message = format!(
                    "`{}` is not used as an agent: others may write it",
                    path.display()
                );
                return Err(Unreachable::new(Cause::Agent, message).help(format!(
                    "Run `chmod go-w {}` if you trust what is in it.",
                    path.display()
                )));
            }
            return Self::read(&path, machine, Some(protocol::SOURCES)).map_err(|error| {
                let message = format!("cannot use the agent `{}`: {error}", path.display());
                Unreachable::new(Cause::Agent, message).help(how_to_build(machine))
            });
        }
        let message = format!("there is no agent for the machine type `{machine}`: `{name}` was not found");
        Err(Unreachable::new(Cause::Agent, message).help(how_to_build(machine)))
    }

    /// `mark`: what must stand in it.
    fn read(path: &Path, machine: &str, mark: Option<&str>) -> io::Result<Self> {
        let file = File::open(path)?;
        let meta = file.metadata()?;
        let key = format!(
            "{} {} {} {} {} {}",
            meta.dev(),
            meta.ino(),
            meta.size(),
            meta.mtime(),
            meta.mtime_nsec(),
            mark.unwrap_or_default()
        );
        let memo = cache().map(|dir| {
            dir.join(format!(
                "build-{}",
                protocol::build_name(&Hash::of(key.as_bytes()))
            ))
        });
        let known = memo.as_ref().and_then(|memo| fs::read_to_string(memo).ok());
        let known = known.filter(|it| it.len() == 16 && it.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let build = if let Some(build) = known {
            build
        } else {
            let hash = match mark {
                None => hash_of(&file)?,
                Some(mark) => hash_of_marked(file, mark)?,
            };
            let build = protocol::build_name(&hash);
            if let Some(memo) = memo {
                // Without it the next start takes a little longer.
                drop(write_whole(&memo, build.as_bytes()));
            }
            build
        };
        Ok(Self {
            path: path.to_path_buf(),
            machine: machine.to_owned(),
            build,
            size: meta.size(),
        })
    }

    /// The file itself.
    pub(super) fn open(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    /// Makes it ready to be sent; what was compressed once is kept in the user's cache. Blocks.
    pub(super) fn pack(&self) -> io::Result<Parcel> {
        let hash = sha256(&mut self.open()?)?;
        let memo = cache().map(|dir| dir.join(format!("{}.gz", self.build)));
        let known = memo.as_ref().and_then(|memo| fs::read(memo).ok());
        // What was written once may have been cut off or changed since: it is packed again then.
        if let Some(gzip) = known.filter(|gzip| unpacked(gzip).is_ok_and(|it| it == hash)) {
            return Ok(Parcel { gzip, hash });
        }
        let mut gzip = Vec::new();
        let file = BufReader::with_capacity(128 << 10, self.open()?);
        GzEncoder::new(file, Compression::default()).read_to_end(&mut gzip)?;
        if let Some(memo) = memo {
            forget_old(&memo);
            // Without it the next upload takes a little longer.
            drop(write_whole(&memo, &gzip));
        }
        Ok(Parcel { gzip, hash })
    }
}

/// In hex.
fn sha256(from: &mut impl Read) -> io::Result<String> {
    let mut sha = Sha256::new();
    io::copy(from, &mut sha)?;
    Ok(sha.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    }))
}

/// The SHA-256 of what was packed.
fn unpacked(gzip: &[u8]) -> io::Result<String> {
    sha256(&mut GzDecoder::new(gzip))
}

fn hash_of(file: &File) -> io::Result<Hash> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file)?;
    Ok(Hash(*hasher.finalize().as_bytes()))
}

fn hash_of_marked(mut file: File, mark: &str) -> io::Result<Hash> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    if memchr::memmem::find(&bytes, mark.as_bytes()).is_none() {
        return Err(io::Error::other(
            "it was built from other sources than this program",
        ));
    }
    Ok(Hash::of(&bytes))
}

/// The user's cache directory, if it is ours alone to write.
fn cache() -> Option<PathBuf> {
    let base = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|dir| dir.is_absolute())
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache")))?;
    let dir = base.join("rmote-play");
    drop(DirBuilder::new().mode(0o700).recursive(true).create(&dir));
    let meta = fs::symlink_metadata(&dir).ok()?;
    let ours = meta.is_dir() && meta.uid() == getuid().as_raw() && meta.mode() & 0o022 == 0;
    ours.then_some(dir)
}

/// Removes what is next to a file and was not written for a month: memories of binaries that are gone.
fn forget_old(path: &Path) {
    let files = path.parent().and_then(|dir| fs::read_dir(dir).ok());
    for file in files.into_iter().flatten().flatten() {
        let age = file
            .metadata()
            .and_then(|it| it.modified())
            .map(|it| it.elapsed());
        if age.is_ok_and(|age| age.is_ok_and(|age| age > MONTH)) {
            drop(fs::remove_file(file.path()));
        }
    }
}

/// Writes a file so that others see all of it or nothing.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = path.with_extension(format!("part-{}", std::process::id()));
    let written = File::create(&part)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_data()))
        .and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        drop(fs::remove_file(&part));
    }
    written
}

/// Runs what blocks, off the event loop.
pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Unreachable> + Send + 'static,
) -> Result<Arc<T>, Unreachable> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Unreachable::new(Cause::Local, error.to_string()))?
        .map(Arc::new)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn lies(dir: &Path, text: &str, mode: u32) -> Result<Binary, Unreachable> {
        let path = dir.join("rmote-play-mips-linux");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        Binary::foreign("mips", Some(dir))
    }

    #[test]
    fn an_agent_for_another_machine_is_of_the_same_sources_and_written_by_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let ours = format!("\u{7f}ELF {}built for 0123", protocol::SOURCES);
        assert_eq!(lies(dir.path(), &ours, 0o755).unwrap().machine, "mips");
        let error = lies(dir.path(), &ours, 0o775).unwrap_err();
        assert!(error.to_string().contains("others may write it"), "{error}");
        let other = ours.replace(env!("RMOTE_PLAY_SOURCES"), "0123456789abcdef");
        let error = lies(dir.path(), &other, 0o755).unwrap_err();
        assert!(error.to_string().contains("built from other sources"), "{error}");
    }

    #[test]
    fn the_help_names_what_the_compiler_calls_a_machine() {
        for (machine, target) in [
            ("aarch64", "aarch64-unknown-linux-gnu"),
            ("armv7l", "armv7-unknown-linux-gnueabihf"),
            ("riscv64", "riscv64gc-unknown-linux-gnu"),
        ] {
            assert!(how_to_build(machine).contains(&format!("--target {target}`")));
        }
    }

    #[test]
    fn agents_of_packages_and_of_archives_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("bin/rmote-play");
        for (place, name) in [
            ("bin/agents", true),
            ("lib/rmote-play", true),
            ("bin/other", false),
        ] {
            let at = dir.path().join(place);
            let is_found = places(&program).any(|it| {
                fs::create_dir_all(&at).unwrap();
                fs::canonicalize(it).is_ok_and(|it| it == fs::canonicalize(&at).unwrap())
            });
            assert_eq!(is_found, name, "{place}");
        }
    }
}
