//! What filters and functions give.

use crate::playbook::check::typing::fits::either;
use crate::tool::Type;

/// What a filter gives, from the type of what it is applied to and those of its arguments.
pub(super) fn gives(name: &str, of: &Type, args: &[Type]) -> Type {
    let list = |of| Type::List(Box::new(of));
    let items = || match of {
        Type::List(of) => (**of).clone(),
        _ => Type::Any,
    };
    match name {
        "bool" => Type::Boolean,
        "int" | "length" | "count" | "human_to_bytes" | "to_datetime" | "wordcount" => Type::Integer,
        "float" | "round" => Type::Number,
        "b64encode" | "basename" | "capitalize" | "comment" | "dirname" | "format" | "hash" | "indent"
        | "join" | "lower" | "path_join" | "pprint" | "quote" | "regex_escape" | "regex_replace"
        | "replace" | "string" | "title" | "to_json" | "to_nice_json" | "to_nice_yaml" | "to_yaml"
        | "tojson" | "trim" | "type_debug" | "upper" | "center" | "checksum" | "commonpath" | "expanduser"
        | "filesizeformat" | "human_readable" | "md5" | "normpath" | "password_hash" | "realpath"
        | "relpath" | "sha1" | "strftime" | "striptags" | "to_uuid" | "truncate" | "urldecode"
        | "urlencode" | "wordwrap" => Type::String,
        "regex_search" => match args {
            [_] => Type::Union(vec![Type::String, Type::Null]),
            _ => Type::Any,
        },
        "split" | "lines" | "splitext" => list(Type::String),
        "dict2items"
        | "dictsort"
        | "items"
        | "batch"
        | "slice"
        | "groupby"
        | "map"
        | "flatten"
        | "product"
        | "subelements"
        | "zip"
        | "chain"
        | "regex_findall"
        | "combinations"
        | "permutations"
        | "shuffle"
        | "version_sort"
        | "zip_longest"
        | "symmetric_difference"
        | "union"
        // Of what is chosen nothing may be left, and what is left may have what the others do not.
        | "difference"
        | "intersect"
        | "reject"
        | "rejectattr"
        | "select"
        | "selectattr" => list(Type::Any),
        "unique" => list(items()),
        "sort" | "list" => match of {
            Type::List(_) => of.clone(),
            _ => list(Type::Any),
        },
        "reverse" => match of {
            Type::List(_) => of.clone(),
            _ => Type::Any,
        },
        "first" | "last" | "min" | "max" => items(),
        "combine" | "items2dict" => Type::Map(Box::new(Type::Any)),
        "default" | "d" => either(std::iter::once(of).chain(args.first()).cloned().collect()),
        "ternary" => either(args.iter().take(3).cloned().collect()),
        "mandatory" => of.clone(),
        "abs" if matches!(of, Type::Integer | Type::Number) => of.clone(),
        _ => Type::Any,
    }
}

/// What a function gives.
pub(super) fn called(name: &str, args: &[Type]) -> Type {
    match name {
        // What stands for a variable that is not there may be anything.
        "env" => either(
            std::iter::once(&Type::String)
                .chain(args.get(1))
                .cloned()
                .collect(),
        ),
        "now" => Type::String,
        "glob" => Type::List(Box::new(Type::String)),
        "range" => Type::List(Box::new(Type::Integer)),
        "dict" => Type::Map(Box::new(Type::Any)),
        _ => Type::Any,
    }
}

