//! Files of settings: found, read against the table, and what is wrong with them.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::{getegid, geteuid};
use toml::de::{DeTable, DeValue};

use crate::cli::settings::table::{SETTINGS, Setting, Sort};
use crate::cli::settings::value::{Value, check, placed};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceId, SourceMap, Span, read_text};

/// The name of such a file.
pub(crate) const NAME: &str = "rmote-play.toml";
/// The largest one.
const LIMIT: u64 = 1 << 20;

/// A value and where it is.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) setting: &'static Setting,
    pub(crate) value: Value,
    pub(crate) line: usize,
}

/// The file that is nearest to a directory, upwards; not beyond the directory of a repository.
pub(crate) fn nearest(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    for folder in folder.ancestors() {
        let file = folder.join(NAME);
        if file.is_file() {
            return Some(file);
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// The directory of what the user has configured.
pub(crate) fn folder() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.filter(|it| it.is_absolute());
    let config = config.or_else(|| Some(std::env::home_dir()?.join(".config")))?;
    Some(config.join("rmote-play"))
}

/// The user's own file.
pub(crate) fn of_user() -> Option<PathBuf> {
    Some(folder()?.join(NAME))
}

/// Whether somebody else could have written a file: it may name programs that are run, and it was looked for in directories
/// that nobody has named.
pub(crate) fn is_of_others(file: &Path) -> bool {
    let Ok(meta) = std::fs::metadata(file) else {
        return true;
    };
    let user = geteuid().as_raw();
    let is_ours = meta.uid() == user || meta.uid() == 0;
    // Where each user has a group of the same number, new files are often writable for it: nobody else is in it. Others may be
    // in the group of root.
    let is_own_group = user != 0 && meta.gid() == user && getegid().as_raw() == user;
    let others = if is_own_group { 0o002 } else { 0o022 };
    !is_ours || meta.mode() & others != 0
}

/// Reads a file; all that is wrong with it is found.
pub(crate) fn read(file: &Path, sources: &mut SourceMap, found: &mut Diagnostics) -> Vec<Placed> {
    let text = match read_text(file, LIMIT) {
        Ok(text) => text,
        Err(error) => {
            let message = format!("`{}` cannot be read: {error}", file.display());
            found.push(Diagnostic::error(Code::UnreadableFile, message));
            return Vec::new();
        }
    };
    let source = sources.add(file, text.as_str());
    let mut reading = Reading {
        text: &text,
        source,
        folder: file.parent().unwrap_or(Path::new("/")),
        found,
        placed: Vec::new(),
    };
    match DeTable::parse(&text) {
        Ok(table) => reading.sections(table.get_ref()),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let message = format!("this is not TOML: {}", error.message());
            let error = Diagnostic::error(Code::TomlSyntax, message);
            reading
                .found
                .push(error.at(Span::new(source, span.start, span.end)));
        }
    }
    reading.placed
}

struct Reading<'a> {
    text: &'a str,
    source: SourceId,
    folder: &'a Path,
    found: &'a mut Diagnostics,
    placed: Vec<Placed>,
}

impl Reading<'_> {
    fn span(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.source, range.start, range.end)
    }

    fn sections(&mut self, table: &DeTable<'_>) {
        let mut sections: Vec<_> = SETTINGS.iter().map(|it| it.parts().0).collect();
        sections.dedup();
        for (key, value) in table {
            let (name, span) = (key.get_ref().as_ref(), self.span(key.span()));
            if !sections.contains(&name) {
                let message = format!("there is no section `{}`", name.escape_debug());
                let error = Diagnostic::error(Code::UnknownKey, message).at(span);
                let of_setting = SETTINGS.iter().find(|it| it.parts().1 == name);
                self.found.push(if let Some(setting) = of_setting {
                    error.help(format!("`{name}` goes under `[{}]`.", setting.parts().0))
                } else {
                    let all = sections.iter().map(|it| format!("`[{it}]`")).collect::<Vec<_>>();
                    error
                        .help(format!("Sections are {}.", all.join(", ")))
                        .did_you_mean(name, sections.iter().copied())
                });
                continue;
            }
            if let DeValue::Table(inner) = value.get_ref() {
                self.section(name, inner);
                continue;
            }
            let message = format!("`{name}` is a section, not a value");
            let error = Diagnostic::error(Code::WrongType, message).at(self.span(value.span()));
            self.found
                .push(error.help(format!("Write `[{name}]` on a line of its own.")));
        }
    }

    fn section(&mut self, section: &str, table: &DeTable<'_>) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            let of_section = || SETTINGS.iter().filter(|it| it.parts().0 == section);
            let Some(setting) = of_section().find(|it| it.parts().1 == name) else {
                let message = format!("there is no setting `{section}.{}`", name.escape_debug());
                let error = Diagnostic::error(Code::UnknownKey, message).at(self.span(key.span()));
                let elsewhere = SETTINGS.iter().find(|it| it.parts().1 == name);
                self.found.push(match elsewhere {
                    Some(other) => error.help(format!("`{name}` goes under `[{}]`.", other.parts().0)),
                    None => error
                        .help("`rmote-play config` lists all settings.")
                        .did_you_mean(name, of_section().map(|it| it.parts().1)),
                });
                continue;
            };
            let at = value.span();
            match texts(setting.sort, value.get_ref()) {
                Ok(texts) => {
                    let folder = self.folder;
                    let place = |text| placed(setting.sort, text, folder);
                    self.placed.push(Placed {
                        setting,
                        value: Value(texts.into_iter().map(place).collect()),
                        line: 1 + self.text[..key.span().start].matches('\n').count(),
                    });
                }
                Err(why) => {
                    let error = Diagnostic::error(Code::WrongType, format!("`{}`: {why}", setting.key));
                    let error = error.at(self.span(at));
                    let error = error.help(format!("It is {}.", setting.sort.wanted()));
                    let choice = match (setting.sort, value.get_ref()) {
                        (Sort::Choice(words), DeValue::String(text)) => {
                            error.did_you_mean(text, words.iter().copied())
                        }
                        _ => error,
                    };
                    self.found.push(choice);
                }
            }
        }
    }
}

/// The texts of a value, if it is of the sort.
fn texts(sort: Sort, value: &DeValue<'_>) -> Result<Vec<String>, String> {
    let text = match (sort, value) {
        (sort, DeValue::Array(items)) if sort.is_list() => {
            return items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::String(text) => check(sort, text).map(|()| text.to_string()),
                    other => Err(format!("an item is {}", of(other))),
                })
                .collect();
        }
        (Sort::Flag, DeValue::Boolean(flag)) => flag.to_string(),
        (Sort::Number(..), DeValue::Integer(number)) if number.radix() == 10 => {
            number.as_str().replace('_', "")
        }
        (Sort::Number(..), DeValue::Integer(_)) => return Err("write the number in decimal".to_owned()),
        (Sort::Flag | Sort::Number(..), other) => return Err(format!("this is {}", of(other))),
        (_, DeValue::String(text)) => text.to_string(),
        (_, other) => return Err(format!("this is {}", of(other))),
    };
    check(sort, &text)?;
    Ok(vec![text])
}

fn of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
