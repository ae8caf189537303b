//! What template files bring in from other files: `include`, `extends`, `import`.
//!
//! Every name is a literal, so that all files are read, compiled and checked with the template that names them. In what is
//! compiled a file is named by its number.

use std::collections::HashMap;
use std::fmt::Debug;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::machinery::ast::{Expr, Stmt};
use minijinja::{Environment, machinery};

use crate::source::{Place, Span};
use crate::template::analysis::Access;
use crate::template::engine::{self, Whitespace};
use crate::template::lazy::begin;
use crate::template::piece::Piece;
use crate::template::program::{rewrite, syntax_error};
use crate::template::walk::{Edit, Walk, range};
use crate::template::{SyntaxError, bound, header, names, room};

/// How many files a template may bring in, each counted for every way in which it is seen.
const MOST: usize = 1000;

/// Opens the files that template files name.
pub trait Files: Debug + Send {
    /// Opens the first of these names that there is; relative ones count from `folder`, and then from wherever the
    /// language says. It stays open until it is closed: what is open must not be opened again.
    ///
    /// # Errors
    /// Why there is none.
    fn open(&mut self, names: &[String], folder: &Path, at: Span) -> Result<Opened, SyntaxError>;

    /// Closes what was opened last.
    fn close(&mut self);
}

/// A file that was opened.
#[derive(Debug)]
pub struct Opened {
    /// Its path.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// Where that is.
    pub place: Place,
}

/// The files of one template.
#[derive(Debug)]
pub(super) struct Links<'f> {
    files: &'f mut dyn Files,
    /// How the template is read, and all of them with it.
    whitespace: Whitespace,
    /// By their numbers.
    pieces: Vec<Piece>,
    /// What is compiled of each.
    compiled: Vec<&'static str>,
    /// What `file()` counts from in them.
    folders: Vec<Arc<Path>>,
    /// What was seen, with the names that were bound there and the blocks that were replaced.
    seen: HashMap<(PathBuf, Vec<String>, Vec<String>), Brought>,
    accesses: Vec<Access>,
}

/// A file that was brought in.
#[derive(Debug, Clone)]
struct Brought {
    number: usize,
    /// The names that it binds anywhere, with those of what it extends.
    names: Vec<String>,
}

/// All files that a template brings in, compiled.
pub(super) struct Library {
    /// Knows them by their numbers.
    pub(super) engine: Environment<'static>,
    /// The same.
    pub(super) pieces: Vec<Piece>,
    /// What `file()` counts from in them.
    pub(super) folders: Vec<Arc<Path>>,
    /// What they read of what is outside of them all.
    pub(super) accesses: Vec<Access>,
}

impl<'f> Links<'f> {
    pub(super) fn new(files: &'f mut dyn Files, whitespace: Whitespace) -> Self {
        Self {
            files,
            whitespace,
            pieces: Vec::new(),
            compiled: Vec::new(),
            folders: Vec::new(),
            seen: HashMap::new(),
            accesses: Vec::new(),
        }
    }

    /// Compiles them; `None`: there are none.
    ///
    /// # Errors
    /// What of one of them cannot be compiled.
    pub(super) fn library(self) -> Result<Option<Library>, SyntaxError> {
        if self.pieces.is_empty() {
            return Ok(None);
        }
        let mut engine = engine::ENGINE.clone();
        engine.set_syntax(self.whitespace.syntax());
        for (number, (piece, text)) in self.pieces.iter().zip(&self.compiled).enumerate() {
            let name = engine::keep(number.to_string());
            let added = engine.add_template(name, text);
            added.map_err(|error| syntax_error(piece.text, &piece.place, &error))?;
        }
        Ok(Some(Library {
            engine,
            pieces: self.pieces,
            folders: self.folders,
            accesses: self.accesses,
        }))
    }
}

