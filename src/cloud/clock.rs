//! The time to sign requests with: this machine's, corrected if the cloud's differs too much.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::error_response::ErrorResponse;
use super::sign;

/// The difference of the clocks, in seconds, above which it is corrected: a third of what the cloud accepts.
const TOLERANCE: u64 = 5 * 60;

/// The cloud's clock, as its responses show it.
#[derive(Debug, Default)]
pub(super) struct CloudClock {
    /// Seconds to add to this machine's clock.
    offset: AtomicI64,
}

impl CloudClock {
    /// The time to sign with.
    pub(super) fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_secs(self.offset.load(Ordering::Relaxed));
        let now = Timestamp::now();
        // The sum overflows if the cloud claims a time near the end of the range.
        now.checked_add(offset).unwrap_or(now)
    }

    /// Corrects the clock by the server's time in an error response, and returns whether the response has one. A
    /// concurrent request may have corrected it already.
    pub(super) fn correct_by_error(&self, response: &ErrorResponse) -> bool {
        let Some(server) = response.server_time().and_then(parse_sdk_date) else { return false };
        self.correct(skew(server));
        true
    }

    /// Corrects the clock by the `Date` of a response if the difference is so large that the cloud may soon reject
    /// signatures; a smaller one may be due to latency or a proxy. Returns the cloud's clock less this machine's, in
    /// seconds.
    pub(super) fn correct_by_date(&self, date: Timestamp) -> i64 {
        let skew = skew(date);
        if self.offset.load(Ordering::Relaxed).abs_diff(skew) > TOLERANCE {
            self.correct(skew);
        }
        skew
    }

    fn correct(&self, offset: i64) {
        let before = self.offset.swap(offset, Ordering::Relaxed);
        if offset.unsigned_abs() <= TOLERANCE {
            tracing::info!(skew_seconds = offset, "this machine's clock agrees with the cloud's again");
        } else if before.abs_diff(offset) > 1 {
            tracing::warn!(
                skew_seconds = offset,
                "this machine's clock differs from the cloud's; signing requests with the cloud's time"
            );
        }
    }
}

fn skew(cloud: Timestamp) -> i64 {
    cloud.as_second() - Timestamp::now().as_second()
}

fn parse_sdk_date(text: &str) -> Option<Timestamp> {
    let local = jiff::civil::DateTime::strptime(sign::DATE_FORMAT, text).ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_time_is_read_from_its_error() {
        let time = parse_sdk_date("20211217T065804Z").unwrap();
        assert_eq!(time.to_string(), "2021-12-17T06:58:04Z");
        assert_eq!(parse_sdk_date("2021-12-17"), None);
    }
}
