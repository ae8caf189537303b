//! apt-get, asked never to ask.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{About, Domain, Ended, Program, Reader};

static ENV: LazyLock<BTreeMap<String, Text>> = LazyLock::new(|| {
    [
        ("DEBIAN_FRONTEND", "noninteractive"),
        ("DEBIAN_PRIORITY", "critical"),
        ("APT_LISTCHANGES_FRONTEND", "none"),
    ]
    .map(|(name, value)| (name.to_owned(), value.into()))
    .into()
});

/// Runs a program of apt's with these arguments.
pub(super) fn run(host: &Reader<'_>, program: &str, args: &[&str]) -> Result<Ended, Failure> {
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
    host.ask(&program, &[About::Domain(Domain::Packages)])
        .map_err(|failure| match failure.kind {
            Kind::NotFound => Failure::new(
                Kind::Unsupported,
                format!("this host has no apt: {}", failure.message),
            ),
            _ => failure,
        })
}
