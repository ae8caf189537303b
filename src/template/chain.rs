//! Chains of a name and keys: what they read, and how they are compiled where a gap is accepted.

use std::ops::Range;

use minijinja::machinery::ast::{CallArg, Expr, Stmt};

use crate::template::names;
use crate::template::walk::{Edit, Use, Walk, range};

/// One step of a chain: its key if it is constant, its expression if it is not, and where it is.
struct Link<'e, 's> {
    key: Result<String, &'e Expr<'s>>,
    range: Range<usize>,
    /// Whether it is written with a dot.
    dot: bool,
}

/// What a part of a text is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// A condition that decides what else is evaluated.
    pub(super) is_condition: bool,
    /// A body that may never be done.
    pub(super) is_apart: bool,
}

impl Walk<'_, '_> {
    /// Walks a chain.
    pub(super) fn chain(&mut self, expr: &Expr<'_>, guarded: bool) {
        let mut links = Vec::new();
        let mut root = expr;
        loop {
            root = match root {
                Expr::GetAttr(it) => {
                    links.push(Link {
                        key: Ok(it.name.to_owned()),
                        range: range(it),
                        dot: true,
                    });
                    &it.expr
                }
                Expr::GetItem(it) => {
                    links.push(Link {
                        key: constant_key(&it.subscript_expr).ok_or(&it.subscript_expr),
                        range: range(it),
                        dot: !self.text[range(it)].ends_with(']'),
                    });
                    &it.expr
                }
                _ => break,
            };
        }
        links.reverse();
        let edits = self.edits.len();
        for link in &links {
            if let Err(key) = link.key {
                self.expr(key, false);
            }
        }
        let Expr::Var(var) = root else {
            return self.expr(root, false);
        };
        if var.id == names::OMIT && links.is_empty() {
            self.edits.push(Edit {
                range: range(var),
                text: format!("{}()", names::OMITTED),
            });
            return;
        }
        let start = range(var).start;
        let end = links.last().map_or(range(var).end, |link| link.range.end);
        let constant = links.iter().map_while(|link| link.key.as_ref().ok());
        let path = std::iter::once(var.id.to_owned())
            .chain(constant.cloned())
            .collect();
        let plain = links.first().is_none_or(|link| link.range.start == start);
        if guarded && plain && !links.is_empty() {
            let inner = self.edits.split_off(edits);
            let text = self.guarded_chain(var.id, range(var).end, &links, &inner);
            self.edits.push(Edit {
                range: start..end,
                text,
            });
        }
        self.uses.push(Use {
            path,
            range: start..end,
            local: self.is_local(var.id),
            guarded,
            around: self.around,
        });
    }

    /// Walks what decides whether something else is evaluated.
    pub(super) fn condition(&mut self, expr: &Expr<'_>) {
        let outer = self.around;
        self.around.is_condition = true;
        self.expr(expr, false);
        self.around = outer;
    }

    /// Walks a body that may never be done: of a loop, a macro, a block that another file may replace.
    pub(super) fn apart(&mut self, body: &[Stmt<'_>]) {
        let outer = self.around;
        self.around.is_apart = true;
        self.body(body);
        self.around = outer;
    }

    /// Walks the arguments of a filter, a test or a call.
    pub(super) fn args(&mut self, args: &[CallArg<'_>], guarded: bool) {
        for arg in args {
            match arg {
                CallArg::Pos(expr)
                | CallArg::Kwarg(_, expr)
                | CallArg::PosSplat(expr)
                | CallArg::KwargSplat(expr) => self.expr(expr, guarded),
            }
        }
    }

    /// The chain as filters, which take a gap for what it is, where `.` and `[]` fail.
    fn guarded_chain(&self, root: &str, root_end: usize, links: &[Link<'_, '_>], inner: &[Edit]) -> String {
        let mut text = format!("({root}");
        // The engine's places of links begin too early.
        let mut from = root_end;
        for link in links {
            let written = from..link.range.end;
            from = link.range.end;
            text.push('|');
            text.push_str(names::PART);
            text.push('(');
            match &link.key {
                Ok(key) if link.dot && key.bytes().all(|b| b.is_ascii_digit()) => text.push_str(key),
                Ok(key) if link.dot => text.extend(["\"", key, "\""]),
                _ => {
                    let body = self.text[written.clone()].trim_start();
                    let open = written.end - body.len() + 1;
                    text.push_str(&with_edits(self.text, open..written.end.saturating_sub(1), inner));
                }
            }
            text.push(')');
        }
        text.push(')');
        text
    }
}

fn with_edits(text: &str, range: Range<usize>, edits: &[Edit]) -> String {
    let mut edits: Vec<_> = edits.iter().collect();
    edits.sort_by_key(|edit| edit.range.start);
    let (mut out, mut at) = (String::new(), range.start);
    for edit in edits {
        if edit.range.start >= at && edit.range.end <= range.end {
            out.push_str(&text[at..edit.range.start]);
            out.push_str(&edit.text);
            at = edit.range.end;
        }
    }
    out.push_str(text.get(at..range.end).unwrap_or(""));
    out
}

fn constant_key(expr: &Expr<'_>) -> Option<String> {
    let value = expr.as_const()?;
    match value.as_str() {
        Some(text) => Some(text.to_owned()),
        None if value.is_integer() => Some(value.to_string()),
        None => None,
    }
}
