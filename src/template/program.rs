//! A compiled template or expression.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::AutoEscape;
use minijinja::machinery::{self, CodeGenerator, CompiledTemplate, Instructions};

use crate::source::Place;
use crate::template::bring::{Files, Library, Links};
use crate::template::engine::{self, Whitespace};
use crate::template::opener;
use crate::template::piece::Piece;
use crate::template::room;
use crate::template::sketch::{self, Sketch};
use crate::template::steps::{self, Step};
use crate::template::walk::{Edit, Found, Walk};
use crate::template::{Reads, SyntaxError};

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Template(Whitespace),
    Expression,
    /// An expression that is all of a variable: it has no value where its `if` without `else` does not hold.
    Open,
}

/// Compiled text, and what is to be known of it.
pub(super) struct Program {
    /// The text as written.
    pub(super) piece: Piece,
    /// What relative paths count from.
    pub(super) folder: Option<Arc<Path>>,
    /// What it reads, with all that it brings in.
    pub(super) reads: Reads,
    sort: Sort,
    instructions: Instructions<'static>,
    blocks: BTreeMap<&'static str, Instructions<'static>>,
    library: Option<Box<Library>>,
}

impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Program").field(&self.piece.text).finish()
    }
}

impl Program {
    /// Compiles a text; of a template file with what it brings in from `files`.
    pub(super) fn new(
        text: &str,
        sort: Sort,
        place: Place,
        folder: Option<Arc<Path>>,
        files: Option<&mut dyn Files>,
    ) -> Result<Self, SyntaxError> {
        if let Some(at) = room::too_long(text, !matches!(sort, Sort::Template(_))) {
            return Err(room::refusal(&place, text, at));
        }
        let text = engine::keep(text.to_owned());
        let files = Mutex::new(files);
        let (mut found, compiled, library) = room::with_room(text, || {
            let files = files.lock().unwrap_or_else(PoisonError::into_inner).take();
            Self::compile(text, sort, &place, folder.clone(), files)
        })?;
        let mut reads = std::mem::take(&mut found.reads);
        if let Some(library) = &library {
            reads.accesses.extend(library.accesses.iter().cloned());
            reads.asks = true;
            reads.decides_inside = true;
        }
        Ok(Self {
            piece: Piece::new(text, place, found),
            folder,
            reads,
            sort,
            instructions: compiled.0,
            blocks: compiled.1,
            library: library.map(Box::new),
        })
    }

    fn compile(
        text: &'static str,
        sort: Sort,
        place: &Place,
        folder: Option<Arc<Path>>,
        files: Option<&mut dyn Files>,
    ) -> Result<(Found, Compiled, Option<Library>), SyntaxError> {
        let mut links = files.map(|files| match sort {
            Sort::Template(whitespace) => Links::new(files, whitespace),
            Sort::Expression | Sort::Open => Links::new(files, Whitespace::default()),
        });
        let mut walk = Walk::new(text, place);
        walk.links = links.as_mut();
        walk.folder = folder;
        let syntax = |error: &minijinja::Error| syntax_error(text, place, error);
        match sort {
            Sort::Template(whitespace) => {
                let parsed = machinery::parse(text, "", whitespace.syntax());
                walk.file(&parsed.map_err(|e| syntax(&e))?);
            }
            Sort::Expression => walk.whole(&machinery::parse_expr(text).map_err(|e| syntax(&e))?),
            Sort::Open => walk.open(&machinery::parse_expr(text).map_err(|e| syntax(&e))?),
        }
        let mut found = walk.finish()?;
        let library = links.map(Links::library).transpose()?.flatten();
        let rewritten = rewrite(text, &found.edits);
        let compiled = if let Ok(compiled) = compile(engine::keep(rewritten), sort) {
            compiled
        } else {
            found.edits.clear();
            compile(text, sort).map_err(|e| syntax(&e))?
        };
        Ok((found, compiled, library))
    }

    /// Whether it gives text, whatever is in it.
    pub(super) fn gives_text(&self) -> bool {
        matches!(self.sort, Sort::Template(_))
    }

    /// Whether it may come to no value.
    pub(super) fn is_open(&self) -> bool {
        self.sort == Sort::Open
    }

    /// The parts of an expression that must all hold: what `and` joins, at whatever depth.
    pub(super) fn conjuncts(&self) -> Vec<Range<usize>> {
        let text = self.piece.text;
        room::with_room(text, || {
            let mut found = Vec::new();
            if let (false, Ok(parsed)) = (self.gives_text(), machinery::parse_expr(text)) {
                sketch::conjuncts(&parsed, &mut found);
            }
            found
        })
    }

