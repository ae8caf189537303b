//! What is compiled so that it is evaluated only where it is needed, and what is written where nothing is.

use minijinja::machinery::ast::{BinOpKind, CallArg, Expr, Filter, Spanned};

use crate::template::names;
use crate::template::walk::{Edit, Walk, range};

impl Walk<'_, '_> {
    /// Has what is in `x | default(other)` evaluated only where `x` is not there: as
    /// `kept() if (x | keep) else other`.
    pub(super) fn only_if_needed(&mut self, filter: &Spanned<Filter<'_>>, inner: &Expr<'_>) {
        let (other, lax) = match filter.args.as_slice() {
            [CallArg::Pos(other)] => (other, None),
            [
                CallArg::Pos(other),
                CallArg::Pos(lax) | CallArg::Kwarg("boolean", lax),
            ] => (other, Some(lax)),
            _ => return,
        };
        // A constant is there at no cost.
        if other.as_const().is_some() || lax.is_some_and(|lax| lax.as_const().is_none()) {
            return;
        }
        let Some(parts) = self.parts(filter, lax) else {
            return;
        };
        let [bar, open, end, close] = parts;
        let lax = lax.and_then(Expr::as_const).is_some_and(|lax| lax.is_true());
        let edit = |range, text: String| Edit { range, text };
        self.edits.push(edit(
            begin(inner)..begin(inner),
            format!("({}() if (", names::KEPT),
        ));
        self.edits
            .push(edit(bar..open + 1, format!("|{}({lax})) else (", names::KEEP)));
        self.edits.push(edit(end..close, "))".to_owned()));
    }

    /// Where the `|`, the parenthesis after the name, the end of the first argument and the end of the whole are.
    fn parts(&self, filter: &Spanned<Filter<'_>>, lax: Option<&Expr<'_>>) -> Option<[usize; 4]> {
        let whole = range(filter);
        let bar = self.text.get(..whole.start)?.trim_end();
        let bar = bar.strip_suffix('|')?.len();
        let after = self.text.get(whole.start..whole.end)?.strip_prefix(filter.name)?;
        let open = whole.end - after.trim_start().len();
        let end = match lax {
            Some(lax) => self.text.get(open..begin(lax))?.rfind(',')? + open,
            None => whole.end.checked_sub(1)?,
        };
        let argument = self.text.get(open + 1..end)?;
        let is_plain = self.text[open..].starts_with('(')
            && self.text[..whole.end].ends_with(')')
            && !argument.trim_end().ends_with(',');
        is_plain.then_some([bar, open, end, whole.end])
    }

    /// Has an `if` without `else` that ends there give an empty text where it does not hold.
    pub(super) fn nothing_else(&mut self, end: usize) {
        self.edits.push(Edit {
            range: end..end,
            text: " else ''".to_owned(),
        });
    }

    /// Walks an expression that is all of a variable: an `if` without `else` gives no value where it does not hold.
    pub(super) fn open(&mut self, expr: &Expr<'_>) {
        let Expr::IfExpr(it) = expr else {
            return self.expr(expr, false);
        };
        self.condition(&it.test_expr);
        self.open(&it.true_expr);
        if let Some(other) = &it.false_expr {
            return self.open(other);
        }
        let end = range(it).end;
        self.edits.push(Edit {
            range: end..end,
            text: format!(" else {}()", names::NOTHING),
        });
    }
}

/// Where an expression begins: the engine's places of filters, tests and later keys leave out what they apply to, and
/// those of comparisons begin a word too early.
pub(super) fn begin(expr: &Expr<'_>) -> usize {
    match expr {
        Expr::Compare(it) => return begin(&it.expr),
        // The engine's place is that of the word `if`.
        Expr::IfExpr(it) => return begin(&it.true_expr),
        Expr::BinOp(it) if is_comparison(it.op) => return begin(&it.left),
        // `a not in b`.
        Expr::UnaryOp(it) => {
            if let Expr::BinOp(inner) = &it.expr
                && matches!(inner.op, BinOpKind::In)
                && inner.span() == it.span()
            {
                return begin(&inner.left);
            }
        }
        _ => {}
    }
    let inner = match expr {
        Expr::Filter(it) => it.expr.as_ref(),
        Expr::Test(it) => Some(&it.expr),
        Expr::GetAttr(it) => Some(&it.expr),
        Expr::GetItem(it) => Some(&it.expr),
        Expr::Call(it) => Some(&it.expr),
        Expr::Slice(it) => Some(&it.expr),
        _ => None,
    };
    let own = expr.span().start_offset as usize;
    inner.map_or(own, |inner| begin(inner).min(own))
}

/// Whether an operator compares.
pub(super) const fn is_comparison(op: BinOpKind) -> bool {
    matches!(
        op,
        BinOpKind::Eq
            | BinOpKind::Ne
            | BinOpKind::Lt
            | BinOpKind::Lte
            | BinOpKind::Gt
            | BinOpKind::Gte
            | BinOpKind::In
    )
}
