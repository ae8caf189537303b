//! Values as they are written into text.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, State};

use crate::template::convert::{self, NoData};
use crate::template::omit;

/// Writes a value into text. What is no text in it is an error where the engine would leave it out or change it.
pub(super) fn write_value(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &minijinja::Value,
) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined => return Err(Error::from(ErrorKind::UndefinedError)),
        ValueKind::Bytes if std::str::from_utf8(value.as_bytes().unwrap_or_default()).is_err() => {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "bytes that are no UTF-8 cannot be a part of text",
            ));
        }
        ValueKind::Plain if omit::is(value) => {
            return Err(Error::new(ErrorKind::InvalidOperation, omit::USELESS));
        }
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => match convert::from_engine(value) {
            Ok(_) => {}
            Err(NoData::Failed(error)) => return Err(error),
            Err(NoData::Omitted) => return Err(Error::new(ErrorKind::InvalidOperation, omit::USELESS)),
            Err(NoData::Undefined) => return Err(Error::from(ErrorKind::UndefinedError)),
            Err(NoData::Other(message)) => return Err(Error::new(ErrorKind::InvalidOperation, message)),
        },
        _ => {}
    }
    minijinja::escape_formatter(out, state, value)
}
