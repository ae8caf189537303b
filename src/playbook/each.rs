//! Variables that are made of lists or maps, item by item.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::playbook::keys::{Key, Site};
use crate::playbook::read::Reading;
use crate::playbook::table::{FLAG, key};
use crate::source::Spanned;
use crate::template::{Each, Form, Keeps};
use crate::value::Value;
use crate::yaml::{Kind, Node};

const ANY: &str = "{}";
const EACH: &[Site] = &[Site::Each];

/// The keys of such a variable.
pub(super) const KEYS: &[Key] = &[
    key(
        "each",
        EACH,
        r#"{"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "object", "minProperties": 1}]}"#,
        "What it is made of, as `loop` has it: an expression or a list binds `item`; a map binds each of its names.",
    ),
    key(
        "when",
        EACH,
        r##"{"$ref": "#/$defs/conditions"}"##,
        "An expression that gives a boolean, or a list of them: items for which one does not hold are left out.",
    ),
    key("key", EACH, ANY, "Makes it a map: the key of an item."),
    key("value", EACH, ANY, "What is made of an item; default: the item."),
    key(
        "take",
        EACH,
        r#"{"enum": ["first", "last"]}"#,
        "Makes it what is made of one item; without any it has no value.",
    ),
    key(
        "last",
        EACH,
        FLAG,
        "Of several items with one `key` the last one stays; default: an error.",
    ),
];

impl Reading<'_> {
    /// A variable that is made of items, if a node is one.
    pub(super) fn each(&mut self, node: &Node) -> Option<Spanned<Form>> {
        let Kind::Map(entries) = &node.kind else {
            return None;
        };
        if !entries.iter().any(|(name, _)| name.value == "each") {
            return None;
        }
        let wrong = Spanned::new(Form::Literal(Value::Null), node.span);
        let before = self.diagnostics.len();
        let Some(fields) = self.fields(Site::Each, "each", node) else {
            return Some(wrong);
        };
        let over = fields.get("each").and_then(|it| self.repeat_as("each", it));
        let when = self.conditions(&fields, "when");
        let key = fields.get("key").map(|it| self.form(it).map(Form::as_data));
        let value = match fields.get("value") {
            Some(node) => self.form(node),
            None => whole_item(over.as_ref().map_or(&[], |it| &it.over), node),
        };
        let take = self.text(&fields, "take");
        let is_last = self.flag(&fields, "last").unwrap_or(false);
        let mut refuse = |name: &str, message: &str| {
            let error = Diagnostic::error(Code::NotOnThisEntry, message.to_owned());
            self.diagnostics.push(error.at(fields.key_span(name)));
        };
        let keeps = match take.as_ref().map(|it| it.value.as_str()) {
            Some(_) if key.is_some() => {
                refuse("take", "`take` gives one value, and `key` a map of them");
                Keeps::All
            }
            Some("first") => Keeps::First,
            Some("last") => Keeps::Last,
            Some(other) => {
                refuse(
                    "take",
                    &format!("`take` is `first` or `last`, not `{}`", other.escape_debug()),
                );
                Keeps::All
            }
            None if is_last && key.is_none() => {
                refuse(
                    "last",
                    "`last` is about keys, and there is no `key`; one value is given by `take: last`",
                );
                Keeps::All
            }
            None if is_last => Keeps::LastOfKey,
            None => Keeps::All,
        };
        if self.diagnostics.len() > before {
            self.broken += 1;
            return Some(wrong);
        }
        let each = Each {
            over: over?.over,
            when: when.into_iter().map(Arc::new).collect(),
            key,
            value,
            keeps,
        };
        Some(Spanned::new(Form::Each(Arc::new(each)), node.span))
    }
}

/// The item itself.
fn whole_item(over: &[(Spanned<String>, Spanned<Form>)], node: &Node) -> Spanned<Form> {
    let name = over.last().map_or("item", |(name, _)| name.value.as_str());
    let place = crate::source::Place::whole(node.span);
    let form = Form::of_text(&format!("{{{{ {name} }}}}"), place);
    Spanned::new(form.unwrap_or(Form::Literal(Value::Null)), node.span)
}
