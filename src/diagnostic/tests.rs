//! Drawn diagnostics.

use std::path::Path;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Format, render};
use crate::source::{SourceId, SourceMap, Span};

const HUMAN: Format = Format::Human { color: false };

fn span(sources: &SourceMap, source: SourceId, part: &str) -> Span {
    let at = sources.source(source).text.find(part).unwrap();
    Span::new(source, at, at + part.len())
}

fn sample() -> (SourceMap, Diagnostics) {
    let mut sources = SourceMap::default();
    let site = sources.add(
        Path::new("site.yml"),
        "name: žluť\nhosts:\n  wéb1: { prot: 1 }\n  web1:\nend: 1\n",
    );
    let other = sources.add(Path::new("vars/other.yml"), "a: 1\nport: 22\n");
    let mut diagnostics = Diagnostics::default();
    diagnostics.push(
        Diagnostic::error(Code::UnknownKey, "unknown key `prot`")
            .label(span(&sources, site, "prot"), "not known")
            .label(span(&sources, site, "hosts"), "in these")
            .label(span(&sources, other, "port"), "as here")
            .help("Did you mean `port`?"),
    );
    diagnostics
        .push(Diagnostic::warning(Code::UnusedVariable, "`a` is never read").at(span(&sources, other, "a")));
    diagnostics.push(Diagnostic::error(Code::UnreadableFile, "`x.yml` is not there"));
    (sources, diagnostics)
}

#[test]
fn people_see_the_source_with_every_label() {
    let (sources, diagnostics) = sample();
    let drawn = render(&diagnostics, &sources, HUMAN);
    insta::assert_snapshot!(drawn, @r"
    unreadable-file

      × `x.yml` is not there

    unknown-key

      × unknown key `prot`
       ╭─[site.yml:3:11]
     1 │ name: žluť
     2 │ hosts:
       · ──┬──
       ·   ╰── in these
     3 │   wéb1: { prot: 1 }
       ·           ──┬─
       ·             ╰── not known
     4 │   web1:
       ╰────
      help: Did you mean `port`?
            vars/other.yml:2:1: as here

    unused-variable

      ⚠ `a` is never read
       ╭─[vars/other.yml:1:1]
     1 │ a: 1
       · ─
     2 │ port: 22
       ╰────

    2 errors, 1 warning
    ");
}

#[test]
fn colours_are_used_only_where_they_may() {
    let (sources, diagnostics) = sample();
    assert!(!render(&diagnostics, &sources, HUMAN).contains('\u{1b}'));
    assert!(render(&diagnostics, &sources, Format::Human { color: true }).contains('\u{1b}'));
}

#[test]
fn programs_get_stable_fields() {
    let (sources, diagnostics) = sample();
    let json: serde_json::Value =
        serde_json::from_str(&render(&diagnostics, &sources, Format::Json)).unwrap();
    assert_eq!(
        json,
        serde_json::json!([
            { "code": "unreadable-file", "severity": "error", "message": "`x.yml` is not there", "help": null, "labels": [] },
            {
                "code": "unknown-key", "severity": "error", "message": "unknown key `prot`", "help": "Did you mean `port`?",
                "labels": [
                    { "path": "site.yml", "line": 3, "column": 11, "end_line": 3, "end_column": 15, "text": "not known" },
                    { "path": "site.yml", "line": 2, "column": 1, "end_line": 2, "end_column": 6, "text": "in these" },
                    { "path": "vars/other.yml", "line": 2, "column": 1, "end_line": 2, "end_column": 5, "text": "as here" },
                ],
            },
            {
                "code": "unused-variable", "severity": "warning", "message": "`a` is never read", "help": null,
                "labels": [{ "path": "vars/other.yml", "line": 1, "column": 1, "end_line": 1, "end_column": 2, "text": "" }],
            },
        ])
    );
    let empty = render(&Diagnostics::default(), &sources, Format::Json);
    assert_eq!(empty, "[]\n");
}

#[test]
fn annotations_are_escaped() {
    let mut sources = SourceMap::default();
    let source = sources.add(Path::new("a,b:c.yml"), "x: 1\ny: 2\n");
    let mut diagnostics = Diagnostics::default();
    diagnostics.push(
        Diagnostic::error(Code::WrongType, "100% wrong")
            .at(Span::new(source, 3, 4))
            .help("Do this."),
    );
    diagnostics.push(Diagnostic::warning(Code::NullValue, "many").at(Span::new(source, 3, 7)));
    assert_eq!(
        render(&diagnostics, &sources, Format::Github),
        "::error file=a%2Cb%3Ac.yml,line=1,endLine=1,col=4,endColumn=5,title=wrong-type::100%25 wrong%0ADo this.\n\
         ::warning file=a%2Cb%3Ac.yml,line=1,endLine=2,title=null-value::many\n"
    );
}

#[test]
fn control_characters_reach_no_terminal() {
    let mut sources = SourceMap::default();
    let source = sources.add(Path::new("a\u{1b}.yml"), "x: \u{1b}[31m\u{9b}1\u{202e}y\u{7}\r\n");
    for format in [HUMAN, Format::Json, Format::Github] {
        let mut diagnostics = Diagnostics::default();
        let at = Span::new(source, 0, 1);
        diagnostics.push(
            Diagnostic::error(Code::WrongType, "m\u{1b}[0m\u{9b}")
                .label(at, "l\u{7}")
                .help("h\u{202e}"),
        );
        let drawn = render(&diagnostics, &sources, format);
        let is_unsafe = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!drawn.contains(is_unsafe), "{drawn:?}");
    }
}

