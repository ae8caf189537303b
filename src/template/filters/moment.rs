//! Times as text and as seconds.

use minijinja::{Environment, Error, Value};

use super::invalid;
use crate::template::functions;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &["strftime", "to_datetime"];

/// Adds the filters.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("strftime", strftime);
    engine.add_filter("to_datetime", to_datetime);
}

/// A pattern filled with a time in seconds since 1970, UTC.
fn strftime(pattern: &str, seconds: &Value) -> Result<String, Error> {
    let seconds = match seconds.as_str() {
        Some(text) => text.trim().parse::<f64>().ok(),
        None => f64::try_from(seconds.clone()).ok(),
    };
    let seconds = seconds.filter(|it| (0.0..1e12).contains(it));
    let seconds = seconds.ok_or_else(|| {
        invalid("`strftime` needs a time in seconds since 1970, as in `'%F' | strftime(1700000000)`")
    })?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is in that range"
    )]
    functions::strftime(pattern, seconds as u64)
}

/// A time that is written after a pattern, as seconds since 1970, UTC.
fn to_datetime(text: &str, pattern: Option<&str>) -> Result<i64, Error> {
    let pattern = pattern.unwrap_or("%Y-%m-%d %H:%M:%S");
    read(text.trim(), pattern)
        .ok_or_else(|| invalid(format!("`to_datetime`: `{text}` is not written as `{pattern}`")))
}

fn read(text: &str, pattern: &str) -> Option<i64> {
    let (mut year, mut month, mut day) = (1970, 1, 1);
    let (mut hour, mut minute, mut second, mut offset) = (0, 0, 0, 0);
    let mut rest = text;
    let pattern = pattern.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S");
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            rest = rest.strip_prefix(letter)?;
            continue;
        }
        match letters.next()? {
            'Y' => year = digits(&mut rest, 4)?,
            'm' => month = digits(&mut rest, 2)?,
            'd' => day = digits(&mut rest, 2)?,
            'H' => hour = digits(&mut rest, 2)?,
            'M' => minute = digits(&mut rest, 2)?,
            'S' => second = digits(&mut rest, 2)?,
            'f' => drop(digits(&mut rest, 6)?),
            's' => return digits(&mut rest, 12).filter(|_| rest.is_empty()),
            'z' => offset = zone(&mut rest)?,
            'Z' => rest = rest.strip_prefix("UTC").or_else(|| rest.strip_prefix("GMT"))?,
            '%' => rest = rest.strip_prefix('%')?,
            _ => return None,
        }
    }
    let is_time = rest.is_empty()
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60;
    if !is_time {
        return None;
    }
    // Days since 1970 of a date: years begin in March, so that leap days come last.
    let years = if month > 2 { year } else { year - 1 };
    let (era, of_era) = (years.div_euclid(400), years.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second - offset)
}

fn digits(rest: &mut &str, most: usize) -> Option<i64> {
    let count = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
    let (number, left) = rest.split_at(count);
    *rest = left;
    number.parse().ok()
}

fn zone(rest: &mut &str) -> Option<i64> {
    if let Some(left) = rest.strip_prefix('Z') {
        *rest = left;
        return Some(0);
    }
    let sign = match rest.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    *rest = &rest[1..];
    let hours = digits(rest, 2)?;
    *rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes = digits(rest, 2)?;
    Some(sign * (hours * 60 + minutes) * 60)
}
