//! Arguments of the ssh program as options of its configuration.

use crate::ansible::words::words;

/// The options `Name=value` that arguments stand for, and those that stand for none.
pub(super) fn options(text: &str) -> (Vec<String>, Vec<String>) {
    let mut options = Vec::new();
    let mut others = Vec::new();
    // A `#` is no comment there.
    let Ok(words) = words(&text.replace('#', "\\#")) else {
        return (options, vec![text.to_owned()]);
    };
    let mut words = words.into_iter().map(|word| word.text);
    while let Some(word) = words.next() {
        let Some(letters) = word.strip_prefix('-') else {
            others.push(word);
            continue;
        };
        let mut rest = letters;
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            if let Some(option) = flag(letter) {
                options.push(option.to_owned());
                continue;
            }
            let taken = std::mem::take(&mut rest);
            let value = if taken.is_empty() {
                words.next()
            } else {
                Some(taken.to_owned())
            };
            match (name(letter), value) {
                (Some(""), Some(value)) => {
                    options.push(value.replacen(' ', "=", usize::from(!value.contains('='))));
                }
                (Some(name), Some(value)) => options.push(format!("{name}={value}")),
                (_, value) => others.push(format!(
                    "-{letter}{}",
                    value.map_or(String::new(), |it| format!(" {it}"))
                )),
            }
        }
    }
    (options, others)
}

/// The option of a letter without a value.
const fn flag(letter: char) -> Option<&'static str> {
    Some(match letter {
        '4' => "AddressFamily=inet",
        '6' => "AddressFamily=inet6",
        'A' => "ForwardAgent=yes",
        'a' => "ForwardAgent=no",
        'C' => "Compression=yes",
        'K' => "GSSAPIAuthentication=yes",
        'k' => "GSSAPIDelegateCredentials=no",
        'q' => "LogLevel=QUIET",
        'T' => "RequestTTY=no",
        'x' => "ForwardX11=no",
        _ => return None,
    })
}

/// The option of a letter with a value; empty: the value is the option.
const fn name(letter: char) -> Option<&'static str> {
    Some(match letter {
        'o' => "",
        'J' => "ProxyJump",
        'b' => "BindAddress",
        'B' => "BindInterface",
        'c' => "Ciphers",
        'i' => "IdentityFile",
        'l' => "User",
        'm' => "MACs",
        'p' => "Port",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_become_options() {
        for (text, wanted, left) in [
            (
                "-o ProxyJump=bastion -o 'StrictHostKeyChecking no'",
                "ProxyJump=bastion|StrictHostKeyChecking=no",
                "",
            ),
            ("-oUser=x -J a,b", "User=x|ProxyJump=a,b", ""),
            (
                "-o ProxyCommand=\"ssh -W %h:%p -q bastion\"",
                "ProxyCommand=ssh -W %h:%p -q bastion",
                "",
            ),
            ("-4C -p 22", "AddressFamily=inet|Compression=yes|Port=22", ""),
            ("-F /x -vvv stray", "", "-F /x|-v vv|stray"),
            ("-i ~/k#1", "IdentityFile=~/k#1", ""),
            ("'x", "", "'x"),
        ] {
            let (options, others) = options(text);
            assert_eq!(
                (&*options.join("|"), &*others.join("|")),
                (wanted, left),
                "{text}"
            );
        }
    }
}
