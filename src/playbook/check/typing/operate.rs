//! What expressions do with values whose types are known: where that cannot be right, or can never be true.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::check::typing::infer::{Asked, item_of};
use crate::playbook::check::typing::kinds::{BOOL, Kinds, LIST, MAP, NUMBER, TEXT, kinds};
use crate::playbook::check::typing::require::classes;
use crate::playbook::check::typing::{applied, fits::shown};
use crate::template::{Act, Form, Sign, Sketch, Step};
use crate::tool::Type;

/// Names that the text itself binds, and what they are; later ones hide earlier ones.
pub(super) type Locals = Vec<(String, Type)>;

impl<'a> Checker<'a, '_> {
    /// Checks what all expressions of a value as written do.
    pub(in crate::playbook::check) fn operations(&mut self, place: &Place<'a>, form: &Form) {
        let steps: Cow<'_, [Step]> = match form {
            Form::Literal(_) | Form::Refused(_) => return,
            Form::Template(template) => template.steps().into(),
            Form::Expression(expression) => match expression.sketch() {
                Some(sketch) => vec![Step::Emit(sketch)].into(),
                None => return,
            },
            Form::Secret(form) => return self.operations(place, form),
            Form::List(items) => return items.iter().for_each(|item| self.operations(place, &item.value)),
            Form::Map(entries) => {
                return entries
                    .values()
                    .for_each(|entry| self.operations(place, &entry.value));
            }
        };
        let is_text = matches!(form, Form::Template(_));
        for class in classes(place) {
            let mut wrong = Vec::new();
            self.each_step(
                Asked::new(place, class),
                is_text,
                &steps,
                &mut Locals::new(),
                &mut wrong,
            );
            if !wrong.is_empty() {
                for error in wrong {
                    let at = error.labels[0].span;
                    if !self.diagnostics.has_error_within(at) {
                        self.diagnostics.push(error);
                    }
                }
                return;
            }
        }
    }

    /// The same of a condition.
    pub(in crate::playbook::check) fn operations_of(&mut self, place: &Place<'a>, sketch: &Sketch) {
        for class in classes(place) {
            let mut wrong = Vec::new();
            self.mistakes(Asked::new(place, class), sketch, &mut wrong);
            if !wrong.is_empty() {
                wrong.retain(|error| !self.diagnostics.has_error_within(error.labels[0].span));
                for error in wrong {
                    self.diagnostics.push(error);
                }
                return;
            }
        }
    }

    fn each_step(
        &self,
        asked: Asked<'_, 'a>,
        is_text: bool,
        steps: &[Step],
        locals: &mut Locals,
        wrong: &mut Vec<Diagnostic>,
    ) {
        let outer = locals.len();
        for step in steps {
            match step {
                Step::Emit(sketch) => {
                    self.mistakes(asked.with(locals), sketch, wrong);
                    if is_text {
                        wrong.extend(self.printed(asked.with(locals), sketch));
                    }
                }
                Step::If(test, then, otherwise) => {
                    self.mistakes(asked.with(locals), test, wrong);
                    self.each_step(asked, is_text, then, locals, wrong);
                    self.each_step(asked, is_text, otherwise, locals, wrong);
                }
                Step::For {
                    names,
                    over,
                    filter,
                    body,
                    otherwise,
                } => {
                    self.mistakes(asked.with(locals), over, wrong);
                    let of = self.type_of_sketch(asked.with(locals), over);
                    wrong.extend(not_iterable(over, &of));
                    let inner = locals.len();
                    bind(names, &items(&of), locals);
                    locals.push(("loop".to_owned(), Type::Any));
                    if let Some(filter) = filter {
                        self.mistakes(asked.with(locals), filter, wrong);
                    }
                    self.each_step(asked, is_text, body, locals, wrong);
                    locals.truncate(inner);
                    self.each_step(asked, is_text, otherwise, locals, wrong);
                }
                Step::Set(names, value) => {
                    let of = match value {
                        Some(value) => {
                            self.mistakes(asked.with(locals), value, wrong);
                            self.type_of_sketch(asked.with(locals), value)
                        }
                        None => Type::Any,
                    };
                    // What is set in a branch or a loop may be something else after it.
                    let of = if outer == 0 && names.len() == 1 {
                        of
                    } else {
                        Type::Any
                    };
                    bind(names, &of, locals);
                }
                Step::Within(names, body) => {
                    let inner = locals.len();
                    locals.extend(names.iter().map(|name| (name.clone(), Type::Any)));
                    self.each_step(asked, is_text, body, locals, wrong);
                    locals.truncate(inner);
                }
            }
        }
    }

    /// What is wrong in an expression, innermost first.
    fn mistakes(&self, asked: Asked<'_, 'a>, sketch: &Sketch, wrong: &mut Vec<Diagnostic>) {
        let before = wrong.len();
        for part in sketch.parts() {
            self.mistakes(asked, part, wrong);
        }
        if wrong.len() == before {
            wrong.extend(self.mistake(asked, sketch));
        }
    }

    fn mistake(&self, asked: Asked<'_, 'a>, sketch: &Sketch) -> Option<Diagnostic> {
        let of = |sketch: &Sketch| self.type_of_sketch(asked, sketch);
        match &sketch.act {
            Act::Compare(first, rest) => {
                let mut left = &**first;
                for (relation, right) in rest {
                    if let Some(error) = self.comparison(asked, sketch, *relation, left, right) {
                        return Some(error);
                    }
                    left = right;
                }
                None
            }
            Act::Arithmetic(sign, a, b) => sum(sketch, *sign, &of(a), &of(b)),
            Act::Negative(inner) => {
                let given = of(inner);
                (kinds(&given)? & (NUMBER | BOOL) == 0)
                    .then(|| mistyped(sketch, format!("`-` takes a number, not {}", shown(&given))))
            }
            Act::Filter {
                name,
                of: inner,
                args,
            } => {
                let given = inner.as_deref().map_or(Type::Any, of);
                applied::filter(sketch, name, &given, args)
            }
            Act::Test {
                name,
                of: inner,
                args,
            } => applied::test(sketch, name, &of(inner), args),
            Act::Method { name, of: inner, .. } => applied::method(sketch, name, &of(inner)),
            Act::Name(path) => self.local_part(asked, sketch, path),
            _ => None,
        }
    }

    /// A field that what the text itself has bound does not have.
    fn local_part(&self, asked: Asked<'_, 'a>, sketch: &Sketch, path: &[String]) -> Option<Diagnostic> {
        let (name, rest) = path.split_first()?;
        let of = asked.local(name)?;
        let access = crate::template::Access {
            path: path.to_vec(),
            span: sketch.span,
            guarded: false,
        };
        // What is asked for with `default` or `is defined` may be missing.
        if rest.is_empty() || self.is_optional(sketch) {
            return None;
        }
        crate::playbook::check::fields::walk(of, name, rest, &access)
    }

    fn is_optional(&self, sketch: &Sketch) -> bool {
        let text = self.playbook.sources.text(sketch.span);
        let source = self.playbook.sources.source(sketch.span.source);
        let after = source
            .text
            .get(sketch.span.end as usize..)
            .unwrap_or_default()
            .trim_start();
        let after = after.trim_start_matches(')').trim_start();
        text.is_empty()
            || after.starts_with("is ")
            || after.strip_prefix('|').is_some_and(|it| {
                let it = it.trim_start();
                it.starts_with("default") || it.starts_with("d(")
            })
    }

    /// A list or map as a text is seldom what is meant.
    fn printed(&self, asked: Asked<'_, 'a>, sketch: &Sketch) -> Option<Diagnostic> {
        let of = self.type_of_sketch(asked, sketch);
        if kinds(&of)? & !(LIST | MAP) != 0 {
            return None;
        }
        let written = self.playbook.sources.text(sketch.span).trim();
        // A filter binds more tightly than an operator.
        let is_one = !matches!(
            sketch.act,
            Act::Compare(..) | Act::Not(_) | Act::Decides(..) | Act::Choice(..) | Act::Arithmetic(..)
        );
        let piped: Cow<'_, str> = if is_one {
            written.into()
        } else {
            format!("({written})").into()
        };
        Some(
            Diagnostic::warning(
                Code::PrintedCollection,
                format!("`{written}` is {}, and is printed into a text", shown(&of)),
            )
            .at(sketch.span)
            .help(if matches!(of, Type::List(_)) {
                format!("Say how: `{piped} | join(' ')`, `{piped} | to_json`, or loop over it.")
            } else {
                format!("Name one of its fields, or write `{piped} | to_json`.")
            }),
        )
    }
}

