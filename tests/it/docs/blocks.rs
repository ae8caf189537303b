//! Every block of code of the documentation is checked, and its language says how.
//!
//! | language | what is done with it |
//! |---|---|
//! | `yaml playbook` | it validates without a warning, with the files of the page |
//! | `yaml playbook error=CODE` | validation finds exactly this |
//! | `yaml calls` | it validates as the `calls` of a round on `localhost` |
//! | `yaml file=PATH`, `file=PATH` | a file of the page |
//! | `sh` | each line that begins with `rmote-play` has options and commands that exist |
//! | `console` | the lines behind `$ ` are run, and print what is below them; `...` is anything. `RMOTE_PLAY_REWRITE=1` writes it |
//! | `text`, `ini`, `json`, `python` | it is only shown |

use std::fmt::Write as _;

use regex::Regex;

use super::{Page, pages, root};
use crate::support::{Fixture, Scene, Sshd};

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

/// The files of a page, for all of its blocks, and those of the examples of tools.
fn fixture(page: &Page, playbook: &str) -> Fixture {
    let mut fixture = Fixture::new(playbook)
        .env("HELLO", "{DIR}/t")
        .file("migrate.py", "#!/usr/bin/env python3\n")
        .file("templates/nginx.conf.j2", "worker_processes auto;\n")
        .file("templates/site.conf.j2", "listen {{ port }};\n");
    for block in blocks(&page.text) {
        if let Some((_, path)) = block.language.split_once("file=") {
            fixture = fixture.file(path, block.text);
        }
    }
    fixture
}

fn calls(text: &str) -> String {
    let indented = text.trim_end().replace('\n', "\n      ");
    format!(
        "hosts: [web1]\ngroups: {{ web: [web1] }}\nrounds:\n  - name: page\n    hosts: localhost\n    calls:\n      {indented}\n"
    )
}

fn check(page: &Page, block: &Block) -> Result<(), String> {
    let words: Vec<&str> = block.language.split(' ').collect();
    match words[..] {
        ["yaml", "playbook"] => valid(&fixture(page, &block.text).build()),
        ["yaml", "calls"] => valid(&fixture(page, &calls(&block.text)).build()),
        ["yaml", "playbook", wanted] => {
            let wanted = wanted.strip_prefix("error=").ok_or("write `error=CODE`")?;
            let scene = fixture(page, &block.text).build();
            let ran = scene.rmote_play(&["validate", "--format", "json", "site.yml"]);
            let found = ran
                .stdout
                .replace(": \"", ":\"")
                .contains(&format!("\"code\":\"{wanted}\""));
            found.then_some(()).ok_or(format!("no {wanted}\n{ran}"))
        }
        ["sh"] => commands(&block.text),
        ["yaml", file] | [file] if file.starts_with("file=") => Ok(()),
        ["text" | "ini" | "json" | "python" | "console"] => Ok(()),
        _ => Err(format!("nothing checks a block of `{}`", block.language)),
    }
}

fn valid(scene: &Scene) -> Result<(), String> {
    let ran = scene.rmote_play(&["validate", "--strict", "site.yml"]);
    if ran.code == Some(0) {
        return Ok(());
    }
    Err(ran.to_string())
}

/// Each command of ours must be one: with `--help` behind it, nothing is done.
fn commands(text: &str) -> Result<(), String> {
    let scene = Fixture::new("").build();
    for line in text.lines().filter(|line| line.starts_with("rmote-play ")) {
        let command = line.split(" #").next().unwrap_or(line);
        let command = command.split([';', '>', '|', '<']).next().unwrap_or(command);
        let mut words = words(command);
        words.remove(0);
        words.push("--help".to_owned());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let ran = scene.rmote_play(&words);
        if ran.code != Some(0) {
            return Err(format!("{line}\n{ran}"));
        }
    }
    Ok(())
}

