//! Every block of code of the documentation is checked, and its language says how.
//!
//! | language | what is done with it |
//! |---|---|
//! | `yaml playbook` | it validates without a warning, with the files of the page |
//! | `yaml playbook error=CODE` | validation finds exactly this |
//! | `yaml calls` | it validates as the `calls` of a round on `localhost` |
//! | `yaml file=PATH`, `file=PATH` | a file of the page |
//! | `sh` | each line that begins with `rmote-play` has options and commands that exist |
//! | `console` | the lines behind `$ ` are run, and print what is below them; `...` is anything |
//! | `text`, `ini`, `json`, `python` | it is only shown |

use regex::Regex;

use super::{Page, pages};
use crate::support::{Fixture, Ran, Scene, Sshd};

/// A block: what stands behind the fence, its text, and the line it begins at.
struct Block {
    language: String,
    text: String,
    line: usize,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(language)) => {
                open = Some(Block {
                    language: language.to_owned(),
                    text: String::new(),
                    line: at + 1,
                });
            }
            (Some(_), Some("")) => found.extend(open.take()),
            (Some(block), _) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// The files of a page, for all of its blocks.
fn fixture(page: &Page, playbook: &str) -> Fixture {
    let mut fixture = Fixture::new(playbook);
    for block in blocks(&page.text) {
        if let Some((_, path)) = block.language.split_once("file=") {
            fixture = fixture.file(path, block.text);
        }
    }
    fixture
}

fn calls(text: &str) -> String {
    let indented: String = text.lines().map(|line| format!("      {line}\n")).collect();
    format!("rounds:\n  - name: page\n    hosts: localhost\n    calls:\n{indented}")
}

fn check(page: &Page, block: &Block) {
    let place = format!("docs/{}:{}", page.name, block.line);
    let words: Vec<&str> = block.language.split(' ').collect();
    match words[..] {
        ["yaml", "playbook"] => valid(&place, &fixture(page, &block.text).build()),
        ["yaml", "calls"] => valid(&place, &fixture(page, &calls(&block.text)).build()),
        ["yaml", "playbook", wanted] => {
            let wanted = wanted.strip_prefix("error=").expect("`error=CODE`");
            let scene = fixture(page, &block.text).build();
            let ran = scene.rmote_play(&["validate", "--format", "json", "site.yml"]);
            let found = format!("\"code\":\"{wanted}\"");
            let text = ran.stdout.replace("\": \"", "\":\"");
            assert!(text.contains(&found), "{place}: no {wanted}\n{ran}");
        }
        ["sh"] => commands(&place, &block.text),
        ["yaml" | "", file] | [file] if file.starts_with("file=") => {}
        ["text" | "ini" | "json" | "python" | "console"] => {}
        _ => panic!("{place}: nothing checks a block of `{}`", block.language),
    }
}

fn valid(place: &str, scene: &Scene) {
    let ran = scene.rmote_play(&["validate", "--strict", "site.yml"]);
    assert_eq!(ran.code, Some(0), "{place}\n{ran}");
}

/// Each command of ours must be one: with `--help` behind it, nothing is done.
fn commands(place: &str, text: &str) {
    let scene = Fixture::new("").build();
    for line in text.lines().filter(|line| line.starts_with("rmote-play ")) {
        let line = line.split("  #").next().unwrap_or(line);
        let line = line.split(" > ").next().unwrap_or(line);
        let line = line.split(" | ").next().unwrap_or(line);
        let mut words = words(line);
        words.remove(0);
        words.push("--help".to_owned());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = scene.rmote_play(&words);
        assert_eq!(ran.code, Some(0), "{place}: {line}\n{ran}");
    }
}

/// A command line in words, as a shell has them where it has only quotes.
fn words(line: &str) -> Vec<String> {
    let word = Regex::new(r#"(?:'[^']*'|"[^"]*"|[^\s'"]+)+"#).unwrap();
    let words = word.find_iter(line).map(|it| it.as_str());
    words.map(|it| it.replace(['\'', '"'], "")).collect()
}

#[test]
fn every_block_of_every_page_is_checked() {
    let pages = pages();
    assert!(pages.len() > 15);
    for page in pages.iter().filter(|page| page.name != "execution.md") {
        for block in blocks(&page.text) {
            check(page, &block);
        }
    }
}

/// What a terminal shows, without what differs from run to run.
fn stable(text: &str) -> String {
    let time = Regex::new(r"\b\d+(\.\d+)?(ms|s)\b").unwrap();
    time.replace_all(text, "TIME").into_owned()
}

/// Whether a text is a pattern, in which a line of `...` is any number of lines.
fn is_like(text: &str, pattern: &str) -> bool {
    let parts: Vec<String> = pattern.split("...\n").map(regex::escape).collect();
    let whole = format!(r"(?s)\A{}\z", parts.join(".*"));
    Regex::new(&whole).unwrap().is_match(text)
}

fn console(place: &str, scene: &Scene, text: &str) {
    for part in format!("\n{text}").split("\n$ ").skip(1) {
        let (command, wanted) = part.split_once('\n').unwrap_or((part, ""));
        let mut typed = words(command);
        let ran: Ran = match typed.remove(0).as_str() {
            "rmote-play" => {
                let typed: Vec<&str> = typed.iter().map(String::as_str).collect();
                scene.rmote_play(&typed)
            }
            other => panic!("{place}: `{other}` is not run"),
        };
        let shown = stable(&format!("{}{}", ran.stderr, ran.stdout));
        let wanted = stable(&format!("{}\n", wanted.trim_end()));
        assert!(
            is_like(&format!("{}\n", shown.trim_end()), &wanted),
            "{place}: `{command}` prints\n{shown}\nand not\n{wanted}"
        );
    }
}

/// The pages whose commands are run, one after the other, on two real servers that are called web1 and web2.
#[test]
fn the_commands_of_the_tutorial_print_what_it_shows() {
    let (Some(first), Some(second)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    for page in pages().iter().filter(|page| page.text.contains("```console")) {
        let scene = fixture(page, "").host("web1", &first).host("web2", &second).build();
        for block in blocks(&page.text) {
            let place = format!("docs/{}:{}", page.name, block.line);
            if block.language == "console" {
                console(&place, &scene, &block.text);
            } else if block.language == "yaml playbook" {
                scene.write("site.yml", block.text.as_bytes());
            }
        }
    }
}
