//! Comparisons that can only come out one way.

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::check::names::Checker;
use crate::playbook::check::typing::asked::Asked;
use crate::playbook::check::typing::fits::shown;
use crate::playbook::check::typing::kinds::{BOOL, LIST, MAP, NUMBER, TEXT, kinds};
use crate::playbook::check::typing::mistakes::Mistake;
use crate::template::{Act, Form, Relation, Sketch};
use crate::tool::Type;
use crate::value::Value;

/// How many variables are followed into each other.
const DEPTH: u32 = 8;
/// What others call what a fact has another word for.
const WORDS: [(&str, &[(&str, &str)]); 4] = [
    (
        "family",
        &[
            ("ubuntu", "debian"),
            ("rhel", "redhat"),
            ("centos", "redhat"),
            ("fedora", "redhat"),
            ("archlinux", "arch"),
            ("opensuse", "suse"),
        ],
    ),
    (
        "architecture",
        &[("amd64", "x86_64"), ("arm64", "aarch64"), ("i686", "i686")],
    ),
    (
        "package_manager",
        &[("yum", "dnf"), ("apt-get", "apt"), ("dnf5", "dnf")],
    ),
    ("init", &[("sysvinit", "sysv"), ("upstart", "sysv")]),
];
/// Facts that are one of these words.
const CLOSED: [(&str, &[&str]); 2] = [
    ("package_manager", &["apt", "dnf", "pacman", "apk", "zypper", ""]),
    ("init", &["systemd", "openrc", "sysv", ""]),
];

impl<'a> Checker<'a, '_> {
    /// What is wrong with one comparison, where it is so for all hosts.
    pub(super) fn comparison(
        &self,
        asked: Asked<'_, 'a>,
        whole: &Sketch,
        relation: Relation,
        left: &Sketch,
        right: &Sketch,
    ) -> Option<Mistake> {
        let (a, b) = (
            self.type_of_sketch(asked, left),
            self.type_of_sketch(asked, right),
        );
        self.of_kinds(whole, relation, left, (&a, &b))
            .or_else(|| match relation {
                Relation::Equal => self
                    .never(asked, whole, left, &a, right)
                    .or_else(|| self.never(asked, whole, right, &b, left)),
                Relation::In => match &right.act {
                    Act::List(items) => items
                        .iter()
                        .find_map(|item| self.never(asked, item, left, &a, item)),
                    Act::Constant(Value::List(items)) => items.iter().find_map(|item| {
                        let item = Sketch {
                            act: Act::Constant(item.clone()),
                            span: right.span,
                        };
                        self.never(asked, right, left, &a, &item)
                    }),
                    _ => None,
                },
                Relation::Order => None,
            })
            .map(Mistake::of_all)
    }

    /// A condition that compares a plain variable with what it is, written as another type: `port == 443` where `port` is
    /// the text `443`.
    pub(super) fn written_otherwise(&self, asked: Asked<'_, 'a>, sketch: &Sketch) -> Option<Diagnostic> {
        let Act::Compare(left, rest) = &sketch.act else {
            return None;
        };
        let [(Relation::Equal, right)] = rest.as_slice() else {
            return None;
        };
        let ((Act::Name(name), Act::Constant(constant)) | (Act::Constant(constant), Act::Name(name))) =
            (&left.act, &right.act)
        else {
            return None;
        };
        let [name] = name.as_slice() else { return None };
        if asked.place.bound.contains(&name.as_str()) || self.options.extra.contains_key(name) {
            return None;
        }
        let form = self.variable_at(asked.place, asked.class, name)?;
        let is_same = match (form.value.literal()?, constant) {
            (Value::Str(text), Value::Int(number)) | (Value::Int(number), Value::Str(text)) => {
                *text == number.to_string()
            }
            _ => false,
        };
        let (a, b) = (
            self.type_of_sketch(asked, left),
            self.type_of_sketch(asked, right),
        );
        is_same.then(|| self.of_kinds(sketch, Relation::Equal, left, (&a, &b)))?
    }

    /// Values of different kinds are never equal, and have no order.
    fn of_kinds(
        &self,
        whole: &Sketch,
        relation: Relation,
        left: &Sketch,
        (a, b): (&Type, &Type),
    ) -> Option<Diagnostic> {
        let (mut one, mut other) = (kinds(a)?, kinds(b)?);
        let item;
        let mut shown_other = b;
        if relation == Relation::In {
            if other & (LIST | TEXT | MAP) == 0 {
                let message = format!("`in` looks into a list, a map or a text, not into {}", shown(b));
                return Some(Diagnostic::error(Code::WrongType, message).at(whole.span));
            }
            match b {
                Type::List(of) => {
                    item = (**of).clone();
                    other = kinds(&item)?;
                    shown_other = &item;
                }
                Type::Map(_) | Type::Record(_) => other = TEXT,
                _ if other == TEXT => {}
                _ => return None,
            }
        }
        // `true` and 1 are the same to the engine.
        for kinds in [&mut one, &mut other] {
            if *kinds & (NUMBER | BOOL) != 0 {
                *kinds |= NUMBER | BOOL;
            }
        }
        if one & other != 0 {
            return None;
        }
        let (is_text_a, is_text_b) = (one == TEXT, other == TEXT);
        let is_number = |of: &Type| kinds(of).is_some_and(|it| it == NUMBER);
        let message = match relation {
            Relation::Order => format!(
                "{} and {} have no order: the one is always before the other",
                shown(a),
                shown(b)
            ),
            Relation::Equal => format!("{} never equals {}", shown(a), shown(b)),
            Relation::In => format!("{} is never in this: it holds {}", shown(a), shown(shown_other)),
        };
        let sources = &self.playbook.sources;
        let (all, written) = (sources.text(whole.span).trim(), sources.text(left.span).trim());
        let message = match all.len() {
            0..=80 if !all.contains('\n') => format!("`{all}`: {message}"),
            _ => message,
        };
        let error = Diagnostic::error(Code::ImpossibleComparison, message).at(whole.span);
        let is_boolean = |of: &Type| kinds(of).is_some_and(|it| it == BOOL);
        Some(if is_boolean(a) && is_text_b {
            error.help(format!("Ask `{written}` itself, or `not {written}`."))
        } else if is_text_a && is_number(b) {
            error.help(format!(
                "Make a number of the text: `{written} | int`; or write the number in quotes."
            ))
        } else if is_number(a) && is_text_b {
            error.help("Write the number without quotes, or make a number of the text by `| int`.".to_owned())
        } else {
            error
        })
    }

    /// A text that something can never be: `of` is its type, `constant` what it is compared with.
    fn never(
        &self,
        asked: Asked<'_, 'a>,
        whole: &Sketch,
        what: &Sketch,
        of: &Type,
        constant: &Sketch,
    ) -> Option<Diagnostic> {
        let Act::Constant(Value::Str(text)) = &constant.act else {
            return None;
        };
        let written = self.playbook.sources.text(what.span).trim().to_owned();
        if let Some(fact) = self.fact(asked, what, 0)
            && let Some(meant) = meant(&fact, text)
        {
            let message = format!("`{written}` is never `{}`", text.escape_debug());
            let error = Diagnostic::error(Code::ImpossibleComparison, message).at(whole.span);
            return Some(error.help(meant));
        }
        let words = words(of)?;
        if words.contains(&text.as_str()) {
            return None;
        }
        let message = format!("`{written}` is never `{}`", text.escape_debug());
        let error = Diagnostic::error(Code::ImpossibleComparison, message)
            .at(whole.span)
            .did_you_mean(text, words.iter().copied());
        Some(match error.help {
            Some(_) => error,
            None => error.help(one_of(&words)),
        })
    }

    /// The fact that an expression is, through whatever variables.
    fn fact(&self, asked: Asked<'_, 'a>, sketch: &Sketch, depth: u32) -> Option<Vec<String>> {
        let Act::Name(path) = &sketch.act else { return None };
        if depth > DEPTH || asked.local(&path[0]).is_some() {
            return None;
        }
        match path.as_slice() {
            [facts, rest @ ..] if facts == "facts" => Some(rest.to_vec()),
            [hosts, _, facts, rest @ ..] if hosts == "hosts" && facts == "facts" => Some(rest.to_vec()),
            [name] => match &self.variable_at(asked.place, asked.class, name)?.value {
                Form::Expression(expression) if !self.options.extra.contains_key(name) => {
                    self.fact(asked.outside(), &expression.sketch()?, depth + 1)
                }
                _ => None,
            },
            _ => None,
        }
    }
}

