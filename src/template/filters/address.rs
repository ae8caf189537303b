//! Addresses of the internet and their networks.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, Value};

use super::invalid;

/// The names of the filters.
pub(super) const FILTERS: &[&str] = &["ipaddr", "ipsubnet", "ipv4", "ipv6", "ipwrap", "nthhost"];
/// The names of the tests.
pub(super) const TESTS: &[&str] = &["in_network", "ip", "ipv4", "ipv6"];

/// Adds the filters and tests.
pub(super) fn add_to(engine: &mut Environment<'_>) {
    engine.add_filter("ipaddr", |value: &Value, query: Option<Value>| {
        each(value, |text| asked(text, None, query.as_ref()))
    });
    engine.add_filter("ipv4", |value: &Value, query: Option<Value>| {
        each(value, |text| asked(text, Some(4), query.as_ref()))
    });
    engine.add_filter("ipv6", |value: &Value, query: Option<Value>| {
        each(value, |text| asked(text, Some(6), query.as_ref()))
    });
    engine.add_filter("ipwrap", ipwrap);
    engine.add_filter("ipsubnet", ipsubnet);
    engine.add_filter("nthhost", nthhost);
    engine.add_test("ip", |text: &str| text.parse::<IpAddr>().is_ok());
    engine.add_test("ipv4", |text: &str| text.parse::<Ipv4Addr>().is_ok());
    engine.add_test("ipv6", |text: &str| text.parse::<Ipv6Addr>().is_ok());
    engine.add_test("in_network", |text: &str, network: &str| {
        let network = Network::parse(network).ok_or_else(|| none("in_network", network))?;
        let inner = Network::parse(text).ok_or_else(|| none("in_network", text))?;
        Ok::<_, Error>(network.holds(&inner))
    });
}

fn none(filter: &str, text: &str) -> Error {
    invalid(format!(
        "`{filter}`: `{text}` is neither an address nor a network"
    ))
}

/// An address, and how many of its bits name the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: u128,
    prefix: u32,
    /// How many bits an address has: 32 or 128.
    bits: u32,
    /// Whether the prefix was written.
    is_written: bool,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let (address, bits) = match address.parse().ok()? {
            IpAddr::V4(it) => (u128::from(u32::from(it)), 32),
            IpAddr::V6(it) => (u128::from(it), 128),
        };
        let given = match prefix {
            None => None,
            Some(prefix) if prefix.bytes().all(|it| it.is_ascii_digit()) => {
                Some(prefix.parse().ok().filter(|it| *it <= bits)?)
            }
            // A netmask.
            Some(mask) => {
                let mask = u32::from(mask.parse::<Ipv4Addr>().ok()?);
                let length = mask.leading_ones();
                Some((bits == 32 && mask.checked_shl(length).unwrap_or(0) == 0).then_some(length)?)
            }
        };
        Some(Self {
            address,
            prefix: given.unwrap_or(bits),
            bits,
            is_written: prefix.is_some(),
        })
    }

    fn mask(&self) -> u128 {
        let all = self.all();
        let free = self.bits - self.prefix;
        if free == 128 { 0 } else { (all >> free) << free }
    }

    const fn all(&self) -> u128 {
        if self.bits == 32 {
            u32::MAX as u128
        } else {
            u128::MAX
        }
    }

    fn first(&self) -> u128 {
        self.address & self.mask()
    }

    fn last(&self) -> u128 {
        self.first() | (self.all() & !self.mask())
    }

    fn holds(&self, inner: &Self) -> bool {
        self.bits == inner.bits && self.first() <= inner.first() && inner.last() <= self.last()
    }

    fn ip(&self, address: u128) -> IpAddr {
        if self.bits == 32 {
            IpAddr::V4(u32::try_from(address).unwrap_or(u32::MAX).into())
        } else {
            IpAddr::V6(address.into())
        }
    }

    fn with_prefix(&self, address: u128) -> String {
        format!("{}/{}", self.ip(address), self.prefix)
    }

    /// The first and the last that a host may have.
    fn usable(&self) -> (u128, u128) {
        let (first, last) = (self.first(), self.last());
        if self.bits - self.prefix < 2 {
            (first, last)
        } else if self.bits == 32 {
            (first + 1, last - 1)
        } else {
            (first + 1, last)
        }
    }

    /// The address of a number; below zero from the end.
    fn nth(&self, number: i64) -> Option<u128> {
        let found = if number < 0 {
            self.last().checked_sub(u128::from(number.unsigned_abs() - 1))
        } else {
            self.first().checked_add(u128::from(number.unsigned_abs()))
        };
        found.filter(|it| (self.first()..=self.last()).contains(it))
    }

    fn size(&self) -> Value {
        let free = self.bits - self.prefix;
        if free < 63 {
            Value::from(1_i64 << free)
        } else {
            Value::from(2_f64.powi(free.cast_signed()))
        }
    }
}

/// Does it to a text, or to each of a list: then what comes to nothing is left out.
fn each(value: &Value, ask: impl Fn(&str) -> Result<Value, Error>) -> Result<Value, Error> {
    let nothing = Value::from(false);
    match value.kind() {
        ValueKind::Undefined => Err(minijinja::ErrorKind::UndefinedError.into()),
        ValueKind::Seq | ValueKind::Iterable => {
            let mut kept = Vec::new();
            for item in value.try_iter()? {
                let found = item.as_str().map_or_else(|| Ok(nothing.clone()), &ask)?;
                if found != nothing {
                    kept.push(found);
                }
            }
            Ok(Value::from(kept))
        }
        _ => value.as_str().map_or(Ok(nothing), ask),
    }
}

