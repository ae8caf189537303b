//! Services, and whether they run.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::argument::{Argv, Text};
use crate::failure::Failure;
use crate::system::{About, Domain, Follow, Program, Reader};
use crate::tools::said;

/// A service.
#[derive(Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(super) struct Service {
    /// Whether it runs: `active`, `inactive`, `failed`; not there where only a look at each could tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<String>,
    /// Whether it is started with the host: `enabled`, `disabled`, `static`, `masked`; not there where that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unit_file: Option<String>,
}

/// Of systemd in two processes; elsewhere the names of init scripts.
pub(super) fn read(host: &Reader<'_>) -> Result<BTreeMap<String, Service>, Failure> {
    let mut all = BTreeMap::<String, Service>::new();
    if host
        .metadata(Path::new("/run/systemd/system"), Follow::Yes)?
        .is_none()
    {
        let scripts = host.names_in(Path::new("/etc/init.d"))?.into_iter();
        let names = scripts.filter_map(|it| it.into_string().ok());
        all.extend(
            names
                .filter(|it| it != "README")
                .map(|it| (it, Service::default())),
        );
        return Ok(all);
    }
    for line in systemctl(host, &["list-unit-files"])?.lines() {
        let mut words = line.split_whitespace();
        if let (Some(name), Some(word)) = (words.next(), words.next()) {
            all.entry(name.to_owned()).or_default().unit_file = Some(word.to_owned());
        }
    }
    for line in systemctl(host, &["list-units", "--all"])?.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [name, load, active, ..] = words[..]
            && load != "not-found"
        {
            all.entry(name.to_owned()).or_default().state = Some(active.to_owned());
        }
    }
    Ok(all)
}

fn systemctl(host: &Reader<'_>, verb: &[&str]) -> Result<String, Failure> {
    let plain = ["--type=service", "--no-legend", "--no-pager", "--plain", "--full"];
    let words = std::iter::once(&"systemctl").chain(verb).chain(&plain);
    let words = Argv(words.map(|it| Text::from(*it)).collect());
    let ended = host.ask(&Program::of(&words), &[About::Domain(Domain::Units)])?;
    if ended.exit_code != 0 {
        return Err(said::failure(&ended, "systemctl"));
    }
    Ok(String::from_utf8_lossy(&ended.stdout.bytes).into_owned())
}
