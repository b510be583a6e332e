//! The cloud's time, which signatures need: this machine's, corrected where the two differ too much.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::refusal::Refusal;
use super::sign;

/// How far the clocks may differ, in seconds, before it is corrected: a third of what the cloud accepts.
const TOLERANCE: u64 = 5 * 60;

/// The cloud's clock as far as its answers tell.
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
        // A cloud that claims to be at the end of time is not followed there.
        now.checked_add(offset).unwrap_or(now)
    }

    /// Takes the server's time from its refusal, if that tells it. Another caller may have done so just before.
    pub(super) fn learn_from_refusal(&self, refusal: &Refusal) -> bool {
        let Some(server) = refusal.server_time().and_then(parse_sdk_date) else { return false };
        self.correct(skew(server));
        true
    }

    /// Takes the server's time from an answer's `Date`, where it is so far from what is signed with that a refusal is
    /// near: a smaller difference is the way's, or a proxy's. The cloud's clock less this machine's, in seconds.
    pub(super) fn learn_from_date(&self, date: Timestamp) -> i64 {
        let skew = skew(date);
        if self.offset.load(Ordering::Relaxed).abs_diff(skew) > TOLERANCE {
            self.correct(skew);
        }
        skew
    }

    fn correct(&self, offset: i64) {
        let before = self.offset.swap(offset, Ordering::Relaxed);
        if offset.unsigned_abs() <= TOLERANCE {
            tracing::info!(skew_seconds = offset, "this machine's clock and the cloud's agree again");
        } else if before.abs_diff(offset) > 1 {
            tracing::warn!(
                skew_seconds = offset,
                "this machine's clock and the cloud's differ; signing with the cloud's time from now on, but set this \
                 machine's clock"
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
    fn the_servers_time_is_read_from_its_refusal() {
        let time = parse_sdk_date("20211217T065804Z").unwrap();
        assert_eq!(time.to_string(), "2021-12-17T06:58:04Z");
        assert_eq!(parse_sdk_date("2021-12-17"), None);
    }
}