impl Walk<'_, '_> {
    /// Walks the whole text of a template.
    pub(super) fn file(&mut self, parsed: &Stmt<'_>) {
        if let Some(extends) = bound::extends(parsed) {
            let names = [self.bound_names(), bound::names(parsed)].concat();
            let replaced = [self.replaced.clone(), bound::blocks(parsed, self.text)].concat();
            self.extends = Some(range(extends));
            if let Some(base) = self.bring("extends", &extends.name, &range(extends), names, replaced) {
                base.names.iter().for_each(|name| self.bind_name(name));
            }
        }
        self.statement(parsed);
    }

    /// `{% extends %}` where it is met: what it names was brought in before, if it is where it holds for certain.
    pub(super) fn extends(&mut self, tag: &Range<usize>) {
        if self.extends.as_ref() != Some(tag) {
            let message = "`{% extends %}` holds for the whole template, and cannot depend on a condition";
            self.fail(tag, message.to_owned(), Some("Write it at the top.".to_owned()));
        }
    }

    /// Whether a block is replaced by whatever extends this.
    pub(super) fn replaces(&self, block: &str) -> bool {
        self.replaced.iter().any(|name| name == block)
    }

    /// `{% include %}`: what it binds may be read after it.
    pub(super) fn include(&mut self, name: &Expr<'_>, tag: &Range<usize>, ignore_missing: bool) {
        if ignore_missing && self.links.is_some() {
            let help = "Leave it out, and the tag where the file is not there.".to_owned();
            let message = "`ignore missing` does nothing here: which files are there is known before the run";
            return self.fail(tag, message.to_owned(), Some(help));
        }
        if let Some(brought) = self.bring("include", name, tag, self.bound_names(), Vec::new()) {
            brought.names.iter().for_each(|name| self.bind_name(name));
        }
    }

    /// `{% import %}`: binds the file itself.
    pub(super) fn import(&mut self, file: &Expr<'_>, tag: &Range<usize>, name: &Expr<'_>) {
        self.bring("import", file, tag, self.bound_names(), Vec::new());
        self.bind(name);
    }

    /// `{% from %}`: binds what it takes, which the file must have.
    pub(super) fn take_from(
        &mut self,
        file: &Expr<'_>,
        tag: &Range<usize>,
        taken: &[(Expr<'_>, Option<Expr<'_>>)],
    ) {
        let brought = self.bring("from", file, tag, self.bound_names(), Vec::new());
        for (name, alias) in taken {
            if let (Some(brought), Expr::Var(var)) = (&brought, name)
                && !brought.names.iter().any(|it| it == var.id)
            {
                let help = names::nearest(var.id, brought.names.iter().map(String::as_str));
                let help = help.map(|near| format!("Did you mean `{near}`?"));
                let message = format!("the file has no macro or variable `{}`", var.id);
                self.fail(&range(var), message, help);
            }
            self.bind(alias.as_ref().unwrap_or(name));
        }
    }

    /// Reads a file for a tag, with these names bound, and these of its blocks replaced.
    fn bring(
        &mut self,
        tag: &str,
        name: &Expr<'_>,
        whole: &Range<usize>,
        mut bound: Vec<String>,
        mut replaced: Vec<String>,
    ) -> Option<Brought> {
        let Some(links) = self.links.as_deref_mut() else {
            let help = "Put the text into a file, and name it by `src` of `template.file`.".to_owned();
            let message = format!("`{{% {tag} %}}` is known in template files alone");
            self.fail(whole, message, Some(help));
            return None;
        };
        let written = begin(name)..name.span().end_offset as usize;
        let Some(names) = literals(name) else {
            let help = "Choose by `{% if %}` between tags that name their files.".to_owned();
            let message = format!(
                "`{{% {tag} %}}` takes the name of a file in quotes, or a list of such names: what a template brings in is \
                 known before the run"
            );
            self.fail(&written, message, Some(help));
            return None;
        };
        let at = self.place.span(written.start, written.end);
        let folder = self.folder.clone().unwrap_or_else(|| Path::new("").into());
        let opened = match links.files.open(&names, &folder, at) {
            Ok(opened) => opened,
            Err(error) => {
                self.error.get_or_insert(error);
                return None;
            }
        };
        for names in [&mut bound, &mut replaced] {
            names.sort_unstable();
            names.dedup();
        }
        let brought = links.bring(&opened, bound, replaced, at);
        links.files.close();
        match brought {
            Ok(brought) => {
                self.edits.push(Edit {
                    range: written,
                    text: format!("\"{}\"", brought.number),
                });
                Some(brought)
            }
            Err(error) => {
                self.error.get_or_insert(error);
                None
            }
        }
    }
}

