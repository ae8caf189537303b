//! Tests of filters and tests, by what they give: addresses, layout, choices, URLs, times, digests and paths.

use super::tests::{check, evaluate};

#[test]
fn addresses_and_their_networks_are_taken_apart() {
    check(&[
        ("'192.168.1.5/24' | ipaddr", r#""192.168.1.5/24""#),
        ("'192.168.1.300' | ipaddr", "false"),
        ("'192.168.1.5/24' | ipaddr('address')", r#""192.168.1.5""#),
        ("'192.168.1.5/24' | ipaddr('network')", r#""192.168.1.0""#),
        ("'192.168.1.5/24' | ipaddr('netmask')", r#""255.255.255.0""#),
        ("'10.1.2.3/255.255.0.0' | ipaddr('prefix')", "16"),
        ("'10.1.2.3/255.0.255.0' | ipaddr", "false"),
        ("'192.168.1.5/24' | ipaddr('broadcast')", r#""192.168.1.255""#),
        ("'192.168.1.5/24' | ipaddr('subnet')", r#""192.168.1.0/24""#),
        ("'192.168.1.0/24' | ipaddr(-1)", r#""192.168.1.255/24""#),
        (
            "'192.168.1.0/24' | ipaddr('range_usable')",
            r#""192.168.1.1-192.168.1.254""#,
        ),
        ("'192.168.1.0/24' | ipaddr('size')", "256"),
        (
            "['10.0.0.1', 'x', '8.8.8.8', '::1'] | ipaddr('private')",
            r#"["10.0.0.1"]"#,
        ),
        ("['10.0.0.1', '::1'] | ipv6", r#"["::1"]"#),
        ("'10.0.0.1' | ipaddr('10.0.0.0/8')", r#""10.0.0.1""#),
        ("'10.0.0.1' | ipaddr('11.0.0.0/8')", "false"),
        ("'2001:db8::1/64' | ipaddr('network')", r#""2001:db8::""#),
        ("'10.1.2.3' | ipaddr('revdns')", r#""3.2.1.10.in-addr.arpa.""#),
        (
            "['::1', '10.0.0.1', 'web1'] | ipwrap",
            r#"["[::1]", "10.0.0.1", "web1"]"#,
        ),
        ("'192.168.144.5' | ipsubnet(20)", r#""192.168.144.0/20""#),
        ("'192.168.0.0/16' | ipsubnet(20)", "16"),
        ("'192.168.0.0/16' | ipsubnet(20, 1)", r#""192.168.16.0/20""#),
        ("'192.168.0.0/16' | ipsubnet(20, -1)", r#""192.168.240.0/20""#),
        ("'0.0.0.0/0' | ipaddr('last_usable')", r#""255.255.255.254""#),
        ("'::/0' | ipaddr('network')", r#""::""#),
        (
            "'::/0' | nthhost(-1)",
            r#""ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff""#,
        ),
        ("'10.0.0.0/8' | nthhost(305)", r#""10.0.1.49""#),
        ("'10.2.0.0/16' is in_network('10.0.0.0/8')", "true"),
        (
            "'10.0.0.1' is ip and '10.0.0.1' is ipv4 and '::1' is ipv6 and 'x' is not ip",
            "true",
        ),
    ]);
}

#[test]
fn texts_are_laid_out_and_sizes_read() {
    check(&[
        ("'ab' | center(5)", r#""  ab ""#),
        ("'abc' | center(6)", r#"" abc  ""#),
        ("'one two three four' | truncate(11)", r#""one two...""#),
        ("'one two three four' | truncate(11, true)", r#""one two ...""#),
        ("'one two three' | truncate(9)", r#""one two three""#),
        (
            "'one two three four' | truncate(9, end='', leeway=0)",
            r#""one two""#,
        ),
        ("'a bb ccc dddd' | wordwrap(5)", r#""a bb\nccc\ndddd""#),
        ("'abcdefg' | wordwrap(3)", r#""abc\ndef\ng""#),
        ("'abcdefg hi' | wordwrap(3, false)", r#""abcdefg\nhi""#),
        ("'a  b c' | wordcount", "3"),
        ("'<p>a <b>b</b></p><!-- x > y -->' | striptags", r#""a b""#),
        ("1288490188 | human_readable", r#""1.20 GB""#),
        ("10 | human_readable", r#""10.00 Bytes""#),
        ("1048576 | human_readable(unit='K')", r#""1024.00 KB""#),
        ("1024 | human_readable(isbits=true)", r#""1.00 Kb""#),
        ("'1.5G' | human_to_bytes", "1610612736"),
        ("'10 KB' | human_to_bytes", "10240"),
        ("'10' | human_to_bytes('M')", "10485760"),
        ("100 | human_to_bytes", "100"),
        ("1000 | filesizeformat", r#""1.0 kB""#),
        ("1048576 | filesizeformat(true)", r#""1.0 MiB""#),
        ("1 | filesizeformat", r#""1 Byte""#),
    ]);
    assert!(
        evaluate("'10 XB' | human_to_bytes")
            .unwrap_err()
            .contains("does not read")
    );
    assert!(
        evaluate("'abcdefghijk' | truncate(2)")
            .unwrap_err()
            .contains("leaves no room")
    );
}

#[test]
fn items_are_chosen_the_same_each_time() {
    check(&[
        ("[1, 2, 3] | combinations(2)", "[[1, 2], [1, 3], [2, 3]]"),
        ("[1, 2] | permutations", "[[1, 2], [2, 1]]"),
        (
            "[1, 2] | zip_longest(['a'], fillvalue='-')",
            r#"[[1, "a"], [2, "-"]]"#,
        ),
        (
            "['1.10', '1.9', '1.9rc1'] | version_sort",
            r#"["1.9rc1", "1.9", "1.10"]"#,
        ),
        ("[3, 1, 2] | shuffle(seed='a') | sort", "[1, 2, 3]"),
        (
            "(range(50) | list | shuffle(seed='a')) == (range(50) | list | shuffle(seed='a'))",
            "true",
        ),
        (
            "(range(50) | list | shuffle(seed='a')) == (range(50) | list | shuffle(seed='b'))",
            "false",
        ),
        ("59 | random(seed='web1') == 59 | random(seed='web1')", "true"),
        (
            "(59 | random(seed='x')) in range(59) and (['a'] | random(seed=1)) == 'a'",
            "true",
        ),
        (
            "[[1, true], [0]] is any and [1, 'a'] is all and [1, 0] is not all and [] is not any",
            "true",
        ),
        (
            "[{'a': 1, 'b': 1}, {'b': 2}] | combine({'c': 3})",
            r#"{"a": 1, "b": 2, "c": 3}"#,
        ),
        ("dict([['a', 1], ['b', 2]])", r#"{"a": 1, "b": 2}"#),
        ("dict(['a', 'b'] | zip([1, 2]))", r#"{"a": 1, "b": 2}"#),
        ("dict({'a': 1}, b=2)", r#"{"a": 1, "b": 2}"#),
    ]);
    for text in ["[1] | random", "[1] | shuffle"] {
        assert!(evaluate(text).unwrap_err().contains("needs a seed"), "{text}");
    }
    assert!(evaluate("[] | random(seed=1)").is_err());
    assert!(
        evaluate("range(30) | list | combinations(15)")
            .unwrap_err()
            .contains("more than")
    );
}

#[test]
fn urls_times_and_digests() {
    let url = "'https://ann:s3@Web1:8443/a/b?q=1&r=2#top'";
    for (part, expected) in [
        ("scheme", "https"),
        ("hostname", "web1"),
        ("path", "/a/b"),
        ("query", "q=1&r=2"),
        ("fragment", "top"),
        ("username", "ann"),
        ("password", "s3"),
        ("netloc", "ann:s3@Web1:8443"),
    ] {
        let text = format!("{url} | urlsplit('{part}')");
        assert_eq!(evaluate(&text), Ok(expected.into()), "{text}");
    }
    check(&[
        ("'http://[::1]:80/' | urlsplit('hostname')", r#""::1""#),
        ("('http://[::1]:80/' | urlsplit).port", "80"),
        ("'a b/ü&' | urlencode", r#""a%20b/%C3%BC%26""#),
        ("{'a': 'x y', 'b': 1} | urlencode", r#""a=x%20y&b=1""#),
        ("'a%20b+c' | urldecode", r#""a b c""#),
        ("'http://a/' is url and 'a b' is not url", "true"),
        ("'%Y-%m-%d' | strftime(86400)", r#""1970-01-02""#),
        ("'2024-02-29 12:00:01' | to_datetime", "1709208001"),
        (
            "'1970-01-01T01:00:00+01:00' | to_datetime('%Y-%m-%dT%H:%M:%S%z')",
            "0",
        ),
        (
            "('2024-03-01' | to_datetime('%F')) - ('2024-02-01' | to_datetime('%F'))",
            "2505600",
        ),
        (
            "'%F %T' | strftime('2000-02-29 23:59:58' | to_datetime)",
            r#""2000-02-29 23:59:58""#,
        ),
        ("'' | md5", r#""d41d8cd98f00b204e9800998ecf8427e""#),
        ("'' | sha1", r#""da39a3ee5e6b4b0d3255bfef95601890afd80709""#),
        (
            "'a' | hash('md5') == ('a' | md5) and ('a' | checksum) == ('a' | hash('sha1'))",
            "true",
        ),
        ("'example' | to_uuid", r#""0cd629ef-c3f7-5d62-98fc-b4270497b261""#),
        (
            "'Hello world!' | password_hash('sha512', 'saltstring')",
            r#""$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1""#,
        ),
        (
            "'Hello world!' | password_hash('sha256', 'saltstring')",
            r#""$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5""#,
        ),
    ]);
    assert!(evaluate("'2024-13-01' | to_datetime('%F')").is_err());
    assert!(
        evaluate("'x' | password_hash")
            .unwrap_err()
            .contains("needs a salt")
    );
    assert!(evaluate("'%zz' | urldecode").is_err());
}

#[test]
fn paths_of_the_controller_are_asked_about() {
    check(&[
        (
            "'/' is directory and '/' is exists and '/nope' is not exists and '/' is not file",
            "true",
        ),
        ("'/a' is abs and 'a' is not abs", "true"),
        ("'/a/./b/../c' | normpath", r#""/a/c""#),
        ("'../../a' | normpath", r#""../../a""#),
        ("'/a/b/c' | relpath('/a/x')", r#""../b/c""#),
        ("'/a' | relpath('/a')", r#"".""#),
        ("['/a/b/c', '/a/b/d'] | commonpath", r#""/a/b""#),
        ("'/nope/../x' | realpath", r#""/x""#),
        (
            "{'failed': true, 'changed': false, 'skipped': false, 'status': 'lost'} is failure",
            "true",
        ),
        (
            "{'status': 'lost'} is unreachable and {'status': 'ok'} is not unreachable",
            "true",
        ),
        (
            "'$ANSIBLE_VAULT;1.1;AES256' is vault_encrypted and 'a' is not vault_encrypted",
            "true",
        ),
    ]);
}
