//! The functions of the language: `env`, `file` and `now`.

use std::path::Path;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, ErrorKind, Value};

use crate::source;
use crate::template::{names, nothing, omit};

/// The name of `file` in the engine.
pub(super) const FILE: &str = "__file";
/// The name of `file` in a file that a template brings in, whose directory has this number.
pub(super) fn file_of(folder: usize) -> String {
    format!("{FILE}_{folder}")
}

/// The number of the directory, if this is such a name.
pub(super) fn folder_of(name: &str) -> Option<usize> {
    name.strip_prefix(FILE)?.strip_prefix('_')?.parse().ok()
}

/// Largest file that `file()` reads.
const FILE_LIMIT: u64 = 16 << 20;

/// Adds all but `file`, which depends on where it is written.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_function(names::NOTHING, nothing::give);
    engine.add_function(names::OMITTED, omit::give);
    engine.add_function("__env", env);
    engine.add_function("__now", now);
    engine.add_function("__range", minijinja::functions::range);
    engine.add_function("__dict", minijinja::functions::dict);
    engine.add_function("__namespace", minijinja::functions::namespace);
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
pub(super) fn file_in(folder: Option<Arc<Path>>) -> Value {
    Value::from_function(move |path: &str| {
        let full = match &folder {
            Some(folder) => folder.join(path),
            None => Path::new(path).to_path_buf(),
        };
        read(&full)
            .map_err(|problem| error(format!("the file `{}` cannot be read: {problem}", full.display())))
    })
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
fn strftime(format: &str, seconds: u64) -> Result<String, Error> {
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
            Some(other) => return Err(error(format!("`now()` does not know `%{other}`"))),
            None => return Err(error("the pattern of `now()` ends with `%`".to_owned())),
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
