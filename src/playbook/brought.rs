//! The files that template files bring in.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::diagnostic::Code;
use crate::playbook::files::read_text;
use crate::source::{Place, SourceId, SourceMap, Span};
use crate::template::{Files, Opened, SyntaxError};

/// How deep they may bring in each other.
const DEPTH: usize = 16;

/// The directory of a playbook or unit in which they are looked for, too.
const TEMPLATES: &str = "templates";

/// Finds the files that one template file brings in.
#[derive(Debug)]
pub(super) struct Brought<'s> {
    /// Where their texts are kept, so that what is wrong in them has a place; `None`: it is told where they are named.
    pub(super) sources: Option<(&'s mut SourceMap, &'s mut HashMap<PathBuf, SourceId>)>,
    /// What the last error was.
    pub(super) code: Code,
    templates: PathBuf,
    /// The files that are open, as they are shown and as they are.
    chain: Vec<(PathBuf, PathBuf)>,
}

impl Brought<'_> {
    /// Those of a template of a call that is written in the directory `beside`.
    pub(super) fn new(template: &Path, beside: &Path) -> Self {
        Self {
            sources: None,
            code: Code::TemplateSyntax,
            templates: plain(beside).join(TEMPLATES),
            chain: vec![(template.to_owned(), real(template))],
        }
    }

    fn error(&mut self, code: Code, at: Span, message: String, help: Option<&str>) -> SyntaxError {
        self.code = code;
        SyntaxError {
            message,
            span: at,
            help: help.map(str::to_owned),
        }
    }

    fn read(&mut self, path: &Path, at: Span) -> Result<(String, Place), (Code, String)> {
        let Some((sources, known)) = &mut self.sources else {
            return Ok((read_text(path)?, Place::whole(at)));
        };
        let source = if let Some(source) = known.get(path) {
            *source
        } else {
            let source = sources.add(path, read_text(path)?);
            known.insert(path.to_owned(), source);
            source
        };
        let text = &sources.source(source).text;
        Ok((text.to_string(), whole(source, text)))
    }
}

impl Files for Brought<'_> {
    fn open(&mut self, names: &[String], folder: &Path, at: Span) -> Result<Opened, SyntaxError> {
        let folders = [plain(folder).to_owned(), self.templates.clone()];
        let places = names
            .iter()
            .flat_map(|name| folders.iter().map(move |it| it.join(name)));
        let Some(path) = places.into_iter().find(|path| path.is_file()) else {
            let message = missing(names, &folders);
            return Err(self.error(Code::MissingFile, at, message, None));
        };
        let known = real(&path);
        if let Some(from) = self.chain.iter().position(|(_, open)| *open == known) {
            let open = self.chain[from..].iter().map(|(shown, _)| shown);
            let names = open.chain([&path]).map(|it| format!("`{}`", it.display()));
            let names = names.collect::<Vec<_>>().join(" → ");
            let message = format!("a template brings in itself: {names}");
            let help = Some("Put what both need into a file of its own.");
            return Err(self.error(Code::ImportCycle, at, message, help));
        }
        if self.chain.len() > DEPTH {
            let message = format!("templates bring in each other more than {DEPTH} deep");
            return Err(self.error(Code::TooDeep, at, message, None));
        }
        match self.read(&path, at) {
            Ok((text, place)) => {
                self.chain.push((path.clone(), known));
                Ok(Opened { path, text, place })
            }
            Err((code, what)) => {
                let message = format!("`{}` {what}", path.display());
                Err(self.error(code, at, message, None))
            }
        }
    }

    fn close(&mut self) {
        self.chain.pop();
    }
}

/// The place of a whole source.
pub(super) fn whole(source: SourceId, text: &Arc<str>) -> Place {
    Place {
        whole: Span::new(source, 0, text.len()),
        lines: vec![(0, 0)],
    }
}

/// A directory as paths begin with it.
fn plain(folder: &Path) -> &Path {
    folder.strip_prefix(".").unwrap_or(folder)
}

fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// The message for files that are nowhere.
fn missing(names: &[String], folders: &[PathBuf; 2]) -> String {
    let names: Vec<_> = names
        .iter()
        .map(|name| format!("`{}`", name.escape_debug()))
        .collect();
    let shown = |folder: &Path| {
        if folder.as_os_str().is_empty() {
            "this directory".to_owned()
        } else {
            format!("`{}`", folder.display())
        }
    };
    let [beside, templates] = folders;
    let places = if beside == templates {
        format!("in {}", shown(beside))
    } else {
        format!("in {} or {}", shown(beside), shown(templates))
    };
    match names.as_slice() {
        [name] => format!("there is no file {name} {places}"),
        names => format!("there is none of {} {places}", names.join(", ")),
    }
}
