//! The times of a job, as cron reads them.

/// A field of a job's time.
struct Field {
    name: &'static str,
    low: u8,
    high: u8,
    /// Names that may be written for numbers, from `low` on.
    names: &'static [&'static str],
}

/// The five fields, in order.
const FIELDS: [Field; 5] = [
    Field {
        name: "minute",
        low: 0,
        high: 59,
        names: &[],
    },
    Field {
        name: "hour",
        low: 0,
        high: 23,
        names: &[],
    },
    Field {
        name: "day",
        low: 1,
        high: 31,
        names: &[],
    },
    Field {
        name: "month",
        low: 1,
        high: 12,
        names: &[
            "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
        ],
    },
    Field {
        name: "weekday",
        low: 0,
        high: 7,
        names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    },
];

/// Names of times that crons know, without the `@`.
const NAMED: [&str; 8] = [
    "reboot", "yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly",
];

/// Whether a word such as `@daily` is a time.
pub(super) fn is_named(word: &str) -> bool {
    let name = word.strip_prefix('@').unwrap_or_default();
    NAMED.iter().any(|it| it.eq_ignore_ascii_case(name))
}

/// Refuses fields that cron does not read: it would pass over the job, or over the whole file.
///
/// # Errors
/// Which field, and what is wrong with it.
pub(super) fn check(fields: [&str; 5]) -> Result<(), (&'static str, String)> {
    for (field, text) in FIELDS.iter().zip(fields) {
        for item in text.split(',') {
            field.check(item).map_err(|why| {
                let text = text.escape_debug();
                (
                    field.name,
                    format!("cron does not read `{text}` as a {}: {why}", field.name),
                )
            })?;
        }
    }
    Ok(())
}

impl Field {
    /// One item of the list: `*`, `3`, `1-5`, and with a step `*/5`, `1-30/5`.
    fn check(&self, item: &str) -> Result<(), String> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        let is_single = match (range, range.split_once('-')) {
            ("*", _) => false,
            (_, Some((first, last))) => {
                if self.number(first)? > self.number(last)? {
                    return Err(format!("{first} comes after {last}"));
                }
                false
            }
            (_, None) => {
                self.number(range)?;
                true
            }
        };
        let Some(step) = step else { return Ok(()) };
        if is_single {
            return Err(format!(
                "a step belongs to a range, such as {range}-{}/{step}",
                self.high
            ));
        }
        match digits(step) {
            Some(it) if it > 0 && it <= self.high => Ok(()),
            _ => Err(format!("a step is a number from 1 to {}", self.high)),
        }
    }

    fn number(&self, text: &str) -> Result<u8, String> {
        let at = self.names.iter().position(|it| it.eq_ignore_ascii_case(text));
        let number = match at.and_then(|at| u8::try_from(at).ok()) {
            Some(at) => Some(at + self.low),
            None => digits(text),
        };
        let (low, high) = (self.low, self.high);
        number.filter(|it| (low..=high).contains(it)).ok_or_else(|| {
            let names = match self.names {
                [] => String::new(),
                [first, ..] => format!(", or a name of three letters such as {first}"),
            };
            format!("it takes numbers from {low} to {high}{names}")
        })
    }
}

fn digits(text: &str) -> Option<u8> {
    let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(at: usize, text: &str) -> Result<(), (&'static str, String)> {
        let mut fields = ["*"; 5];
        fields[at] = text;
        check(fields)
    }

    #[test]
    fn fields_are_numbers_ranges_steps_lists_and_short_names() {
        for (at, good) in [
            (0, "0"),
            (0, "*/5"),
            (0, "0,30"),
            (0, "1-10,20-40/2"),
            (0, "05"),
            (1, "23"),
            (2, "1-31/2"),
            (3, "jan,Feb,3-12"),
            (4, "mon-FRI"),
            (4, "7"),
        ] {
            assert_eq!(with(at, good), Ok(()), "{good}");
        }
        for (at, bad) in [
            (0, "60"),
            (0, "61"),
            (1, "24"),
            (2, "0"),
            (2, "32"),
            (3, "13"),
            (3, "0"),
            (4, "8"),
            (4, "monday"),
            (0, "mon"),
            (0, "*/0"),
            (0, "*/60"),
            (0, "5/10"),
            (0, "5,"),
            (0, ",5"),
            (0, ""),
            (0, "1,,2"),
            (0, "30-10"),
            (0, "1-"),
            (0, "-1"),
            (0, "+1"),
            (0, "*-5"),
            (0, "**"),
            (0, "1-5-9"),
            (0, "*/"),
            (0, "*/5/5"),
            (0, "256"),
            (4, "fri-sun"),
        ] {
            assert!(with(at, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wrong_field_is_named_with_what_it_takes() {
        assert_eq!(
            with(4, "monday").unwrap_err().1,
            "cron does not read `monday` as a weekday: it takes numbers from 0 to 7, or a name of three letters such as sun"
        );
        assert_eq!(
            with(0, "5/10").unwrap_err().1,
            "cron does not read `5/10` as a minute: a step belongs to a range, such as 5-59/10"
        );
    }
}
