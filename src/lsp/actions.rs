//! What puts a mistake right, offered where it is.

use serde_json::{Value, json};

use crate::lsp::files;
use crate::lsp::workspace::Workspace;

/// The fixes of what is wrong in a range of an open text.
pub(super) fn actions(workspace: &Workspace<'_>, params: &Value) -> Value {
    let Some((path, document)) = workspace.document(params) else {
        return Value::Null;
    };
    let text = &document.text;
    let start = workspace.units.offset(text, &params["range"]["start"]);
    let end = workspace.units.offset(text, &params["range"]["end"]);
    let mut all: Vec<Value> = Vec::new();
    for snapshot in workspace.snapshots.values().filter(|it| it.files.contains(&path)) {
        for diagnostic in snapshot.diagnostics.sorted() {
            let (Some(fix), Some(edit)) = (&diagnostic.fix, diagnostic.edit(&snapshot.sources)) else {
                continue;
            };
            let source = snapshot.sources.source(edit.source);
            // Only where the text is still the one that was looked at.
            if files::real(&source.path) != path || source.text != *text {
                continue;
            }
            let span = diagnostic.labels.first().map(|it| it.span);
            let is_there = span.is_some_and(|it| it.start as usize <= end && start <= it.end as usize);
            if !is_there {
                continue;
            }
            let range = workspace.units.range(text, edit.range.start, edit.range.end);
            let mut changes = serde_json::Map::new();
            changes.insert(
                document.uri.clone(),
                json!([{ "range": range, "newText": edit.new }]),
            );
            let action = json!({
                "title": fix.title,
                "kind": "quickfix",
                "isPreferred": fix.is_certain,
                "edit": { "changes": changes },
            });
            if !all.contains(&action) {
                all.push(action);
            }
        }
    }
    all.into()
}
