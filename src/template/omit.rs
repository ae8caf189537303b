//! `omit`: as an argument, or as an item of one, it is as if nothing were written.

use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr};

use crate::source::Span;
use crate::template::interrupt::Interrupt;
use crate::template::render::Render;
use crate::template::{Form, RenderError, Rendering, Scope};

/// What `omit` comes to.
#[derive(Debug)]
struct Omit;

impl Object for Omit {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("omit")
    }
}

/// It, as a function of the engine.
pub(super) fn give() -> minijinja::Value {
    minijinja::Value::from_object(Omit)
}

/// Whether a value is it.
pub(super) fn is(value: &minijinja::Value) -> bool {
    value.downcast_object_ref::<Omit>().is_some()
}

/// What is said where there is nothing to leave out.
pub(super) const USELESS: &str =
    "`omit` stands for a whole argument, or an item of one, that is left out: here is none";

/// The failure there.
pub(super) fn fault(span: Span) -> Interrupt {
    let help = "Write `default('')`, or whatever is meant.".to_owned();
    Interrupt::fault(USELESS, Some(span), Some(help))
}

impl Form {
    /// What an argument comes to; nothing where it is `omit`.
    ///
    /// # Errors
    /// As [`Form::render`].
    pub fn render_argument(&self, scope: &Arc<Scope>) -> Result<Option<Rendering>, RenderError> {
        match self {
            Self::Literal(_) | Self::Template(_) => self.render(scope).map(Some),
            form => Render::new(scope).argument(form),
        }
    }
}

impl Render {
    /// What an argument comes to, as data; nothing where it is `omit`.
    pub(super) fn argument(self: &Arc<Self>, form: &Form) -> Result<Option<Rendering>, RenderError> {
        match self.value(form) {
            Err(Interrupt::Omitted(_)) => Ok(None),
            value => self.conclude(value).map(Some),
        }
    }
}
