//! What a template binds, extends and overrides, wherever in it that is.

use minijinja::machinery::ast::{Expr, Extends, Macro, Spanned, Stmt};

use crate::template::walk::range;

/// What a template extends.
pub(super) fn extends<'s, 't>(template: &'s Stmt<'t>) -> Option<&'s Spanned<Extends<'t>>> {
    let Stmt::Template(template) = template else {
        return None;
    };
    template.children.iter().find_map(|statement| match statement {
        Stmt::Extends(extends) => Some(extends),
        _ => None,
    })
}

/// Every name that is bound somewhere in it.
pub(super) fn names(statement: &Stmt<'_>) -> Vec<String> {
    let mut names = Vec::new();
    each(statement, &mut |statement| match statement {
        Stmt::ForLoop(it) => target(&it.target, &mut names),
        Stmt::WithBlock(it) => it.assignments.iter().for_each(|(it, _)| target(it, &mut names)),
        Stmt::Set(it) => target(&it.target, &mut names),
        Stmt::SetBlock(it) => target(&it.target, &mut names),
        Stmt::Import(it) => target(&it.name, &mut names),
        Stmt::FromImport(it) => {
            let taken = it
                .names
                .iter()
                .map(|(name, alias)| alias.as_ref().unwrap_or(name));
            taken.for_each(|name| target(name, &mut names));
        }
        Stmt::Macro(it) => names.push(it.name.to_owned()),
        _ => {}
    });
    names
}

/// The blocks of which nothing that they override is used.
pub(super) fn blocks(statement: &Stmt<'_>, text: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    each(statement, &mut |statement| {
        if let Stmt::Block(block) = statement
            && !text[range(block)].contains("super")
        {
            blocks.push(block.name.to_owned());
        }
    });
    blocks
}

fn target(expr: &Expr<'_>, names: &mut Vec<String>) {
    match expr {
        Expr::Var(var) => names.push(var.id.to_owned()),
        Expr::List(list) => list.items.iter().for_each(|item| target(item, names)),
        Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| target(item, names)),
        _ => {}
    }
}

fn each<'s, 't>(statement: &'s Stmt<'t>, see: &mut dyn FnMut(&'s Stmt<'t>)) {
    see(statement);
    let bodies: [&[Stmt<'t>]; 2] = match statement {
        Stmt::Template(it) => [&it.children, &[]],
        Stmt::ForLoop(it) => [&it.body, &it.else_body],
        Stmt::IfCond(it) => [&it.true_body, &it.false_body],
        Stmt::WithBlock(it) => [&it.body, &[]],
        Stmt::SetBlock(it) => [&it.body, &[]],
        Stmt::AutoEscape(it) => [&it.body, &[]],
        Stmt::FilterBlock(it) => [&it.body, &[]],
        Stmt::Block(it) => [&it.body, &[]],
        Stmt::Macro(it) => [&it.body, &[]],
        Stmt::CallBlock(it) => [macro_body(&it.macro_decl), &[]],
        _ => [&[], &[]],
    };
    for statement in bodies.into_iter().flatten() {
        each(statement, see);
    }
}

fn macro_body<'s, 't>(it: &'s Macro<'t>) -> &'s [Stmt<'t>] {
    &it.body
}
