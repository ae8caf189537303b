//! A number of hosts as a playbook gives it: a count, or a percentage of a round's hosts.

use crate::diagnostic::{Code, Diagnostic};
use crate::name::RoundId;
use crate::playbook::read::{Fields, Reading};
use crate::playbook::settings::is_templated;
use crate::playbook::settled::Late;
use crate::template::Form;
use crate::value::Value;
use crate::yaml::{Kind, Node};

/// A count of hosts, or a percentage of a round's hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// This many.
    Count(u32),
    /// This many of a hundred: 0 to 100.
    Percent(u32),
}

impl Share {
    /// How large a batch of this size is in a round of so many hosts: percentages are rounded down, and it has one host
    /// at least.
    pub fn batch(self, total: usize) -> usize {
        match self {
            Self::Count(count) => count as usize,
            Self::Percent(percent) => total * percent as usize / 100,
        }
        .max(1)
    }

    /// Whether so many failures are strictly more than this of so many hosts. Nothing is rounded.
    pub fn is_exceeded(self, failures: usize, total: usize) -> bool {
        match self {
            Self::Count(count) => failures > count as usize,
            Self::Percent(percent) => failures * 100 > total * percent as usize,
        }
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// Divides a round's hosts into batches of these sizes; the last size repeats. No sizes: one batch.
pub fn batches<T: Copy>(sizes: &[Share], hosts: &[T]) -> Vec<Vec<T>> {
    let mut batches = Vec::new();
    let mut rest = hosts;
    while !rest.is_empty() {
        let size = sizes.get(batches.len()).or(sizes.last());
        let size = size.map_or(rest.len(), |size| size.batch(hosts.len()));
        let (batch, others) = rest.split_at(size.min(rest.len()));
        batches.push(batch.to_vec());
        rest = others;
    }
    batches
}

impl Share {
    /// From what an expression came to.
    ///
    /// # Errors
    /// Why it is none.
    pub(super) fn of(key: &str, least: u32, value: &Value) -> Result<Self, String> {
        let count = match value {
            Value::Int(it) => u32::try_from(*it).ok(),
            Value::Str(text) => digits(text),
            _ => None,
        };
        let percent = value
            .as_str()
            .and_then(|it| it.strip_suffix('%'))
            .and_then(digits);
        match (count, percent) {
            (Some(count), _) if count >= least => Ok(Self::Count(count)),
            (_, Some(percent)) if (least..=100).contains(&percent) => Ok(Self::Percent(percent)),
            _ => {
                let shown = serde_json::to_string(value).unwrap_or_default();
                Err(format!(
                    "`{key}` takes a count or a percentage of hosts, not `{}`",
                    shown.trim_matches('"')
                ))
            }
        }
    }
}

/// One share, or a list of them, from what an expression came to.
///
/// # Errors
/// Why it is none.
pub(super) fn shares(key: &str, least: u32, value: &Value) -> Result<Vec<Share>, String> {
    match value {
        Value::List(items) if items.is_empty() => Err(format!("`{key}` is an empty list")),
        Value::List(items) => items.iter().map(|it| Share::of(key, least, it)).collect(),
        one => Ok(vec![Share::of(key, least, one)?]),
    }
}

impl Reading<'_> {
    /// `serial`: one size, or a list of them; empty where it is not said.
    pub(super) fn serial(&mut self, fields: &Fields<'_>, round: RoundId) -> Vec<Share> {
        let Some(node) = fields.get("serial") else {
            return Vec::new();
        };
        let has_templates = match &node.kind {
            Kind::Seq(items) => items.iter().any(is_templated),
            _ => is_templated(node),
        };
        if has_templates {
            let form = self.form(node).map(Form::as_data);
            self.late.push(Late::Serial(round, form));
            return Vec::new();
        }
        match &node.kind {
            Kind::Seq(items) if items.is_empty() => {
                self.not_a_share(
                    "`serial` is an empty list",
                    "Give it a size, or leave the key out.",
                    node,
                );
                Vec::new()
            }
            Kind::Seq(items) => items
                .iter()
                .filter_map(|item| self.share("serial", 1, item))
                .collect(),
            _ => self.share("serial", 1, node).into_iter().collect(),
        }
    }

    /// `max_failures`.
    pub(super) fn max_failures(&mut self, fields: &Fields<'_>, round: RoundId) -> Option<Share> {
        let node = fields.get("max_failures")?;
        if is_templated(node) {
            let form = self.form(node).map(Form::as_data);
            self.late.push(Late::MaxFailures(round, form));
            return None;
        }
        self.share("max_failures", 0, node)
    }

    fn share(&mut self, key: &str, least: u32, node: &Node) -> Option<Share> {
        let help = format!("Write a count such as `2`, or a percentage from `{least}%` to `100%`.");
        match &node.kind {
            Kind::Int(number) => {
                if let Some(count) = u32::try_from(*number).ok().filter(|it| *it >= least) {
                    return Some(Share::Count(count));
                }
                self.not_a_share(&format!("`{key}` cannot be `{number}`"), &help, node);
            }
            Kind::Str(_) => {
                let written = self.text_of(key, node)?.value;
                let percent = written.strip_suffix('%').and_then(digits);
                if let Some(percent) = percent.filter(|it| (least..=100).contains(it)) {
                    return Some(Share::Percent(percent));
                }
                let shown = written.escape_debug();
                if digits(&written).is_some() {
                    let message = format!("`{key}` takes a count or a percentage, not the text `{shown}`");
                    self.not_a_share(&message, "Remove the quotes.", node);
                } else {
                    self.not_a_share(&format!("`{key}` cannot be `{shown}`"), &help, node);
                }
            }
            Kind::Null => self.null(key, node),
            _ => self.wrong_type(key, "a count or a percentage of hosts", node),
        }
        None
    }

    fn not_a_share(&mut self, message: &str, help: &str, node: &Node) {
        self.diagnostics.push(
            Diagnostic::error(Code::HostShare, message)
                .at(node.span)
                .help(help),
        );
    }
}

/// A number of digits and nothing else.
fn digits(text: &str) -> Option<u32> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(serial: &[Share], total: usize) -> Vec<usize> {
        let hosts: Vec<usize> = (0..total).collect();
        let batches = batches(serial, &hosts);
        assert_eq!(batches.concat(), hosts, "every host is in one batch, in order");
        batches.iter().map(Vec::len).collect()
    }

