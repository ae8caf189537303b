//! What hosts say in scripts that a shell reads.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::check::typing::Asked;
use crate::playbook::model::Call;
use crate::template::{Act, Form, Sketch};
use crate::tool::Type;
use crate::value::Value;

/// How many variables are followed into each other.
const DEPTH: u32 = 8;

impl<'a> Checker<'a, '_> {
    /// Warns of text of a host that is in a script without `quote`.
    pub(super) fn shell(&mut self, place: &Place<'a>, call: &Call) {
        let (true, Form::Map(args)) = (call.tool.name == "exec.shell", &call.args.value) else {
            return;
        };
        for (name, form) in args {
            if !matches!(name.as_str(), "script" | "unless") {
                continue;
            }
            let sketches = match &form.value {
                Form::Template(template) => template.sketches(),
                Form::Expression(expression) => expression.sketch().into_iter().collect(),
                _ => continue,
            };
            for sketch in sketches {
                if self.is_from_host(place, &sketch, 0)
                    && !is_quoted(&sketch)
                    && !self.diagnostics.has_error_within(sketch.span)
                    && self.may_be_text(place, &sketch)
                {
                    self.diagnostics.push(
                        Diagnostic::warning(
                            Code::UnquotedInShell,
                            "a value from a host is in a shell script without quotes",
                        )
                        .at(sketch.span)
                        .help("Add `| quote`, so that the shell takes it as one word; or give it by `env`."),
                    );
                }
            }
        }
    }

    /// Whether the text of facts or results goes into it.
    fn is_from_host(&self, place: &Place<'a>, sketch: &Sketch, depth: u32) -> bool {
        let mut found = false;
        sketch.each(&mut |part| {
            if let Act::Name(path) = &part.act {
                found |= self.is_name_from_host(place, path, depth);
            }
        });
        found
    }

    fn is_name_from_host(&self, place: &Place<'a>, path: &[String], depth: u32) -> bool {
        let name = path[0].as_str();
        if place.bound.contains(&name) || self.options.extra.contains_key(name) || depth > DEPTH {
            return false;
        }
        match name {
            "facts" | "results" | "failed" => true,
            "hosts" => path.get(2).is_some_and(|it| it == "facts" || it == "results"),
            _ => {
                let form = self.variable_at(place, 0, name);
                form.is_some_and(|form| self.is_form_from_host(place, &form.value, depth + 1))
            }
        }
    }

    fn is_form_from_host(&self, place: &Place<'a>, form: &Form, depth: u32) -> bool {
        let any = |sketches: Vec<Sketch>| {
            sketches.iter().any(|it| {
                !is_quoted(it) && self.is_from_host(place, it, depth) && self.may_be_text(place, it)
            })
        };
        match form {
            Form::Template(template) => any(template.sketches()),
            Form::Expression(expression) => any(expression.sketch().into_iter().collect()),
            _ => false,
        }
    }

    /// Not, where it is a number, a boolean or one of a few known texts.
    fn may_be_text(&self, place: &Place<'a>, sketch: &Sketch) -> bool {
        let of = self.type_of_sketch(Asked::new(place, 0), sketch);
        let is_open = |of: &Type| {
            matches!(
                of,
                Type::Any | Type::String | Type::List(_) | Type::Map(_) | Type::Record(_)
            )
        };
        match &of {
            Type::Union(options) => options.iter().any(is_open),
            of => is_open(of),
        }
    }
}

fn is_quoted(sketch: &Sketch) -> bool {
    let mut found = false;
    sketch.each(&mut |part| match &part.act {
        Act::Filter { name, .. } => found |= name == "quote",
        Act::Constant(Value::Str(text)) => found |= text == "quote",
        _ => {}
    });
    found
}
