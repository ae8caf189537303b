//! Variables without a value: their `if` has no `else`, and does not hold.

use std::path::Path;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};

use crate::source::{Place, Span};
use crate::template::choice::or_undefined;
use crate::template::interrupt::Interrupt;
use crate::template::lone::lone;
use crate::template::program::{Program, Sort};
use crate::template::render::Render;
use crate::template::{By, Chosen, Expression, Form, SyntaxError};

/// What such a variable is made of comes to. It leaves no rendering: whoever reads the variable finds it undefined.
#[derive(Debug)]
struct Nothing;

impl Object for Nothing {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// It, as a function of the engine.
pub(super) fn give() -> minijinja::Value {
    minijinja::Value::from_object(Nothing)
}

/// Whether a value is it.
pub(super) fn is(value: &minijinja::Value) -> bool {
    value.downcast_object_ref::<Nothing>().is_some()
}

/// What is said where a value is needed.
pub(super) fn fault(name: Option<&str>, span: Option<Span>) -> Interrupt {
    let what = name.map_or_else(|| "this".to_owned(), |name| format!("`{name}`"));
    let message = format!("{what} has no value: its `if` has no `else`, and does not hold");
    let help = match name {
        Some(name) => format!("Ask `{name} is defined` first, use `default`, or write the `else`."),
        None => "Write the `else`.".to_owned(),
    };
    Interrupt::fault(message, span, Some(help))
}

/// The same of a variable that the chosen file does not define.
pub(super) fn not_chosen(name: Option<&str>, chosen: &Chosen) -> Interrupt {
    let what = name.map_or_else(|| "this".to_owned(), |name| format!("`{name}`"));
    let by = match &chosen.choice.by {
        By::Key(form) => Some(form.span),
        By::First(forms) => forms.first().map(|it| it.span),
    };
    let message =
        format!("{what} has no value: the file that is chosen does not define it, or none is chosen");
    Interrupt::fault(message, by, None)
}

impl Render {
    /// What a variable comes to: undefined, where it has no value.
    pub(super) fn open_value(self: &Arc<Self>, form: &Form) -> Result<minijinja::Value, Interrupt> {
        let value = |expression: &Expression| self.run_open(&expression.program);
        match form {
            Form::Expression(expression) if expression.program.is_open() => Ok(match value(expression)? {
                value if is(&value) => minijinja::Value::UNDEFINED,
                value => expression.surround(value),
            }),
            Form::Each(each) => Ok(or_undefined(self.each(each)?)),
            Form::Chosen(chosen) => self.chosen(chosen),
            Form::Secret(inner) => match &**inner {
                Form::Expression(it) if it.program.is_open() && is(&value(it)?) => {
                    Ok(minijinja::Value::UNDEFINED)
                }
                _ => self.engine_value(form),
            },
            form => self.engine_value(form),
        }
    }
}

impl Form {
    /// The form of all of a variable, as [`Form::of_text_in`]: one `{{ x if y }}` without `else` gives it no value where `y` does not hold.
    ///
    /// # Errors
    /// As [`Form::of_text`].
    pub fn of_variable(text: &str, place: Place, folder: Option<Arc<Path>>) -> Result<Self, SyntaxError> {
        let Some(lone) = lone(text, &place).filter(|it| it.inner.contains("if")) else {
            return Self::of_text_in(text, place, folder);
        };
        let program = Program::new(lone.inner, Sort::Open, lone.place, folder, None)?;
        Ok(Self::Expression(Arc::new(Expression {
            program: Arc::new(program),
            around: lone.around,
        })))
    }
}
