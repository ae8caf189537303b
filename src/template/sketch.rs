//! What an expression does, as far as the type of what it gives can be told from it.

use minijinja::machinery::ast::{BinOpKind, CallArg, CallType, Expr, Stmt, UnaryOpKind};

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
    /// Gives `true` or `false`, whatever is in it: comparisons, tests, `not`.
    Truth,
    /// `a and b`, `a or b`: gives one of the two, whichever decides.
    Decides(Box<Sketch>, Box<Sketch>),
    /// `a if c else b`; nothing where there is no `else`.
    Choice(Box<Sketch>, Option<Box<Sketch>>),
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
        /// Its arguments in order, their names left out.
        args: Vec<Sketch>,
    },
    /// Calls a function.
    Call(String),
    /// Makes a list.
    List(Vec<Sketch>),
    /// Makes a map; a key that is not constant makes all of it unknown.
    Map(Vec<(String, Sketch)>),
    /// Anything else, of these parts: methods, slices, calls of values.
    Other(Vec<Sketch>),
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
    /// `-`, `*`, `//`, `**`.
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
            UnaryOpKind::Not => Act::Truth,
            UnaryOpKind::Neg => Act::Negative(boxed(&it.expr)),
        },
        Expr::BinOp(it) => match it.op {
            BinOpKind::ScAnd | BinOpKind::ScOr => Act::Decides(boxed(&it.left), boxed(&it.right)),
            BinOpKind::Concat => Act::Joined(boxed(&it.left), boxed(&it.right)),
            BinOpKind::Add => Act::Arithmetic(Sign::Plus, boxed(&it.left), boxed(&it.right)),
            BinOpKind::Div => Act::Arithmetic(Sign::Over, boxed(&it.left), boxed(&it.right)),
            BinOpKind::Rem => Act::Arithmetic(Sign::Rest, boxed(&it.left), boxed(&it.right)),
            BinOpKind::Sub | BinOpKind::Mul | BinOpKind::FloorDiv | BinOpKind::Pow => {
                Act::Arithmetic(Sign::Other, boxed(&it.left), boxed(&it.right))
            }
            _ => Act::Truth,
        },
        Expr::Compare(_) | Expr::Test(_) => Act::Truth,
        Expr::IfExpr(it) => Act::Choice(boxed(&it.true_expr), it.false_expr.as_ref().map(boxed)),
        Expr::Filter(it) => Act::Filter {
            name: it.name.to_owned(),
            of: it.expr.as_ref().map(boxed),
            args: it.args.iter().map(|arg| argument(arg, place)).collect(),
        },
        Expr::Call(it) => match it.identify_call() {
            CallType::Function(name) => Act::Call(name.to_owned()),
            CallType::Method(inner, _) | CallType::Object(inner) => {
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
        match &self.act {
            Act::Part(inner, _) | Act::Negative(inner) => inner.each(see),
            Act::Decides(a, b) | Act::Arithmetic(_, a, b) | Act::Joined(a, b) => {
                a.each(see);
                b.each(see);
            }
            Act::Choice(a, b) => {
                a.each(see);
                if let Some(b) = b {
                    b.each(see);
                }
            }
            Act::Filter { of, args, .. } => {
                if let Some(of) = of {
                    of.each(see);
                }
                for arg in args {
                    arg.each(see);
                }
            }
            Act::List(items) | Act::Other(items) => items.iter().for_each(|item| item.each(see)),
            Act::Map(entries) => entries.iter().for_each(|(_, value)| value.each(see)),
            Act::Constant(_) | Act::Name(_) | Act::Truth | Act::Call(_) => {}
        }
    }
}
