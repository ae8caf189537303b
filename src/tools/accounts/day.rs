//! Days as `/etc/shadow` counts them.

/// The day that a text names, counted from 1970.
pub(in crate::tools) fn day(text: &str) -> Option<u64> {
    let [year, month, day] = text.split('-').collect::<Vec<_>>()[..] else {
        return None;
    };
    if (year.len(), month.len(), day.len()) != (4, 2, 2) {
        return None;
    }
    let (year, month, day) = (
        year.parse::<u64>().ok()?,
        month.parse::<u64>().ok()?,
        day.parse::<u64>().ok()?,
    );
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let february = 28 + u64::from(is_leap(year));
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    if year < 1970 || day == 0 || day > *months.get(index)? {
        return None;
    }
    let years: u64 = (1970..year).map(|it| 365 + u64::from(is_leap(it))).sum();
    Some(years + months[..index].iter().sum::<u64>() + day - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_counted_from_1970() {
        assert_eq!(day("1970-01-01"), Some(0));
        assert_eq!(day("2024-03-01"), Some(19783));
        assert_eq!(day("2027-01-31"), Some(20849));
        for bad in [
            "2027-02-29",
            "2027-13-01",
            "2027-1-1",
            "1969-01-01",
            "soon",
            "2027-00-10",
            "2027-01-00",
        ] {
            assert_eq!(day(bad), None, "{bad}");
        }
    }
}
