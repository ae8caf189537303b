//! Setting values in files of sections with `key = value`.

use serde_json::Value as Json;

use crate::tools::fs::data::{Place, Set, Step};

/// Whether a place and a value are such as these files have.
///
/// # Errors
/// Says why not.
pub(super) fn check(place: &Place, value: Option<&Json>) -> Result<(), String> {
    let is_name = |step: &Step| matches!(step, Step::Key(_));
    if place.0.is_empty() || place.0.len() > 2 || !place.0.iter().all(is_name) {
        return Err(format!(
            "`{place}` is not `section.key`, nor a key that is in no section"
        ));
    }
    for step in &place.0 {
        let Step::Key(name) = step else { continue };
        let is_odd = name.trim() != name || name.is_empty() || name.contains(['\n', '\r']);
        if is_odd || name.starts_with(['#', ';', '[']) {
            return Err(format!(
                "`{}` is not a name that can be written",
                name.escape_debug()
            ));
        }
    }
    if let Some(Step::Key(key)) = place.0.last()
        && key.contains(['=', ':'])
    {
        return Err(format!("the key `{key}` must not have `=` or `:` in it"));
    }
    value.map_or(Ok(()), |value| text_of(value).map(drop))
}

/// A value as it is written.
fn text_of(value: &Json) -> Result<String, String> {
    let text = match value {
        Json::String(text) => text.clone(),
        Json::Number(_) | Json::Bool(_) => value.to_string(),
        _ => return Err("the value must be text, a number or a boolean".to_owned()),
    };
    if text.contains(['\n', '\r']) || text.trim() != text {
        return Err("the value must be one line without blanks around it".to_owned());
    }
    Ok(text)
}

