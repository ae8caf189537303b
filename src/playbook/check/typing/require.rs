//! Where a type is wanted: conditions, loops and arguments.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::check::names::Checker;
use crate::playbook::check::place::Place;
use crate::playbook::check::typing::asked::{Asked, Known};
use crate::playbook::check::typing::fits::{either, fits, shown};
use crate::playbook::check::typing::infer::{constant_text, item_of, spaced};
use crate::playbook::check::typing::mistakes::Mistake;
use crate::playbook::model::{Call, Entry};
use crate::playbook::read::truthy_word;
use crate::source::Spanned;
use crate::template::{Act, Expression, Form, Sketch};
use crate::tool::{Role, Type};
use crate::yaml::Style;

/// So many different classes of hosts are looked at; beyond that, types are seldom different.
pub(super) const CLASSES: usize = 64;

impl<'a> Checker<'a, '_> {
    /// A condition gives a boolean.
    pub(in crate::playbook::check) fn boolean(&mut self, place: &Place<'a>, expression: &Expression) {
        let Some(sketch) = expression.sketch() else {
            return;
        };
        self.operations_of(place, &sketch);
        let is_some = place.guards.is_some();
        let mut found = None;
        for class in classes(place) {
            match self.not_boolean(Asked::new(place, class), &sketch) {
                Some(error) if found.is_none() => found = Some(error),
                None if is_some => return,
                _ => {}
            }
        }
        if let Some(error) = found {
            self.push_once(&sketch, error);
        }
    }

    fn not_boolean(&self, asked: Asked<'_, 'a>, sketch: &Sketch) -> Option<Diagnostic> {
        match &sketch.act {
            // Either may be what it comes to.
            Act::Decides(a, b) => self.not_boolean(asked, a).or_else(|| {
                let guards = self.guarded_by(asked, a);
                self.not_boolean(asked.under(&guards), b)
            }),
            Act::Choice(test, a, Some(b)) => {
                let guards = self.guarded_by(asked, test);
                let inner = asked.under(&guards);
                self.not_boolean(inner, a).or_else(|| self.not_boolean(inner, b))
            }
            _ => {
                let of = self.type_of_sketch(asked, sketch);
                if fits(&Type::Boolean, &of) {
                    return None;
                }
                let written = self.playbook.sources.text(sketch.span);
                let error = Diagnostic::error(
                    Code::NotBoolean,
                    format!("this condition is {}, not a boolean", shown(&of)),
                )
                .at(sketch.span)
                .help(make_boolean(written, sketch, &of));
                Some(self.with_origin(asked, sketch, error))
            }
        }
    }

    /// The items of each name of a loop; says so where one cannot be looped over.
    pub(in crate::playbook::check) fn item_types(
        &mut self,
        place: &Place<'a>,
        entry: &'a Entry,
    ) -> Vec<(&'a str, Known)> {
        let mut place = place.clone();
        for (name, form) in entry.repeat.iter().flat_map(|it| &it.over) {
            let (mut items, mut certain) = (Vec::new(), Vec::new());
            let mut wrong = None;
            for class in classes(&place) {
                let asked = Asked::new(&place, class);
                match item_of(&self.type_of(asked, &form.value)) {
                    Ok(of) => {
                        items.push(of);
                        let of = self.type_of(asked.certain(), &form.value);
                        certain.push(item_of(&of).unwrap_or(Type::Any));
                    }
                    Err(of) => wrong = wrong.or(Some((class, of))),
                }
            }
            // Which of the hosts come here is not known, where there are conditions around it.
            if let Some((class, of)) = wrong.filter(|_| items.is_empty() || !place.guards.is_some()) {
                self.not_a_list(Asked::new(&place, class), form, &of);
                (items, certain) = (Vec::new(), Vec::new());
            }
            let known = Known {
                of: either(items),
                certain: either(certain),
                asks: Vec::new(),
            };
            place.items.push((&name.value, known));
        }
        place
            .items
            .split_off(place.items.len() - entry.repeat.iter().flat_map(|it| &it.over).count())
    }

    fn not_a_list(&mut self, asked: Asked<'_, 'a>, form: &Spanned<Form>, of: &Type) {
        let sketch = form_sketch(&form.value);
        let error = Diagnostic::error(
            Code::WrongType,
            format!("a loop runs over a list or a map, not {}", shown(of)),
        )
        .at(sketch.as_ref().map_or(form.span, |sketch| sketch.span));
        let error = match of {
            Type::Integer => error.help("For numbers, loop over `range(...)`."),
            Type::String | Type::Enum(_) => {
                error.help("Split the text, as by `| split(',')` or `| lines`, or write a list.")
            }
            _ => error,
        };
        match sketch {
            Some(sketch) => {
                let error = self.with_origin(asked, &sketch, error);
                self.push_once(&sketch, error);
            }
            None => self.diagnostics.push(error),
        }
    }

    /// Arguments that are templates have the type that the tool wants.
    pub(in crate::playbook::check) fn argument_types(&mut self, place: &Place<'a>, call: &Call) {
        let Form::Map(args) = &call.args.value else {
            return;
        };
        let tool = &call.tool;
        let classes: Vec<usize> = (0..place.classes.len()).collect();
        for (name, form) in args {
            let Some(field) = tool.args().field(name) else {
                continue;
            };
            match field.role {
                Some(Role::TemplateFile) => {}
                Some(Role::Expression) => self.asserted(place, &form.value),
                _ => {
                    let wanted = Wanted {
                        of: &field.of,
                        optional: !field.required,
                        name,
                        tool: &tool.name,
                    };
                    self.tell_of_classes(&classes, |checker, class| {
                        let mut wrong = Vec::new();
                        checker.argument(Asked::new(place, class), wanted, form, &mut wrong);
                        wrong
                    });
                }
            }
        }
    }

    /// What `assert.that` asks gives booleans: each is `{expression, value}`.
    fn asserted(&mut self, place: &Place<'a>, form: &Form) {
        let Form::List(items) = form else { return };
        for item in items {
            let Form::Map(item) = &item.value else { continue };
            if let Some(Form::Expression(expression)) = item.get("value").map(|it| &it.value) {
                self.boolean(place, expression);
            }
        }
    }

    fn argument(
        &self,
        asked: Asked<'_, 'a>,
        wanted: Wanted<'_>,
        form: &Spanned<Form>,
        found: &mut Vec<Mistake>,
    ) {
        match (&form.value, wanted.of) {
            (Form::Expression(expression), _) => {
                let Some(sketch) = expression.sketch() else { return };
                let is_right = |of: &Type| {
                    let of = spaced(expression, of.clone());
                    wanted.optional && fits(&Type::Null, &of) || fits(wanted.of, &of)
                };
                let whole = self.type_of_sketch(asked, &sketch);
                let wrong = if is_right(&whole) {
                    // Whatever decides in the run, each must be right.
                    let branches = self.branches(asked, &sketch);
                    branches
                        .into_iter()
                        .find(|(of, _)| *of != Type::Null && !is_right(of))
                } else {
                    Some((whole, sketch.span))
                };
                let Some((of, at)) = wrong else { return };
                let of = spaced(expression, of);
                let error = Diagnostic::error(
                    Code::InvalidArgument,
                    format!(
                        "`{}` of `{}` takes {}, not {}",
                        wanted.name,
                        wanted.tool,
                        wanted.of,
                        shown(&of)
                    ),
                )
                .at(sketch.span);
                let error = match convert(wanted.of, &of, expression.text()) {
                    Some(help) => error.help(help),
                    None => error,
                };
                let error = if at == sketch.span {
                    self.with_origin(asked, &sketch, error)
                } else {
                    error.label(at, "it may be this")
                };
                found.push(Mistake::under(asked.guards, error));
            }
            (Form::List(items), of) => {
                let Some(of) = option(of, |it| match it {
                    Type::List(of) => Some(&**of),
                    _ => None,
                }) else {
                    return;
                };
                for item in items {
                    let wanted = Wanted {
                        of,
                        optional: false,
                        ..wanted
                    };
                    self.argument(asked, wanted, item, found);
                }
            }
            (Form::Map(entries), of) => {
                for (name, entry) in entries {
                    let Some((of, optional)) = option(of, |it| match it {
                        Type::Map(of) => Some((&**of, false)),
                        Type::Record(fields) => {
                            let field = fields.iter().find(|field| field.name == *name)?;
                            Some((&field.of, !field.required))
                        }
                        _ => None,
                    }) else {
                        continue;
                    };
                    let path = format!("{}.{name}", wanted.name);
                    let wanted = Wanted {
                        of,
                        optional,
                        name: &path,
                        tool: wanted.tool,
                    };
                    self.argument(asked, wanted, entry, found);
                }
            }
            (
                Form::Literal(_)
                | Form::Template(_)
                | Form::Secret(_)
                | Form::Each(_)
                | Form::Chosen(_)
                | Form::Refused(_),
                _,
            ) => {}
        }
    }

    /// Says it, unless something within is wrong anyway.
    fn push_once(&mut self, sketch: &Sketch, error: Diagnostic) {
        if !self.diagnostics.has_error_within(sketch.span) {
            self.diagnostics.push(error);
        }
    }

    /// Shows where the variable that is read has its value.
    fn with_origin(&self, asked: Asked<'_, 'a>, sketch: &Sketch, error: Diagnostic) -> Diagnostic {
        let Act::Name(path) = &sketch.act else {
            return error;
        };
        let name = &path[0];
        if asked.place.bound.contains(&name.as_str()) || self.options.extra.contains_key(name) {
            return error;
        }
        match self.variable_at(asked.place, asked.class, name) {
            Some(form) => error.label(form.span, format!("`{name}` has its value here")),
            None => error,
        }
    }
}

