//! What an expression does, as far as the type of what it gives can be told from it.

use minijinja::machinery::ast::{BinOpKind, CallArg, CallType, CompareOpKind, Expr, Stmt, UnaryOpKind};

use crate::source::{Place, Span};
use crate::template::convert;
use crate::template::lazy::begin;
use crate::value::Value;

/// A part of an expression and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Sketch {
    /// What it does.
    pub act: Act,
    /// Where it is.
    pub span: Span,
}

/// What a part of an expression does.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Is a value as written.
    Constant(Value),
    /// Reads a name and the constant keys taken of it.
    Name(Vec<String>),
    /// Takes a part of something: by a constant key, or by one that is not known.
    Part(Box<Sketch>, Option<String>),
    /// Compares one part with others: `a < b`, `a == b`, `a in b`.
    Compare(Box<Sketch>, Vec<(Relation, Sketch)>),
    /// `not a`.
    Not(Box<Sketch>),
    /// Asks a test: `a is name(args)`.
    Test {
        /// Its name.
        name: String,
        /// What is asked about.
        of: Box<Sketch>,
        /// Its arguments in order, their names left out.
        args: Vec<Sketch>,
    },
    /// `a and b`, `a or b`: gives one of the two, whichever decides.
    Decides(Box<Sketch>, Box<Sketch>),
    /// `a if c else b`: the condition, what it is where that holds, and what it is otherwise.
    Choice(Box<Sketch>, Box<Sketch>, Option<Box<Sketch>>),
    /// `a ~ b`: gives text.
    Joined(Box<Sketch>, Box<Sketch>),
    /// `+`, `-` and their like.
    Arithmetic(Sign, Box<Sketch>, Box<Sketch>),
    /// `-a`.
    Negative(Box<Sketch>),
    /// Applies a filter.
    Filter {
        /// Its name.
        name: String,
        /// What it is applied to; nothing at the beginning of a filter block.
        of: Option<Box<Sketch>>,
        /// Its arguments in order, with their names where they have one.
        args: Vec<(Option<String>, Sketch)>,
    },
    /// Calls a function with arguments.
    Call(String, Vec<Sketch>),
    /// Calls a method of a value: `a.name(args)`.
    Method {
        /// Its name.
        name: String,
        /// The value.
        of: Box<Sketch>,
        /// Its arguments.
        args: Vec<Sketch>,
    },
    /// Makes a list.
    List(Vec<Sketch>),
    /// Makes a map; a key that is not constant makes all of it unknown.
    Map(Vec<(String, Sketch)>),
    /// Is no value: what a variable is made of that is an `if` without `else`.
    Nothing,
    /// Anything else, of these parts: slices, calls of values.
    Other(Vec<Sketch>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `==`, `!=`.
    Equal,
    /// `<`, `<=`, `>`, `>=`.
    Order,
    /// `in`, `not in`.
    In,
}

/// The sort of an arithmetic operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// `+`, of numbers, texts or lists.
    Plus,
    /// `/`, which never gives an integer for certain.
    Over,
    /// `%`.
    Rest,
    /// `*`, also of a text or list and a number.
    Times,
    /// `-`, `//`, `**`.
    Other,
}

