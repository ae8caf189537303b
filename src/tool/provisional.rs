//! Numbers that in check mode take the place of those that the host would choose: nobody is shown one.

use crate::diff::Diff;
use crate::system::PROVISIONAL;
use crate::value::Value;

/// What a diff says for such a number.
const CHOSEN: &str = "(chosen by the host)";

/// Whether a value is, or holds, such a number, also within text such as that of `/etc/passwd`.
pub(super) fn is_in(value: &Value) -> bool {
    match value {
        Value::Int(number) => u32::try_from(*number).is_ok_and(|it| PROVISIONAL.contains(&it)),
        Value::Str(text) => numbers(text.as_bytes()).next().is_some(),
        Value::Bytes(bytes) => numbers(bytes).next().is_some(),
        Value::List(all) => all.iter().any(is_in),
        Value::Map(all) => all.values().any(is_in),
        _ => false,
    }
}

/// Diffs without such numbers.
pub(super) fn hidden(mut diffs: Vec<Diff>) -> Vec<Diff> {
    for diff in &mut diffs {
        let found: Vec<_> = numbers(diff.text.as_bytes()).collect();
        for place in found.into_iter().rev() {
            diff.text.replace_range(place, CHOSEN);
        }
    }
    diffs
}

/// Where such numbers are in a text.
fn numbers(text: &[u8]) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut from = 0;
    std::iter::from_fn(move || {
        while let Some(start) = (from..text.len()).find(|at| text[*at].is_ascii_digit()) {
            let digits = text[start..].iter().take_while(|it| it.is_ascii_digit()).count();
            from = start + digits;
            let number = std::str::from_utf8(&text[start..from]).ok();
            if number
                .and_then(|it| it.parse().ok())
                .is_some_and(|it| PROVISIONAL.contains(&it))
            {
                return Some(start..from);
            }
        }
        None
    })
}