fn bind(names: &[String], of: &Type, locals: &mut Locals) {
    match (names, of) {
        ([name], _) => locals.push((name.clone(), of.clone())),
        // The parts of an item: of a list of lists each may be anything that is in them.
        (names, Type::List(of)) => locals.extend(names.iter().map(|name| (name.clone(), (**of).clone()))),
        (names, _) => locals.extend(names.iter().map(|name| (name.clone(), Type::Any))),
    }
}

/// What a loop of a template goes over: the keys of a map.
fn items(of: &Type) -> Type {
    match of {
        Type::List(_) => item_of(of).unwrap_or(Type::Any),
        Type::Map(_) | Type::Record(_) => Type::String,
        _ => Type::Any,
    }
}

fn not_iterable(over: &Sketch, of: &Type) -> Option<Diagnostic> {
    if kinds(of)? & (TEXT | LIST | MAP) != 0 {
        return None;
    }
    let error = mistyped(
        over,
        format!("`for` goes over a list or a map, not {}", shown(of)),
    );
    Some(match of {
        Type::Integer => error.help("For numbers, go over `range(...)`."),
        _ => error,
    })
}

fn sum(sketch: &Sketch, sign: Sign, a: &Type, b: &Type) -> Option<Diagnostic> {
    let (left, right): (Kinds, Kinds) = (kinds(a)?, kinds(b)?);
    let numbers = NUMBER | BOOL;
    let is_right = match sign {
        Sign::Plus => left & right & (TEXT | LIST) != 0 || (left & numbers != 0 && right & numbers != 0),
        Sign::Times => {
            left & numbers != 0 && right & (numbers | TEXT | LIST) != 0
                || right & numbers != 0 && left & (TEXT | LIST) != 0
        }
        // A text to the left is refused where it is written.
        Sign::Rest if left == TEXT => true,
        Sign::Over | Sign::Rest | Sign::Other => left & numbers != 0 && right & numbers != 0,
    };
    if is_right {
        return None;
    }
    let sign = match sign {
        Sign::Plus => "+",
        Sign::Times => "*",
        Sign::Over => "/",
        Sign::Rest => "%",
        Sign::Other => "-",
    };
    let error = mistyped(
        sketch,
        format!("`{sign}` cannot be used with {} and {}", shown(a), shown(b)),
    );
    Some(if (left | right) & TEXT != 0 && (left | right) & NUMBER != 0 {
        error.help("Make a number of the text by `| int`, or join the two as text by `~`.")
    } else {
        error
    })
}

/// The error for a value of another type than something takes.
pub(super) fn mistyped(sketch: &Sketch, message: String) -> Diagnostic {
    Diagnostic::error(Code::WrongType, message).at(sketch.span)
}
