//! Durations as Go writes them: `1s`, `1h30m`, `1.5s`.

use std::time::Duration;

const UNITS: [(&str, f64); 8] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("μs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// A day between two requests is more than anybody waits.
const LONGEST: f64 = 24.0 * 3600.0;

/// A duration; 0 needs no unit.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let sentence = "must be a duration with its unit, a day at most: write one like 500ms, 1s or 1m30s";
    let seconds = if text == "0" { Some(0.0) } else { seconds(text) };
    seconds
        .filter(|seconds| *seconds <= LONGEST)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| sentence.to_owned())
}

fn seconds(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, behind) = rest.split_at(end);
        let end = behind.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(behind.len());
        let (name, behind) = behind.split_at(end);
        let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == name)?;
        sum += number.parse::<f64>().ok()? * unit;
        rest = behind;
    }
    (!text.is_empty()).then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        for (text, expected) in [
            ("0", 0),
            ("0s", 0),
            ("1s", 1_000_000),
            ("1.5s", 1_500_000),
            ("1h30m", 5_400_000_000),
            ("300ms", 300_000),
            ("7µs", 7),
            ("24h", 86_400_000_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_micros(expected)), "{text}");
        }
        for bad in ["", "1", "s", "1 s", "-1s", "1d", "1.2.3s", "25h", "1e3s", "1s2"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
    }
}
