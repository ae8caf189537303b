//! What a file of variables that stays closed may define.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, Diagnostics};

/// More names than these are counted.
const SHOWN: usize = 10;

/// Names that nothing else defines are unknown, not undefined: they are told once, where the closed file is named. Those
/// that are nearly another name stay.
pub(super) fn fold(diagnostics: &mut Diagnostics) {
    let is_missing = |it: &Diagnostic| {
        it.code == Code::UndefinedVariable && it.help.is_none() && it.message.ends_with("is not defined")
    };
    let missing = diagnostics.take(is_missing);
    let names: BTreeSet<_> = missing
        .iter()
        .filter_map(|it| it.message.split('`').nth(1).map(str::to_owned))
        .collect();
    if names.is_empty() {
        return;
    }
    let mut files = diagnostics.take(|it| it.code == Code::EncryptedFile).into_iter();
    if let Some(first) = files.next() {
        let shown: Vec<_> = names.iter().take(SHOWN).map(|it| format!("`{it}`")).collect();
        let rest = match names.len() - shown.len() {
            0 => String::new(),
            rest => format!(" and {rest} more"),
        };
        let help = first.help.clone().map_or_else(String::new, |it| it + " ");
        let names = shown.join(", ");
        diagnostics.push(first.help(format!("{help}Nothing else defines {names}{rest}.")));
    }
    files.for_each(|it| diagnostics.push(it));
}