impl Links<'_> {
    fn bring(
        &mut self,
        opened: &Opened,
        bound: Vec<String>,
        replaced: Vec<String>,
        at: Span,
    ) -> Result<Brought, SyntaxError> {
        let key = (opened.path.clone(), bound, replaced);
        if let Some(brought) = self.seen.get(&key) {
            return Ok(brought.clone());
        }
        if self.pieces.len() >= MOST {
            return Err(SyntaxError {
                message: format!("the template brings in other files more than {MOST} times"),
                span: at,
                help: None,
            });
        }
        let head = header::read(&opened.text, &opened.place)?;
        if head.whitespace.is_some_and(|it| it != self.whitespace) {
            return Err(SyntaxError {
                message: "the `#jinja2:` line of a file that is brought in says something else than the template's own"
                    .to_owned(),
                span: opened.place.span(0, head.length),
                help: Some("Write the same line at the top of both.".to_owned()),
            });
        }
        let opened = &Opened {
            path: opened.path.clone(),
            text: opened.text[head.length..].to_owned(),
            place: opened.place.part(head.length, opened.text.len() - head.length),
        };
        let text = engine::keep(opened.text.clone());
        if let Some(at) = room::too_long(text, false) {
            return Err(room::refusal(&opened.place, text, at));
        }
        let (_, bound, replaced) = &key;
        let links = Mutex::new(&mut *self);
        let brought = room::with_room(text, || {
            let mut links = links.lock().unwrap_or_else(PoisonError::into_inner);
            links.walk(text, opened, bound, replaced)
        })?;
        self.seen.insert(key, brought.clone());
        Ok(brought)
    }

    fn walk(
        &mut self,
        text: &'static str,
        opened: &Opened,
        bound: &[String],
        replaced: &[String],
    ) -> Result<Brought, SyntaxError> {
        let place = &opened.place;
        let parsed = machinery::parse(text, "", self.whitespace.syntax());
        let parsed = parsed.map_err(|error| syntax_error(text, place, &error))?;
        let folder: Arc<Path> = opened.path.parent().unwrap_or(Path::new("")).into();
        let known = self.folders.iter().position(|it| *it == folder);
        let own = known.unwrap_or_else(|| {
            self.folders.push(Arc::clone(&folder));
            self.folders.len() - 1
        });
        let mut walk = Walk::new(text, place);
        walk.links = Some(&mut *self);
        walk.folder = Some(folder);
        walk.own_folder = Some(own);
        walk.replaced = replaced.to_vec();
        for name in bound {
            walk.bind_name(name);
        }
        walk.file(&parsed);
        // What it extends was bound by the walk.
        let names = [bound::names(&parsed), walk.bound_names()].concat();
        let mut found = walk.finish()?;
        self.accesses.append(&mut found.reads.accesses);
        self.compiled.push(engine::keep(rewrite(text, &found.edits)));
        self.pieces.push(Piece::new(text, place.clone(), found));
        Ok(Brought {
            number: self.pieces.len() - 1,
            names,
        })
    }
}

/// The names that an expression lists, where it is nothing but literals.
fn literals(name: &Expr<'_>) -> Option<Vec<String>> {
    let value = name.as_const()?;
    if let Some(text) = value.as_str() {
        return Some(vec![text.to_owned()]);
    }
    if !matches!(name, Expr::List(_) | Expr::Tuple(_)) {
        return None;
    }
    let items = value.try_iter().ok()?;
    let names: Option<Vec<String>> = items.map(|item| item.as_str().map(str::to_owned)).collect();
    names.filter(|names| !names.is_empty())
}
