//! Walks what was parsed: what is read and where, which gaps are accepted, which names do not exist.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use minijinja::machinery::ast::{BinOpKind, Call, CallType, Expr, Macro, Spanned, Stmt};

use crate::source::Place;
use crate::template::SyntaxError;
use crate::template::analysis::{Access, Reads};
use crate::template::bring::Links;
use crate::template::chain::Around;
use crate::template::functions;
use crate::template::lazy::begin;
use crate::template::names::{self, FUNCTIONS};

/// A name and the keys taken of it, as they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    /// The name and its constant keys.
    pub(super) path: Vec<String>,
    /// Where it is in the text.
    pub(super) range: Range<usize>,
    /// Whether the name is bound inside the text.
    pub(super) local: bool,
    /// Whether a gap in it is accepted.
    pub(super) guarded: bool,
    /// What it is in.
    pub(super) around: Around,
}

/// A part of the text that is compiled as another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) reads: Reads,
    pub(super) uses: Vec<Use>,
    /// Where the operands of filters and tests begin: by where the filter's or test's name is.
    pub(super) operands: Vec<(usize, usize)>,
    /// In ascending order, without overlaps.
    pub(super) edits: Vec<Edit>,
}

/// The walk.
#[derive(Debug)]
pub(super) struct Walk<'a, 'f> {
    pub(super) text: &'a str,
    pub(super) place: &'a Place,
    bound: Vec<Vec<String>>,
    pub(super) uses: Vec<Use>,
    pub(super) edits: Vec<Edit>,
    operands: Vec<(usize, usize)>,
    pub(super) error: Option<SyntaxError>,
    /// Whether a function asks for something.
    asks: bool,
    /// The files that it brings in; `None`: it may bring in none.
    pub(super) links: Option<&'a mut Links<'f>>,
    /// The directory of its file.
    pub(super) folder: Option<Arc<Path>>,
    /// The number of that directory, where it is a file that was brought in.
    pub(super) own_folder: Option<usize>,
    /// Where its own `{% extends %}` is.
    pub(super) extends: Option<Range<usize>>,
    /// The blocks that whatever extends it replaces: nothing in them is ever rendered.
    pub(super) replaced: Vec<String>,
    /// Whether what is walked is in one of those.
    is_replaced: bool,
    /// What the part is in that is walked.
    pub(super) around: Around,
}

/// Where a node is, as the engine says.
pub(super) fn range<T>(node: &Spanned<T>) -> Range<usize> {
    node.span().start_offset as usize..node.span().end_offset as usize
}

