//! Types as coarsely as operators see them.

use crate::tool::Type;

/// A set of kinds.
pub(super) type Kinds = u8;

/// Texts.
pub(super) const TEXT: Kinds = 1;
/// Numbers.
pub(super) const NUMBER: Kinds = 2;
/// Booleans.
pub(super) const BOOL: Kinds = 4;
/// Lists.
pub(super) const LIST: Kinds = 8;
/// Maps.
pub(super) const MAP: Kinds = 16;
/// Null.
pub(super) const NULL: Kinds = 32;

/// The kinds that a value of a type may be of; `None`: any, or nothing but null, which stands for what is not there.
pub(super) fn kinds(of: &Type) -> Option<Kinds> {
    let all = any_kinds(of)?;
    (all & !NULL != 0).then_some(all & !NULL)
}

fn any_kinds(of: &Type) -> Option<Kinds> {
    Some(match of {
        Type::Any => return None,
        Type::Null => NULL,
        Type::Boolean => BOOL,
        Type::Integer | Type::Number => NUMBER,
        Type::String | Type::Enum(_) | Type::Mode | Type::Duration => TEXT,
        Type::List(_) => LIST,
        Type::Map(_) | Type::Record(_) => MAP,
        Type::Union(options) => {
            let mut all = 0;
            for option in options {
                all |= any_kinds(option)?;
            }
            all
        }
    })
}
