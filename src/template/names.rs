//! The filters, tests and functions that there are.

/// The filter that takes a part of a value, or gives what is missing.
pub(super) const PART: &str = "__part";
/// The filter that tells whether a value is there, and keeps it; then what `boolean` of `default` says.
pub(super) const KEEP: &str = "__keep";
/// The function that gives what was kept last.
pub(super) const KEPT: &str = "__kept";

/// The function that gives what a variable has that has no value.
pub(super) const NOTHING: &str = "__nothing";

/// The name that stands for no argument, and the function that gives it.
pub(super) const OMIT: &str = "omit";
pub(super) const OMITTED: &str = "__omit";

/// Functions: as written, and under which name they are in the engine, where variables cannot shadow them.
pub(super) const FUNCTIONS: [(&str, &str); 7] = [
    ("env", "__env"),
    ("file", "__file"),
    ("glob", "__glob"),
    ("now", "__now"),
    ("range", "__range"),
    ("dict", "__dict"),
    ("namespace", "__namespace"),
];

/// Filters of the engine itself.
pub(super) const ENGINE_FILTERS: &[&str] = &[
    "abs",
    "attr",
    "batch",
    "bool",
    "capitalize",
    "chain",
    "count",
    "d",
    "default",
    "dictsort",
    "e",
    "escape",
    "first",
    "float",
    "format",
    "groupby",
    "indent",
    "int",
    "items",
    "join",
    "last",
    "length",
    "lines",
    "list",
    "lower",
    "map",
    "max",
    "min",
    "pprint",
    "reject",
    "rejectattr",
    "replace",
    "reverse",
    "round",
    "safe",
    "select",
    "selectattr",
    "slice",
    "sort",
    "split",
    "string",
    "sum",
    "title",
    "tojson",
    "trim",
    "unique",
    "upper",
    "zip",
];

/// Tests of the engine itself.
pub(super) const ENGINE_TESTS: &[&str] = &[
    "!=",
    "<",
    "<=",
    "==",
    ">",
    ">=",
    "boolean",
    "defined",
    "divisibleby",
    "endingwith",
    "eq",
    "equalto",
    "escaped",
    "even",
    "false",
    "filter",
    "float",
    "ge",
    "greaterthan",
    "gt",
    "in",
    "int",
    "integer",
    "iterable",
    "le",
    "lessthan",
    "lower",
    "lt",
    "mapping",
    "ne",
    "none",
    "number",
    "odd",
    "safe",
    "sameas",
    "sequence",
    "startingwith",
    "string",
    "test",
    "true",
    "undefined",
    "upper",
];

/// Names that others have, and what stands for them here.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "lookup",
        "Use `env('NAME')`, `file('path')` or `glob('pattern')`.",
    ),
    ("query", "Use `env('NAME')`, `file('path')` or `glob('pattern')`."),
    ("q", "Use `env('NAME')`, `file('path')` or `glob('pattern')`."),
];

/// The name in the engine of a function.
pub(super) fn function(name: &str) -> Option<&'static str> {
    FUNCTIONS
        .iter()
        .find(|(written, _)| *written == name)
        .map(|(_, compiled)| *compiled)
}

/// Whether there is such a filter.
pub(super) fn is_filter(name: &str) -> bool {
    filters().any(|filter| filter == name)
}

/// Whether there is such a test.
pub(super) fn is_test(name: &str) -> bool {
    tests().any(|test| test == name)
}

/// All filters.
pub(super) fn filters() -> impl Iterator<Item = &'static str> {
    ENGINE_FILTERS
        .iter()
        .chain(super::filters::FILTERS.iter().copied().flatten())
        .copied()
}

/// All tests.
pub(super) fn tests() -> impl Iterator<Item = &'static str> {
    ENGINE_TESTS
        .iter()
        .chain(super::filters::TESTS.iter().copied().flatten())
        .copied()
}

/// What to do about a name that others have.
pub(super) fn help(name: &str) -> Option<&'static str> {
    ELSEWHERE
        .iter()
        .find(|(other, _)| *other == name)
        .map(|(_, help)| *help)
}

/// Which of `known` was meant, if one is near enough to `written`.
pub(super) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .filter(|name| *name != written)
        .map(|name| (strsim::damerau_levenshtein(written, name), name))
        .filter(|(distance, name)| *distance <= (name.len().max(written.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}