/// A line, as far as it matters here.
enum Line<'a> {
    Section(&'a str),
    /// Name, what is between it and the value, and the value.
    Pair(&'a str, &'a str, &'a str),
    /// A key without a value.
    Bare(&'a str),
    /// It goes on with the value above.
    More,
    Other,
}

/// `above`: how far the pair is indented that a line may go on with.
fn read(line: &str, above: Option<usize>) -> Line<'_> {
    let text = line.trim();
    if text.is_empty() || text.starts_with(['#', ';']) {
        return Line::Other;
    }
    if is_deeper(line, above) && !text.contains(['=', ':']) {
        return Line::More;
    }
    if let Some(name) = text.strip_prefix('[').and_then(|it| it.split_once(']')) {
        return Line::Section(name.0.trim());
    }
    match text.find(['=', ':']) {
        None => Line::Bare(text),
        Some(at) => {
            let name = text[..at].trim_end();
            let value = text[at + 1..].trim_start();
            let between = &text[name.len()..text.len() - value.len()];
            Line::Pair(name, between, value)
        }
    }
}

fn is_deeper(line: &str, above: Option<usize>) -> bool {
    above.is_some_and(|above| indent(line) > above)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

/// What was found of a place.
#[derive(Default)]
struct Found {
    /// The line of the key, the number of lines that its value goes on for, and what is between key and value.
    pair: Option<(usize, usize, String)>,
    value: String,
    /// The number of a line below it of which nobody can say whether it is a pair or goes on with the value.
    doubtful: Option<usize>,
    /// The line after the last one of the section that is not empty.
    end: Option<usize>,
}

impl Found {
    fn check(&self) -> Result<(), String> {
        self.doubtful.map_or(Ok(()), |line| {
            Err(format!(
                "line {line} is indented below the key: nobody can say whether it goes on with the value or is a key of its own"
            ))
        })
    }
}

/// The text with what is set, and what was there.
///
/// # Errors
/// Where the section or the key is there twice.
pub(super) fn set(text: &str, set: &Set, spaces: Option<bool>) -> Result<(String, Json), String> {
    let name = |step: Option<&Step>| match step {
        Some(Step::Key(name)) => name.clone(),
        _ => String::new(),
    };
    let (section, key) = match set.place.0.len() {
        1 => (None, name(set.place.0.first())),
        _ => (Some(name(set.place.0.first())), name(set.place.0.get(1))),
    };
    let lines: Vec<&str> = text.lines().collect();
    let found = look(&lines, section.as_deref(), &key)?;
    let before = found
        .pair
        .as_ref()
        .map_or(Json::Null, |_| Json::String(found.value.clone()));
    let mut after: Vec<String> = lines.iter().map(|it| (*it).to_owned()).collect();
    match (&set.value, &found.pair) {
        (None, None) => return Ok((text.to_owned(), before)),
        (None, Some((at, more, _))) => {
            found.check()?;
            after.drain(*at..=at + more);
        }
        (Some(value), pair) => {
            let value = text_of(value)?;
            let usual = |spaces| if spaces { " = " } else { "=" }.to_owned();
            let own = pair
                .as_ref()
                .map(|(.., between)| between.clone())
                .filter(|it| !it.is_empty());
            let between = match spaces {
                Some(spaces) => usual(spaces),
                None => own.unwrap_or_else(|| usual_of(&lines)),
            };
            if let Some((at, more, _)) = pair {
                if found.value == value {
                    return Ok((text.to_owned(), before));
                }
                found.check()?;
                let line = lines[*at];
                let indent = &line[..line.len() - line.trim_start().len()];
                let key = line
                    .trim_start()
                    .split(['=', ':'])
                    .next()
                    .unwrap_or(&key)
                    .trim_end();
                // Between an empty value and its sign there are no blanks to keep.
                let between =
                    if found.value.is_empty() && between.trim_end() == between && between.starts_with(' ') {
                        format!("{between} ")
                    } else {
                        between
                    };
                let new = format!("{indent}{key}{between}{value}");
                after.splice(*at..=at + more, [new.trim_end().to_owned()]);
            } else {
                let new = format!("{key}{between}{value}").trim_end().to_owned();
                match (found.end, &section) {
                    (Some(end), _) => after.insert(end, new),
                    (None, None) => after.insert(0, new),
                    (None, Some(section)) => {
                        if after.last().is_some_and(|it| !it.trim().is_empty()) {
                            after.push(String::new());
                        }
                        after.extend([format!("[{section}]"), new]);
                    }
                }
            }
        }
    }
    let mut after = after.join("\n");
    if !after.is_empty() && (text.ends_with('\n') || text.is_empty() || set.value.is_some()) {
        after.push('\n');
    }
    Ok((after, before))
}

/// How most pairs of the file are written.
fn usual_of(lines: &[&str]) -> String {
    let mut tight = 0;
    let mut wide = 0;
    for line in lines {
        if let Line::Pair(_, between, value) = read(line, None)
            && !value.is_empty()
        {
            if between.starts_with([' ', '\t']) {
                wide += 1;
            } else {
                tight += 1;
            }
        }
    }
    if tight > wide { "=" } else { " = " }.to_owned()
}

fn look(lines: &[&str], section: Option<&str>, key: &str) -> Result<Found, String> {
    let mut found = Found::default();
    let mut current: Option<&str> = None;
    let mut is_known = section.is_none();
    if is_known {
        found.end = Some(0);
    }
    let (mut above, mut is_own) = (None, false);
    for (at, line) in lines.iter().enumerate() {
        let line_read = read(line, above);
        if is_own && matches!(line_read, Line::Pair(..)) && is_deeper(line, above) {
            found.doubtful = found.doubtful.or(Some(at + 1));
        }
        let is_here = current == section;
        if is_here && (!line.trim().is_empty() && !matches!(line_read, Line::Section(_))) {
            found.end = Some(at + 1);
        }
        match line_read {
            Line::Section(name) => {
                current = Some(name);
                if section == current {
                    if is_known {
                        return Err(format!("line {}: the section `[{name}]` is there twice", at + 1));
                    }
                    is_known = true;
                    found.end = Some(at + 1);
                }
                (above, is_own) = (None, false);
            }
            Line::Pair(name, between, value) => {
                is_own = is_here && name == key;
                if is_own {
                    if found.pair.is_some() {
                        return Err(format!("line {}: the key `{key}` is there twice", at + 1));
                    }
                    found.pair = Some((at, 0, between.to_owned()));
                    value.clone_into(&mut found.value);
                }
                if !is_deeper(line, above) {
                    above = Some(indent(line));
                }
            }
            Line::Bare(name) => {
                if is_here && name == key {
                    if found.pair.is_some() {
                        return Err(format!("line {}: the key `{key}` is there twice", at + 1));
                    }
                    found.pair = Some((at, 0, String::new()));
                }
                (above, is_own) = (None, false);
            }
            Line::More => {
                if is_own && let Some((first, more, _)) = &mut found.pair {
                    *more = at - *first;
                    found.value = format!("{}\n{}", found.value, line.trim());
                }
            }
            Line::Other => {}
        }
    }
    Ok(found)
}
