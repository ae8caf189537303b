//! The values that an expression may come to, as conditions of the run decide.

use crate::playbook::check::constant::LATER;
use crate::playbook::check::names::Checker;
use crate::playbook::check::typing::asked::Asked;
use crate::source::Span;
use crate::template::{Act, Form, Sketch};
use crate::tool::Type;

/// What else than [`LATER`] a condition may ask about for which the playbook alone does not decide.
const OTHER: [&str; 6] = ["run", "loop", "item", "host", "groups", "group_names"];
/// How many variables are followed into each other.
const DEPTH: u32 = 8;

impl<'a> Checker<'a, '_> {
    /// The types of what an expression may be, and where each is written. A condition that can be told before the run does
    /// not count, nor one that asks about the value itself.
    pub(super) fn branches(&self, asked: Asked<'_, 'a>, sketch: &Sketch) -> Vec<(Type, Span)> {
        let mut found = Vec::new();
        self.add_branches(asked, sketch, 0, &mut found);
        found
    }

    fn add_branches(&self, asked: Asked<'_, 'a>, sketch: &Sketch, depth: u32, found: &mut Vec<(Type, Span)>) {
        if depth > DEPTH {
            return;
        }
        match &sketch.act {
            Act::Choice(test, then, otherwise) => {
                let guards = self.guarded_by(asked, test);
                if !self.is_decided_later(test) || guards.by_variables {
                    // With the values as they are written, one of the two may never be taken.
                    if depth > 0 {
                        found.push((self.type_of_sketch(asked, sketch), sketch.span));
                    }
                    return;
                }
                let empty = Type::Enum(vec![String::new()]);
                for branch in [Some(then), otherwise.as_ref()] {
                    match branch {
                        Some(branch) if branch.act == Act::Nothing || asks_about(test, branch) => {}
                        Some(branch) => self.add_branches(asked.under(&guards), branch, depth + 1, found),
                        None => found.push((empty.clone(), sketch.span)),
                    }
                }
            }
            Act::Name(path) if path.len() == 1 && asked.local(&path[0]).is_none() => {
                let name = &path[0];
                if asked.place.bound.contains(&name.as_str()) || self.options.extra.contains_key(name) {
                    return;
                }
                let form = self.variable_at(asked.place, asked.class, name);
                match form.map(|form| (&form.value, form.span)) {
                    Some((Form::Expression(expression), _)) => {
                        if let Some(inner) = expression.sketch() {
                            self.add_branches(asked.outside(), &inner, depth + 1, found);
                        }
                    }
                    Some((value, span)) if depth > 0 => {
                        found.push((self.type_of(asked.outside(), value), span));
                    }
                    _ => {}
                }
            }
            _ if depth > 0 => found.push((self.type_of_sketch(asked, sketch), sketch.span)),
            _ => {}
        }
    }

    /// Whether a condition depends on more than variables.
    fn is_decided_later(&self, test: &Sketch) -> bool {
        let mut names = Vec::new();
        test.each(&mut |part| {
            if let Act::Name(path) = &part.act {
                names.push(path[0].clone());
            }
        });
        let read = self.groups.closure_of(names);
        read.is_none_or(|read| LATER.iter().chain(&OTHER).any(|later| read.contains(*later)))
    }
}

/// Whether a condition reads what a branch is made of.
fn asks_about(test: &Sketch, branch: &Sketch) -> bool {
    let names = |sketch: &Sketch| {
        let mut names = Vec::new();
        sketch.each(&mut |part| {
            if let Act::Name(path) = &part.act {
                names.push(path.clone());
            }
        });
        names
    };
    let asked = names(test);
    names(branch).iter().any(|path| asked.contains(path))
}
