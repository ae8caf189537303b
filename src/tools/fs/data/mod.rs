//! Data in files that people write: values are set in their text, and all else of it stays.

mod block;
mod env;
mod flow;
mod ini;
mod json;
mod place;
mod render;
#[cfg(test)]
mod tests;
mod toml;
mod tree;
mod yaml;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub(super) use place::{Place, Step};

/// A format of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// Sections with `key = value`.
    Ini,
    /// JSON.
    Json,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
    /// `KEY=value`, as shells and systemd read it.
    Env,
}

impl Format {
    /// What the name of a file says.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        let name = name.rsplit('/').next().unwrap_or(name);
        if name == ".env" || name.starts_with(".env.") || name == "environment" {
            return Some(Self::Env);
        }
        match name.rsplit_once('.')?.1 {
            "ini" => Some(Self::Ini),
            "json" => Some(Self::Json),
            "toml" => Some(Self::Toml),
            "yaml" | "yml" => Some(Self::Yaml),
            "env" => Some(Self::Env),
            _ => None,
        }
    }

    /// Whether a value can be written in it.
    ///
    /// # Errors
    /// Says why not.
    pub(super) fn check(self, place: &Place, value: Option<&Json>) -> Result<(), String> {
        match self {
            Self::Ini => ini::check(place, value),
            Self::Env => env::check(place, value),
            Self::Toml => value.map_or(Ok(()), toml::check),
            Self::Json | Self::Yaml => Ok(()),
        }
    }
}

/// What is to be at a place.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) place: Place,
    /// Nothing: it is to be absent.
    pub(super) value: Option<Json>,
}

/// A text with all that was set in it, and what was at each place before.
pub(super) struct Edited {
    pub(super) text: String,
    pub(super) before: Vec<Json>,
}

/// Sets values in a text.
///
/// # Errors
/// Says, with the line, what is wrong with the text, or what keeps a value from being set without other changes.
pub(super) fn edit(format: Format, text: &str, sets: &[Set], spaces: Option<bool>) -> Result<Edited, String> {
    let has_returns = text.contains("\r\n");
    let mut text = if has_returns {
        text.replace("\r\n", "\n")
    } else {
        text.to_owned()
    };
    let mut before = Vec::new();
    for set in sets {
        let (after, old) = one(format, &text, set, spaces)?;
        before.push(old);
        text = after;
    }
    if has_returns {
        text = text.replace('\n', "\r\n");
    }
    Ok(Edited { text, before })
}

fn one(format: Format, text: &str, set: &Set, spaces: Option<bool>) -> Result<(String, Json), String> {
    let (after, old) = match format {
        Format::Ini => return ini::set(text, set, spaces),
        Format::Env => return env::set(text, set),
        Format::Toml => return toml::set(text, set),
        Format::Json => {
            let tree = json::parse(text)?;
            let expected = tree.value();
            (flow::set(text, &tree, set)?, expected)
        }
        Format::Yaml => match yaml::parse(text)? {
            None => (block::begin(text, set)?, Json::Null),
            Some(tree) => {
                let expected = tree.value();
                (block::set(text, &tree, set)?, expected)
            }
        },
    };
    let Some(after) = after else {
        return Ok((
            text.to_owned(),
            set.place.find(&old).cloned().unwrap_or(Json::Null),
        ));
    };
    // What was written is read again: the values are those that are wanted, and all others as before.
    let mut expected = old.clone();
    set.place.apply(&mut expected, set.value.as_ref())?;
    let read = match format {
        Format::Json => json::parse(&after)?.value(),
        _ => yaml::parse(&after)?.map_or(Json::Null, |tree| tree.value()),
    };
    if !tree::is_same(&read, &expected) {
        return Err(format!(
            "`{}` cannot be set without a change to other values",
            set.place
        ));
    }
    let before = set.place.find(&old).cloned().unwrap_or(Json::Null);
    Ok((after, before))
}
