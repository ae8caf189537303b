//! What filters, tests and methods are applied to.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::check::typing::fits::shown;
use crate::playbook::check::typing::kinds::{BOOL, Kinds, LIST, MAP, NUMBER, TEXT, kinds};
use crate::playbook::check::typing::operate::mistyped;
use crate::template::{Act, Sketch, pattern_error};
use crate::tool::Type;
use crate::value::Value;

/// What filters can be applied to; others take anything.
const FILTERS: &[(Kinds, &[&str])] = &[
    (
        TEXT,
        &[
            "b64decode",
            "b64encode",
            "basename",
            "dirname",
            "from_json",
            "from_yaml",
            "hash",
            "quote",
            "regex_escape",
            "regex_findall",
            "regex_replace",
            "regex_search",
            "splitext",
        ],
    ),
    (
        LIST,
        &[
            "difference",
            "flatten",
            "intersect",
            "items2dict",
            "product",
            "subelements",
            "symmetric_difference",
            "union",
        ],
    ),
    (MAP, &["combine", "dict2items", "dictsort", "items"]),
    (
        TEXT | LIST | MAP,
        &[
            "count", "length", "first", "last", "join", "max", "min", "sort", "unique",
        ],
    ),
    (TEXT | LIST, &["path_join"]),
    (
        TEXT | LIST | MAP,
        &[
            "map",
            "reject",
            "rejectattr",
            "select",
            "selectattr",
            "batch",
            "slice",
            "groupby",
            "zip",
        ],
    ),
    (LIST | MAP, &["sum"]),
    (NUMBER | BOOL, &["abs"]),
];
/// The same of tests.
const TESTS: &[(Kinds, &[&str])] = &[(TEXT, &["match", "regex", "search"])];
/// The methods of each kind.
const METHODS: [(Kinds, &[&str]); 3] = [
    (
        TEXT,
        &[
            "upper",
            "lower",
            "islower",
            "isupper",
            "isspace",
            "isdigit",
            "isnumeric",
            "isalnum",
            "isalpha",
            "isascii",
            "strip",
            "lstrip",
            "rstrip",
            "replace",
            "title",
            "split",
            "splitlines",
            "capitalize",
            "count",
            "find",
            "format",
            "rfind",
            "startswith",
            "endswith",
            "join",
        ],
    ),
    (MAP, &["keys", "values", "items", "get"]),
    (LIST, &["count"]),
];

/// What is wrong with the use of a filter.
pub(super) fn filter(
    whole: &Sketch,
    name: &str,
    given: &Type,
    args: &[(Option<String>, Sketch)],
) -> Option<Diagnostic> {
    if let Some(error) = applied(whole, name, given, FILTERS) {
        return Some(error);
    }
    let positional: Vec<&Sketch> = args
        .iter()
        .filter(|(name, _)| name.is_none())
        .map(|(_, it)| it)
        .collect();
    match name {
        "regex_findall" | "regex_replace" | "regex_search" => pattern(positional.first()?),
        "hash" => {
            let (at, text) = constant(positional.first()?)?;
            let known = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"];
            (!known.contains(&text)).then(|| {
                Diagnostic::error(
                    Code::InvalidValue,
                    format!("`hash` does not know `{}`", text.escape_debug()),
                )
                .at(at.span)
                .did_you_mean(text, known)
            })
        }
        _ => None,
    }
}

/// What is wrong with the use of a test.
pub(super) fn test(whole: &Sketch, name: &str, given: &Type, args: &[Sketch]) -> Option<Diagnostic> {
    if let Some(error) = applied(whole, name, given, TESTS) {
        return Some(error);
    }
    match name {
        "match" | "regex" | "search" => pattern(args.first()?),
        _ => None,
    }
}

fn applied(whole: &Sketch, name: &str, given: &Type, table: &[(Kinds, &[&str])]) -> Option<Diagnostic> {
    let (wanted, _) = table.iter().find(|(_, names)| names.contains(&name))?;
    (kinds(given)? & wanted == 0).then(|| {
        let error = mistyped(
            whole,
            format!("`{name}` takes {}, not {}", words(*wanted), shown(given)),
        );
        match given {
            Type::Integer | Type::Number if *wanted == TEXT => error.help("Make a text of it: `| string`."),
            Type::String | Type::Enum(_) if *wanted & LIST != 0 => {
                error.help("Split the text, as by `| split(',')` or `| lines`.")
            }
            _ => error,
        }
    })
}

/// What is wrong with the call of a method.
pub(super) fn method(whole: &Sketch, name: &str, given: &Type) -> Option<Diagnostic> {
    let of = kinds(given)?;
    // A map may hold something that can be called by this name, in theory.
    let is_known = METHODS
        .iter()
        .any(|(kind, names)| of & kind != 0 && names.contains(&name));
    if is_known {
        return None;
    }
    let known = METHODS
        .iter()
        .filter(|(kind, _)| of & kind != 0)
        .flat_map(|(_, names)| names.iter().copied());
    let known: Vec<&str> = known.collect();
    let error = Diagnostic::error(
        Code::UnknownField,
        format!("{} has no method `{name}`", shown(given)),
    )
    .at(whole.span);
    let error = match name {
        "append" | "extend" | "insert" if of & LIST != 0 => {
            return Some(error.help("Values do not change: write `list + [item]`."));
        }
        "update" if of & MAP != 0 => {
            return Some(error.help("Values do not change: write `map | combine(other)`."));
        }
        _ => error.did_you_mean(name, known.iter().copied()),
    };
    Some(match error.help {
        None if !known.is_empty() => {
            let known: Vec<_> = known.iter().map(|it| format!("`{it}`")).collect();
            error.help(format!("It has {}.", known.join(", ")))
        }
        _ => error,
    })
}

