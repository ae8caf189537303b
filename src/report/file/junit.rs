//! `JUnit` XML, as CI systems read it.

use std::fmt::Write as _;

use crate::event::Outcome;
use crate::report::file::escape::xml;
use crate::report::file::story::{Story, Work};

pub(super) fn draw(runs: &[Story]) -> String {
    let suites: Vec<Suite> = runs.iter().flat_map(suites).collect();
    let sum = |of: fn(&Suite) -> usize| suites.iter().map(of).sum::<usize>();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"rmote-play\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        sum(|it| it.tests),
        sum(|it| it.failures),
        sum(|it| it.errors),
        sum(|it| it.skipped),
        runs.iter().fold(0.0, |all, run| all + run.took),
    );
    for suite in &suites {
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\" timestamp=\"{}\">",
            xml(&suite.name),
            suite.tests,
            suite.failures,
            suite.errors,
            suite.skipped,
            suite.time,
            xml(&suite.timestamp)
        );
        out.push_str(&suite.cases);
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

#[derive(Default)]
struct Suite {
    name: String,
    timestamp: String,
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    time: f64,
    cases: String,
}

/// A suite for connecting, and one for each round.
fn suites(run: &Story) -> Vec<Suite> {
    let named = |name: &str| Suite {
        name: format!("{}: {name}", run.playbook),
        timestamp: run.time.trim_end_matches('Z').to_owned(),
        ..Suite::default()
    };
    let mut connecting = named("connections");
    for connection in &run.connections {
        let case = Case {
            class: &connecting.name.clone(),
            name: run.host(connection.host).to_owned(),
            file: None,
            time: connection.to - connection.from,
        };
        let told = connection
            .problem
            .as_deref()
            .map(|problem| Told::Error("unreachable", problem, None));
        connecting.add(&case, told.as_ref());
    }
    let mut suites = vec![connecting];
    for round in &run.rounds {
        let mut suite = named(&round.name);
        for work in run.work.iter().filter(|it| it.call.round == round.name) {
            let item = work
                .item
                .as_deref()
                .map_or_else(String::new, |item| format!(" ({item})"));
            let case = Case {
                class: &suite.name.clone(),
                name: format!("{}{item} [{}]", work.call.label, run.host(work.host)),
                file: Some((&work.call.location.path, work.call.location.line)),
                time: work.took,
            };
            suite.add(&case, told(work).as_ref());
        }
        suites.push(suite);
    }
    suites.retain(|suite| suite.tests > 0);
    suites
}

struct Case<'a> {
    class: &'a str,
    name: String,
    file: Option<(&'a str, u32)>,
    time: f64,
}

enum Told<'a> {
    /// Kind, message, and what the program wrote to standard error.
    Failure(&'a str, &'a str, Option<&'a str>),
    Error(&'a str, &'a str, Option<&'a str>),
    Skipped(&'a str),
}

fn told(work: &Work) -> Option<Told<'_>> {
    let because = work.because.as_deref();
    let error = work.error.as_ref();
    let (kind, message) = error.map_or(("failed", "failed"), |error| {
        (error.kind.as_str(), error.message.as_str())
    });
    let stderr = error.and_then(|error| error.written());
    match work.outcome {
        Outcome::Ok | Outcome::Changed => None,
        Outcome::Failed | Outcome::Lost if work.is_excused => Some(Told::Skipped(message)),
        Outcome::Failed => Some(Told::Failure(kind, message, stderr)),
        Outcome::Lost => Some(Told::Error(kind, message, stderr)),
        Outcome::Skipped => Some(Told::Skipped(because.unwrap_or("skipped"))),
        Outcome::Unknown => Some(Told::Skipped(because.unwrap_or("unknown"))),
        Outcome::Canceled => Some(Told::Skipped(because.unwrap_or("canceled"))),
    }
}

impl Suite {
    fn add(&mut self, case: &Case<'_>, told: Option<&Told<'_>>) {
        self.tests += 1;
        self.time += case.time;
        let _ = write!(
            self.cases,
            "    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\"",
            xml(case.class),
            xml(&case.name.replace('\n', " ")),
            case.time
        );
        if let Some((file, line)) = case.file {
            let _ = write!(self.cases, " file=\"{}\" line=\"{line}\"", xml(file));
        }
        let (tag, kind, message, stderr) = match told {
            None => {
                self.cases.push_str("/>\n");
                return;
            }
            Some(Told::Skipped(message)) => {
                self.skipped += 1;
                let _ = writeln!(
                    self.cases,
                    "><skipped message=\"{}\"/></testcase>",
                    attribute(message)
                );
                return;
            }
            Some(Told::Failure(kind, message, stderr)) => {
                self.failures += 1;
                ("failure", kind, message, stderr)
            }
            Some(Told::Error(kind, message, stderr)) => {
                self.errors += 1;
                ("error", kind, message, stderr)
            }
        };
        let body = stderr.unwrap_or(message);
        let _ = writeln!(
            self.cases,
            "><{tag} type=\"{}\" message=\"{}\">{}</{tag}></testcase>",
            xml(kind),
            attribute(message),
            xml(body)
        );
    }
}

fn attribute(text: &str) -> String {
    xml(text).replace('\n', "&#10;").replace('\t', " ")
}
