//! Texts laid out, and sizes as people write them.
#![expect(
    clippy::needless_pass_by_value,
    reason = "the engine hands its arguments over"
)]

use minijinja::value::Kwargs;
use minijinja::{Environment, Error, Value};

use super::invalid;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &[
    "center",
    "filesizeformat",
    "human_readable",
    "human_to_bytes",
    "striptags",
    "truncate",
    "wordcount",
    "wordwrap",
];

/// Adds the filters.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("center", center);
    engine.add_filter("filesizeformat", filesizeformat);
    engine.add_filter("human_readable", human_readable);
    engine.add_filter("human_to_bytes", human_to_bytes);
    engine.add_filter("striptags", striptags);
    engine.add_filter("truncate", truncate);
    engine.add_filter("wordcount", |text: &str| text.split_whitespace().count());
    engine.add_filter("wordwrap", wordwrap);
}

fn center(text: &str, width: Option<usize>) -> String {
    let width = width.unwrap_or(80).min(10_000);
    let free = width.saturating_sub(text.chars().count());
    // Where it does not come out even, as Python has it.
    let left = free / 2 + (free & width & 1);
    format!("{}{text}{}", " ".repeat(left), " ".repeat(free - left))
}

/// `truncate(length, killwords, end, leeway=5)`: words stay whole, and a text that is hardly too long stays as it is.
fn truncate(
    text: &str,
    length: Option<usize>,
    kill_words: Option<bool>,
    end: Option<&str>,
    options: Kwargs,
) -> Result<String, Error> {
    let length = length.or(options.get("length")?).unwrap_or(255);
    let kill_words = kill_words.or(options.get("killwords")?).unwrap_or(false);
    let end = end.or(options.get("end")?).unwrap_or("...");
    let leeway = options.get::<Option<usize>>("leeway")?.unwrap_or(5);
    options.assert_all_used()?;
    if text.chars().count() <= length.saturating_add(leeway) {
        return Ok(text.to_owned());
    }
    let kept = length.checked_sub(end.chars().count());
    let kept = kept.ok_or_else(|| invalid(format!("`truncate` to {length} leaves no room for `{end}`")))?;
    let cut: String = text.chars().take(kept).collect();
    let whole = match cut.rfind(' ') {
        Some(space) if !kill_words => &cut[..space],
        _ => &cut,
    };
    Ok(format!("{whole}{end}"))
}

/// `wordwrap(width, break_long_words, wrapstring)`, line by line.
fn wordwrap(
    text: &str,
    width: Option<usize>,
    break_long: Option<bool>,
    between: Option<&str>,
    options: Kwargs,
) -> Result<String, Error> {
    let width = width.or(options.get("width")?).unwrap_or(79).max(1);
    let break_long = break_long.or(options.get("break_long_words")?).unwrap_or(true);
    let between = between.or(options.get("wrapstring")?).unwrap_or("\n");
    options.assert_all_used()?;
    let lines = text.lines().map(|line| wrapped(line, width, break_long));
    Ok(lines.collect::<Vec<_>>().concat().join(between))
}

fn wrapped(line: &str, width: usize, break_long: bool) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in line.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let space = usize::from(used > 0);
            if used + space + word.len() <= width || (used == 0 && !break_long) {
                let last = lines.last_mut().expect("there is always one");
                if used > 0 {
                    last.push(' ');
                }
                last.extend(&word);
                used += space + word.len();
                break;
            }
            if used == 0 {
                let rest = word.split_off(width);
                lines.last_mut().expect("there is always one").extend(&word);
                word = rest;
            }
            lines.push(String::new());
            used = 0;
        }
    }
    lines
}