fn asked(text: &str, version: Option<u32>, query: Option<&Value>) -> Result<Value, Error> {
    let nothing = || Ok(Value::from(false));
    let Some(it) = Network::parse(text) else {
        return nothing();
    };
    if version.is_some_and(|version| (version == 4) != (it.bits == 32)) {
        return nothing();
    }
    let Some(query) = query.filter(|it| it.as_str() != Some("")) else {
        return Ok(text.into());
    };
    if let Some(number) = query.as_i64() {
        return Ok(it
            .nth(number)
            .map_or_else(|| Value::from(false), |address| it.with_prefix(address).into()));
    }
    let word = query
        .as_str()
        .ok_or_else(|| invalid("the query of `ipaddr` is a word, a number or a network"))?;
    if let Some(network) = Network::parse(word) {
        return Ok(if network.holds(&it) {
            text.into()
        } else {
            Value::from(false)
        });
    }
    let ip = it.ip(it.address);
    let is_network = it.is_written && it.address == it.first() && it.prefix < it.bits;
    let (first, last) = it.usable();
    let when = |holds: bool| {
        if holds {
            Value::from(text)
        } else {
            Value::from(false)
        }
    };
    Ok(match word {
        "address" | "ip" => ip.to_string().into(),
        "network" | "network_id" => it.ip(it.first()).to_string().into(),
        "netmask" => it.ip(it.mask()).to_string().into(),
        "hostmask" | "wildcard" => it.ip(it.all() & !it.mask()).to_string().into(),
        "prefix" => it.prefix.into(),
        "broadcast" if it.bits == 32 && it.prefix < 31 => it.ip(it.last()).to_string().into(),
        "broadcast" => Value::from(false),
        "subnet" => it.with_prefix(it.first()).into(),
        "cidr" | "host/prefix" | "address/prefix" | "ip/prefix" | "host" => it.with_prefix(it.address).into(),
        "net" => when(is_network),
        "size" => it.size(),
        "version" => if it.bits == 32 { 4 } else { 6 }.into(),
        "type" => if is_network { "network" } else { "address" }.into(),
        "first_usable" => it.ip(first).to_string().into(),
        "last_usable" => it.ip(last).to_string().into(),
        "range_usable" => format!("{}-{}", it.ip(first), it.ip(last)).into(),
        "bool" => true.into(),
        "loopback" | "lo" => when(ip.is_loopback()),
        "multicast" => when(ip.is_multicast()),
        "private" => when(is_private(ip)),
        "public" => when(!(is_private(ip) || ip.is_loopback() || ip.is_multicast() || ip.is_unspecified())),
        "link-local" => when(match ip {
            IpAddr::V4(it) => it.is_link_local(),
            IpAddr::V6(it) => it.is_unicast_link_local(),
        }),
        "revdns" => reverse(ip).into(),
        other => return Err(invalid(format!("`ipaddr` does not know the query `{other}`"))),
    })
}

const fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(it) => it.is_private() || it.is_link_local(),
        IpAddr::V6(it) => it.is_unique_local() || it.is_unicast_link_local(),
    }
}

fn reverse(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(it) => {
            let [a, b, c, d] = it.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa.")
        }
        IpAddr::V6(it) => {
            let mut text = String::new();
            for byte in it.octets().iter().rev() {
                let _ = write!(text, "{:x}.{:x}.", byte & 15, byte >> 4);
            }
            text + "ip6.arpa."
        }
    }
}

fn ipwrap(value: &Value) -> Result<Value, Error> {
    let wrap = |text: &str| {
        let (address, rest) = text.split_at(text.find('/').unwrap_or(text.len()));
        Ok(match address.parse::<Ipv6Addr>() {
            Ok(_) => format!("[{address}]{rest}").into(),
            Err(_) => text.into(),
        })
    };
    each(value, wrap)
}

fn ipsubnet(text: &str, size: Option<u32>, index: Option<i64>) -> Result<Value, Error> {
    let it = Network::parse(text).ok_or_else(|| none("ipsubnet", text))?;
    let Some(size) = size else {
        return Ok(it.with_prefix(it.first()).into());
    };
    if size > it.bits {
        return Err(invalid(format!(
            "`ipsubnet`: a prefix has at most {} bits",
            it.bits
        )));
    }
    // Of an address alone: the network of that size that it is in.
    if !it.is_written || size < it.prefix {
        let outer = Network { prefix: size, ..it };
        return Ok(outer.with_prefix(outer.first()).into());
    }
    let count = 1_u128.checked_shl(size - it.prefix).unwrap_or(u128::MAX);
    let Some(index) = index else {
        return Ok(i64::try_from(count).map_or_else(|_| Value::from(false), Value::from));
    };
    let at = match u128::try_from(index) {
        Ok(at) => Some(at),
        Err(_) => count.checked_sub(u128::from(index.unsigned_abs())),
    };
    let Some(at) = at.filter(|at| *at < count) else {
        return Ok(Value::from(false));
    };
    let step = 1_u128.checked_shl(it.bits - size).unwrap_or(0);
    let inner = Network { prefix: size, ..it };
    Ok(inner.with_prefix(it.first() + at * step).into())
}

fn nthhost(text: &str, number: i64) -> Result<Value, Error> {
    let it = Network::parse(text).ok_or_else(|| none("nthhost", text))?;
    let found = it.nth(number);
    Ok(found.map_or_else(|| Value::from(false), |address| it.ip(address).to_string().into()))
}
