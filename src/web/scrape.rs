//! One scrape: the fresh pieces of all projects, family by family, then the exporter's own metrics.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::exposition::{FAMILIES, Family, Piece, gzip};
use crate::poll::State;
use crate::telemetry::Telemetry;

/// Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that a scrape shows.
#[derive(Debug, Clone)]
pub struct Exposition {
    projects: Vec<watch::Receiver<State>>,
    telemetry: Telemetry,
    max_staleness: Duration,
    /// The `HELP` and `TYPE` lines of each of [`FAMILIES`].
    headers: Vec<Arc<Piece>>,
}

impl Exposition {
    /// Shows `projects`, each API's data as long as it is younger than `max_staleness`.
    #[must_use]
    pub fn new(projects: Vec<watch::Receiver<State>>, telemetry: Telemetry, max_staleness: Duration) -> Self {
        let headers = FAMILIES.iter().map(|family: &Family| Arc::new(family.header())).collect();
        Self { projects, telemetry, max_staleness, headers }
    }

    /// Whether every project has been polled once.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.projects.iter().all(|project| project.borrow().is_ready())
    }

    /// Whether the last poll of every API of every project succeeded.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.projects.iter().all(|project| project.borrow().is_up())
    }

    /// The whole text, in blocks.
    ///
    /// # Errors
    /// When the exporter's own metrics cannot be written.
    pub fn blocks(&self) -> prometheus::Result<impl Iterator<Item = Bytes> + Send + use<>> {
        Ok(self.pieces()?.into_iter().flat_map(|piece| piece.blocks()))
    }

    /// Answers a scrape: the kept gzip for whoever takes it, as Prometheus does, else the text, never held whole.
    pub(super) fn respond(&self, request: &HeaderMap) -> Response {
        let pieces = match self.pieces() {
            Ok(pieces) => pieces,
            Err(error) => {
                tracing::error!(%error, "the exporter's own metrics cannot be written");
                return (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "The exporter's own metrics cannot be written.\n",
                )
                    .into_response();
            }
        };
        let headers = [(CONTENT_TYPE, TEXT_FORMAT), (VARY, "Accept-Encoding")];
        if accepts_gzip(request) {
            let body = gzip(&pieces);
            let length: usize = body.iter().map(Bytes::len).sum();
            let compressed = [(CONTENT_ENCODING, "gzip".to_owned()), (CONTENT_LENGTH, length.to_string())];
            return (headers, compressed, streamed(body.into_iter())).into_response();
        }
        (headers, streamed(pieces.into_iter().flat_map(|piece| piece.blocks()))).into_response()
    }

    fn pieces(&self) -> prometheus::Result<Vec<Arc<Piece>>> {
        let oldest = Instant::now().checked_sub(self.max_staleness);
        let mut parts = Vec::new();
        for project in &self.projects {
            parts.extend(project.borrow().parts(oldest).cloned());
        }
        let mut pieces = Vec::new();
        for (family, header) in self.headers.iter().enumerate() {
            let mut fresh = parts.iter().filter_map(|part| part[family].clone()).peekable();
            if fresh.peek().is_some() {
                pieces.push(Arc::clone(header));
                pieces.extend(fresh);
            }
        }
        pieces.push(Arc::new(Piece::of(&self.telemetry.text()?)));
        Ok(pieces)
    }
}

fn streamed(blocks: impl Iterator<Item = Bytes> + Send + 'static) -> Body {
    Body::from_stream(stream::iter(blocks.map(Ok::<_, Infallible>)))
}

/// Whether `Accept-Encoding` takes gzip: named, or meant by `*`, and not with a weight of 0.
fn accepts_gzip(request: &HeaderMap) -> bool {
    let listed = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for coding in listed.flat_map(|value| value.split(',')) {
        let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        let accepted = weight.is_ok_and(|weight| weight > 0.0);
        match name.trim() {
            name if name.eq_ignore_ascii_case("gzip") => return accepted,
            "*" => any = accepted,
            _ => {}
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_whoever_takes_it() {
        for (value, expected) in [
            ("gzip", true),
            ("GZIP", true),
            ("deflate, gzip;q=0.5", true),
            ("*", true),
            ("identity, *;q=0.1", true),
            ("", false),
            ("identity", false),
            ("gzip;q=0", false),
            ("gzip;q=0.000, *", false),
            ("gzip;q=x", false),
            ("gzipped", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, value.parse().unwrap())]);
            assert_eq!(accepts_gzip(&headers), expected, "{value:?}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }
}