    #[test]
    fn batches_are_those_of_ansible() {
        use Share::{Count, Percent};
        assert_eq!(sizes(&[Count(1), Percent(50), Count(10)], 5), [1, 2, 2]);
        assert_eq!(sizes(&[Count(2)], 5), [2, 2, 1]);
        assert_eq!(sizes(&[Percent(25)], 10), [2, 2, 2, 2, 2]);
        assert_eq!(sizes(&[Percent(1)], 3), [1, 1, 1]);
        assert_eq!(sizes(&[Percent(100)], 3), [3]);
        assert_eq!(sizes(&[Count(1), Count(5)], 20), [1, 5, 5, 5, 4]);
        assert_eq!(sizes(&[], 4), [4]);
        assert_eq!(sizes(&[Count(9)], 4), [4]);
        assert_eq!(sizes(&[Count(1)], 0), [0; 0]);
    }

    #[test]
    fn a_limit_is_exceeded_by_strictly_more() {
        assert!(!Share::Count(1).is_exceeded(1, 10));
        assert!(Share::Count(1).is_exceeded(2, 10));
        assert!(Share::Count(0).is_exceeded(1, 1));
        assert!(!Share::Percent(20).is_exceeded(2, 10));
        assert!(Share::Percent(20).is_exceeded(3, 10));
        assert!(!Share::Percent(50).is_exceeded(1, 3));
        assert!(Share::Percent(50).is_exceeded(2, 3));
        assert!(!Share::Percent(100).is_exceeded(3, 3));
    }
}
