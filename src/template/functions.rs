//! The functions of the language.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use globset::GlobBuilder;
use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Value};

use crate::source;
use crate::template::{names, nothing, omit};

/// The name of `file` in the engine.
pub(super) const FILE: &str = "__file";
/// The name of `glob` in the engine.
pub(super) const GLOB: &str = "__glob";

/// The name of one of these in a file that a template brings in, whose directory has this number.
pub(super) fn of_folder(function: &str, folder: usize) -> String {
    format!("{function}_{folder}")
}

/// The function of such a name that counts from a directory.
pub(super) fn counted(name: &str, own: Option<&Arc<Path>>, folders: &[Arc<Path>]) -> Option<Value> {
    [FILE, GLOB].into_iter().find_map(|function| {
        let folder = match name.strip_prefix(function)? {
            "" => own.cloned(),
            number => Some(Arc::clone(
                folders.get(number.strip_prefix('_')?.parse::<usize>().ok()?)?,
            )),
        };
        Some(if function == FILE {
            file_in(folder)
        } else {
            glob_in(folder)
        })
    })
}

/// Largest file that `file()` reads.
const FILE_LIMIT: u64 = 16 << 20;

/// So many files `glob()` looks at.
const GLOB_LIMIT: usize = 100_000;

/// Adds all but `file` and `glob`, which depend on where they are written.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_function(names::NOTHING, nothing::give);
    engine.add_function(names::OMITTED, omit::give);
    engine.add_function("__env", env);
    engine.add_function("__now", now);
    engine.add_function("__range", minijinja::functions::range);
    engine.add_function("__dict", dict);
    engine.add_function("__namespace", minijinja::functions::namespace);
}

/// `dict(list of pairs)`, `dict(map, name=value)`.
fn dict(value: Option<Value>, more: Kwargs) -> Result<Value, Error> {
    let is_list = |it: &Value| matches!(it.kind(), ValueKind::Seq | ValueKind::Iterable);
    let Some(pairs) = value.as_ref().filter(|it| is_list(it)) else {
        return minijinja::functions::dict(value, more);
    };
    let mut entries = Vec::new();
    for pair in pairs.try_iter()? {
        let two: Vec<Value> = pair.try_iter()?.collect();
        let [key, value] = two.as_slice() else {
            return Err(error(
                "`dict` of a list needs pairs of a key and a value".to_owned(),
            ));
        };
        entries.push((key.clone(), value.clone()));
    }
    let named = more
        .args()
        .map(|name| Ok((Value::from(name), more.get::<Value>(name)?)));
    entries.extend(named.collect::<Result<Vec<_>, Error>>()?);
    Ok(Value::from_pairs(entries))
}

fn error(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands its arguments over"
)]
fn env(name: &str, default: Option<Value>, options: Kwargs) -> Result<Value, Error> {
    let named: Option<Value> = options.get("default")?;
    options.assert_all_used()?;
    match (std::env::var_os(name), default.or(named)) {
        (Some(value), _) => value
            .into_string()
            .map(Value::from)
            .map_err(|_| error(format!("the environment variable `{name}` is not UTF-8"))),
        (None, Some(default)) => Ok(default),
        (None, None) => Err(error(format!("the environment variable `{name}` is not set"))),
    }
}

/// `file` with relative paths counted from a directory.
fn file_in(folder: Option<Arc<Path>>) -> Value {
    Value::from_function(move |path: &str| {
        let full = match &folder {
            Some(folder) => folder.join(path),
            None => Path::new(path).to_path_buf(),
        };
        read(&full)
            .map_err(|problem| error(format!("the file `{}` cannot be read: {problem}", full.display())))
    })
}

/// `glob` with relative patterns counted from a directory: the files that match, sorted, written as the pattern is.
fn glob_in(folder: Option<Arc<Path>>) -> Value {
    Value::from_function(move |pattern: &str| {
        let full = match &folder {
            Some(folder) => folder.join(pattern),
            None => Path::new(pattern).to_path_buf(),
        };
        let found = globbed(&full).map_err(|problem| error(format!("`glob('{pattern}')`: {problem}")))?;
        let shown = |path: &PathBuf| match &folder {
            Some(folder) if !pattern.starts_with('/') => {
                path.strip_prefix(folder).unwrap_or(path).to_path_buf()
            }
            _ => path.clone(),
        };
        Ok::<Value, Error>(
            found
                .iter()
                .map(|path| shown(path).to_string_lossy().into_owned())
                .collect(),
        )
    })
}

