//! The host's full name and its default routes: read from files, without a process and without a packet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use crate::protocol::Route;

/// Flags of a route: it is used (`RTF_UP`), or it refuses what goes there (`RTF_REJECT`), of Linux's `route.h`.
const UP: u32 = 0x1;
const REJECT: u32 = 0x200;
/// Nobody has these addresses (RFC 5737, RFC 3849), so that they are beyond the default route.
const FAR_IPV4: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const FAR_IPV6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));

/// The first name of the line in `/etc/hosts` that has this one; without such a line the name itself.
pub(super) fn full_name(hostname: &str, hosts: &str) -> String {
    let line = |line: &str| {
        let mut names = line.split('#').next()?.split_whitespace().skip(1);
        let first = names.next()?;
        let is_it = first == hostname || names.any(|name| name == hostname);
        (is_it && first.contains('.') && !first.starts_with("localhost")).then(|| first.to_owned())
    };
    hosts
        .lines()
        .find_map(line)
        .unwrap_or_else(|| hostname.to_owned())
}

/// From `/proc/net/route`.
pub(super) fn default_ipv4(table: &str) -> Route {
    nearest(table.lines().filter_map(ipv4), FAR_IPV4)
}

fn ipv4(line: &str) -> Option<(u32, &str, IpAddr)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [interface, to, gateway, flags, _, _, metric, mask, ..] = fields[..] else {
        return None;
    };
    let number = |text| u32::from_str_radix(text, 16).ok();
    let is_default = number(to)? == 0 && number(mask)? == 0 && is_open(number(flags)?);
    let gateway = Ipv4Addr::from(number(gateway)?.to_ne_bytes());
    is_default.then_some((metric.parse::<u32>().ok()?, interface, IpAddr::V4(gateway)))
}

/// From `/proc/net/ipv6_route`.
pub(super) fn default_ipv6(table: &str) -> Route {
    nearest(table.lines().filter_map(ipv6), FAR_IPV6)
}

fn ipv6(line: &str) -> Option<(u32, &str, IpAddr)> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let [to, length, _, _, gateway, metric, _, _, flags, interface] = fields[..] else {
        return None;
    };
    let number = |text| u32::from_str_radix(text, 16).ok();
    let address = |text| u128::from_str_radix(text, 16).ok().map(Ipv6Addr::from);
    let is_default = number(length)? == 0 && address(to)?.is_unspecified() && is_open(number(flags)?);
    let gateway = IpAddr::V6(address(gateway)?);
    (is_default && interface != "lo").then_some((number(metric)?, interface, gateway))
}

fn is_open(flags: u32) -> bool {
    flags & UP != 0 && flags & REJECT == 0
}

/// The route of the smallest metric.
fn nearest<'a>(routes: impl Iterator<Item = (u32, &'a str, IpAddr)>, far: IpAddr) -> Route {
    let Some((_, interface, gateway)) = routes.min_by_key(|(metric, ..)| *metric) else {
        return Route::default();
    };
    Route {
        address: source(far).map_or_else(String::new, |it| it.to_string()),
        interface: interface.to_owned(),
        gateway: if gateway.is_unspecified() {
            String::new()
        } else {
            gateway.to_string()
        },
    }
}

/// The address that the kernel would send from. Connecting a socket of datagrams sends nothing.
fn source(far: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match far {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).ok()?;
    socket.connect((far, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_is_the_first_one_of_its_line() {
        let hosts =
            "127.0.0.1 localhost\n127.0.1.1 web1.example.org web1 # the host\n10.0.0.2 db.example.org db\n";
        assert_eq!(full_name("web1", hosts), "web1.example.org");
        assert_eq!(full_name("db", hosts), "db.example.org");
        assert_eq!(full_name("other", hosts), "other");
        assert_eq!(full_name("a", "127.0.0.1 localhost.localdomain a"), "a");
        assert_eq!(full_name("a", "10.0.0.1 a a.example.org\n#1 a.b a"), "a");
    }

    #[test]
    fn the_default_route_is_the_one_of_the_smallest_metric() {
        let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n";
        let gateway = u32::from_ne_bytes([10, 0, 0, 1]);
        let table = format!(
            "{head}wlan0\t00000000\t{gateway:08X}\t0003\t0\t0\t600\t00000000\t0\t0\t0\n\
             eth0\t00000000\t{gateway:08X}\t0003\t0\t0\t100\t00000000\t0\t0\t0\n\
             eth1\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
        );
        let route = default_ipv4(&table);
        assert_eq!((&*route.interface, &*route.gateway), ("eth0", "10.0.0.1"));
        assert_eq!(default_ipv4(head), Route::default());
        assert_eq!(default_ipv4("nonsense\n\u{0}"), Route::default());
    }

    #[test]
    fn an_ipv6_route_that_refuses_is_none() {
        let zero = "0".repeat(32);
        let router = "fe800000000000000000000000000001";
        let line = |gateway: &str, metric: &str, flags: &str, interface: &str| {
            format!("{zero} 00 {zero} 00 {gateway} {metric} 00000001 00000000 {flags} {interface}\n")
        };
        let refused = line(&zero, "ffffffff", "00200200", "lo");
        assert_eq!(default_ipv6(&refused), Route::default());
        let table = refused + &line(router, "00000400", "00000003", "eth0");
        let route = default_ipv6(&table);
        assert_eq!((&*route.interface, &*route.gateway), ("eth0", "fe80::1"));
    }
}
