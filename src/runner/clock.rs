//! When a run began, in words.

use std::time::SystemTime;

/// Names a run: when it began, and a number by which runs of the same second differ. Ids are in the order of time.
pub(super) fn run_id() -> String {
    named(SystemTime::now(), std::process::id())
}

fn named(time: SystemTime, process: u32) -> String {
    let micros = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .subsec_micros();
    // A million takes 20 bits.
    let number = micros << 12 | process & 0xfff;
    format!("{}-{number:08x}", rfc3339(time).replace([':', '-'], ""))
}

/// A time in RFC 3339, UTC, whole seconds.
pub(super) fn rfc3339(time: SystemTime) -> String {
    let seconds = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs();
    let (days, rest) = (seconds / 86400, seconds % 86400);
    // Days to a date of the Gregorian calendar, counting years from March, by eras of 400 years.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_are_written_in_rfc_3339() {
        let at = |seconds| rfc3339(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(at(0), "1970-01-01T00:00:00Z");
        assert_eq!(at(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(at(1_796_083_199), "2026-11-30T23:59:59Z");
    }

    #[test]
    fn names_of_runs_are_in_the_order_of_time() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_796_083_199);
        let times = (0..3000).map(|step| start + Duration::from_micros(step * 733));
        let names: Vec<_> = (times.zip(0..))
            .map(|(time, process)| named(time, 7_919 * process))
            .collect();
        assert!(
            names.is_sorted() && names.iter().all(|it| it.len() == names[0].len()),
            "{names:?}"
        );
    }
}
