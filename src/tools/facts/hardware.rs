//! Processors, memory and network interfaces, as the kernel lists them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use crate::argument::{Argv, Text};
use crate::failure::{Failure, Kind};
use crate::system::{Program, Reader};

/// Processors.
#[derive(Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(super) struct Cpus {
    /// How many there are, threads of one core counted each.
    pub(super) count: u64,
    /// What they are called; empty where the kernel does not say.
    pub(super) model: String,
}

/// Memory, in bytes.
#[derive(Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(super) struct Memory {
    /// All of it.
    pub(super) total: u64,
    /// What programs can still get.
    pub(super) available: u64,
    /// All of the swap.
    pub(super) swap_total: u64,
    /// Swap that is not used.
    pub(super) swap_free: u64,
}

/// A network interface.
#[derive(Debug, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(super) struct Interface {
    /// Its hardware address; empty where it has none.
    pub(super) mac: String,
    /// The largest packet that it sends, in bytes.
    pub(super) mtu: u64,
    /// Whether it is up: `up`, `down`, `unknown`.
    pub(super) state: String,
    /// Its addresses with the lengths of their networks, as `10.0.0.1/24`.
    pub(super) addresses: Vec<String>,
}

fn text(host: &Reader<'_>, path: &str) -> Result<String, Failure> {
    host.read(Path::new(path), 4 << 20)
        .map(|it| String::from_utf8_lossy(&it).into_owned())
}

pub(super) fn cpus(host: &Reader<'_>) -> Result<Cpus, Failure> {
    text(host, "/proc/cpuinfo").map(|it| parse_cpus(&it))
}

fn parse_cpus(text: &str) -> Cpus {
    let value = |line: &str, key: &str| {
        let (name, value) = line.split_once(':')?;
        (name.trim() == key).then(|| value.trim().to_owned())
    };
    let model = ["model name", "Model", "cpu model"]
        .iter()
        .find_map(|key| text.lines().find_map(|it| value(it, key)));
    Cpus {
        count: text.lines().filter(|it| value(it, "processor").is_some()).count() as u64,
        model: model.unwrap_or_default(),
    }
}

pub(super) fn memory(host: &Reader<'_>) -> Result<Memory, Failure> {
    text(host, "/proc/meminfo").map(|it| parse_memory(&it))
}

fn parse_memory(text: &str) -> Memory {
    let get = |key: &str| {
        let line = text
            .lines()
            .find_map(|it| it.strip_prefix(key)?.strip_prefix(':'));
        let kilobytes = line.and_then(|it| it.split_whitespace().next()?.parse::<u64>().ok());
        kilobytes.unwrap_or(0) * 1024
    };
    Memory {
        total: get("MemTotal"),
        available: get("MemAvailable"),
        swap_total: get("SwapTotal"),
        swap_free: get("SwapFree"),
    }
}

/// Without the program `ip` there are no addresses.
pub(super) fn interfaces(host: &Reader<'_>) -> Result<BTreeMap<String, Interface>, Failure> {
    let mut all = BTreeMap::new();
    for name in host.names_in(Path::new("/sys/class/net"))? {
        let Ok(name) = name.into_string() else {
            continue;
        };
        let read = |file: &str| {
            text(host, &format!("/sys/class/net/{name}/{file}"))
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let interface = Interface {
            mac: read("address"),
            mtu: read("mtu").parse().unwrap_or(0),
            state: read("operstate"),
            addresses: Vec::new(),
        };
        all.insert(name, interface);
    }
    let words = Argv(["ip", "addr"].map(Text::from).into());
    let output = match host.ask(&Program::of(&words), &[]) {
        Ok(ended) => String::from_utf8_lossy(&ended.stdout.bytes).into_owned(),
        Err(failure) if failure.kind == Kind::NotFound => String::new(),
        Err(failure) => return Err(failure),
    };
    for (name, address) in addresses(&output) {
        if let Some(interface) = all.get_mut(&name) {
            interface.addresses.push(address);
        }
    }
    Ok(all)
}

/// The output of `ip addr`, of iproute2 as of `BusyBox`.
fn addresses(output: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut name = "";
    for line in output.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if !line.starts_with(' ') {
            name = words.get(1).map_or("", |it| it.trim_end_matches(':'));
            name = name.split('@').next().unwrap_or(name);
        } else if let [family, address, ..] = words[..]
            && matches!(family, "inet" | "inet6")
        {
            found.push((name.to_owned(), address.to_owned()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_lists_is_counted() {
        let cpus = parse_cpus("processor\t: 0\nmodel name\t: A B\n\nprocessor\t: 1\nmodel name\t: A B\n");
        assert_eq!((cpus.count, &*cpus.model), (2, "A B"));
        let memory = parse_memory(
            "MemTotal:       8000 kB\nMemFree: 1 kB\nMemAvailable:   4000 kB\nSwapTotal: 0 kB\n",
        );
        assert_eq!(
            (memory.total, memory.available, memory.swap_total),
            (8_192_000, 4_096_000, 0)
        );
    }

    #[test]
    fn addresses_are_read_from_either_ip() {
        // iproute2 6.1, then BusyBox 1.35.
        let output = "1: lo: <LOOPBACK,UP> mtu 65536 qdisc noqueue state UNKNOWN\n    link/loopback 00:00\n    inet 127.0.0.1/8 scope host lo\n\
            2: eth0@if5: <BROADCAST,UP> mtu 1500 qdisc noqueue state UP\n    link/ether 02:01\n    inet 10.0.0.11/24 scope global eth0\n    inet6 fe80::1/64 scope link\n";
        let found = addresses(output);
        let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
        assert_eq!(
            found,
            [
                pair("lo", "127.0.0.1/8"),
                pair("eth0", "10.0.0.11/24"),
                pair("eth0", "fe80::1/64")
            ]
        );
    }
}
