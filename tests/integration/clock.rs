//! Clocks that differ: what an answer's `Date` teaches. `faults.rs` has what a refusal does.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};

use crate::common::{POLL, cloud, once, project, serve, value};

/// A cloud whose clock is ahead of ours, and how far ahead of it each request was signed, in seconds.
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
        // Both APIs read an empty list from it.
        (StatusCode::OK, [("date", shown)], r#"{"count":0,"resources":[],"assets":[]}"#)
    };
    (serve(Router::new().fallback(answer)).await, signed)
}

#[tokio::test]
async fn a_difference_beyond_five_minutes_is_corrected_before_the_cloud_refuses() {
    for (ahead, corrected) in [(295, false), (310, true), (-310, true)] {
        let (url, signed) = cloud_ahead(SignedDuration::from_secs(ahead)).await;
        let (cloud, _) = cloud(0, 0, &[]).await;
        let mut project = project(&cloud, &url);
        // The look-up of a name is a call after the others, so that it shows what they taught.
        project.user_quotas.names = true;
        let text = once(POLL, vec![project]).await;
        let shown = value(&text, "metastudio_exporter_clock_skew_seconds{project=\"production\"}").unwrap();
        assert!((shown - ahead as f64).abs() <= 2.0, "{shown} for {ahead}");
        let last = *signed.lock().unwrap().last().unwrap();
        let expected = if corrected { ahead } else { 0 };
        assert!((last - expected).abs() <= 2, "signed {last} s ahead, not {expected}");
    }
}
