//! A request as the cloud's endpoints see it.

use axum::extract::Query;
use axum::http::request::Parts;
use bytes::Bytes;
use jiff::Timestamp;

/// A request, read to its end.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) parts: Parts,
    pub(super) body: Bytes,
    /// `X-Request-Id` of the answer.
    pub(super) id: String,
    /// The server's time, as this request is shown it.
    pub(super) now: Timestamp,
}

impl Call {
    /// A header's text; none where it is absent or no text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.parts.headers.get(name)?.to_str().ok()
    }

    /// The parameters of the query, decoded; none where the query cannot be read.
    pub(super) fn parameters(&self) -> Option<Vec<(String, String)>> {
        Query::try_from_uri(&self.parts.uri).ok().map(|query| query.0)
    }
}
