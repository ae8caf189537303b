//! Names that a text itself binds.

use crate::playbook::check::typing::asked::Known;
use crate::playbook::check::typing::infer::item_of;
use crate::tool::Type;

/// Names that the text itself binds, and what is known of them; later ones hide earlier ones.
pub(super) type Locals = Vec<(String, Known)>;

/// Binds names to something, or to the parts of it.
pub(super) fn bind(names: &[String], of: &Known, locals: &mut Locals) {
    // The parts of an item: of a list of lists each may be anything that is in them.
    let part = |of: &Type| match of {
        Type::List(of) => (**of).clone(),
        _ => Type::Any,
    };
    match names {
        [name] => locals.push((name.clone(), of.clone())),
        names => locals.extend(names.iter().map(|name| (name.clone(), of.map(part)))),
    }
}

/// What a loop of a template goes over: the keys of a map.
pub(super) fn items(of: &Type) -> Type {
    match of {
        Type::List(_) => item_of(of).unwrap_or(Type::Any),
        Type::Map(_) | Type::Record(_) => Type::String,
        _ => Type::Any,
    }
}
