//! Points in time as arguments.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::{Serialize, Serializer};

/// A point in time: seconds since 1970, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub i64);

const DAY: i64 = 86_400;

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March, so that a leap day is the last one.
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date that so many days after 1970-01-01 are.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.0.div_euclid(DAY));
        let rest = self.0.rem_euclid(DAY);
        let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        )
    }
}

impl std::str::FromStr for Time {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(seconds) = text.parse() {
            return Ok(Self(seconds));
        }
        let wrong = || {
            format!(
                "`{text}` is not a time; write it in UTC as 2026-01-31T23:59:59Z, or as seconds since 1970"
            )
        };
        read(text)
            .filter(|time| time.to_string() == text.replace(' ', "T"))
            .ok_or_else(wrong)
    }
}

/// A time as `2026-01-31T23:59:59Z`; one that there is not comes out as another.
fn read(text: &str) -> Option<Time> {
    let (day, time) = text.strip_suffix('Z')?.split_once(['T', ' '])?;
    let numbers = |text: &str, sign: char| {
        let mut all = text.split(sign).map(|part| part.parse::<i64>().ok());
        let three = [all.next()??, all.next()??, all.next()??];
        all.next().is_none().then_some(three)
    };
    let [year, month, day] = numbers(day, '-')?;
    let [hour, minute, second] = numbers(time, ':')?;
    let is_small = (0..=9999).contains(&year)
        && [month, day, hour, minute, second]
            .iter()
            .all(|it| (0..100).contains(it));
    is_small.then(|| Time(days(year, month, day) * DAY + hour * 3600 + minute * 60 + second))
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Time;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time such as 2026-01-31T23:59:59Z, or seconds since 1970")
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
        text.parse().map_err(de::Error::custom)
    }
    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Time, E> {
        Ok(Time(seconds))
    }
    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Time, E> {
        i64::try_from(seconds).map(Time).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TimeVisitor)
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer"] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_it_is_shown() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2026-01-31T12:00:00Z", 1_769_860_800),
            ("1969-12-31T23:59:59Z", -1),
        ] {
            assert_eq!(text.parse(), Ok(Time(seconds)), "{text}");
            assert_eq!(Time(seconds).to_string(), text);
        }
        assert_eq!("2026-01-31 12:00:00Z".parse(), Ok(Time(1_769_860_800)));
        assert_eq!("-5".parse(), Ok(Time(-5)));
        let mut day = -800_000;
        while day < 800_000 {
            let (year, month, of_month) = date(day);
            assert_eq!(days(year, month, of_month), day);
            day += 97;
        }
        for bad in [
            "",
            "now",
            "2026-02-29T00:00:00Z",
            "2026-01-31",
            "2026-01-31T24:00:00Z",
            "2026-1-31T00:00:00Z",
        ] {
            assert!(bad.parse::<Time>().is_err(), "{bad}");
        }
    }
}
