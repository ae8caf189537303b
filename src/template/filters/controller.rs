//! Paths of the controller: what is there, and how they are written.

use std::path::{Component, Path, PathBuf};

use minijinja::{Environment, Error, Value};

use super::{data, invalid};
use crate::value;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &["commonpath", "expanduser", "normpath", "realpath", "relpath"];
/// The names of the tests.
pub(super) const TESTS: &[&str] = &[
    "abs",
    "directory",
    "exists",
    "file",
    "is_abs",
    "link",
    "link_exists",
];

/// Adds the filters and tests. Relative paths count from the directory in which the program was started.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("commonpath", commonpath);
    engine.add_filter("expanduser", expanduser);
    engine.add_filter("normpath", |path: &str| text(&normal(Path::new(path))));
    engine.add_filter("realpath", |path: &str| {
        let path = Path::new(path);
        let real = path
            .canonicalize()
            .or_else(|_| std::path::absolute(path).map(|it| normal(&it)));
        text(&real.unwrap_or_else(|_| path.to_path_buf()))
    });
    engine.add_filter("relpath", relpath);
    for name in ["abs", "is_abs"] {
        engine.add_test(name, |path: &str| path.starts_with('/'));
    }
    engine.add_test("exists", |path: &str| Path::new(path).exists());
    engine.add_test("file", |path: &str| Path::new(path).is_file());
    engine.add_test("directory", |path: &str| Path::new(path).is_dir());
    engine.add_test("link", |path: &str| Path::new(path).is_symlink());
    engine.add_test("link_exists", |path: &str| {
        Path::new(path).symlink_metadata().is_ok()
    });
}

fn text(path: &Path) -> String {
    let text = path.to_string_lossy().into_owned();
    if text.is_empty() { ".".to_owned() } else { text }
}

/// Without `.`, and with each `..` taken for what is before it.
fn normal(path: &Path) -> PathBuf {
    let mut parts = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match parts.components().next_back() {
                Some(Component::Normal(_)) => drop(parts.pop()),
                Some(Component::RootDir) => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    parts
}

fn expanduser(path: &str) -> Result<String, Error> {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            let home = std::env::var("HOME").map_err(|_| invalid("`expanduser`: HOME is not set"))?;
            Ok(format!("{}{rest}", home.trim_end_matches('/')))
        }
        Some(_) => Err(invalid("`expanduser` knows `~/` alone, not homes of others")),
        None => Ok(path.to_owned()),
    }
}

fn relpath(path: &str, start: Option<&str>) -> Result<String, Error> {
    let full = |path: &str| {
        let full = std::path::absolute(path).map_err(|error| invalid(error.to_string()))?;
        Ok::<_, Error>(normal(&full))
    };
    let (path, start) = (full(path)?, full(start.unwrap_or("."))?);
    let shared = path.components().zip(start.components());
    let shared = shared.take_while(|(a, b)| a == b).count();
    let mut relative = PathBuf::new();
    start.components().skip(shared).for_each(|_| relative.push(".."));
    relative.extend(path.components().skip(shared));
    Ok(text(&relative))
}

fn commonpath(paths: &Value) -> Result<String, Error> {
    let value::Value::List(paths) = data(paths)? else {
        return Err(invalid("`commonpath` needs a list of paths"));
    };
    let mut shared: Option<PathBuf> = None;
    for path in &paths {
        let path = path
            .as_str()
            .ok_or_else(|| invalid("`commonpath` needs a list of paths"))?;
        shared = Some(match shared {
            None => normal(Path::new(path)),
            Some(before) => {
                let path = normal(Path::new(path));
                let both = before.components().zip(path.components());
                both.take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
            }
        });
    }
    shared
        .map(|it| it.to_string_lossy().into_owned())
        .ok_or_else(|| invalid("`commonpath` needs a list of paths"))
}
