//! An answer as plain data, before the wire adds its request ID and date; and the shapes that errors come in.

use axum::http::{HeaderName, StatusCode};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

/// What the cloud says to one request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(HeaderName, String)>,
    pub(super) body: Body,
}

/// How much of the body gets through.
#[derive(Debug)]
pub(super) enum Body {
    /// All of it.
    Whole(Bytes),
    /// The first half, then the connection breaks.
    Cut(Bytes),
    /// Nothing, and the connection stays open.
    Stalled,
}

impl Answer {
    /// JSON.
    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        let body = Body::Whole(Bytes::from(body.to_string()));
        Answer { status, content_type: "application/json;charset=UTF-8", headers: Vec::new(), body }
    }

    /// A page for a browser, such as a proxy sends.
    pub(super) fn html(status: StatusCode, body: &'static str) -> Self {
        let body = Body::Whole(Bytes::from_static(body.as_bytes()));
        Answer { status, content_type: "text/html", headers: Vec::new(), body }
    }

    /// Plain text, as the metadata server of an ECS answers.
    pub(super) fn text(status: StatusCode, body: &str) -> Self {
        let body = Body::Whole(Bytes::copy_from_slice(body.as_bytes()));
        Answer { status, content_type: "text/plain", headers: Vec::new(), body }
    }

    /// Status and headers of a good answer, and never its body.
    pub(super) fn stalled() -> Self {
        Answer { body: Body::Stalled, ..Answer::json(StatusCode::OK, &Value::Null) }
    }

    /// An error of MetaStudio itself.
    pub(super) fn metastudio(status: StatusCode, code: &str, message: &str) -> Self {
        Answer::json(status, &json!({"error_code": code, "error_msg": message}))
    }

    /// MetaStudio's 403: who calls is known, and may not.
    pub(super) fn forbidden() -> Self {
        Answer::metastudio(StatusCode::FORBIDDEN, "MSS.00000005", "Forbidden")
    }

    /// MetaStudio's 400, about the parameter `name`.
    pub(super) fn invalid_parameter(name: &str) -> Self {
        let message = format!("Invalid parameter: {name}");
        Answer::metastudio(StatusCode::BAD_REQUEST, "MSS.00000003", &message)
    }

    /// An error of the API gateway in front of all services, or of STS.
    pub(super) fn gateway(status: StatusCode, code: &str, message: &str, request_id: &str) -> Self {
        Answer::json(status, &json!({"error_code": code, "error_msg": message, "request_id": request_id}))
    }

    /// An error of IAM.
    pub(super) fn iam(status: StatusCode, message: &str) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        Answer::json(status, &json!({"error": {"code": status.as_u16(), "message": message, "title": title}}))
    }

    /// The answer with one more header.
    pub(super) fn with_header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The answer with a body that breaks off.
    pub(super) fn cut(mut self) -> Self {
        if let Body::Whole(bytes) = self.body {
            self.body = Body::Cut(bytes);
        }
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