/// The files whose path matches a pattern: `*`, `?` and `[..]` within a name, `**` through directories.
pub(super) fn globbed(pattern: &Path) -> Result<Vec<PathBuf>, String> {
    let text = pattern.to_str().ok_or("it is not UTF-8")?;
    let matcher = GlobBuilder::new(text).literal_separator(true).build();
    let matcher = matcher.map_err(|problem| problem.to_string())?.compile_matcher();
    let is_plain =
        |part: &std::path::Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
    let root: PathBuf = pattern.components().take_while(is_plain).collect();
    let deep = if text.contains("**") {
        usize::MAX
    } else {
        pattern.components().count() - root.components().count()
    };
    let mut found = Vec::new();
    let mut open = vec![(root, 0)];
    while let Some((path, depth)) = open.pop() {
        if path.is_file() && matcher.is_match(&path) {
            found.push(path);
        } else if depth < deep && path.is_dir() && (depth == 0 || !path.is_symlink()) {
            let entries = std::fs::read_dir(&path).map_err(|problem| problem.to_string())?;
            open.extend(entries.flatten().map(|it| (it.path(), depth + 1)));
        }
        if open.len() + found.len() > GLOB_LIMIT {
            return Err(format!("more than {GLOB_LIMIT} files are there"));
        }
    }
    found.sort();
    Ok(found)
}

fn read(path: &Path) -> Result<Value, String> {
    let bytes = source::read_file(path, FILE_LIMIT).map_err(|problem| problem.to_string())?;
    Ok(String::from_utf8(bytes).map_or_else(|binary| Value::from_bytes(binary.into_bytes()), Value::from))
}

fn now(format: Option<&str>) -> Result<String, Error> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let seconds = since.map_or(0, |since| since.as_secs());
    strftime(format.unwrap_or("%Y-%m-%dT%H:%M:%SZ"), seconds)
}

/// A time in UTC after a pattern: `%Y %m %d %H %M %S %j %s %y %b %B %a %A %F %T %Z %z %%`.
pub(super) fn strftime(format: &str, seconds: u64) -> Result<String, Error> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const DAYS: [&str; 7] = [
        "Thursday",
        "Friday",
        "Saturday",
        "Sunday",
        "Monday",
        "Tuesday",
        "Wednesday",
    ];
    let (days, second) = (seconds / 86400, seconds % 86400);
    let (mut year, mut day_of_year) = (1970u64, days);
    let length = |year: u64| 365 + u64::from(is_leap(year));
    while day_of_year >= length(year) {
        day_of_year -= length(year);
        year += 1;
    }
    let (mut month, mut day) = (0usize, day_of_year);
    while day >= month_length(month, year) {
        day -= month_length(month, year);
        month += 1;
    }
    let weekday = DAYS[usize::try_from(days % 7).unwrap_or(0)];
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let (month_number, day) = (month + 1, day + 1);
    let mut out = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            out.push(character);
            continue;
        }
        let text = match characters.next() {
            Some('Y') => format!("{year:04}"),
            Some('y') => format!("{:02}", year % 100),
            Some('m') => format!("{month_number:02}"),
            Some('d') => format!("{day:02}"),
            Some('H') => format!("{hour:02}"),
            Some('M') => format!("{minute:02}"),
            Some('S') => format!("{second:02}"),
            Some('j') => format!("{:03}", day_of_year + 1),
            Some('s') => seconds.to_string(),
            Some('b') => MONTHS[month][..3].to_owned(),
            Some('B') => MONTHS[month].to_owned(),
            Some('a') => weekday[..3].to_owned(),
            Some('A') => weekday.to_owned(),
            Some('F') => format!("{year:04}-{month_number:02}-{day:02}"),
            Some('T') => format!("{hour:02}:{minute:02}:{second:02}"),
            Some('Z') => "UTC".to_owned(),
            Some('z') => "+0000".to_owned(),
            Some('%') => "%".to_owned(),
            Some(other) => return Err(error(format!("a time has no `%{other}`"))),
            None => return Err(error("the pattern of a time ends with `%`".to_owned())),
        };
        out.push_str(&text);
    }
    Ok(out)
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn month_length(month: usize, year: u64) -> u64 {
    const LENGTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    LENGTHS
        .get(month)
        .map_or(u64::MAX, |length| length + u64::from(month == 1 && is_leap(year)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_after_a_pattern() {
        let written = |pattern, seconds| strftime(pattern, seconds).unwrap();
        assert_eq!(written("%F %T %a %j", 0), "1970-01-01 00:00:00 Thu 001");
        assert_eq!(written("%Y%m%d-%H%M%S", 1_709_251_199), "20240229-235959");
        assert_eq!(written("%A, %d %B %y%%", 951_782_400), "Tuesday, 29 February 00%");
        assert_eq!(written("%j", 1_735_603_200), "366");
        assert!(strftime("%Q", 0).is_err());
        assert!(strftime("%", 0).is_err());
    }
}
