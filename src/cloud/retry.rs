//! How long to wait before the next try: pure, so that its bounds can be tested.

use std::time::Duration;

/// Tries of one request, the first included.
pub(crate) const MAX_TRIES: u32 = 4;

const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The wait after the `failed`th try (from 1): doubling, with the upper half left to chance (`jitter` from 0 to 1), so
/// that many clients do not come back together; never shorter than what the cloud asked for.
pub(crate) fn wait(failed: u32, jitter: f64, asked: Option<Duration>) -> Duration {
    let doublings = failed.saturating_sub(1).min(16);
    let longest = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    longest.mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0).max(asked.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_from_a_quarter_second_to_ten() {
        let longest: Vec<_> = (1..=8).map(|failed| wait(failed, 1.0, None).as_millis()).collect();
        assert_eq!(longest, [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
        let shortest: Vec<_> = (1..=3).map(|failed| wait(failed, 0.0, None).as_millis()).collect();
        assert_eq!(shortest, [125, 250, 500]);
        assert_eq!(wait(u32::MAX, 1.0, None), LONGEST_WAIT);
    }

    #[test]
    fn what_the_cloud_asks_for_is_the_least() {
        assert_eq!(wait(1, 1.0, Some(Duration::from_secs(60))), Duration::from_secs(60));
        assert_eq!(wait(1, 1.0, Some(Duration::from_millis(1))), FIRST_WAIT);
    }
}