    /// What it does: of a template, every `{{ }}` that is outside of loops and macros.
    pub(super) fn sketches(&self) -> Vec<Sketch> {
        let Piece { text, place, .. } = &self.piece;
        room::with_room(text, || {
            let mut found = Vec::new();
            match self.sort {
                Sort::Template(whitespace) => {
                    if let Ok(parsed) = machinery::parse(text, "", whitespace.syntax()) {
                        sketch::written(&parsed, place, &mut found);
                    }
                }
                Sort::Expression => {
                    let parsed = machinery::parse_expr(text);
                    found.extend(parsed.ok().map(|expr| sketch::of(&expr, place)));
                }
                Sort::Open => {
                    let parsed = machinery::parse_expr(text);
                    found.extend(parsed.ok().map(|expr| sketch::of(&expr, place).open()));
                }
            }
            found
        })
    }

    /// What it does, step by step.
    pub(super) fn steps(&self) -> Vec<Step> {
        let Piece { text, place, .. } = &self.piece;
        room::with_room(text, || {
            let mut found = Vec::new();
            if let Sort::Template(whitespace) = self.sort
                && let Ok(parsed) = machinery::parse(text, "", whitespace.syntax())
            {
                steps::steps(&parsed, place, &mut found);
            }
            found
        })
    }

    /// The text in which an error has happened: its own, or that of a file that it brings in.
    pub(super) fn piece_of(&self, error: &minijinja::Error) -> &Piece {
        let number = error.name().and_then(|name| name.parse::<usize>().ok());
        let library = self.library.as_ref();
        let brought = number.and_then(|number| library?.pieces.get(number));
        brought.unwrap_or(&self.piece)
    }

    /// What `file()` counts from in a file that it brings in.
    pub(super) fn folders(&self) -> &[Arc<Path>] {
        self.library.as_ref().map_or(&[], |library| &library.folders)
    }

    /// Runs it. Gives the value of an expression, the text of a template.
    pub(super) fn run(
        &self,
        context: minijinja::Value,
        is_brief: bool,
    ) -> Result<minijinja::Value, minijinja::Error> {
        let engine = match &self.library {
            Some(library) => &library.engine,
            None if is_brief => &*engine::BRIEF,
            None => &*engine::ENGINE,
        };
        let mut text = String::new();
        let mut out = machinery::make_string_output(&mut text);
        let (value, _) = machinery::eval(
            engine,
            &self.instructions,
            context,
            &self.blocks,
            &mut out,
            AutoEscape::None,
        )?;
        drop(out);
        Ok(if self.gives_text() {
            // A block that ends the text takes the newline after it along. Others put it back, too.
            let has = newlines_at_end(&text);
            text.extend(std::iter::repeat_n(
                '\n',
                newlines_at_end(self.piece.text).saturating_sub(has),
            ));
            minijinja::Value::from(text)
        } else {
            value.unwrap_or_default()
        })
    }
}

fn newlines_at_end(text: &str) -> usize {
    text.len() - text.trim_end_matches('\n').len()
}

type Compiled = (
    Instructions<'static>,
    BTreeMap<&'static str, Instructions<'static>>,
);

fn compile(text: &'static str, sort: Sort) -> Result<Compiled, minijinja::Error> {
    match sort {
        Sort::Template(whitespace) => {
            let compiled = CompiledTemplate::new("", text, &whitespace.config())?;
            Ok((compiled.instructions, compiled.blocks))
        }
        Sort::Expression | Sort::Open => {
            let mut generator = CodeGenerator::new("", text);
            generator.compile_expr(&machinery::parse_expr(text)?);
            Ok(generator.finish())
        }
    }
}

/// A text with its edits made.
pub(super) fn rewrite(text: &str, edits: &[Edit]) -> String {
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

/// What the engine says of a text that it cannot read.
pub(super) fn syntax_error(text: &str, place: &Place, error: &minijinja::Error) -> SyntaxError {
    let range = error.range().unwrap_or(0..text.len());
    let message = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    if message.starts_with("unexpected end of input")
        && let Some((name, range)) = opener::unclosed(text)
    {
        return SyntaxError {
            message: format!("this `{name}` is never closed"),
            span: place.span(range.start, range.end),
            help: Some(format!("Write `{{% end{name} %}}` where it ends.")),
        };
    }
    SyntaxError {
        help: help(&message, text.get(range.clone()).unwrap_or_default()).map(str::to_owned),
        message,
        span: place.span(range.start, range.end),
    }
}

/// What to do about what the engine says of a part of a text.
fn help(message: &str, part: &str) -> Option<&'static str> {
    let words = [
        ("expected end of variable block", "Close the `{{` by `}}`."),
        (
            "expected end of block",
            "Close the `{%` by `%}`, and what it begins by its end, as in `{% endif %}`.",
        ),
        (
            "unexpected end of variable block",
            "Something is missing before the `}}`.",
        ),
        (
            "end of input, expected expression",
            "Something is missing at the end.",
        ),
    ];
    let found = words
        .iter()
        .find(|(said, _)| message.contains(said))
        .map(|(_, help)| *help);
    found.or_else(|| part.starts_with('=').then_some("Compare by `==`."))
}
