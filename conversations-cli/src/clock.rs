//! Formats durations for people.

/// Formats seconds as minutes and seconds, with hours if there are any: `1:05`, `2:00:09`. Rounds down to whole
/// seconds.
pub(crate) fn time(seconds: f64) -> String {
    let sign = if seconds <= -1.0 { "-" } else { "" };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an absolute value; the cast stops at the largest number"
    )]
    let whole = seconds.abs() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{sign}{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{sign}{minutes}:{seconds:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_shown_only_if_there_are_any() {
        for (seconds, text) in [
            (0.0, "0:00"),
            (65.9, "1:05"),
            (7209.0, "2:00:09"),
            (-3.2, "-0:03"),
            (-0.4, "0:00"),
        ] {
            assert_eq!(time(seconds), text);
        }
    }
}
