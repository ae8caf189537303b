//! apt-get, asked never to ask.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Ended, Program, Reader, Writer};

static ENV: LazyLock<BTreeMap<String, Text>> = LazyLock::new(|| {
    [
        ("DEBIAN_FRONTEND", "noninteractive"),
        ("DEBIAN_PRIORITY", "critical"),
        ("APT_LISTCHANGES_FRONTEND", "none"),
    ]
    .map(|(name, value)| (name.to_owned(), value.into()))
    .into()
});

/// Runs a program of apt's that only looks, with these arguments.
pub(super) fn ask(host: &Reader<'_>, program: &str, args: &[&str]) -> Result<Ended, Failure> {
    run(program, args, |it| {
        host.ask(it, &[About::Domain(Domain::Packages)])
    })
}

/// Runs one that changes something.
pub(super) fn act(host: &Writer<'_>, program: &str, args: &[&str]) -> Result<Ended, Failure> {
    run(program, args, |it| host.act(it))
}

fn run(
    program: &str,
    args: &[&str],
    run: impl FnOnce(&Program<'_>) -> Result<Ended, Failure>,
) -> Result<Ended, Failure> {
    let words = Argv(
        std::iter::once(&program)
            .chain(args)
            .map(|it| Text::from(*it))
            .collect(),
    );
    let program = Program {
        env: &ENV,
        ..Program::of(&words)
    };
    run(&program).map_err(|failure| match failure.kind {
        Kind::NotFound => Failure::new(
            Kind::Unsupported,
            format!("this host has no apt: {}", failure.message),
        ),
        _ => failure,
    })
}