#[derive(Clone, Copy)]
struct Wanted<'w> {
    of: &'w Type,
    /// Whether null stands for its absence.
    optional: bool,
    name: &'w str,
    tool: &'w str,
}

fn classes(place: &Place<'_>) -> std::ops::Range<usize> {
    0..place.classes.len().min(CLASSES)
}

/// The only option of a type that has a shape.
fn option<'t, T>(of: &'t Type, pick: impl Fn(&'t Type) -> Option<T>) -> Option<T> {
    match of {
        Type::Union(options) => {
            let mut fitting = options.iter().filter_map(&pick);
            let first = fitting.next()?;
            fitting.next().is_none().then_some(first)
        }
        other => pick(other),
    }
}

fn form_sketch(form: &Form) -> Option<Sketch> {
    match form {
        Form::Expression(expression) => expression.sketch(),
        _ => None,
    }
}

/// What makes a boolean of it.
fn make_boolean(written: &str, sketch: &Sketch, of: &Type) -> String {
    if let Some(text) = constant_text(sketch) {
        return match truthy_word(text, Style::Plain) {
            Some(meant) => format!("Write `{meant}`, without quotes inside of it."),
            None => "A text is neither true nor false: compare it with something.".to_owned(),
        };
    }
    let written = match written.trim() {
        it if it.is_empty() || it.len() > 60 || it.contains('\n') => "...",
        it => it,
    };
    match of {
        Type::Enum(_) | Type::String => format!(
            "Ask `{written} | length > 0` or `{written} == '...'`; `{written} | bool` reads words such as `yes`."
        ),
        Type::List(_) | Type::Map(_) | Type::Record(_) => format!("Ask `{written} | length > 0`."),
        Type::Integer | Type::Number => format!("Compare it, as in `{written} > 0`."),
        Type::Null => "Null is neither true nor false.".to_owned(),
        _ => format!("Ask `{written} is defined`, compare it, or make it a boolean by `| bool`."),
    }
}

/// What makes the wanted type of it.
fn convert(wanted: &Type, given: &Type, written: &str) -> Option<String> {
    let wants = |it: &dyn Fn(&Type) -> bool| match wanted {
        Type::Union(options) => options.iter().any(it),
        other => it(other),
    };
    let is_text = matches!(given, Type::String | Type::Enum(_));
    let written = if written.len() > 60 || written.contains('\n') {
        "..."
    } else {
        written
    };
    if wants(&|it| matches!(it, Type::Integer | Type::Number)) && is_text {
        return Some(format!("Write `{written} | int`, or give it as a number."));
    }
    if wants(&|it| *it == Type::Boolean) && is_text {
        return Some(format!("Write `{written} | bool`."));
    }
    if wants(&|it| matches!(it, Type::List(_))) && is_text {
        return Some(format!("Write `[{written}]`, or split it."));
    }
    if wants(&|it| *it == Type::String) {
        return match given {
            Type::List(_) => Some(format!("Write `{written} | join(' ')`, or loop over it.")),
            Type::Map(_) | Type::Record(_) => Some("Take one of its fields.".to_owned()),
            Type::Integer | Type::Number | Type::Boolean => Some(format!("Write `{written} | string`.")),
            _ => None,
        };
    }
    None
}
