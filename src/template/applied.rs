//! Filters and tests that others apply: `map('upper')`, `select('odd')`.

use minijinja::machinery::ast::{CallArg, Expr, Filter, Spanned};

use crate::template::names;
use crate::template::walk::Walk;

impl Walk<'_, '_> {
    /// Says where there is no filter or test of the name that a filter is given to apply.
    pub(super) fn applied(&mut self, filter: &Spanned<Filter<'_>>) {
        let at = match filter.name {
            "map" | "select" | "reject" => 0,
            "selectattr" | "rejectattr" => 1,
            _ => return,
        };
        let Some(CallArg::Pos(arg)) = filter.args.get(at) else {
            return;
        };
        let Expr::Const(written) = arg else { return };
        let Some(name) = written.value.as_str() else {
            return;
        };
        let range = written.span().start_offset as usize..written.span().end_offset as usize;
        match filter.name {
            "map" if !names::is_filter(name) => self.unknown("filter", name, &range, names::filters()),
            "select" | "reject" | "selectattr" | "rejectattr" if !names::is_test(name) => {
                self.unknown("test", name, &range, names::tests());
            }
            _ => {}
        }
    }
}
