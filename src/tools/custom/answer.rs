//! What an executable answered: an object in JSON, and how it ended.

use crate::diff::Diff;
use crate::failure::{Failure, Kind};
use crate::system::Ended;
use crate::tool::{Apply, Served};
use crate::value::{Map, Value};

/// How much of what it says of a failure is told.
const SAID: usize = 4 << 10;

/// What came of a call. It has failed where it did not end with 0, or says `error`.
pub(super) fn served(name: &str, ended: &Ended, apply: Apply, diff: bool) -> Result<Served, Failure> {
    let answer = read(&ended.stdout.bytes);
    if ended.exit_code != 0 {
        let failure = ended.failure(name);
        let said = answer.ok().and_then(|answer| said(&answer));
        return Err(match said {
            Some(said) => Failure {
                message: format!("`{name}` {}: {said}", ended.how()),
                ..failure
            },
            None => failure,
        });
    }
    let invalid = |what: String| Failure {
        stderr: ended.failure(name).stderr,
        ..Failure::new(Kind::Invalid, format!("the answer of `{name}` is {what}"))
    };
    let mut fields = answer.map_err(invalid)?;
    if fields.get("error").is_some_and(|error| !error.is_null()) {
        let said = said(&fields).unwrap_or_else(|| "it does not say why".to_owned());
        return Err(Failure {
            kind: Kind::CommandFailed,
            message: format!("`{name}` failed: {said}"),
            ..invalid(String::new())
        });
    }
    fields.shift_remove("error");
    let changed = match fields.shift_remove("changed") {
        None | Some(Value::Null) => true,
        Some(Value::Bool(changed)) => changed,
        Some(other) => {
            let found = other.type_name();
            return Err(invalid(format!(
                "wrong in `changed`: it is to be a boolean, not {found}"
            )));
        }
    };
    let difference = match fields.shift_remove("diff") {
        None | Some(Value::Null) => None,
        Some(given) => Some(texts(&given).map(|it| it.map(str::to_owned)).ok_or_else(|| {
            invalid("wrong in `diff`: it is to be an object of two strings, `before` and `after`".to_owned())
        })?),
    };
    let diffs = difference
        .filter(|_| diff && changed)
        .map(|[before, after]| vec![Diff::of_text(name, before.as_bytes(), after.as_bytes())]);
    Ok(Served {
        changed,
        diff: diffs.unwrap_or_default(),
        // What it would say after a change that was not made is not known.
        fields: if changed && apply == Apply::No {
            Map::new()
        } else {
            fields
        },
        ..Served::nothing()
    })
}

/// The object that was answered; else what is there instead.
fn read(stdout: &[u8]) -> Result<Map, String> {
    if stdout.trim_ascii().is_empty() {
        return Err("empty: an object in JSON is to be written to standard output".to_owned());
    }
    let text = std::str::from_utf8(stdout).map_err(|_| "not JSON: it is not UTF-8".to_owned())?;
    match serde_json::from_str(text) {
        Ok(Value::Map(fields)) => Ok(fields),
        Ok(other) => Err(format!("not an object in JSON, but {}", other.type_name())),
        Err(error) => Err(format!("not JSON: {error}")),
    }
}

/// Why it failed, in its own words.
fn said(answer: &Map) -> Option<String> {
    let text = |value: &Value| match value {
        Value::Map(map) => map.get("message")?.as_str().map(str::to_owned),
        value => value.as_str().map(str::to_owned),
    };
    let said = answer.get("error").and_then(text);
    let mut said = said.or_else(|| answer.get("message").and_then(text))?;
    said.truncate(said.floor_char_boundary(SAID));
    Some(said)
}

fn texts(diff: &Value) -> Option<[&str; 2]> {
    let diff = diff.as_map()?;
    Some([diff.get("before")?.as_str()?, diff.get("after")?.as_str()?])
}
