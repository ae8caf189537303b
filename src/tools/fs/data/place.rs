//! Where a value is: `server.ports[0]`, or a list of keys and numbers.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// One step to a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub(in crate::tools::fs) enum Step {
    /// The number of an item, from 0 on.
    Index(usize),
    /// A key.
    Key(String),
}

/// The steps from the whole to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tools::fs) struct Place(pub(in crate::tools::fs) Vec<Step>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(number) => write!(f, "[{number}]")?,
                Step::Key(key) if at == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
            }
        }
        Ok(())
    }
}

impl Place {
    /// Reads `a.b[0].c`.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub(in crate::tools::fs) fn read(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}` is not a place; write keys with dots between them and numbers in brackets, or a list of both"
            )
        };
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (key, mut rest) = match part.find('[') {
                Some(at) => (&part[..at], &part[at..]),
                None => (part, ""),
            };
            if key.is_empty() && (rest.is_empty() || !steps.is_empty()) {
                return Err(wrong());
            }
            if !key.is_empty() {
                steps.push(Step::Key(key.to_owned()));
            }
            while !rest.is_empty() {
                let (number, after) = rest
                    .strip_prefix('[')
                    .and_then(|it| it.split_once(']'))
                    .ok_or_else(wrong)?;
                steps.push(Step::Index(number.parse().map_err(|_| wrong())?));
                rest = after;
            }
        }
        Ok(Self(steps))
    }

    /// What is there.
    pub(super) fn find<'a>(&self, whole: &'a Json) -> Option<&'a Json> {
        self.0.iter().try_fold(whole, |at, step| match step {
            Step::Key(key) => at.as_object()?.get(key),
            Step::Index(number) => at.as_array()?.get(*number),
        })
    }

    /// Sets it in data.
    ///
    /// # Errors
    /// Where something on the way is neither a map nor a list.
    pub(super) fn apply(&self, whole: &mut Json, value: Option<&Json>) -> Result<(), String> {
        let mut at = whole;
        for (number, step) in self.0.iter().enumerate() {
            let is_last = number + 1 == self.0.len();
            let here = || Self(self.0[..number].to_vec());
            if at.is_null() {
                if value.is_none() {
                    return Ok(());
                }
                *at = match step {
                    Step::Key(_) => Json::Object(Map::new()),
                    Step::Index(_) => Json::Array(Vec::new()),
                };
            }
            match (step, at) {
                (Step::Key(key), Json::Object(map)) => {
                    if is_last {
                        match value {
                            Some(value) => map.insert(key.clone(), value.clone()),
                            None => map.shift_remove(key),
                        };
                        return Ok(());
                    }
                    if value.is_none() && !map.contains_key(key) {
                        return Ok(());
                    }
                    at = map.entry(key.clone()).or_insert(Json::Null);
                }
                (Step::Index(index), Json::Array(list)) => {
                    if value.is_none() && *index >= list.len() {
                        return Ok(());
                    }
                    if *index > list.len() {
                        return Err(format!("`{}` has {} items only", here(), list.len()));
                    }
                    if is_last {
                        match value {
                            Some(value) if *index < list.len() => list[*index] = value.clone(),
                            Some(value) => list.push(value.clone()),
                            None => drop(list.remove(*index)),
                        }
                        return Ok(());
                    }
                    if *index == list.len() {
                        list.push(Json::Null);
                    }
                    at = &mut list[*index];
                }
                (_, _) if value.is_none() => return Ok(()),
                (step, _) => return Err(not_such(&here(), step)),
            }
        }
        if let Some(value) = value {
            *at = value.clone();
        }
        Ok(())
    }
}

/// That something on the way is of another sort.
pub(super) fn not_such(place: &Place, step: &Step) -> String {
    let what = match step {
        Step::Key(_) => "a map",
        Step::Index(_) => "a list",
    };
    if place.0.is_empty() {
        format!("the file does not hold {what}")
    } else {
        format!("`{place}` is not {what}")
    }
}

/// A value below steps that are not there yet.
pub(super) fn nested(steps: &[Step], value: &Json) -> Json {
    steps.iter().rev().fold(value.clone(), |inner, step| match step {
        Step::Key(key) => Json::Object(Map::from_iter([(key.clone(), inner)])),
        Step::Index(_) => Json::Array(vec![inner]),
    })
}
