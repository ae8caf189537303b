//! Broken and hostile texts and bytes: whatever reads them answers, soon, without a panic and without much memory.
//!
//! `RMOTE_PLAY_FUZZ=20000 cargo nextest run fuzz` makes a longer session of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use rmote_play::diagnostic::{Format, render};
use rmote_play::inventory::Pattern;
use rmote_play::playbook::{Action, Options, load};
use rmote_play::protocol::{FromAgent, ToAgent, decode, encode, read_frame};
use rmote_play::source::{Place, SourceMap, Span};
use rmote_play::template::{Expression, Form, Scope, Template};
use rmote_play::tools::registry;
use tempfile::TempDir;

/// No single input may take longer, in an unoptimised build on a busy machine.
const LONGEST: Duration = Duration::from_secs(20);

/// How many cases each test tries.
fn config() -> ProptestConfig {
    let cases = std::env::var("RMOTE_PLAY_FUZZ")
        .ok()
        .and_then(|it| it.parse().ok());
    ProptestConfig {
        cases: cases.unwrap_or(48),
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    }
}

/// Every playbook that there is, wrong ones too.
static SEEDS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["tests/playbooks/valid", "tests/playbooks/invalid", "examples"];
    let mut paths: Vec<PathBuf> = (folders.iter())
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "yml"))
        .collect();
    paths.sort();
    let read = |path: &PathBuf| fs::read_to_string(path).ok();
    paths
        .iter()
        .filter_map(read)
        .filter(|text| text.len() < 20_000)
        .collect()
});

/// What is put into texts: what means something to one of the readers.
const TOKENS: &[&str] = &[
    "{{ ",
    " }}",
    "{%",
    "%}",
    "{#",
    "#}",
    "- ",
    ": ",
    "\n",
    "\n  ",
    "\t",
    "#",
    "&a ",
    "*a",
    "!x ",
    "|",
    ">",
    "'",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ",",
    "<<: ",
    "---\n",
    "? ",
    "~",
    "null",
    "yes",
    "1.10",
    "0x1",
    "99999999999999999999",
    "é",
    "\u{202e}",
    "\u{0}",
    "\u{feff}",
    "\r\n",
    "item",
    "loop",
    "results.",
    "host",
    "web[1:3]",
    "web[9:1]",
    "web*",
    "~(",
    "all,!",
    "&",
    "when: ",
    "calls:",
    "rounds:",
    "vars:",
    "is defined",
    "| default('",
    "['",
    "..",
    "not ",
];

#[derive(Debug, Clone)]
enum Edit {
    Insert(usize),
    Delete(usize),
    Repeat(usize),
    Swap(usize),
}

fn edits() -> impl Strategy<Value = Vec<(f64, Edit)>> {
    let edit = prop_oneof![
        (0..TOKENS.len()).prop_map(Edit::Insert),
        (1..40usize).prop_map(Edit::Delete),
        (1..60usize).prop_map(Edit::Repeat),
        (1..60usize).prop_map(Edit::Swap),
    ];
    prop::collection::vec((0.0..1.0f64, edit), 1..8)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place in a short text"
)]
fn edited(text: &str, edits: &[(f64, Edit)]) -> String {
    let mut text = text.to_owned();
    for (place, edit) in edits {
        let at = text.floor_char_boundary((place * text.len() as f64) as usize);
        let part = |length: usize| text.floor_char_boundary((at + length).min(text.len()));
        match edit {
            Edit::Insert(token) => text.insert_str(at, TOKENS[*token]),
            Edit::Delete(length) => text.replace_range(at..part(*length), ""),
            Edit::Repeat(length) => {
                let again = text[at..part(*length)].repeat(3);
                text.insert_str(at, &again);
            }
            Edit::Swap(length) => {
                let moved = text[at..part(*length)].to_owned();
                text.replace_range(at..at + moved.len(), "");
                text.push_str(&moved);
            }
        }
    }
    text
}

/// Loads a text as a playbook, and draws what is wrong with it.
fn validate(text: &str) {
    // Gone with its thread, which a static of all threads would not be.
    thread_local!(static FOLDER: TempDir = tempfile::tempdir().unwrap());
    let path = FOLDER.with(|folder| folder.path().join("site.yml"));
    fs::write(&path, text).unwrap();
    let begun = Instant::now();
    let loaded = load(&path, &registry(), &Options::default());
    for format in [
        Format::Human { color: false },
        Format::Json,
        Format::Github,
        Format::Sarif,
    ] {
        let drawn = render(&loaded.diagnostics, &loaded.sources, format);
        assert!(drawn.len() < 50 << 20, "{} bytes are drawn", drawn.len());
    }
    assert!(begun.elapsed() < LONGEST, "{:?}: {text}", begun.elapsed());
}

fn place(text: &str) -> Place {
    let source = SourceMap::default().add(Path::new("x"), text);
    Place::whole(Span::new(source, 0, text.len()))
}