/// What was meant by a word that a fact never is.
fn meant(fact: &[String], text: &str) -> Option<String> {
    let name = fact.last()?.as_str();
    if !["family", "id", "architecture", "package_manager", "init"].contains(&name) {
        return None;
    }
    let lower = text.to_lowercase();
    let translated = WORDS
        .iter()
        .find(|(of, _)| *of == name)
        .and_then(|(_, words)| words.iter().find(|(other, _)| *other == lower))
        .map(|(_, own)| *own);
    match translated {
        Some(own) if own != text => return Some(format!("Write `{own}`.")),
        _ => {}
    }
    if let Some((_, words)) = CLOSED.iter().find(|(of, _)| *of == name) {
        if words.contains(&text) {
            return None;
        }
        if words.contains(&lower.as_str()) {
            return Some(format!("Write `{lower}`."));
        }
        return Some(one_of(&words[..words.len() - 1]));
    }
    (name != "architecture" && lower != text).then(|| format!("Write `{lower}`: it is in lower case."))
}

fn one_of(words: &[&str]) -> String {
    let words: Vec<_> = words.iter().map(|it| format!("`{it}`")).collect();
    format!("It is {}.", words.join(", "))
}

/// All texts that a value of a type may be, where its type lists them.
fn words(of: &Type) -> Option<Vec<&str>> {
    fn add<'t>(of: &'t Type, words: &mut Vec<&'t str>, is_listed: &mut bool) -> bool {
        match of {
            Type::Enum(names) => {
                *is_listed |= names.len() > 1;
                words.extend(names.iter().map(String::as_str));
                true
            }
            Type::Null => true,
            Type::Union(options) => options.iter().all(|option| add(option, words, is_listed)),
            _ => false,
        }
    }
    let (mut all, mut is_listed) = (Vec::new(), false);
    (add(of, &mut all, &mut is_listed) && is_listed && !all.is_empty()).then_some(all)
}
