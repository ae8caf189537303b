//! A compiled template or expression.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use minijinja::AutoEscape;
use minijinja::machinery::{self, CodeGenerator, CompiledTemplate, Instructions};

use crate::source::{Place, Span};
use crate::template::engine::{self, Whitespace};
use crate::template::room;
use crate::template::sketch::{self, Sketch};
use crate::template::walk::{Edit, Found, Use, Walk};
use crate::template::{Reads, SyntaxError};

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Template(Whitespace),
    Expression,
}

/// Compiled text, and what is to be known of it.
pub(super) struct Program {
    /// The text as written.
    pub(super) text: &'static str,
    /// Where it stands.
    pub(super) place: Place,
    /// What relative paths count from.
    pub(super) folder: Option<Arc<Path>>,
    /// What it reads.
    pub(super) reads: Reads,
    /// Every chain of names and keys in it, for messages.
    pub(super) uses: Vec<Use>,
    operands: Vec<(usize, usize)>,
    edits: Vec<Edit>,
    sort: Sort,
    pub(super) instructions: Instructions<'static>,
    pub(super) blocks: BTreeMap<&'static str, Instructions<'static>>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Program").field(&self.text).finish()
    }
}

impl Program {
    /// Compiles a text.
    pub(super) fn new(
        text: &str,
        sort: Sort,
        place: Place,
        folder: Option<Arc<Path>>,
    ) -> Result<Self, SyntaxError> {
        if let Some(at) = room::too_long(text, sort == Sort::Expression) {
            return Err(SyntaxError {
                message: format!("a single expression of more than {} KiB", room::LONGEST >> 10),
                span: place.span(at, text.len().min(at + 2)),
                help: None,
            });
        }
        let text = engine::keep(text.to_owned());
        let (found, compiled) = room::with_room(text, || Self::compile(text, sort, &place))?;
        Ok(Self {
            text,
            place,
            folder,
            reads: found.reads,
            uses: found.uses,
            operands: found.operands,
            edits: found.edits,
            sort,
            instructions: compiled.0,
            blocks: compiled.1,
        })
    }

    fn compile(text: &'static str, sort: Sort, place: &Place) -> Result<(Found, Compiled), SyntaxError> {
        let mut walk = Walk::new(text, place);
        let syntax = |error: &minijinja::Error| syntax_error(text, place, error);
        match sort {
            Sort::Template(whitespace) => {
                let config = whitespace.config().syntax_config.clone();
                walk.statement(&machinery::parse(text, "", config).map_err(|e| syntax(&e))?);
            }
            Sort::Expression => walk.whole(&machinery::parse_expr(text).map_err(|e| syntax(&e))?),
        }
        let mut found = walk.finish()?;
        let rewritten = rewrite(text, &found.edits);
        let compiled = if let Ok(compiled) = compile(engine::keep(rewritten), sort) {
            compiled
        } else {
            found.edits.clear();
            compile(text, sort).map_err(|e| syntax(&e))?
        };
        Ok((found, compiled))
    }

    /// Whether it gives text, whatever is in it.
    pub(super) fn gives_text(&self) -> bool {
        self.sort != Sort::Expression
    }

    /// What it does: of a template, every `{{ }}` that stands outside of loops and macros.
    pub(super) fn sketches(&self) -> Vec<Sketch> {
        room::with_room(self.text, || {
            let mut found = Vec::new();
            match self.sort {
                Sort::Template(whitespace) => {
                    let config = whitespace.config().syntax_config.clone();
                    if let Ok(parsed) = machinery::parse(self.text, "", config) {
                        sketch::written(&parsed, &self.place, &mut found);
                    }
                }
                Sort::Expression => {
                    let parsed = machinery::parse_expr(self.text);
                    found.extend(parsed.ok().map(|expr| sketch::of(&expr, &self.place)));
                }
            }
            found
        })
    }

    /// A range of what was compiled as one of what was written.
    pub(super) fn written(&self, range: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        let start = self.offset(range.start, false);
        start..self.offset(range.end, true).max(start)
    }

    /// The same range with what a filter or test at its begin applies to.
    pub(super) fn with_operand(&self, range: &std::ops::Range<usize>) -> std::ops::Range<usize> {
        let operand = self.operands.iter().find(|(name, _)| *name == range.start);
        operand.map_or(range.start, |(_, begin)| *begin)..range.end
    }

    /// Where a range of the written text stands.
    pub(super) fn span(&self, range: &std::ops::Range<usize>) -> Span {
        self.place.span(range.start, range.end)
    }

    fn offset(&self, compiled: usize, is_end: bool) -> usize {
        let mut shift = 0isize;
        for edit in &self.edits {
            let start = edit.range.start.saturating_add_signed(shift);
            let end = start + edit.text.len();
            if compiled < start || (compiled == start && !is_end) {
                break;
            }
            if compiled < end || (compiled == end && is_end) {
                return if is_end { edit.range.end } else { edit.range.start };
            }
            shift += edit.text.len().cast_signed() - edit.range.len().cast_signed();
        }
        compiled.saturating_add_signed(-shift).min(self.text.len())
    }
}

type Compiled = (
    Instructions<'static>,
    BTreeMap<&'static str, Instructions<'static>>,
);

fn compile(text: &'static str, sort: Sort) -> Result<Compiled, minijinja::Error> {
    match sort {
        Sort::Template(whitespace) => {
            let compiled = CompiledTemplate::new("", text, whitespace.config())?;
            Ok((compiled.instructions, compiled.blocks))
        }
        Sort::Expression => {
            let mut generator = CodeGenerator::new("", text);
            generator.compile_expr(&machinery::parse_expr(text)?);
            Ok(generator.finish())
        }
    }
}

fn rewrite(text: &str, edits: &[Edit]) -> String {
    let mut rewritten = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        rewritten.push_str(&text[at..edit.range.start]);
        rewritten.push_str(&edit.text);
        at = edit.range.end;
    }
    rewritten.push_str(&text[at..]);
    rewritten
}

fn syntax_error(text: &str, place: &Place, error: &minijinja::Error) -> SyntaxError {
    let range = error.range().unwrap_or(0..text.len());
    SyntaxError {
        message: error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_owned),
        span: place.span(range.start, range.end),
        help: None,
    }
}

impl Program {
    /// Runs it. Gives the value of an expression, the text of a template.
    pub(super) fn run(&self, context: minijinja::Value) -> Result<minijinja::Value, minijinja::Error> {
        let mut text = String::new();
        let mut out = machinery::make_string_output(&mut text);
        let (value, _) = machinery::eval(
            &engine::ENGINE,
            &self.instructions,
            context,
            &self.blocks,
            &mut out,
            AutoEscape::None,
        )?;
        drop(out);
        Ok(if self.gives_text() {
            minijinja::Value::from(text)
        } else {
            value.unwrap_or_default()
        })
    }
}