/// Compiles and renders a text in every way in which a playbook may hold it.
fn render_text(text: &str) {
    let begun = Instant::now();
    let scope = Scope::new(std::sync::Arc::default());
    if let Ok(form) = Form::of_text(text, place(text)) {
        let _rendered = form.render(&scope);
    }
    if let Ok(expression) = Expression::new(text, place(text)) {
        let _sketch = expression.sketch();
        let _holds = expression.holds(&scope);
    }
    if let Ok(template) = Template::of_file(text, place(text)) {
        let _sketches = template.sketches();
        let _rendered = template.render(&scope);
    }
    assert!(begun.elapsed() < LONGEST, "{:?}: {text}", begun.elapsed());
}

/// What templates that bring in each other are made of.
const TAGS: &[&str] = &[
    "{% include 'NAME' %}",
    "{% include ['none', 'NAME'] %}",
    "{% extends 'NAME' %}",
    "{% import 'NAME' as m %}{{ m.f(1) }}",
    "{% from 'NAME' import f as g %}{{ g(x) }}",
    "{% block b %}{{ super() }}{{ x }}{% endblock %}",
    "{% block b %}{{ y }}{% endblock %}",
    "{% macro f(a) %}{{ a | default(file('data')) }}{{ x.y.z | default('w') }}{% endmacro %}",
    "{% for x in [1, 2] %}{% include 'NAME' %}{% endfor %}",
    "{% set x = 3 %}",
    "{{ self.b() }}",
    "text\n",
];

/// Compiles and renders a template with the files beside it. What only a run can find is an error then, and no panic.
fn bring_in(files: &[Vec<(usize, usize)>]) {
    let folder = tempfile::tempdir().unwrap();
    for (number, parts) in files.iter().enumerate() {
        let name = |(_, name): &(usize, usize)| format!("{}.j2", name % files.len());
        let parts = parts.iter().map(|part| TAGS[part.0].replace("NAME", &name(part)));
        fs::write(
            folder.path().join(format!("{number}.j2")),
            parts.collect::<String>(),
        )
        .unwrap();
    }
    fs::write(folder.path().join("data"), "data").unwrap();
    let site = "vars: { y: why }\nrounds: [{ name: one, hosts: localhost, calls: [{ template.file: { src: 0.j2, dest: /x } }] }]\n";
    let path = folder.path().join("site.yml");
    fs::write(&path, site).unwrap();
    let begun = Instant::now();
    let loaded = load(&path, &registry(), &Options::default());
    let drawn = render(
        &loaded.diagnostics,
        &loaded.sources,
        Format::Human { color: false },
    );
    if let Some(playbook) = loaded.playbook.filter(|_| !loaded.diagnostics.has_errors()) {
        let Action::Call(call) = &playbook.entries[0].action else {
            panic!("it is a call: {drawn}");
        };
        let scope = Scope::new(std::sync::Arc::default()).with(playbook.vars[0].clone());
        let _rendered = call.args.value.render(&scope);
    }
    assert!(begun.elapsed() < LONGEST, "{:?}: {files:?}", begun.elapsed());
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn templates_that_bring_in_each_other(files in prop::collection::vec(prop::collection::vec((0..TAGS.len(), 0..5usize), 0..6), 1..5)) {
        bring_in(&files);
    }

    #[test]
    fn playbooks_that_were_broken(seed in any::<prop::sample::Index>(), edits in edits()) {
        validate(&edited(seed.get::<String>(&SEEDS), &edits));
    }

    #[test]
    fn any_text_as_a_playbook(text in "\\PC{0,200}|[-a-z: \\n\\[\\]{}&*!|>'\"#%,]{0,200}") {
        validate(&text);
    }

    #[test]
    fn templates_that_were_broken(parts in prop::collection::vec(0..TOKENS.len(), 0..12), names in prop::collection::vec("[a-c.|()+*~0-9' ]{0,8}", 0..12)) {
        let mut text = String::new();
        for (part, name) in parts.iter().zip(&names) {
            text.push_str(TOKENS[*part]);
            text.push_str(name);
        }
        render_text(&text);
    }

    #[test]
    fn any_text_as_a_pattern(text in "\\PC{0,60}|[a-c0-9*?\\[\\]:,&!~()^$.|+-]{0,60}") {
        let _parsed = Pattern::parse(&text);
    }

    #[test]
    fn any_bytes_as_frames(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _agent: Result<Option<FromAgent>, _> = read_frame(&mut bytes.as_slice());
        let _controller: Result<Option<ToAgent>, _> = read_frame(&mut bytes.as_slice());
        let _body: Result<FromAgent, _> = decode(&bytes);
    }

    #[test]
    fn frames_that_were_broken(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let mut frame = Vec::new();
        let bytes = vec![7; 100];
        encode(&ToAgent::Chunk { pull: 3, bytes }, &mut frame).unwrap();
        let at = at.index(frame.len());
        frame[at] = byte;
        let _message: Result<Option<ToAgent>, _> = read_frame(&mut frame.as_slice());
        frame.truncate(cut.index(frame.len()));
        let _message: Result<Option<ToAgent>, _> = read_frame(&mut frame.as_slice());
    }
}
