//! Takes out of outputs what differs from run to run. No other file does that.

use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

static TIMES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d+(\.\d+)? ?(ms|s)\b").expect("a correct expression"));

/// Paths of the scene and lengths of time become words.
pub(crate) fn stable(text: &str, scene: &Path) -> String {
    let text = text.replace(&scene.display().to_string(), "[SCENE]");
    TIMES.replace_all(&text, "[TIME]").into_owned()
}
