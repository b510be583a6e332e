//! One scrape: the fresh pieces of all projects, family by family, then the exporter's own metrics.

use std::convert::Infallible;
use std::panic::resume_unwind;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::selection::Selection;
use super::{Listed, Roster, Site};
use crate::exposition::{FAMILIES, Family, Piece, Rendered, gzip};
use crate::telemetry::Telemetry;

/// Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that a scrape shows.
#[derive(Debug, Clone)]
pub struct Exposition {
    roster: watch::Receiver<Arc<Roster>>,
    telemetry: Telemetry,
    /// The `HELP` and `TYPE` lines of each of [`FAMILIES`].
    headers: Arc<[Arc<Piece>]>,
}

/// Why there is nothing to show.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("There is no project {0:?}; /sd lists all.")]
    UnknownProject(String),
    #[error("The exporter's own metrics cannot be written.")]
    Telemetry(#[from] prometheus::Error),
}

impl Exposition {
    /// Shows the projects of whatever roster there is when a scrape comes.
    #[must_use]
    pub fn new(roster: watch::Receiver<Arc<Roster>>, telemetry: Telemetry) -> Self {
        let headers = FAMILIES.iter().map(|family: &Family| Arc::new(family.header())).collect();
        Self { roster, telemetry, headers }
    }

    /// The projects that are shown now.
    #[must_use]
    pub fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.borrow())
    }

    /// The whole text, in blocks.
    ///
    /// # Errors
    /// When the exporter's own metrics cannot be written.
    pub fn blocks(&self) -> prometheus::Result<impl Iterator<Item = Bytes> + Send + use<>> {
        let roster = self.roster();
        let pieces = self.pieces(&roster, &roster.projects.iter().collect::<Vec<_>>(), true)?;
        Ok(pieces.into_iter().flat_map(|piece| piece.blocks()))
    }

    fn select(&self, selection: Selection) -> Result<Vec<Arc<Piece>>, Failure> {
        let roster = self.roster();
        let all = || roster.projects.iter().collect();
        let (projects, own): (Vec<_>, _) = match selection {
            Selection::All => (all(), true),
            Selection::Exporter => (Vec::new(), true),
            Selection::Project(name) => match roster.get(&name) {
                Some(project) => (vec![project], false),
                None => return Err(Failure::UnknownProject(name)),
            },
        };
        Ok(self.pieces(&roster, &projects, own)?)
    }

    /// The text of `projects` and, with `own`, of the exporter's metrics that are no project's.
    fn pieces(
        &self,
        roster: &Roster,
        projects: &[&Listed],
        own: bool,
    ) -> prometheus::Result<Vec<Arc<Piece>>> {
        let oldest = Instant::now().checked_sub(roster.max_staleness);
        let mut parts: Vec<Arc<Rendered>> = Vec::new();
        for project in projects {
            parts.extend(project.record.state().parts(oldest).cloned());
        }
        let mut pieces = Vec::new();
        for (family, header) in self.headers.iter().enumerate() {
            let mut fresh = parts.iter().filter_map(|part| part[family].clone()).peekable();
            if fresh.peek().is_some() {
                pieces.push(Arc::clone(header));
                pieces.extend(fresh);
            }
        }
        let counted = projects.iter().map(|project| project.record.telemetry());
        pieces.push(Arc::new(Piece::of(&self.telemetry.text(own, counted)?)));
        Ok(pieces)
    }
}

/// Answers a scrape: the kept gzip for whoever takes it, as Prometheus does, else the text, never held whole.
pub(super) async fn metrics(
    State(site): State<Arc<Site>>,
    Query(parameters): Query<Vec<(String, String)>>,
    request: HeaderMap,
) -> Response {
    let selection = match Selection::of(&parameters) {
        Ok(selection) => selection,
        Err(sentence) => return (StatusCode::BAD_REQUEST, format!("{sentence}\n")).into_response(),
    };
    // The counters of thousands of projects take a while to write, in which polls go on.
    let writing = tokio::task::spawn_blocking(move || site.exposition.select(selection));
    // Nobody aborts the writing, so it can only have panicked; the panic goes on here.
    let pieces = match writing.await.unwrap_or_else(|error| resume_unwind(error.into_panic())) {
        Ok(pieces) => pieces,
        Err(failure) => return failure.into_response(),
    };
    let headers = [(CONTENT_TYPE, TEXT_FORMAT), (VARY, "Accept-Encoding")];
    if accepts_gzip(&request) {
        let body = gzip(&pieces);
        let length: usize = body.iter().map(Bytes::len).sum();
        let compressed = [(CONTENT_ENCODING, "gzip".to_owned()), (CONTENT_LENGTH, length.to_string())];
        return (headers, compressed, streamed(body.into_iter())).into_response();
    }
    (headers, streamed(pieces.into_iter().flat_map(|piece| piece.blocks()))).into_response()
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let status = match &self {
            Self::UnknownProject(_) => StatusCode::NOT_FOUND,
            Self::Telemetry(error) => {
                tracing::error!(%error, "the exporter's own metrics cannot be written");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        (status, format!("{self}\n")).into_response()
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
