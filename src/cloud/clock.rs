//! The time to sign requests with: this machine's, corrected when the cloud rejects it.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::error_response::ErrorResponse;
use super::sign;

/// The difference of the clocks, in seconds, that the cloud accepts, less a margin.
const TOLERANCE: u64 = 5 * 60;

/// The cloud's clock, as far as rejected signatures show it. The `Date` of other responses does not count, because a
/// gateway or a proxy whose own clock is wrong may have written it.
#[derive(Debug, Default)]
pub(super) struct CloudClock {
    /// Seconds to add to this machine's clock.
    offset: AtomicI64,
}

impl CloudClock {
    /// The cloud's time.
    pub(super) fn now(&self) -> Timestamp {
        let offset = SignedDuration::from_secs(self.offset.load(Ordering::Relaxed));
        let now = Timestamp::now();
        // The sum overflows if the cloud claims a time near the end of the range.
        now.checked_add(offset).unwrap_or(now)
    }

    /// Sets the seconds to add to this machine's clock, and returns those before.
    pub(super) fn set(&self, offset: i64) -> i64 {
        self.offset.swap(offset, Ordering::Relaxed)
    }

    /// Corrects the clock to the cloud's time. A concurrent request may have corrected it already.
    pub(super) fn correct(&self, server: Timestamp) {
        let offset = skew(server);
        let before = self.set(offset);
        if before.abs_diff(offset) <= 1 {
            return;
        }
        if offset.unsigned_abs() <= TOLERANCE {
            tracing::info!(skew_seconds = offset, "this machine's clock agrees with the cloud's again");
        } else {
            tracing::warn!(
                skew_seconds = offset,
                "this machine's clock differs from the cloud's; signing requests with the cloud's time"
            );
        }
    }
}

/// The cloud's clock less this machine's, in seconds.
pub(super) fn skew(cloud: Timestamp) -> i64 {
    cloud.as_second() - Timestamp::now().as_second()
}

/// The server's time in a rejection of the signature's time: that of the check itself, else the sender's `Date`.
pub(super) fn server_time(rejection: &ErrorResponse) -> Option<Timestamp> {
    rejection.server_time().and_then(parse_sdk_date).or(rejection.date)
}

fn parse_sdk_date(text: &str) -> Option<Timestamp> {
    let local = jiff::civil::DateTime::strptime(sign::DATE_FORMAT, text).ok()?;
    TimeZone::UTC.to_timestamp(local).ok()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;

    use super::*;
    use crate::cloud::http::Response;

    #[test]
    fn the_servers_time_is_read_from_its_error() {
        let time = parse_sdk_date("20211217T065804Z").unwrap();
        assert_eq!(time.to_string(), "2021-12-17T06:58:04Z");
        assert_eq!(parse_sdk_date("2021-12-17"), None);
    }

    #[test]
    fn the_time_of_the_check_counts_and_date_only_without_it() {
        let rejection = |message: &str| {
            let date = ("date".parse().unwrap(), "Wed, 01 Jan 2020 00:00:00 GMT".parse().unwrap());
            let body = format!(r#"{{"error_code":"APIG.0301","error_msg":"{message}"}}"#);
            let response = Response { headers: HeaderMap::from_iter([date]), ..Response::new(401, &body) };
            server_time(&ErrorResponse::read(&response, &[])).unwrap().to_string()
        };
        let with_time = "signature expired, server time:20211217T065804Z";
        assert_eq!(rejection(with_time), "2021-12-17T06:58:04Z");
        assert_eq!(rejection("signature expired"), "2020-01-01T00:00:00Z");
    }
}
