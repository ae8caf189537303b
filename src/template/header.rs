//! The line with which a template file of others says how it is to be read: `#jinja2: lstrip_blocks: True`.

use crate::source::Place;
use crate::template::SyntaxError;
use crate::template::engine::Whitespace;

/// How the line begins.
const MARK: &str = "#jinja2:";

/// What is at the top of a template file.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Header {
    /// How many bytes are the line's, which is never a part of what the template gives.
    pub(super) length: usize,
    /// What it says; `None`: there is no such line.
    pub(super) whitespace: Option<Whitespace>,
}

/// Reads the line, where there is one.
///
/// # Errors
/// What it says that cannot be done here.
pub(super) fn read(text: &str, place: &Place) -> Result<Header, SyntaxError> {
    let Some(rest) = text.strip_prefix(MARK) else {
        return Ok(Header::default());
    };
    let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
    let length = (MARK.len() + line.len() + 1).min(text.len());
    let mut whitespace = Whitespace::default();
    let mut at = MARK.len();
    for pair in line.split(',') {
        let span = place.span(at, at + pair.trim_end().len());
        at += pair.len() + 1;
        let wrong = |message: String, help: &str| SyntaxError {
            message,
            span,
            help: Some(help.to_owned()),
        };
        let known = "`trim_blocks` and `lstrip_blocks` are known here, as in `#jinja2: lstrip_blocks: True`.";
        let Some((name, value)) = pair.split_once(':') else {
            let message = format!(
                "`{}` in the `#jinja2:` line is not a setting and its value",
                pair.trim()
            );
            return Err(wrong(message, known));
        };
        let (name, value) = (name.trim(), value.trim());
        let setting = match name {
            "trim_blocks" => &mut whitespace.trim_blocks,
            "lstrip_blocks" => &mut whitespace.lstrip_blocks,
            _ => {
                let message = format!("the `#jinja2:` line sets `{name}`, which cannot be set here");
                return Err(wrong(message, known));
            }
        };
        *setting = match value {
            "True" | "true" => true,
            "False" | "false" => false,
            _ => {
                let message = format!("`{name}` in the `#jinja2:` line is True or False, not `{value}`");
                return Err(wrong(message, known));
            }
        };
    }
    Ok(Header {
        length,
        whitespace: Some(whitespace),
    })
}