#[test]
fn a_line_of_ten_megabytes_is_drawn_in_part() {
    let mut sources = SourceMap::default();
    let long = "ž".repeat(5 << 20);
    let source = sources.add(
        Path::new("long.yml"),
        format!("a: 1\n{long} here {long} there {long}\nb: 2\n"),
    );
    let here = span(&sources, source, "here");
    let there = span(&sources, source, "there");
    let whole = Span::new(source, 5, long.len() * 2);
    let mut diagnostics = Diagnostics::default();
    diagnostics.push(
        Diagnostic::error(Code::WrongType, "one")
            .label(here, "this")
            .label(there, "that"),
    );
    diagnostics.push(Diagnostic::error(Code::WrongType, "all").label(whole, "all"));
    diagnostics.push(Diagnostic::error(Code::WrongType, long).at(Span::new(source, 0, 1)));
    let drawn = render(&diagnostics, &sources, HUMAN);
    assert!(drawn.len() < 20_000, "{}", drawn.len());
    assert!(drawn.contains("here") && drawn.contains("that"), "{drawn}");
    assert!(drawn.ends_with("3 errors\n"));
}

#[test]
fn places_at_the_end_and_outside_of_characters_do_not_panic() {
    let mut sources = SourceMap::default();
    let source = sources.add(Path::new("a.yml"), "ž: ž");
    let empty = sources.add(Path::new("b.yml"), "");
    let mut diagnostics = Diagnostics::default();
    for (start, end) in [(0, 0), (6, 6), (1, 2), (5, 90), (90, 91)] {
        diagnostics
            .push(Diagnostic::error(Code::WrongType, format!("{start}")).at(Span::new(source, start, end)));
    }
    diagnostics.push(Diagnostic::error(Code::EmptyFile, "empty").at(Span::new(empty, 0, 0)));
    for format in [HUMAN, Format::Json, Format::Github] {
        assert!(!render(&diagnostics, &sources, format).is_empty());
    }
}

#[test]
fn the_same_diagnostic_is_kept_once_however_many_there_are() {
    let mut diagnostics = Diagnostics::default();
    for number in (0..100_000).chain(0..100_000) {
        diagnostics.push(Diagnostic::warning(Code::WrongType, format!("{number}")));
    }
    assert_eq!(diagnostics.sorted().len(), 100_000);
    assert!(!diagnostics.has_errors());
    diagnostics.deny_warnings(&[]);
    assert!(diagnostics.has_errors());
}
