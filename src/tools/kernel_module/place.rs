//! Where modules of the kernel are named, and whether they are in it.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Kind};
use crate::system::{Domain, Follow, Reader};
use crate::tool::HostPath;
use crate::tools::files;

/// What is loaded when the host starts: the file of others than systemd, and the directory.
pub(super) const LOADED: [&str; 2] = ["/etc/modules", "/etc/modules-load.d"];
/// Options of modules, and those that are not loaded by themselves.
pub(super) const OPTIONS: &str = "/etc/modprobe.d";
const BUILT_IN_LIMIT: u64 = 4 << 20;

/// How a module is in the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) is_loaded: bool,
    pub(super) is_built_in: bool,
}

/// A name that a module can have.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_name(name: &str) -> Result<(), (&'static str, String)> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_plain) && name.len() <= 64
    {
        return Ok(());
    }
    let message = format!(
        "`{}` is not the name of a module of the kernel",
        name.escape_debug()
    );
    Err(("name", message))
}

/// The name as the kernel writes it, to which both forms are the same.
pub(super) fn plain(name: &str) -> String {
    name.replace('-', "_")
}

/// By what it is known in check mode.
pub(super) fn key(name: &str) -> String {
    plain(name)
}

/// Whether it is in the running kernel.
pub(super) fn standing(name: &str, host: &Reader<'_>) -> Result<Standing, Failure> {
    if let Some(item) = host.item(Domain::Modules, &key(name))? {
        return Ok(Standing {
            is_loaded: item == "loaded",
            is_built_in: false,
        });
    }
    let folder = Path::new("/sys/module").join(plain(name));
    if host.metadata(&folder, Follow::Yes)?.is_some() {
        // Only what was loaded has a state.
        let is_built_in = host.metadata(&folder.join("initstate"), Follow::Yes)?.is_none();
        return Ok(Standing {
            is_loaded: true,
            is_built_in,
        });
    }
    let release = host.read(Path::new("/proc/sys/kernel/osrelease"), 4096)?;
    let release = String::from_utf8_lossy(&release).trim().to_owned();
    let list: PathBuf = ["/lib/modules", &release, "modules.builtin"].iter().collect();
    let list = match host.read(&list, BUILT_IN_LIMIT) {
        Err(failure) if failure.kind == Kind::NotFound => Vec::new(),
        list => list?,
    };
    let is_built_in = is_listed(&String::from_utf8_lossy(&list), name);
    Ok(Standing {
        is_loaded: is_built_in,
        is_built_in,
    })
}

/// `kernel/net/ipv4/tcp_cubic.ko`.
fn is_listed(list: &str, name: &str) -> bool {
    let wanted = plain(name);
    list.lines().any(|line| {
        let file = line.rsplit('/').next().unwrap_or(line);
        file.strip_suffix(".ko").is_some_and(|it| plain(it) == wanted)
    })
}

/// The file in which a module is named, in one of those directories.
pub(super) fn file(folder: &str, name: &str) -> Result<HostPath, Failure> {
    files::path(&format!("{folder}/{name}.conf"))
}

/// The files that name what is loaded when the host starts, each once: Debian has a link from one to the other.
pub(super) fn lists(host: &Reader<'_>) -> Result<Vec<HostPath>, Failure> {
    let mut all = vec![files::path(LOADED[0])?];
    let mut seen = vec![host.real_path(all[0].as_path())?];
    for name in host.names_in(Path::new(LOADED[1]))? {
        if Path::new(&name).extension().is_some_and(|it| it == "conf") {
            let path = files::path(LOADED[1])?.join(&name);
            let real = host.real_path(path.as_path())?;
            if !seen.contains(&real) {
                seen.push(real);
                all.push(path);
            }
        }
    }
    Ok(all)
}

/// Whether a line of such a file names a module.
pub(super) fn names(line: &str, name: &str) -> bool {
    let line = line.trim();
    !line.starts_with(['#', ';'])
        && line
            .split_whitespace()
            .next()
            .is_some_and(|it| plain(it) == plain(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_name_are_the_same_module() {
        let list = "kernel/net/ipv4/tcp_cubic.ko\nkernel/drivers/net/snd-pcm.ko\n";
        assert!(is_listed(list, "tcp_cubic") && is_listed(list, "tcp-cubic") && is_listed(list, "snd_pcm"));
        assert!(!is_listed(list, "cubic") && !is_listed(list, "tcp"));
        assert!(names(" br-netfilter\n", "br_netfilter") && names("dummy numdummies=2", "dummy"));
        assert!(!names("# dummy", "dummy") && !names("dummy2", "dummy") && !names("", "dummy"));
    }
}
