//! What a template does, step by step, as far as the types of what is in it can be told.

use minijinja::machinery::ast::{Expr, Stmt};

use crate::source::Place;
use crate::template::Sketch;
use crate::template::sketch::of;

/// A step of a template.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Writes what an expression gives.
    Emit(Sketch),
    /// Does one or the other.
    If(Sketch, Vec<Self>, Vec<Self>),
    /// Does its steps for each item of something.
    For {
        /// What an item, or the parts of it, are called.
        names: Vec<String>,
        /// What is looped over.
        over: Sketch,
        /// Which items are taken.
        filter: Option<Sketch>,
        /// The steps.
        body: Vec<Self>,
        /// What is done where there are no items.
        otherwise: Vec<Self>,
    },
    /// Gives names a value from here on.
    Set(Vec<String>, Option<Sketch>),
    /// Steps in which these names are something that is not known.
    Within(Vec<String>, Vec<Self>),
    /// The same, of steps that are done elsewhere, if at all: of a macro, of a block that another file may replace.
    Apart(Vec<String>, Vec<Self>),
}

/// The steps of a statement.
pub(super) fn steps(statement: &Stmt<'_>, place: &Place, found: &mut Vec<Step>) {
    let all = |body: &[Stmt<'_>]| {
        let mut inner = Vec::new();
        for it in body {
            steps(it, place, &mut inner);
        }
        inner
    };
    match statement {
        Stmt::Template(it) => it.children.iter().for_each(|it| steps(it, place, found)),
        Stmt::EmitExpr(it) => found.push(Step::Emit(of(&it.expr, place))),
        Stmt::IfCond(it) => found.push(Step::If(
            of(&it.expr, place),
            all(&it.true_body),
            all(&it.false_body),
        )),
        Stmt::ForLoop(it) => found.push(Step::For {
            names: targets(&it.target),
            over: of(&it.iter, place),
            filter: it.filter_expr.as_ref().map(|filter| of(filter, place)),
            body: all(&it.body),
            otherwise: all(&it.else_body),
        }),
        Stmt::Set(it) => found.push(Step::Set(targets(&it.target), Some(of(&it.expr, place)))),
        Stmt::SetBlock(it) => {
            found.push(Step::Within(Vec::new(), all(&it.body)));
            found.push(Step::Set(targets(&it.target), None));
        }
        Stmt::WithBlock(it) => {
            let names = it.assignments.iter().flat_map(|(target, _)| targets(target));
            found.push(Step::Within(names.collect(), all(&it.body)));
        }
        Stmt::Macro(it) => {
            let names = it.args.iter().flat_map(targets);
            let more = ["caller", "varargs", "kwargs"].map(str::to_owned);
            found.push(Step::Set(vec![it.name.to_owned()], None));
            found.push(Step::Apart(names.chain(more).collect(), all(&it.body)));
        }
        Stmt::FilterBlock(it) => found.push(Step::Within(Vec::new(), all(&it.body))),
        Stmt::Block(it) => found.push(Step::Apart(vec!["super".to_owned()], all(&it.body))),
        Stmt::Import(it) => found.push(Step::Set(targets(&it.name), None)),
        Stmt::FromImport(it) => {
            let taken = it
                .names
                .iter()
                .map(|(name, alias)| alias.as_ref().unwrap_or(name));
            found.push(Step::Set(taken.flat_map(targets).collect(), None));
        }
        _ => {}
    }
}

/// The names that a target binds.
fn targets(target: &Expr<'_>) -> Vec<String> {
    match target {
        Expr::Var(it) => vec![it.id.to_owned()],
        Expr::List(it) => it.items.iter().flat_map(targets).collect(),
        Expr::Tuple(it) => it.items.iter().flat_map(targets).collect(),
        _ => Vec::new(),
    }
}
