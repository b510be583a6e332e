//! Correction of the clock by the `Date` of responses. `faults.rs` tests the correction by an error.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::common::{POLL, cloud, once, project, serve, value};

/// A cloud whose clock is ahead of this machine's, and how many seconds ahead of this machine's each request was signed.
async fn cloud_ahead(ahead: SignedDuration) -> (reqwest::Url, Arc<Mutex<Vec<i64>>>) {
    let signed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&signed);
    let answer = async move |request: Request| {
        let now = Timestamp::now();
        let date = request.headers()["x-sdk-date"].to_str().unwrap();
        let date = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", date).unwrap();
        let date = date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        seen.lock().unwrap().push(date.as_second() - now.as_second());
        let shown = (now + ahead).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        // An empty list for both APIs.
        (StatusCode::OK, [("date", shown)], r#"{"count":0,"resources":[],"assets":[]}"#)
    };
    (serve(Router::new().fallback(answer)).await, signed)
}

#[tokio::test]
async fn a_difference_above_five_minutes_is_corrected_before_the_cloud_rejects_signatures() {
    for (ahead, corrected) in [(295, false), (310, true), (-310, true)] {
        let (url, signed) = cloud_ahead(SignedDuration::from_secs(ahead)).await;
        let (cloud, _) = cloud(0, 0, &[]).await;
        let mut project = project(&cloud, &url);
        // The look-up of names follows the other calls, so it shows the correction.
        project.user_quotas.names = true;
        let text = once(POLL, vec![project]).await;
        let shown = value(&text, "metastudio_exporter_clock_skew_seconds{project=\"production\"}").unwrap();
        assert!((shown - ahead as f64).abs() <= 2.0, "{shown} for {ahead}");
        let last = *signed.lock().unwrap().last().unwrap();
        let expected = if corrected { ahead } else { 0 };
        assert!((last - expected).abs() <= 2, "signed {last} s ahead instead of {expected}");
    }
}
