//! Why a rendering stops: as an error of the engine on its way through it.

use minijinja::{Error, ErrorKind};

use crate::source::Span;

/// Why there is no value.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum Interrupt {
    #[error("it depends on `{0}`")]
    Unknown(String),
    #[error("{}", .0.message)]
    Fault(Box<Fault>),
    /// It is `omit`, there.
    #[error("it is omitted")]
    Omitted(Span),
}

/// A failure; where it happened is filled in by whatever program it passes first.
#[derive(Debug, Clone)]
pub(super) struct Fault {
    pub(super) message: String,
    pub(super) span: Option<Span>,
    pub(super) through: Vec<(String, Span)>,
    pub(super) help: Option<String>,
}

impl Interrupt {
    /// A failure.
    pub(super) fn fault(message: impl Into<String>, span: Option<Span>, help: Option<String>) -> Self {
        Self::Fault(Box::new(Fault {
            message: message.into(),
            span,
            through: Vec::new(),
            help,
        }))
    }

    /// As a value that fails with it wherever it is used.
    pub(super) fn into_value(self) -> minijinja::Value {
        Error::new(ErrorKind::InvalidOperation, self.to_string())
            .with_source(self)
            .into()
    }

    /// The interruption that an error of the engine carries, if it does.
    pub(super) fn of(error: &Error) -> Option<&Self> {
        std::iter::successors(Some(error as &(dyn std::error::Error + 'static)), |error| {
            error.source()
        })
        .find_map(|error| error.downcast_ref())
    }
}

/// The error itself, without the tags through which it came.
pub(super) fn inmost(error: &Error) -> &Error {
    let inner = std::error::Error::source(error).and_then(|inner| inner.downcast_ref());
    match inner {
        Some(inner) if error.kind() == ErrorKind::BadInclude => inmost(inner),
        _ => error,
    }
}

/// What the engine says, where its own words do not say why.
pub(super) fn plainly(detail: &str) -> String {
    match detail.strip_prefix("unable to calculate ") {
        Some(sum) if sum.ends_with(" 0") => format!("`{sum}` is a division by zero"),
        _ => detail.to_owned(),
    }
}
