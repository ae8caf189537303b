//! Template files that arguments name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::playbook::brought::{Brought, whole};
use crate::playbook::files::read_text;
use crate::playbook::input::absolute;
use crate::playbook::model::TemplatePath;
use crate::playbook::read::Reading;
use crate::source::{Place, Span, Spanned};
use crate::template::{Form, Template};
use crate::value::Value;
use crate::yaml::{Kind, Node};

/// What an argument that names a template takes.
pub(super) enum Named {
    /// This template.
    Template(Spanned<Form>),
    /// A template whose path is known only when the call is made.
    Later,
}

impl Reading<'_> {
    /// The template of a file that an argument names; of a path that is not known yet, what it may be is kept for the call.
    pub(super) fn template_file(&mut self, name: &str, node: &Node) -> Option<Named> {
        let Kind::Str(_) = &node.kind else {
            self.wrong_type(name, "the path of a template", node);
            return None;
        };
        let broken = self.broken;
        let path = self.form(node);
        if broken != self.broken {
            return None;
        }
        if let Form::Literal(Value::Str(text)) = &path.value {
            let template = self.template_at(&self.beside(node.span, text), node.span, node.span)?;
            return Some(Named::Template(Spanned::new(Form::Template(template), node.span)));
        }
        let known = self.known_paths(&path.value);
        let known = known
            .into_iter()
            .filter_map(|(path, span)| Some((path.clone(), self.template_at(&path, span, node.span)?)));
        let known = known.collect();
        self.template_paths.push(TemplatePath {
            argument: name.to_owned(),
            path,
            known,
        });
        Some(Named::Later)
    }

    /// The template at a path that is written at `named`, for a call at `call`.
    fn template_at(&mut self, path: &Path, named: Span, call: Span) -> Option<Arc<Template>> {
        // What it brings in depends on the call's own directory, too.
        let key = (path.to_owned(), self.folder(call));
        if let Some(template) = self.templates.get(&key) {
            return template.clone();
        }
        let template = self.compile_file(path, named, &key.1);
        self.templates.insert(key, template.clone());
        template
    }

    fn compile_file(&mut self, path: &Path, named: Span, beside: &Path) -> Option<Arc<Template>> {
        let source = self.load(path, Some(named))?;
        let text = Arc::clone(&self.sources.source(source).text);
        let folder = self.folder(Span::new(source, 0, 0));
        let mut files = Brought::new(path, beside);
        files.sources = Some((&mut self.sources, &mut self.brought));
        let compiled = Template::of_file_in(&text, whole(source, &text), folder, &mut files);
        let code = files.code;
        match compiled {
            Ok(template) => Some(Arc::new(template)),
            Err(error) => {
                self.syntax(code, error);
                None
            }
        }
    }

    /// The paths that an input may be, where it is nothing but that, and where they are written.
    fn known_paths(&self, form: &Form) -> Vec<(PathBuf, Span)> {
        let (Form::Expression(expression), Some((inputs, given))) = (form, self.declared.last()) else {
            return Vec::new();
        };
        let name = expression.text();
        let value = given.get(name).or_else(|| inputs.get(name)?.default.as_ref());
        let Some(Spanned {
            value: Form::Literal(Value::Str(path)),
            span,
        }) = value
        else {
            return Vec::new();
        };
        let path = absolute(self.sources.folder(span.source), path);
        // One that is missing was told where it is written.
        if path.is_file() {
            vec![(path, *span)]
        } else {
            Vec::new()
        }
    }
}

impl TemplatePath {
    /// The template at a path; `beside` is the directory of the call's file. Its own places are not known: what is
    /// wrong in it is told at `self.path`.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn template(&self, path: &Path, beside: &Path) -> Result<Arc<Template>, String> {
        if let Some((_, template)) = self.known.iter().find(|(known, _)| known == path) {
            return Ok(Arc::clone(template));
        }
        let shown = path.display();
        let text = read_text(path).map_err(|(_, what)| format!("`{shown}` {what}"))?;
        let folder = path.parent().unwrap_or(Path::new("")).into();
        let mut files = Brought::new(path, beside);
        let template = Template::of_file_in(&text, Place::whole(self.path.span), folder, &mut files);
        template
            .map(Arc::new)
            .map_err(|error| format!("`{shown}` is no template: {}", error.message))
    }
}
