//! Entries as they are written, so that one that was changed is told from one that was not.

use crate::name::EntryId;
use crate::playbook::model::{Action, Playbook};

impl Playbook {
    /// Of each entry that is a call, in written order, a hash of its text; empty for all others. Where in its file an entry is
    /// makes no difference.
    pub fn texts(&self) -> Vec<String> {
        let all = (0..self.entries.len()).map(EntryId::at);
        all.map(|id| match self.entry(id).action {
            Action::Call(_) => self.hash_of(id),
            Action::Group(_) | Action::Fail(_) => String::new(),
        })
        .collect()
    }

    fn hash_of(&self, id: EntryId) -> String {
        let span = self.entry(id).span;
        let (_, line) = self.sources.line(span);
        let text = &self.sources.source(span.source).text;
        let written = as_written(text, line);
        blake3::hash(written.as_bytes()).to_hex()[..16].to_owned()
    }
}

/// The item of a list in which the line is that begins at `line`, up to where the next item may begin. Of a list in brackets it
/// is the whole line.
fn as_written(text: &str, line: usize) -> &str {
    let wanted = indent(&text[line..]);
    let mut start = line;
    // The dash of the item stands at the key, or further to the left in a line before.
    // A dash further to the right, or at the key, is that of a list in the item.
    while !is_dash(&text[start..]) || (start != line && indent(&text[start..]) >= wanted) {
        let before = text[..start]
            .trim_end_matches('\n')
            .rfind('\n')
            .map_or(0, |at| at + 1);
        if before >= start || start == 0 {
            return first_line(&text[line..]);
        }
        let is_left = indent(&text[before..]) < wanted && !first_line(&text[before..]).trim().is_empty();
        if is_left && !is_dash(&text[before..]) {
            return first_line(&text[line..]);
        }
        start = before;
    }
    let dash = indent(&text[start..]);
    let rest = &text[start..];
    let mut end = first_line(rest).len();
    while let Some(next) = rest.get(end + 1..).filter(|it| !it.is_empty()) {
        let next_line = first_line(next);
        if !next_line.trim().is_empty() && indent(next) <= dash {
            break;
        }
        end += 1 + next_line.len();
    }
    rest[..end].trim_end()
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

fn indent(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b' ').count()
}

fn is_dash(text: &str) -> bool {
    let line = first_line(text).trim_start();
    line == "-" || line.starts_with("- ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of<'a>(text: &'a str, key: &str) -> &'a str {
        let at = text.find(key).unwrap();
        let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
        as_written(text, line)
    }

    #[test]
    fn an_entry_is_all_that_is_written_of_it_and_no_more() {
        let text = "
calls:
  - id: one
    when: x

    exec.shell: |
      a
      - b

  # a remark
  - fs.stat: /a
  - name: group
    calls:
      - exec.shell: inner
        loop: [1]
  - { id: last, exec.shell: flow }
more: 1
";
        assert_eq!(
            of(text, "exec.shell: |"),
            "  - id: one\n    when: x\n\n    exec.shell: |\n      a\n      - b"
        );
        let list = "calls:\n  - when:\n      - x\n      - y\n    vars: {}\n    loop:\n    - 1\n    exec.shell: z\n  - other: 1\n";
        let whole = "  - when:\n      - x\n      - y\n    vars: {}\n    loop:\n    - 1\n    exec.shell: z";
        assert_eq!(of(list, "exec.shell"), whole);
        assert_eq!(of(text, "fs.stat"), "  - fs.stat: /a");
        assert_eq!(
            of(text, "exec.shell: inner"),
            "      - exec.shell: inner\n        loop: [1]"
        );
        assert_eq!(of(text, "exec.shell: flow"), "  - { id: last, exec.shell: flow }");
        assert_eq!(
            of("calls: [{ fs.stat: /a }, { fs.stat: /b }]", "/b"),
            "calls: [{ fs.stat: /a }, { fs.stat: /b }]"
        );
        assert_eq!(of("- fs.stat: /a", "fs.stat"), "- fs.stat: /a");
    }
}