/// The parts of an expression.
pub(super) fn of(expr: &Expr<'_>, place: &Place) -> Sketch {
    let whole = place.span(begin(expr), expr.span().end_offset as usize);
    let boxed = |expr: &Expr<'_>| Box::new(of(expr, place));
    let act = match expr {
        Expr::Const(it) => convert::from_engine(&it.value).map_or(Act::Other(Vec::new()), Act::Constant),
        Expr::Var(it) => Act::Name(vec![it.id.to_owned()]),
        Expr::GetAttr(it) => part(of(&it.expr, place), Some(it.name.to_owned())),
        Expr::GetItem(it) => {
            let key = it.subscript_expr.as_const().and_then(|key| match key.as_str() {
                Some(text) => Some(text.to_owned()),
                None => key.is_integer().then(|| key.to_string()),
            });
            part(of(&it.expr, place), key)
        }
        Expr::UnaryOp(it) => match it.op {
            UnaryOpKind::Not => match of(&it.expr, place) {
                // `a not in b`.
                Sketch {
                    act: act @ Act::Compare(..),
                    span,
                } if span.start == whole.start => act,
                inner => Act::Not(Box::new(inner)),
            },
            UnaryOpKind::Neg => Act::Negative(boxed(&it.expr)),
        },
        Expr::BinOp(it) => match it.op {
            BinOpKind::ScAnd | BinOpKind::ScOr => Act::Decides(boxed(&it.left), boxed(&it.right)),
            BinOpKind::Concat => Act::Joined(boxed(&it.left), boxed(&it.right)),
            BinOpKind::Add => Act::Arithmetic(Sign::Plus, boxed(&it.left), boxed(&it.right)),
            BinOpKind::Div => Act::Arithmetic(Sign::Over, boxed(&it.left), boxed(&it.right)),
            BinOpKind::Rem => Act::Arithmetic(Sign::Rest, boxed(&it.left), boxed(&it.right)),
            BinOpKind::Mul => Act::Arithmetic(Sign::Times, boxed(&it.left), boxed(&it.right)),
            BinOpKind::Sub | BinOpKind::FloorDiv | BinOpKind::Pow => {
                Act::Arithmetic(Sign::Other, boxed(&it.left), boxed(&it.right))
            }
            BinOpKind::Eq | BinOpKind::Ne => compare(&it.left, Relation::Equal, &it.right, place),
            BinOpKind::In => compare(&it.left, Relation::In, &it.right, place),
            BinOpKind::Lt | BinOpKind::Lte | BinOpKind::Gt | BinOpKind::Gte => {
                compare(&it.left, Relation::Order, &it.right, place)
            }
        },
        Expr::Compare(it) => {
            let rest = it.ops.iter().map(|op| (relation(op.op), of(&op.expr, place)));
            Act::Compare(boxed(&it.expr), rest.collect())
        }
        Expr::Test(it) => Act::Test {
            name: it.name.to_owned(),
            of: boxed(&it.expr),
            args: it.args.iter().map(|arg| argument(arg, place)).collect(),
        },
        Expr::IfExpr(it) => Act::Choice(
            boxed(&it.test_expr),
            boxed(&it.true_expr),
            it.false_expr.as_ref().map(boxed),
        ),
        Expr::Filter(it) => Act::Filter {
            name: it.name.to_owned(),
            of: it.expr.as_ref().map(boxed),
            args: it
                .args
                .iter()
                .map(|arg| (name_of(arg), argument(arg, place)))
                .collect(),
        },
        Expr::Call(it) => match it.identify_call() {
            CallType::Function(name) => Act::Call(
                name.to_owned(),
                it.args.iter().map(|arg| argument(arg, place)).collect(),
            ),
            CallType::Method(inner, name) => Act::Method {
                name: name.to_owned(),
                of: boxed(inner),
                args: it.args.iter().map(|arg| argument(arg, place)).collect(),
            },
            CallType::Object(inner) => {
                let args = it.args.iter().map(|arg| argument(arg, place));
                Act::Other(std::iter::once(of(inner, place)).chain(args).collect())
            }
            CallType::Block(_) => Act::Other(Vec::new()),
        },
        Expr::List(it) => Act::List(it.items.iter().map(|item| of(item, place)).collect()),
        Expr::Tuple(it) => Act::List(it.items.iter().map(|item| of(item, place)).collect()),
        Expr::Map(it) => {
            let keys = it.keys.iter().map(|key| {
                let key = key.as_const()?;
                key.as_str().map(str::to_owned)
            });
            let entries: Option<Vec<_>> = keys
                .zip(&it.values)
                .map(|(key, value)| Some((key?, of(value, place))))
                .collect();
            entries.map_or(Act::Other(Vec::new()), Act::Map)
        }
        Expr::Slice(it) => Act::Other(vec![of(&it.expr, place)]),
    };
    Sketch { act, span: whole }
}

fn compare(left: &Expr<'_>, relation: Relation, right: &Expr<'_>, place: &Place) -> Act {
    Act::Compare(Box::new(of(left, place)), vec![(relation, of(right, place))])
}