/// A command line in words, as a shell has them where it has only quotes.
fn words(line: &str) -> Vec<String> {
    let word = Regex::new(r#"(?:'[^']*'|"[^"]*"|[^\s'"]+)+"#).unwrap();
    let words = word.find_iter(line).map(|it| it.as_str());
    words.map(|it| it.replace(['\'', '"'], "")).collect()
}

#[test]
fn every_block_of_every_page_is_checked() {
    let mut pages = pages();
    assert!(pages.len() > 15);
    pages.push(Page {
        name: "../README.md".to_owned(),
        text: std::fs::read_to_string(root("README.md")).unwrap(),
    });
    let mut wrong = String::new();
    for page in pages.iter().filter(|page| page.name != "execution.md") {
        for block in blocks(&page.text) {
            if let Err(why) = check(page, &block) {
                let _infallible = writeln!(wrong, "docs/{}:{}: {why}", page.name, block.line);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Lengths of time, which differ from run to run.
fn time() -> Regex {
    Regex::new(r"\b\d+(\.\d+)?(ms|s)\b").unwrap()
}

/// Whether a text is a pattern, in which a line of `...` is any number of lines.
fn is_like(text: &str, pattern: &str) -> bool {
    let parts: Vec<String> = pattern.split("...\n").map(regex::escape).collect();
    let whole = format!(r"(?s)\A{}\z", parts.join(".*"));
    Regex::new(&whole).unwrap().is_match(text)
}

/// Runs the commands of a block. What they print is below them; gives the block as it should be.
fn console(place: &str, scene: &Scene, text: &str) -> String {
    let mut new = String::new();
    for part in format!("\n{text}").split("\n$ ").skip(1) {
        let (command, wanted) = part.split_once('\n').unwrap_or((part, ""));
        let mut typed = words(command);
        assert_eq!(
            typed.remove(0),
            "rmote-play",
            "{place}: only our own commands are run"
        );
        let mut typed: Vec<&str> = typed.iter().map(String::as_str).collect();
        if typed[0] != "validate" {
            // Where the servers of the test are.
            typed.extend(["--ssh-config=ssh_config", "--persist=0s"]);
        }
        let ran = scene.rmote_play(&typed);
        let shown = format!("{}{}", ran.stderr, ran.stdout);
        let shown = shown.replace(scene.path("t").to_str().unwrap(), "/tmp/hello");
        let _infallible = writeln!(
            new,
            "$ {command}\n{}",
            time().replace_all(shown.trim_end(), "0.3s")
        );
        let (shown, wanted) = (
            time().replace_all(&shown, "TIME"),
            time().replace_all(wanted, "TIME"),
        );
        let is_right = is_like(
            &format!("{}\n", shown.trim_end()),
            &format!("{}\n", wanted.trim_end()),
        );
        assert!(
            is_right || std::env::var_os("RMOTE_PLAY_REWRITE").is_some(),
            "{place}: `{command}` prints\n{shown}\nand not\n{wanted}"
        );
    }
    new
}

/// The pages whose commands are run, one after the other, on two real servers that are called web1 and web2.
#[test]
fn the_commands_of_the_tutorial_print_what_it_shows() {
    let (Some(first), Some(second)) = (Sshd::start(), Sshd::start()) else {
        return;
    };
    for page in pages().iter().filter(|page| page.text.contains("```console")) {
        let scene = fixture(page, "")
            .host("web1", &first)
            .host("web2", &second)
            .build();
        let mut text = page.text.clone();
        for block in blocks(&page.text) {
            let place = format!("docs/{}:{}", page.name, block.line);
            if block.language == "console" {
                let new = console(&place, &scene, &block.text);
                let fence = |text: &str| format!("```console\n{text}```");
                text = text.replacen(&fence(&block.text), &fence(&new), 1);
            } else if block.language == "yaml playbook" {
                scene.write("site.yml", block.text.as_bytes());
            }
        }
        if std::env::var_os("RMOTE_PLAY_REWRITE").is_some() {
            std::fs::write(root("docs").join(&page.name), text).unwrap();
        }
    }
}
