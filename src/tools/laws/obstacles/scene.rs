//! A directory with a target in it, something that stands in the way there, and things next to it that nobody may touch.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::tools::testing::TestLink;

pub(super) struct Scene {
    folder: tempfile::TempDir,
}

/// What is seen of each path but for times.
pub(super) type Picture = BTreeMap<PathBuf, String>;

/// Something in the way at, above or below the target.
pub(super) struct Obstacle {
    pub(super) name: &'static str,
    /// Whether it could be put there.
    pub(super) put: fn(&Scene) -> bool,
    /// Takes it away, with what else is there; whether there is then nothing but the parent of the target.
    pub(super) clear: fn(&Scene) -> bool,
    /// Whether it can be known before something is done.
    pub(super) can_be_seen: bool,
    /// What it leads to is touched by right.
    pub(super) leads: Leads,
    /// The call is made by a user who may do nothing here.
    pub(super) as_another: bool,
    pub(super) owner: Option<&'static str>,
}

/// Whether an obstacle leads to something next to the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leads {
    /// It does not.
    Nowhere,
    /// The path that was named leads there itself, or a directory of it is there.
    Named,
    /// By links below the path that was named.
    Below,
}

const PLAIN: Obstacle = Obstacle {
    name: "",
    put: |_| true,
    clear: |_| false,
    can_be_seen: true,
    leads: Leads::Nowhere,
    as_another: false,
    owner: None,
};