/// A field of items that none of them has. Filters that choose or sort by it take that for what it is.
pub(super) fn attribute(name: &str, given: &Type, args: &[(Option<String>, Sketch)]) -> Option<Diagnostic> {
    let named = |wanted: &str| {
        args.iter()
            .find(|(name, _)| name.as_deref() == Some(wanted))
            .map(|(_, it)| it)
    };
    let at = named("attribute").filter(|_| name == "map" && named("default").is_none())?;
    let (at, path) = constant(at)?;
    let Type::List(items) = given else { return None };
    let first = path.split('.').next()?;
    let (mut known, mut is_closed) = (Vec::new(), true);
    fields(items, &mut known, &mut is_closed);
    if !is_closed || known.is_empty() || known.contains(&first) || first.parse::<i64>().is_ok() {
        return None;
    }
    let error = Diagnostic::error(
        Code::UnknownField,
        format!("no item has a field `{}`", first.escape_debug()),
    )
    .at(at.span)
    .did_you_mean(first, known.iter().copied());
    if error.help.is_some() {
        return Some(error);
    }
    let known: Vec<_> = known.iter().map(|it| format!("`{it}`")).collect();
    Some(error.help(format!("They have {}.", known.join(", "))))
}

/// The names of the fields of all items.
fn fields<'t>(of: &'t Type, known: &mut Vec<&'t str>, is_closed: &mut bool) {
    match of {
        Type::Record(fields) => known.extend(fields.iter().map(|it| it.name.as_str())),
        Type::Union(options) => options.iter().for_each(|option| fields(option, known, is_closed)),
        _ => *is_closed = false,
    }
}

fn pattern(at: &Sketch) -> Option<Diagnostic> {
    let (at, text) = constant(at)?;
    let why = pattern_error(text)?;
    Some(Diagnostic::error(Code::InvalidValue, why).at(at.span))
}

fn constant(sketch: &Sketch) -> Option<(&Sketch, &str)> {
    match &sketch.act {
        Act::Constant(Value::Str(text)) => Some((sketch, text)),
        _ => None,
    }
}

/// Kinds in the words of messages.
fn words(of: Kinds) -> String {
    let names = [
        (TEXT, "a text"),
        (NUMBER, "a number"),
        (LIST, "a list"),
        (MAP, "a map"),
    ];
    let names: Vec<&str> = names
        .iter()
        .filter(|(kind, _)| of & kind != 0)
        .map(|(_, name)| *name)
        .collect();
    match names.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Place, SourceMap, Span};
    use crate::template::{Expression, Rendering, Scope};

    fn fails(text: &str) -> bool {
        let mut sources = SourceMap::default();
        let source = sources.add(std::path::Path::new("x"), text);
        let place = Place::whole(Span::new(source, 0, text.len()));
        let Ok(expression) = Expression::new(text, place) else {
            return true;
        };
        let rendering = expression.evaluate(&Scope::new(std::sync::Arc::default()));
        !matches!(rendering, Ok(Rendering::Known { .. }))
    }

    /// Arguments with which a filter or test is asked.
    fn arguments(name: &str) -> &'static str {
        match name {
            "regex_findall" | "regex_search" | "match" | "regex" | "search" | "subelements" | "groupby"
            | "selectattr" | "rejectattr" => "('a')",
            "regex_replace" => "('a', 'b')",
            "difference" | "intersect" | "product" | "symmetric_difference" | "union" | "zip" => "([1])",
            "map" | "select" | "reject" => "('string')",
            "batch" | "slice" => "(2)",
            _ => "",
        }
    }

    #[test]
    fn what_a_filter_or_test_is_said_not_to_take_fails() {
        let samples = [
            (TEXT, "'x'"),
            (NUMBER, "5"),
            (BOOL, "true"),
            (LIST, "[1]"),
            (MAP, "{'k': 1}"),
        ];
        for (table, sign) in [(FILTERS, "|"), (TESTS, " is ")] {
            for (wanted, names) in table {
                for name in *names {
                    for (kind, sample) in samples.iter().filter(|(kind, _)| kind & wanted == 0) {
                        let text = format!("{sample}{sign}{name}{}", arguments(name));
                        assert!(fails(&text), "{text} ({kind})");
                    }
                }
            }
        }
    }

    #[test]
    fn every_method_that_is_known_is_there_and_no_other() {
        let samples = [(TEXT, "'x'"), (LIST, "[1]"), (MAP, "{'k': 1}")];
        for (kind, sample) in samples {
            for name in METHODS.iter().flat_map(|(_, names)| names.iter()) {
                let args = match *name {
                    "replace" => "('a', 'b')",
                    "count" | "find" | "rfind" | "startswith" | "endswith" | "get" => "('k')",
                    "join" => "(['a'])",
                    _ => "()",
                };
                let text = format!("{sample}.{name}{args}");
                let is_known = METHODS
                    .iter()
                    .any(|(of, names)| *of == kind && names.contains(name));
                assert_eq!(fails(&text), !is_known, "{text}");
            }
        }
    }
}
