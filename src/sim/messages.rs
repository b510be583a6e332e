//! Requests and responses as the endpoints see them, and the JSON shapes of the services' errors.

use axum::extract::Query;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A request with its whole body.
#[derive(Debug)]
pub(super) struct ReceivedRequest {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    /// `X-Request-Id` of the response.
    pub(super) id: String,
    /// Server time, as this request sees it.
    pub(super) now: Timestamp,
}

impl ReceivedRequest {
    /// The text of a header, or `None` if it is absent or not text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// The decoded parameters of the query, or `None` if it is invalid.
    pub(super) fn parameters(&self) -> Option<Vec<(String, String)>> {
        Query::try_from_uri(&self.parts.uri).ok().map(|query| query.0)
    }
}

/// A response without the headers that all responses have in common.
#[derive(Debug)]
pub(super) struct CloudResponse {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Bytes,
    pub(super) delivery: Delivery,
}

/// The response of an endpoint, or its refusal.
pub(super) type EndpointResult = Result<CloudResponse, CloudResponse>;

/// How much of a body the client gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Complete,
    /// The first half, then the connection breaks.
    Truncated,
    /// Nothing, while the connection stays open.
    Stalled,
}

impl CloudResponse {
    fn new(status: StatusCode, content_type: &'static str, body: String) -> Self {
        let (headers, delivery) = (Vec::new(), Delivery::Complete);
        CloudResponse { status, content_type, headers, body: Bytes::from(body), delivery }
    }

    /// JSON.
    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        CloudResponse::new(status, "application/json;charset=UTF-8", body.to_string())
    }

    /// An HTML page, as from a proxy.
    pub(super) fn html(status: StatusCode, body: &str) -> Self {
        CloudResponse::new(status, "text/html", body.to_owned())
    }

    /// Plain text, as from the metadata server of an ECS.
    pub(super) fn text(status: StatusCode, body: &str) -> Self {
        CloudResponse::new(status, "text/plain", body.to_owned())
    }

    /// An error of MetaStudio itself.
    pub(super) fn metastudio(status: StatusCode, code: &str, message: &str) -> Self {
        CloudResponse::json(status, &json!({"error_code": code, "error_msg": message}))
    }

    /// MetaStudio's 403: the caller is known but lacks the right.
    pub(super) fn forbidden() -> Self {
        CloudResponse::metastudio(StatusCode::FORBIDDEN, "MSS.00000005", "Forbidden")
    }

    /// MetaStudio's 400 for the parameter `name`.
    pub(super) fn invalid_parameter(name: &str) -> Self {
        let message = format!("Invalid parameter: {name}");
        CloudResponse::metastudio(StatusCode::BAD_REQUEST, "MSS.00000003", &message)
    }

    /// An error of STS, or of the API gateway in front of all services.
    pub(super) fn gateway(status: StatusCode, code: &str, message: &str, request_id: &str) -> Self {
        let body = json!({"error_code": code, "error_msg": message, "request_id": request_id});
        CloudResponse::json(status, &body)
    }

    /// An error of IAM.
    pub(super) fn iam(status: StatusCode, message: &str) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        let error = json!({"code": status.as_u16(), "message": message, "title": title});
        CloudResponse::json(status, &json!({"error": error}))
    }

    /// The response with one more header.
    pub(super) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// A time as MetaStudio and the pod identity write it.
pub(super) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A time as STS writes it.
pub(super) fn milliseconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// A time as IAM and the metadata server write it.
pub(super) fn microseconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