impl Scene {
    pub(super) fn new() -> Self {
        let scene = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        fs::set_permissions(scene.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["t", "src/tree/sub", "outside/sub"] {
            fs::create_dir_all(scene.path(folder)).unwrap();
        }
        for (file, text) in [
            ("src/tree/file", "new\n"),
            ("src/tree/sub/inner", "new inner\n"),
            ("src/moved", "moved\n"),
            ("outside/file", "precious\n"),
            ("outside/sub/inner", "precious inner\n"),
        ] {
            fs::write(scene.path(file), text).unwrap();
        }
        let pack = json!({ "paths": scene.at("src/tree/"), "dest": scene.at("src/a.tar") });
        TestLink::default().call("fs.archive", pack).unwrap();
        scene
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn at(&self, name: &str) -> String {
        self.path(name).to_string_lossy().into_owned()
    }

    pub(super) fn target(&self) -> String {
        self.at("t/x")
    }

    pub(super) fn picture(&self) -> Picture {
        let mut picture = Picture::new();
        see(self.folder.path(), Path::new(""), &mut picture);
        picture
    }

    /// What no call is given: all but the source, the target, and what a move leads to.
    pub(super) fn outside(picture: &Picture) -> Picture {
        let is_given = |path: &Path| ["t", "src", "gone"].iter().any(|it| path.starts_with(it));
        let outside = picture.iter().filter(|(path, _)| !is_given(path));
        outside.map(|(path, seen)| (path.clone(), seen.clone())).collect()
    }

    fn run(program: &str, args: &[&str]) -> bool {
        let quiet = Command::new(program)
            .args(args)
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .status();
        quiet.is_ok_and(|status| status.success())
    }

    fn mount(&self, at: &str, options: &str) -> bool {
        Self::run("mount", &["-t", "tmpfs", "-o", options, "tmpfs", &self.at(at)])
    }

    fn put_file(&self, at: &str, text: &str) -> bool {
        fs::write(self.path(at), text).is_ok()
    }

    /// Marks something so that nobody may change it.
    fn fix(&self, at: &str) -> bool {
        Self::run("chattr", &["+i", &self.at(at)])
    }

    fn free(&self, at: &str) -> bool {
        Self::run("chattr", &["-i", &self.at(at)])
    }

    fn empty_target(&self) -> bool {
        let target = self.path("t/x");
        if target.is_dir() && !target.is_symlink() {
            fs::remove_dir_all(target).is_ok()
        } else {
            fs::remove_file(target).is_ok()
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for path in ["t", "t/x", "t/x/file"] {
            let _ = self.free(path);
        }
        for path in ["t/x/in", "t/x/sub", "t/x", "t"] {
            let _ = Self::run("umount", &["-l", &self.at(path)]);
        }
    }
}

fn see(root: &Path, below: &Path, picture: &mut Picture) {
    let path = root.join(below);
    let meta = path.symlink_metadata().unwrap();
    let kind = meta.file_type();
    let mut seen = format!("{:o} {} {}", meta.mode(), meta.uid(), meta.gid());
    if kind.is_symlink() {
        seen.push(' ');
        seen += path.read_link().unwrap().to_str().unwrap();
    } else if kind.is_file() {
        seen.push(' ');
        seen += &fs::read(&path).unwrap().escape_ascii().to_string();
    } else if kind.is_socket() || kind.is_fifo() {
        seen += " special";
    }
    picture.insert(below.to_owned(), seen);
    if kind.is_dir() {
        for entry in fs::read_dir(&path).unwrap() {
            see(root, &below.join(entry.unwrap().file_name()), picture);
        }
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn obstacles() -> Vec<Obstacle> {
    let plain = |name, put| Obstacle { name, put, ..PLAIN };
    let leading = |name, put| Obstacle {
        name,
        put,
        leads: Leads::Named,
        ..PLAIN
    };
    vec![
        plain("nothing", |_| true),
        plain("a file", |s| s.put_file("t/x", "old\n")),
        plain("an empty directory", |s| fs::create_dir(s.path("t/x")).is_ok()),
        Obstacle {
            clear: Scene::empty_target,
            ..plain("a directory that holds something", |s| {
                fs::create_dir_all(s.path("t/x/kept")).is_ok() && s.put_file("t/x/kept/old", "old\n")
            })
        },
        plain("directories where files belong, and the other way round", |s| {
            fs::create_dir_all(s.path("t/x/file/deep")).is_ok() && s.put_file("t/x/sub", "old\n")
        }),
        Obstacle {
            clear: Scene::empty_target,
            ..plain("a pipe", |s| Scene::run("mkfifo", &[&s.target()]))
        },
        Obstacle {
            clear: Scene::empty_target,
            ..plain("a socket", |s| UnixListener::bind(s.path("t/x")).is_ok())
        },
        plain("a directory with a pipe and a socket in it", |s| {
            fs::create_dir(s.path("t/x")).is_ok()
                && Scene::run("mkfifo", &[&s.at("t/x/pipe")])
                && UnixListener::bind(s.path("t/x/socket")).is_ok()
                && Scene::run("mkfifo", &[&s.at("t/x/file")])
        }),
        leading("a link to nowhere", |s| symlink("nowhere", s.path("t/x")).is_ok()),
        leading("a link to a file", |s| {
            symlink(s.path("outside/file"), s.path("t/x")).is_ok()
        }),
        leading("a link to a directory", |s| {
            symlink(s.path("outside/sub"), s.path("t/x")).is_ok()
        }),
        Obstacle {
            leads: Leads::Below,
            ..plain("links below", |s| {
                fs::create_dir(s.path("t/x")).is_ok()
                    && symlink(s.path("outside/file"), s.path("t/x/file")).is_ok()
                    && symlink(s.path("outside/sub"), s.path("t/x/sub")).is_ok()
            })
        },
        plain("a file system mounted there", |s| {
            fs::create_dir(s.path("t/x")).is_ok()
                && s.mount("t/x", "size=1m")
                && s.put_file("t/x/data", "data\n")
        }),
        plain("a file system mounted below", |s| {
            fs::create_dir_all(s.path("t/x/in")).is_ok()
                && s.put_file("t/x/file", "old\n")
                && s.mount("t/x/in", "size=1m")
                && s.put_file("t/x/in/data", "data\n")
        }),
        leading("another directory mounted below", |s| {
            fs::create_dir_all(s.path("t/x/sub")).is_ok()
                && s.put_file("t/x/a", "old\n")
                && Scene::run("mount", &["--bind", &s.at("outside/sub"), &s.at("t/x/sub")])
        }),
        plain("a file where the directory should be", |s| {
            fs::remove_dir(s.path("t")).is_ok() && s.put_file("t", "old\n")
        }),
        Obstacle {
            clear: |s| s.free("t/x") && s.empty_target(),
            ..plain("a file that nobody may change", |s| {
                s.put_file("t/x", "old\n") && s.fix("t/x")
            })
        },
        plain("a file below that nobody may change", |s| {
            fs::create_dir_all(s.path("t/x/a")).is_ok()
                && s.put_file("t/x/a/old", "old\n")
                && s.put_file("t/x/file", "old\n")
                && s.fix("t/x/file")
        }),
        Obstacle {
            clear: |s| s.free("t"),
            ..plain("a directory that nobody may change", |s| s.fix("t"))
        },
        Obstacle {
            clear: |s| Scene::run("mount", &["-o", "remount,rw", &s.at("t")]) && s.empty_target(),
            ..plain("a file system that may only be read", |s| {
                s.mount("t", "size=1m")
                    && fs::create_dir(s.path("t/x")).is_ok()
                    && s.put_file("t/x/old", "old\n")
                    && Scene::run("mount", &["-o", "remount,ro", &s.at("t")])
            })
        },
        Obstacle {
            clear: |s| {
                let fillers = (0..300).map(|n| s.path(&format!("t/filler{n}")));
                fillers.flat_map(fs::remove_file).count() > 0
            },
            can_be_seen: false,
            ..plain("a file system that is full", |s| {
                // Neither blocks nor names are left.
                let is_mounted = s.mount("t", "size=1m,nr_inodes=128");
                let fill = |n: i32| fs::write(s.path(&format!("t/filler{n}")), vec![7; 512 << 10]);
                is_mounted && (0..300).filter(|n| fill(*n).is_err()).count() > 128
            })
        },
        Obstacle {
            as_another: true,
            ..plain("a user who may not", |s| s.put_file("t/x", "old\n"))
        },
        Obstacle {
            as_another: true,
            owner: Some("root"),
            ..plain("a user who may not give it away", |s| {
                ["t", "src", "src/moved"]
                    .iter()
                    .all(|path| fs::set_permissions(s.path(path), fs::Permissions::from_mode(0o777)).is_ok())
            })
        },
        Obstacle {
            owner: Some("nobody-of-that-name"),
            ..plain("an owner who does not exist", |s| s.put_file("t/x", "old\n"))
        },
    ]
}
