//! What expressions do with values whose types are known: where that cannot be right, or can never be true.

use std::borrow::Cow;

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::check::typing::asked::{Asked, Known};
use crate::playbook::check::typing::kinds::{BOOL, Kinds, LIST, MAP, NUMBER, TEXT, kinds};
use crate::playbook::check::typing::locals::{Locals, bind, items};
use crate::playbook::check::typing::mistakes::Mistake;
use crate::playbook::check::typing::{applied, fits::shown};
use crate::template::{Act, Form, Sign, Sketch, Step};
use crate::tool::Type;

/// What of an expression may not be there, by what is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gaps {
    /// All of it is used.
    None,
    /// Items of a list may be gaps: they may be counted, asked about, or left out.
    InItems,
    /// All of it may be missing.
    Any,
}

impl<'a> Checker<'a, '_> {
    /// Checks what all expressions of a value as written do, for classes of hosts.
    pub(in crate::playbook::check) fn operations(
        &mut self,
        place: &Place<'a>,
        classes: &[usize],
        form: &Form,
    ) {
        let steps: Cow<'_, [Step]> = match form {
            // What is in it depends on the items.
            Form::Literal(_) | Form::Refused(_) | Form::Each(_) | Form::Chosen(_) => return,
            Form::Template(template) => template.steps().into(),
            Form::Expression(expression) => match expression.sketch() {
                Some(sketch) => vec![Step::Emit(sketch)].into(),
                None => return,
            },
            Form::Secret(form) => return self.operations(place, classes, form),
            Form::List(items) => {
                return items
                    .iter()
                    .for_each(|item| self.operations(place, classes, &item.value));
            }
            Form::Map(entries) => {
                return entries
                    .values()
                    .for_each(|entry| self.operations(place, classes, &entry.value));
            }
        };
        let is_text = matches!(form, Form::Template(_));
        self.tell_of_classes(classes, |checker, class| {
            let mut wrong = Vec::new();
            let asked = Asked::new(place, class);
            checker.each_step(asked, is_text, &steps, (&mut Locals::new(), true), &mut wrong);
            wrong
        });
    }

    /// The same of a condition.
    pub(in crate::playbook::check) fn operations_of(&mut self, place: &Place<'a>, sketch: &Sketch) {
        let classes: Vec<usize> = (0..place.classes.len()).collect();
        self.tell_of_classes(&classes, |checker, class| {
            let mut wrong = Vec::new();
            let asked = Asked::new(place, class);
            checker.mistakes(asked, sketch, Gaps::None, &mut wrong);
            if wrong.is_empty() && !place.guards.is_some() {
                let error = checker.written_otherwise(asked, sketch);
                wrong.extend(error.map(Mistake::of_all));
            }
            wrong
        });
    }

    /// What a text does, step by step. `is_whole`: whether these are the steps of the whole text.
    fn each_step(
        &self,
        asked: Asked<'_, 'a>,
        is_text: bool,
        steps: &[Step],
        (locals, is_whole): (&mut Locals, bool),
        wrong: &mut Vec<Mistake>,
    ) {
        for step in steps {
            match step {
                Step::Emit(sketch) => {
                    self.mistakes(asked.with(locals), sketch, Gaps::None, wrong);
                    if is_text {
                        let warning = self.printed(asked.with(locals), sketch);
                        wrong.extend(warning.map(|it| Mistake::under(asked.guards, it)));
                    }
                }
                Step::If(test, then, otherwise) => {
                    self.mistakes(asked.with(locals), test, Gaps::None, wrong);
                    let guards = self.guarded_by(asked.with(locals), test);
                    let inner = asked.under(&guards);
                    self.each_step(inner, is_text, then, (locals, false), wrong);
                    self.each_step(inner, is_text, otherwise, (locals, false), wrong);
                }
                Step::For {
                    names,
                    over,
                    filter,
                    body,
                    otherwise,
                } => {
                    self.mistakes(asked.with(locals), over, Gaps::None, wrong);
                    let of = self.known(asked.with(locals), over);
                    wrong.extend(not_iterable(over, &of.of).map(|it| Mistake::under(asked.guards, it)));
                    // The body may never be done, where there may be no items.
                    let is_written = of.certain == Type::Any || matches!(over.act, Act::List(_));
                    let has_items = matches!(&of.of, Type::List(items) if **items != Type::Any);
                    let mut guards = if is_written && has_items {
                        asked.guards.clone()
                    } else {
                        self.guarded_by(asked.with(locals), over)
                    };
                    let inner = locals.len();
                    bind(names, &of.map(items), locals);
                    locals.push(("loop".to_owned(), Known::ANY));
                    if let Some(filter) = filter {
                        self.mistakes(asked.under(&guards).with(locals), filter, Gaps::None, wrong);
                        guards = self.guarded_by(asked.under(&guards).with(locals), filter);
                    }
                    self.each_step(asked.under(&guards), is_text, body, (locals, false), wrong);
                    locals.truncate(inner);
                    let guards = self.guarded_by(asked.with(locals), over);
                    self.each_step(asked.under(&guards), is_text, otherwise, (locals, false), wrong);
                }
                Step::Set(names, value) => {
                    let of = match value {
                        Some(value) => {
                            self.mistakes(asked.with(locals), value, Gaps::None, wrong);
                            self.known(asked.with(locals), value)
                        }
                        None => Known::ANY,
                    };
                    // What is set in a branch or a loop may be something else after it.
                    let of = if is_whole && names.len() == 1 {
                        of
                    } else {
                        Known {
                            asks: of.asks,
                            ..Known::ANY
                        }
                    };
                    bind(names, &of, locals);
                }
                Step::Within(names, body) | Step::Apart(names, body) => {
                    let inner = locals.len();
                    locals.extend(names.iter().map(|name| (name.clone(), Known::ANY)));
                    let guards = match step {
                        Step::Apart(..) => asked.guards.apart(),
                        _ => asked.guards.clone(),
                    };
                    self.each_step(asked.under(&guards), is_text, body, (locals, false), wrong);
                    locals.truncate(inner);
                }
            }
        }
    }

    /// What is known of what an expression gives.
    fn known(&self, asked: Asked<'_, 'a>, sketch: &Sketch) -> Known {
        let mut asks = Vec::new();
        sketch.each(&mut |part| {
            if let Act::Name(path) = &part.act {
                asks.push(path.clone());
                asks.extend(
                    asked
                        .local(&path[0])
                        .into_iter()
                        .flat_map(|it| it.asks.iter().cloned()),
                );
            }
        });
        Known {
            of: self.type_of_sketch(asked, sketch),
            certain: self.type_of_sketch(asked.certain(), sketch),
            asks,
        }
    }

    /// What is wrong in an expression, innermost first. `gaps`: what of it may not be there.
    fn mistakes(&self, asked: Asked<'_, 'a>, sketch: &Sketch, gaps: Gaps, wrong: &mut Vec<Mistake>) {
        let before = wrong.len();
        match &sketch.act {
            Act::Choice(test, then, otherwise) => {
                self.mistakes(asked, test, Gaps::InItems, wrong);
                let guards = self.guarded_by(asked, test);
                for branch in std::iter::once(then).chain(otherwise) {
                    self.mistakes(asked.under(&guards), branch, gaps, wrong);
                }
            }
            Act::Decides(a, b) => {
                self.mistakes(asked, a, Gaps::InItems, wrong);
                let guards = self.guarded_by(asked, a);
                self.mistakes(asked.under(&guards), b, Gaps::InItems, wrong);
            }
            Act::Filter {
                name,
                of: Some(of),
                args,
            } if matches!(name.as_str(), "default" | "d") => {
                self.mistakes(asked, of, Gaps::Any, wrong);
                // They are looked at only where it is needed.
                let guards = self.guarded_by(asked, of);
                for (_, arg) in args {
                    self.mistakes(asked.under(&guards), arg, gaps, wrong);
                }
            }
            Act::Test { name, of, .. } if matches!(name.as_str(), "defined" | "undefined") => {
                self.mistakes(asked, of, Gaps::Any, wrong);
            }
            Act::Filter { name, of, args } => {
                let inside = match name.as_str() {
                    "join" => Gaps::None,
                    "list" | "sort" | "unique" | "to_json" | "to_yaml" if gaps == Gaps::None => Gaps::None,
                    _ => Gaps::InItems,
                };
                let args = args.iter().map(|(_, arg)| (arg, Gaps::InItems));
                for (part, gaps) in of.as_deref().map(|of| (of, inside)).into_iter().chain(args) {
                    self.mistakes(asked, part, gaps, wrong);
                }
            }
            _ => {
                for part in sketch.parts() {
                    self.mistakes(asked, part, Gaps::InItems, wrong);
                }
            }
        }
        if wrong.len() > before {
            return;
        }
        if let Act::Compare(first, rest) = &sketch.act {
            let mut left = &**first;
            for (relation, right) in rest {
                // What hosts or `-e` may replace is compared with what it may be replaced by.
                if let Some(error) = self.comparison(asked.certain(), sketch, *relation, left, right) {
                    wrong.push(error);
                    return;
                }
                left = right;
            }
        } else if gaps != Gaps::Any || !matches!(sketch.act, Act::Name(_)) {
            let error = self.mistake(asked, sketch, gaps);
            wrong.extend(error.map(|error| Mistake::under(asked.guards, error)));
        }
    }

    fn mistake(&self, asked: Asked<'_, 'a>, sketch: &Sketch, gaps: Gaps) -> Option<Diagnostic> {
        let of = |sketch: &Sketch| self.type_of_sketch(asked, sketch);
        match &sketch.act {
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
                applied::filter(sketch, name, &given, args).or_else(|| match gaps {
                    Gaps::None => applied::attribute(name, &given, args),
                    _ => None,
                })
            }
            Act::Test {
                name,
                of: inner,
                args,
            } => applied::test(sketch, name, &of(inner), args),
            Act::Method { name, of: inner, .. } => applied::method(sketch, name, &of(inner)),
            Act::Name(path) => local_part(asked, sketch, path),
            _ => None,
        }
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

/// A field that what the text itself has bound does not have.
fn local_part(asked: Asked<'_, '_>, sketch: &Sketch, path: &[String]) -> Option<Diagnostic> {
    let (name, rest) = path.split_first()?;
    let local = asked.local(name)?;
    if asked.guards.cover(path) {
        return None;
    }
    let access = crate::template::Access {
        path: path.to_vec(),
        span: sketch.span,
        guarded: false,
        decides: false,
        apart: false,
    };
    crate::playbook::check::fields::walk(asked.pick(local), name, rest, &access)
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