const fn relation(op: CompareOpKind) -> Relation {
    match op {
        CompareOpKind::Eq | CompareOpKind::Ne => Relation::Equal,
        CompareOpKind::In | CompareOpKind::NotIn => Relation::In,
        CompareOpKind::Lt | CompareOpKind::Lte | CompareOpKind::Gt | CompareOpKind::Gte => Relation::Order,
    }
}

fn name_of(arg: &CallArg<'_>) -> Option<String> {
    match arg {
        CallArg::Kwarg(name, _) => Some((*name).to_owned()),
        _ => None,
    }
}

fn argument(arg: &CallArg<'_>, place: &Place) -> Sketch {
    match arg {
        CallArg::Pos(expr) | CallArg::Kwarg(_, expr) => of(expr, place),
        CallArg::PosSplat(expr) | CallArg::KwargSplat(expr) => Sketch {
            act: Act::Other(Vec::new()),
            span: of(expr, place).span,
        },
    }
}

fn part(inner: Sketch, key: Option<String>) -> Act {
    match (inner.act, key) {
        (Act::Name(mut path), Some(key)) => {
            path.push(key);
            Act::Name(path)
        }
        (act, key) => Act::Part(
            Box::new(Sketch {
                act,
                span: inner.span,
            }),
            key,
        ),
    }
}

/// Where the parts are that `and` joins.
pub(super) fn conjuncts(expr: &Expr<'_>, found: &mut Vec<std::ops::Range<usize>>) {
    match expr {
        Expr::BinOp(it) if matches!(it.op, BinOpKind::ScAnd) => {
            conjuncts(&it.left, found);
            conjuncts(&it.right, found);
        }
        expr => found.push(begin(expr)..expr.span().end_offset as usize),
    }
}

/// Every `{{ expression }}` of a template that is written where nothing is bound by `for`, `set` or a macro.
pub(super) fn written(statement: &Stmt<'_>, place: &Place, found: &mut Vec<Sketch>) {
    let mut all = |body: &[Stmt<'_>]| body.iter().for_each(|it| written(it, place, found));
    match statement {
        Stmt::Template(it) => all(&it.children),
        Stmt::IfCond(it) => {
            all(&it.true_body);
            all(&it.false_body);
        }
        Stmt::EmitExpr(it) => found.push(of(&it.expr, place)),
        _ => {}
    }
}

impl Sketch {
    /// Hands every part to `see`, the whole first.
    pub fn each(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        self.parts().into_iter().for_each(|part| part.each(see));
    }

    /// The parts that it is made of, in order.
    pub fn parts(&self) -> Vec<&Self> {
        match &self.act {
            Act::Part(inner, _) | Act::Negative(inner) | Act::Not(inner) => vec![inner],
            Act::Decides(a, b) | Act::Arithmetic(_, a, b) | Act::Joined(a, b) => vec![a, b],
            Act::Compare(first, rest) => std::iter::once(&**first)
                .chain(rest.iter().map(|(_, it)| it))
                .collect(),
            Act::Choice(test, a, b) => [test, a].into_iter().chain(b).map(|it| &**it).collect(),
            Act::Filter { of, args, .. } => of
                .as_deref()
                .into_iter()
                .chain(args.iter().map(|(_, it)| it))
                .collect(),
            Act::Method { of, args, .. } | Act::Test { of, args, .. } => {
                std::iter::once(&**of).chain(args).collect()
            }
            Act::Call(_, items) | Act::List(items) | Act::Other(items) => items.iter().collect(),
            Act::Map(entries) => entries.iter().map(|(_, value)| value).collect(),
            Act::Constant(_) | Act::Name(_) | Act::Nothing => Vec::new(),
        }
    }

    /// The same of what is all of a variable: it has no value where its `if` without `else` does not hold.
    pub(super) fn open(mut self) -> Self {
        if let Act::Choice(_, then, otherwise) = &mut self.act {
            **then = std::mem::replace(&mut **then, nothing(self.span)).open();
            *otherwise = Some(Box::new(match otherwise.take() {
                Some(other) => other.open(),
                None => nothing(self.span),
            }));
        }
        self
    }
}

fn nothing(span: Span) -> Sketch {
    Sketch {
        act: Act::Nothing,
        span,
    }
}
