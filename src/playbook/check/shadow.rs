//! Names of loops that hide others.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::model::Entry;

impl<'a> Checker<'a, '_> {
    /// Warns where a loop's name hides the one of a loop outside, or a variable.
    pub(super) fn hidden_names(&mut self, place: &Place<'a>, entry: &'a Entry) {
        for (name, _) in entry.repeat.iter().flat_map(|it| &it.over) {
            let warning = |what: &str| {
                Diagnostic::warning(
                    Code::ShadowedName,
                    format!("`{}` of this loop hides {what}", name.value),
                )
                .at(name.span)
                .help(match name.value.as_str() {
                    "item" => "Name it, as in `loop: { other: ... }`, to reach both.".to_owned(),
                    _ => "Choose another name.".to_owned(),
                })
            };
            if place.bound.contains(&name.value.as_str()) {
                self.diagnostics.push(warning("that of the loop around it"));
            } else if let Some(form) = self.variable_at(place, 0, &name.value) {
                self.diagnostics
                    .push(warning("a variable").label(form.span, "the variable"));
            }
        }
    }
}
