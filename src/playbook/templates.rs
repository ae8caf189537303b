//! Template files that arguments name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

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
            let template = self.template_at(&self.beside(node.span, text), node.span)?;
            return Some(Named::Template(Spanned::new(Form::Template(template), node.span)));
        }
        let known = self.known_paths(&path.value);
        let known = known
            .into_iter()
            .filter_map(|(path, span)| Some((path.clone(), self.template_at(&path, span)?)));
        let known = known.collect();
        self.template_paths.push(TemplatePath {
            argument: name.to_owned(),
            path,
            known,
        });
        Some(Named::Later)
    }

    fn template_at(&mut self, path: &Path, named: Span) -> Option<Arc<Template>> {
        if !self.templates.contains_key(path) {
            let template = self.compile_file(path, named);
            self.templates.insert(path.to_owned(), template);
        }
        self.templates.get(path)?.clone()
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
    /// The template at a path. Its own places are not known: what is wrong in it is told at `self.path`.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn template(&self, path: &Path) -> Result<Arc<Template>, String> {
        if let Some((_, template)) = self.known.iter().find(|(known, _)| known == path) {
            return Ok(Arc::clone(template));
        }
        let shown = path.display();
        let text = read_text(path).map_err(|(_, what)| format!("`{shown}` {what}"))?;
        let folder = path.parent().map(Into::into);
        let template = Template::of_file_in(&text, Place::whole(self.path.span), folder);
        template
            .map(Arc::new)
            .map_err(|error| format!("`{shown}` is no template: {}", error.message))
    }
}