fn striptags(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find('<') {
        plain.push_str(&rest[..begin]);
        let comment = rest[begin..].starts_with("<!--");
        let end = if comment { "-->" } else { ">" };
        rest = match rest[begin..].find(end) {
            Some(at) => &rest[begin + at + end.len()..],
            None => "",
        };
    }
    plain.push_str(rest);
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Units from the largest, each with its power of two.
const UNITS: [(char, i32); 8] = [
    ('Y', 80),
    ('Z', 70),
    ('E', 60),
    ('P', 50),
    ('T', 40),
    ('G', 30),
    ('M', 20),
    ('K', 10),
];

fn number(filter: &str, value: &Value) -> Result<f64, Error> {
    let number = match value.as_str() {
        Some(text) => text.trim().parse().ok(),
        None => f64::try_from(value.clone()).ok(),
    };
    number
        .filter(|it| it.is_finite())
        .ok_or_else(|| invalid(format!("`{filter}` needs a number, not `{value}`")))
}

/// `human_readable(isbits, unit)`: `1.00 KB`.
fn human_readable(
    value: &Value,
    is_bits: Option<bool>,
    unit: Option<&str>,
    options: Kwargs,
) -> Result<String, Error> {
    let is_bits = is_bits.or(options.get("isbits")?).unwrap_or(false);
    let unit = unit.or(options.get("unit")?);
    options.assert_all_used()?;
    let size = number("human_readable", value)?;
    let wanted = unit
        .and_then(|unit| unit.chars().next())
        .map(|it| it.to_ascii_uppercase());
    let found = UNITS.iter().find(|(letter, power)| match wanted {
        Some(wanted) => *letter == wanted,
        None => size >= 2_f64.powi(*power),
    });
    let end = if is_bits { "b" } else { "B" };
    Ok(match found {
        Some((letter, power)) => format!("{:.2} {letter}{end}", size / 2_f64.powi(*power)),
        None => format!("{size:.2} {}", if is_bits { "bits" } else { "Bytes" }),
    })
}

/// `human_to_bytes(default_unit, isbits)`: `2 GB`, `10M`, `512`.
fn human_to_bytes(
    value: &Value,
    unit: Option<&str>,
    is_bits: Option<bool>,
    options: Kwargs,
) -> Result<i64, Error> {
    let unit = unit.or(options.get("default_unit")?);
    let is_bits = is_bits.or(options.get("isbits")?).unwrap_or(false);
    options.assert_all_used()?;
    let text = value.to_string();
    let text = text.trim();
    let end = text
        .find(|it: char| !(it.is_ascii_digit() || it == '.'))
        .unwrap_or(text.len());
    let (digits, written) = (&text[..end], text[end..].trim());
    let wrong = || {
        invalid(format!(
            "`human_to_bytes` does not read `{text}`: write as in `2 GB` or `10M`"
        ))
    };
    let size: f64 = digits.parse().map_err(|_| wrong())?;
    let written = if written.is_empty() {
        unit.unwrap_or("")
    } else {
        written
    };
    let mut letters = written.chars();
    let power = match letters.next().map(|it| it.to_ascii_uppercase()) {
        None | Some('B') => 0,
        Some(letter) => UNITS.iter().find(|(it, _)| *it == letter).ok_or_else(wrong)?.1,
    };
    let rest = letters.as_str();
    let is_good = match (power, is_bits) {
        (0, _) => matches!(rest, "" | "ytes" | "it" | "its"),
        (_, false) => matches!(rest, "" | "B" | "iB"),
        (_, true) => matches!(rest, "" | "b" | "bit" | "bits"),
    };
    let bytes = (size * 2_f64.powi(power)).round();
    if !is_good || bytes >= 9e18 {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and small enough")]
    Ok(bytes as i64)
}

/// `filesizeformat(binary)`: `1.0 kB`, `1.0 KiB`.
fn filesizeformat(value: &Value, binary: Option<bool>) -> Result<String, Error> {
    let size = number("filesizeformat", value)?;
    let binary = binary.unwrap_or(false);
    let base = if binary { 1024.0 } else { 1000.0 };
    if size < base {
        return Ok(if (size - 1.0).abs() < f64::EPSILON {
            "1 Byte".to_owned()
        } else {
            format!("{size:.0} Bytes")
        });
    }
    let mut scaled = size / base;
    let mut letters = UNITS.iter().rev().map(|(letter, _)| *letter);
    let mut letter = letters.next().unwrap_or('K');
    for next in letters {
        if scaled < base {
            break;
        }
        scaled /= base;
        letter = next;
    }
    Ok(match (binary, letter) {
        (true, letter) => format!("{scaled:.1} {letter}iB"),
        (false, 'K') => format!("{scaled:.1} kB"),
        (false, letter) => format!("{scaled:.1} {letter}B"),
    })
}
