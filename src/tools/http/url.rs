//! URLs of HTTP and HTTPS.

use std::fmt;

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    pub(super) is_secure: bool,
    /// `user:password`, if they were given.
    pub(super) login: Option<String>,
    /// A name, an IPv4 address, or an IPv6 address in brackets.
    pub(super) host: String,
    pub(super) port: Option<u16>,
    /// Path and query.
    pub(super) target: String,
}

impl std::str::FromStr for Url {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("`{}` is not a URL: {why}", without_login(text));
        if let Some(odd) = text
            .chars()
            .find(|c| c.is_control() || c.is_whitespace() || !c.is_ascii())
        {
            return Err(wrong(&format!("write {odd:?} as its percent escape")));
        }
        let (is_secure, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => (false, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => (true, rest),
            _ => return Err(wrong("it begins with `http://` or `https://`")),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(end);
        let (login, place) = match authority.rsplit_once('@') {
            Some((login, place)) => (Some(login.to_owned()), place),
            None => (None, authority),
        };
        let digits = place.rfind(':').filter(|colon| !place[*colon..].contains(']'));
        let (host, port) = match digits {
            Some(colon) => {
                let port = place[colon + 1..]
                    .parse()
                    .map_err(|_| wrong("its port is no number"))?;
                (&place[..colon], Some(port))
            }
            None => (place, None),
        };
        if host.is_empty() {
            return Err(wrong("it names no host"));
        }
        let target = match target.as_bytes().first() {
            None => "/".to_owned(),
            Some(b'?') => format!("/{target}"),
            Some(_) => target.to_owned(),
        };
        Ok(Self {
            is_secure,
            login,
            host: host.to_owned(),
            port,
            target,
        })
    }
}

/// For messages.
fn without_login(text: &str) -> String {
    match text
        .split_once("://")
        .and_then(|(scheme, rest)| Some((scheme, rest.split_once('@')?.1)))
    {
        Some((scheme, rest)) => format!("{scheme}://…@{rest}"),
        None => text.to_owned(),
    }
}

impl Url {
    /// What is connected to.
    pub(super) fn port(&self) -> u16 {
        self.port.unwrap_or(if self.is_secure { 443 } else { 80 })
    }

    /// Host and port as the `Host` header has them.
    pub(super) fn authority(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// Where a `Location` header leads from here. A login goes no further than its own host.
    pub(super) fn follow(&self, location: &str) -> Result<Self, String> {
        let scheme = if self.is_secure { "https" } else { "http" };
        let location = location.split('#').next().unwrap_or_default();
        let mut next: Self = if location.contains("://") {
            location.parse()?
        } else if location.starts_with("//") {
            format!("{scheme}:{location}").parse()?
        } else {
            let path = self.target.split('?').next().unwrap_or_default();
            let folder = &path[..=path.rfind('/').unwrap_or(0).min(path.len().saturating_sub(1))];
            let target = if location.starts_with('/') {
                location.to_owned()
            } else if location.starts_with('?') {
                format!("{path}{location}")
            } else {
                format!("{folder}{location}")
            };
            format!("{scheme}://{}{target}", self.authority()).parse()?
        };
        if next.authority() == self.authority() && next.is_secure == self.is_secure && next.login.is_none() {
            next.login.clone_from(&self.login);
        }
        Ok(next)
    }
}

/// Without the login, so that it can be shown.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let url: Url = "http://me:pw@[::1]:8080/a?b#c".parse().unwrap();
        assert_eq!(
            (url.host.as_str(), url.port(), url.target.as_str()),
            ("[::1]", 8080, "/a?b")
        );
        assert_eq!(url.login.as_deref(), Some("me:pw"));
        assert_eq!(url.to_string(), "http://[::1]:8080/a?b");
        assert_eq!("https://x".parse::<Url>().unwrap().port(), 443);
        assert_eq!("http://x?q".parse::<Url>().unwrap().target, "/?q");
        for bad in [
            "",
            "x",
            "ftp://x",
            "http://",
            "http://x:y/",
            "http://x/a b",
            "http://x/\r\nA: b",
            "http://x/ü",
        ] {
            assert!(bad.parse::<Url>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_redirect_leads_on_from_where_it_was_found() {
        let follow = |location: &str| {
            let url: Url = "http://me:pw@x:81/a/b?c".parse().unwrap();
            url.follow(location)
                .map(|it| (it.to_string(), it.login.is_some()))
        };
        let ok = |text: &str, login| Ok((text.to_owned(), login));
        assert_eq!(follow("/d"), ok("http://x:81/d", true));
        assert_eq!(follow("d"), ok("http://x:81/a/d", true));
        assert_eq!(follow("?d"), ok("http://x:81/a/b?d", true));
        assert_eq!(follow("//y/d"), ok("http://y/d", false));
        assert_eq!(follow("https://x:81/d"), ok("https://x:81/d", false));
        assert!(follow("file:///etc/passwd").is_err());
    }
}