impl<'a> Walk<'a, '_> {
    /// Begins.
    pub(super) fn new(text: &'a str, place: &'a Place) -> Self {
        Self {
            text,
            place,
            bound: vec![Vec::new()],
            uses: Vec::new(),
            edits: Vec::new(),
            operands: Vec::new(),
            error: None,
            asks: false,
            links: None,
            folder: None,
            own_folder: None,
            extends: None,
            replaced: Vec::new(),
            is_replaced: false,
            around: Around::default(),
        }
    }

    /// Ends.
    pub(super) fn finish(mut self) -> Result<Found, SyntaxError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        self.uses.sort_by_key(|found| found.range.start);
        self.edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
        let mut edits: Vec<Edit> = Vec::new();
        for edit in self.edits {
            if edits.last().is_none_or(|last| last.range.end <= edit.range.start) {
                edits.push(edit);
            }
        }
        let decides_inside = self.uses.iter().any(|it| it.around.is_condition && it.local);
        let accesses = self.uses.iter().filter(|found| !found.local);
        let accesses = accesses
            .map(|found| Access {
                path: found.path.clone(),
                span: self.place.span(found.range.start, found.range.end),
                guarded: found.guarded,
                decides: found.around.is_condition,
                apart: found.around.is_apart,
            })
            .collect();
        Ok(Found {
            reads: Reads {
                accesses,
                asks: self.asks,
                decides_inside,
            },
            uses: self.uses,
            operands: self.operands,
            edits,
        })
    }

    /// Walks a lone expression.
    pub(super) fn whole(&mut self, expr: &Expr<'_>) {
        self.expr(expr, false);
    }

    pub(super) fn fail(&mut self, range: &Range<usize>, message: String, help: Option<String>) {
        let span = self.place.span(range.start, range.end);
        self.error.get_or_insert(SyntaxError { message, span, help });
    }

    pub(super) fn bind(&mut self, target: &Expr<'_>) {
        match target {
            Expr::Var(var) => self.bind_name(var.id),
            Expr::List(list) => list.items.iter().for_each(|item| self.bind(item)),
            Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.bind(item)),
            // `{% set ns.x = .. %}` reads `ns`.
            other => self.expr(other, false),
        }
    }

    pub(super) fn bind_name(&mut self, name: &str) {
        if let Some(names) = self.bound.last_mut() {
            names.push(name.to_owned());
        }
    }

    /// All names that are bound at this place.
    pub(super) fn bound_names(&self) -> Vec<String> {
        self.bound.iter().flatten().cloned().collect()
    }

    /// Whether what a name stands for is no matter of whoever renders.
    pub(super) fn is_local(&self, name: &str) -> bool {
        self.is_replaced || self.is_bound(name)
    }

    fn is_bound(&self, name: &str) -> bool {
        self.bound.iter().flatten().any(|bound| bound == name)
    }

    fn inside(&mut self, walk: impl FnOnce(&mut Self)) {
        self.bound.push(Vec::new());
        walk(self);
        self.bound.pop();
    }

    pub(super) fn body(&mut self, body: &[Stmt<'_>]) {
        for statement in body {
            self.statement(statement);
        }
    }

    /// Walks a statement.
    pub(super) fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(it) => self.body(&it.children),
            Stmt::EmitExpr(it) => {
                self.expr(&it.expr, false);
            }
            Stmt::EmitRaw(_) => {}
            Stmt::ForLoop(it) => {
                self.expr(&it.iter, false);
                self.inside(|walk| {
                    walk.bind(&it.target);
                    if let Some(filter) = &it.filter_expr {
                        walk.condition(filter);
                    }
                    walk.bind_name("loop");
                    walk.apart(&it.body);
                });
                self.inside(|walk| walk.body(&it.else_body));
            }
            Stmt::IfCond(it) => {
                self.condition(&it.expr);
                self.body(&it.true_body);
                self.body(&it.false_body);
            }
            Stmt::WithBlock(it) => self.inside(|walk| {
                for (target, expr) in &it.assignments {
                    walk.expr(expr, false);
                    walk.bind(target);
                }
                walk.body(&it.body);
            }),
            Stmt::Set(it) => {
                self.expr(&it.expr, false);
                self.bind(&it.target);
            }
            Stmt::SetBlock(it) => {
                self.inside(|walk| walk.body(&it.body));
                if let Some(filter) = &it.filter {
                    self.expr(filter, false);
                }
                self.bind(&it.target);
            }
            Stmt::AutoEscape(it) => {
                let message = "`{% autoescape %}` is not known: nothing is escaped here".to_owned();
                let help = "Use a filter, such as `| e`.".to_owned();
                self.fail(&range(it), message, Some(help));
            }
            Stmt::FilterBlock(it) => {
                self.expr(&it.filter, false);
                self.inside(|walk| walk.body(&it.body));
            }
            Stmt::Block(it) => {
                let outer = self.is_replaced;
                self.is_replaced |= self.replaces(it.name);
                self.inside(|walk| {
                    walk.bind_name("super");
                    walk.apart(&it.body);
                });
                self.is_replaced = outer;
            }
            Stmt::Import(it) => self.import(&it.expr, &range(it), &it.name),
            Stmt::FromImport(it) => self.take_from(&it.expr, &range(it), &it.names),
            Stmt::Extends(it) => self.extends(&range(it)),
            Stmt::Include(it) => self.include(&it.name, &range(it), it.ignore_missing),
            Stmt::Macro(it) => {
                self.bind_name(it.name);
                self.macro_body(it);
            }
            Stmt::CallBlock(it) => {
                self.call(&it.call);
                self.macro_body(&it.macro_decl);
            }
            Stmt::Do(it) => self.call(&it.call),
        }
    }

    fn macro_body(&mut self, it: &Macro<'_>) {
        self.inside(|walk| {
            for value in &it.defaults {
                walk.expr(value, false);
            }
            it.args.iter().for_each(|arg| walk.bind(arg));
            for name in ["caller", "varargs", "kwargs"] {
                walk.bind_name(name);
            }
            walk.apart(&it.body);
        });
    }

    pub(super) fn expr(&mut self, expr: &Expr<'_>, guarded: bool) {
        match expr {
            Expr::Var(_) | Expr::GetAttr(_) | Expr::GetItem(_) => self.chain(expr, guarded),
            Expr::Const(_) => {}
            Expr::Slice(it) => {
                self.expr(&it.expr, false);
                for part in [&it.start, &it.stop, &it.step].into_iter().flatten() {
                    self.expr(part, false);
                }
            }
            Expr::UnaryOp(it) => self.expr(&it.expr, false),
            Expr::BinOp(it) => {
                if matches!(it.op, BinOpKind::Rem)
                    && it.left.as_const().is_some_and(|it| it.as_str().is_some())
                {
                    let end = range(it).end;
                    let help = "Write `'...' | format(a, b)`, or join the parts by `~`.";
                    let message = "`%` does not format a text".to_owned();
                    self.fail(&(begin(&it.left)..end), message, Some(help.to_owned()));
                }
                match it.op {
                    BinOpKind::ScAnd | BinOpKind::ScOr => self.condition(&it.left),
                    _ => self.expr(&it.left, false),
                }
                self.expr(&it.right, false);
            }
            Expr::Compare(it) => {
                self.expr(&it.expr, false);
                it.ops.iter().for_each(|op| self.expr(&op.expr, false));
            }
            Expr::IfExpr(it) => {
                self.condition(&it.test_expr);
                self.expr(&it.true_expr, guarded);
                match &it.false_expr {
                    Some(other) => self.expr(other, guarded),
                    // What asks for a gap gets one; anything else gets an empty text, as what prints it always did.
                    None if guarded => {}
                    None => self.nothing_else(range(it).end),
                }
            }
            Expr::Filter(it) => {
                let default = matches!(it.name, "default" | "d");
                if let Some(inner) = &it.expr {
                    self.operands.push((range(it).start, begin(inner)));
                    if default {
                        self.only_if_needed(it, inner);
                    }
                    self.expr(inner, default);
                }
                self.args(&it.args, default && guarded);
                self.applied(it);
                if !names::is_filter(it.name) {
                    self.unknown("filter", it.name, &range(it), names::filters());
                }
            }
            Expr::Test(it) => {
                self.operands.push((range(it).start, begin(&it.expr)));
                self.expr(&it.expr, matches!(it.name, "defined" | "undefined"));
                self.args(&it.args, false);
                if !names::is_test(it.name) {
                    self.unknown("test", it.name, &range(it), names::tests());
                }
            }
            Expr::Call(it) => self.call(it),
            Expr::List(it) => it.items.iter().for_each(|item| self.expr(item, false)),
            Expr::Tuple(it) => it.items.iter().for_each(|item| self.expr(item, false)),
            Expr::Map(it) => {
                it.keys.iter().for_each(|key| self.expr(key, false));
                it.values.iter().for_each(|value| self.expr(value, false));
            }
        }
    }

    fn call(&mut self, call: &Spanned<Call<'_>>) {
        match call.identify_call() {
            CallType::Function(name) if self.is_bound(name) => {}
            CallType::Function(name) => {
                if let Some(compiled) = names::function(name) {
                    self.asks |= matches!(name, "env" | "file" | "glob" | "now");
                    if let Expr::Var(var) = &call.expr {
                        let text = match self.own_folder {
                            Some(folder) if [functions::FILE, functions::GLOB].contains(&compiled) => {
                                functions::of_folder(compiled, folder)
                            }
                            _ => compiled.to_owned(),
                        };
                        self.edits.push(Edit {
                            range: range(var),
                            text,
                        });
                    }
                } else {
                    self.unknown("function", name, &range(call), FUNCTIONS.map(|(name, _)| name));
                }
            }
            CallType::Method(inner, _) | CallType::Object(inner) => self.expr(inner, false),
            CallType::Block(_) => {}
        }
        self.args(&call.args, false);
    }

    pub(super) fn unknown<'n>(
        &mut self,
        what: &str,
        name: &str,
        range: &Range<usize>,
        known: impl IntoIterator<Item = &'n str>,
    ) {
        let help = names::help(name)
            .map(str::to_owned)
            .or_else(|| names::nearest(name, known).map(|near| format!("Did you mean `{near}`?")));
        let end = range.end.min(range.start + name.len());
        let range = range.start..end;
        self.fail(&range, format!("unknown {what} `{name}`"), help);
    }
}