/// What a method gives.
pub(super) fn method(name: &str, of: &Type) -> Type {
    let is_text = matches!(of, Type::String | Type::Enum(_) | Type::Mode | Type::Duration);
    match name {
        "upper" | "lower" | "strip" | "lstrip" | "rstrip" | "replace" | "title" | "capitalize" | "join"
        | "format"
            if is_text =>
        {
            Type::String
        }
        "split" | "splitlines" if is_text => Type::List(Box::new(Type::String)),
        "islower" | "isupper" | "isspace" | "isdigit" | "isnumeric" | "isalnum" | "isalpha" | "isascii"
        | "startswith" | "endswith"
            if is_text =>
        {
            Type::Boolean
        }
        "count" | "find" | "rfind" if is_text => Type::Integer,
        _ => Type::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::check::typing::fits::{fits, of_value};
    use crate::source::{Place, SourceMap, Span};
    use crate::template::{Expression, Rendering, Scope};

    /// What is said of a filter is what it does.
    #[test]
    fn each_filter_gives_what_is_said_of_it() {
        let mut sources = SourceMap::default();
        for (text, name, args) in [
            ("'yes'|bool", "bool", 0),
            ("'7'|int", "int", 0),
            ("[1]|length", "length", 0),
            ("[1]|count", "count", 0),
            ("'7'|float", "float", 0),
            ("'x'|b64encode", "b64encode", 0),
            ("'/a/b'|basename", "basename", 0),
            ("'/a/b'|dirname", "dirname", 0),
            ("'ab'|capitalize", "capitalize", 0),
            ("'ab'|comment", "comment", 0),
            ("'%s'|format(1)", "format", 1),
            ("'ab'|hash", "hash", 0),
            ("'ab'|indent(2)", "indent", 1),
            ("[1, 2]|join(',')", "join", 1),
            ("['a', 'b']|path_join", "path_join", 0),
            ("1|pprint", "pprint", 0),
            ("'a b'|quote", "quote", 0),
            ("'a.b'|regex_escape", "regex_escape", 0),
            ("'ab'|regex_replace('a', 'b')", "regex_replace", 2),
            ("'ab'|regex_search('x')", "regex_search", 1),
            ("'ab'|regex_search('a')", "regex_search", 1),
            ("'ab'|replace('a', 'b')", "replace", 2),
            ("7|string", "string", 0),
            ("[1]|to_json", "to_json", 0),
            ("[1]|to_nice_json", "to_nice_json", 0),
            ("[1]|to_yaml", "to_yaml", 0),
            ("[1]|to_nice_yaml", "to_nice_yaml", 0),
            ("[1]|tojson", "tojson", 0),
            ("' a '|trim", "trim", 0),
            ("1|type_debug", "type_debug", 0),
            ("'a b'|split", "split", 0),
            ("'a.b'|splitext", "splitext", 0),
            ("{'a': 1}|dict2items", "dict2items", 0),
            ("{'a': 1}|items", "items", 0),
            ("{'a': 1}|dictsort", "dictsort", 0),
            ("[1]|batch(1)", "batch", 1),
            ("[[1]]|flatten", "flatten", 0),
            ("[1]|union([2])", "union", 1),
            ("[1]|difference([2])", "difference", 1),
            ("[1]|unique", "unique", 0),
            ("[2, 1]|sort", "sort", 0),
            ("'ab'|list", "list", 0),
            ("['a']|map('upper')", "map", 1),
            ("[1, 2]|select('odd')", "select", 1),
            ("[1, 2]|max", "max", 0),
            ("[1]|reverse", "reverse", 0),
            ("{'a': 1}|combine({'b': 2})", "combine", 1),
            ("[{'key': 1, 'value': 2}]|items2dict", "items2dict", 0),
            ("2.7|round", "round", 0),
            ("'ab'|regex_findall('a')", "regex_findall", 1),
        ] {
            let source = sources.add(std::path::Path::new("x"), text);
            let place = Place::whole(Span::new(source, 0, text.len()));
            let expression = Expression::new(text, place).unwrap_or_else(|error| panic!("{text}: {error:?}"));
            let rendering = expression.evaluate(&Scope::new(std::sync::Arc::default()));
            let Ok(Rendering::Known { value, .. }) = rendering else {
                panic!("{text}: {rendering:?}")
            };
            let said = gives(name, &Type::Any, &vec![Type::Any; args]);
            assert!(said != Type::Any || ["max", "reverse"].contains(&name), "{text}");
            assert!(
                fits(&said, &of_value(&value)),
                "{text} gives {value:?}, not {said:?}"
            );
        }
    }

    #[test]
    fn what_filters_keep_is_kept() {
        let numbers = Type::List(Box::new(Type::Integer));
        assert_eq!(gives("first", &numbers, &[]), Type::Integer);
        assert_eq!(gives("unique", &numbers, &[]), numbers);
        let either = gives("default", &Type::String, &[Type::Integer]);
        assert_eq!(either, Type::Union(vec![Type::String, Type::Integer]));
        assert_eq!(gives("nothing", &Type::String, &[]), Type::Any);
    }
}
