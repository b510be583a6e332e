//! What was asked of the cloud.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::answer;
use crate::sim::Cloud;

pub(super) async fn counts(State(cloud): State<Cloud>) -> Response {
    let counts = cloud.request_counts().into_iter().map(|(kind, count)| {
        json!({"method": kind.method, "path": kind.path, "status": kind.status, "count": count})
    });
    answer(&counts.collect())
}

pub(super) async fn most_in_flight(State(cloud): State<Cloud>) -> Response {
    answer(&json!(cloud.most_in_flight()))
}

pub(super) async fn reset_most_in_flight(State(cloud): State<Cloud>) -> StatusCode {
    cloud.reset_most_in_flight();
    StatusCode::NO_CONTENT
}
