//! What is completed in the console: tools, the names of their arguments, and its own commands.

use rustyline::Context;
use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;

use crate::tool::Registry;
use crate::tools;

const COMMANDS: [&str; 6] = [":become", ":check", ":diff", ":help", ":hosts", ":quit"];

/// Completes lines.
pub(super) struct Helper {
    registry: Registry,
}

impl Helper {
    pub(super) fn new() -> Self {
        Self {
            registry: tools::registry(),
        }
    }

    /// Where the word begins that is completed, and what it may become.
    fn words(&self, line: &str) -> (usize, Vec<String>) {
        let start = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let (before, word) = line.split_at(start);
        let begins = |known: &str| known.starts_with(word);
        let Some(tool) = before.split_whitespace().next() else {
            let tools = self.registry.names().filter(|name| begins(name));
            let commands = COMMANDS.into_iter().filter(|name| begins(name));
            let mut all: Vec<String> = tools.chain(commands).map(|name| format!("{name} ")).collect();
            all.sort_unstable();
            return (start, all);
        };
        let tool = self.registry.get(tool);
        let fields = tool.into_iter().flat_map(|tool| &tool.args().fields);
        let names = fields.map(|field| field.name.as_str());
        let fields = names.filter(|name| begins(name)).map(|name| format!("{name}="));
        (start, fields.collect())
    }
}

impl Completer for Helper {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let (start, words) = self.words(&line[..pos]);
        let pair = |word: String| Pair {
            display: word.trim_end().to_owned(),
            replacement: word,
        };
        Ok((start, words.into_iter().map(pair).collect()))
    }
}

impl Hinter for Helper {
    type Hint = String;
}

impl Highlighter for Helper {}
impl Validator for Helper {}
impl rustyline::Helper for Helper {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_their_arguments_and_commands_are_completed() {
        let helper = Helper::new();
        let all = |line: &str| helper.words(line);
        assert_eq!(all("fs.sta"), (0, vec!["fs.stat ".to_owned()]));
        assert_eq!(all(":di"), (0, vec![":diff ".to_owned()]));
        assert!(all("fs.stat pa").1.contains(&"path=".to_owned()));
        assert_eq!(all("fs.stat pa").0, 8);
        assert_eq!(all("no.tool x").1, [""; 0]);
        assert!(all("").1.len() > 50);
    }
}
