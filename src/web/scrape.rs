//! `GET /metrics`: which part of the metrics a request selects, and how the client gets it.

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

use super::Site;
use crate::exposition;

/// Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A part of the metrics. [`Selection::Exporter`] and [`Selection::Project`] of every project together are
/// [`Selection::All`].
#[derive(Debug, Clone, PartialEq, Eq)]
enum Selection {
    All,
    /// `project=NAME`: the metrics of one project.
    Project(String),
    /// `exporter=only` or `project=`: the metrics without the label `project`.
    Exporter,
}

impl Selection {
    /// Reads a query. Ignores unknown parameters.
    fn new(parameters: &[(String, String)]) -> Result<Self, &'static str> {
        let mut selection = Self::All;
        for (name, value) in parameters {
            let selected = match (name.as_str(), value.as_str()) {
                // Prometheus drops an empty parameter from a target's labels, so `exporter=only` exists too.
                ("exporter", "only") | ("project", "") => Self::Exporter,
                ("exporter", _) => return Err("use exporter=only, or omit the parameter"),
                ("project", name) => Self::Project(name.to_owned()),
                _ => continue,
            };
            if selection != Self::All {
                return Err("select one project or the exporter, not both");
            }
            selection = selected;
        }
        Ok(selection)
    }
}

/// Sends compressed text as it is kept to clients that accept gzip, like Prometheus; to others decompressed block by
/// block.
pub(super) async fn metrics(
    State(site): State<Arc<Site>>,
    Query(parameters): Query<Vec<(String, String)>>,
    request: HeaderMap,
) -> Response {
    let selection = match Selection::new(&parameters) {
        Ok(selection) => selection,
        Err(message) => return (StatusCode::BAD_REQUEST, format!("{message}\n")).into_response(),
    };
    // Rendering the counters of thousands of projects takes time; polls must not wait for it.
    let rendering = tokio::task::spawn_blocking(move || body(&site, selection));
    // The task is never aborted, so it can only have panicked.
    let body = match rendering.await.unwrap_or_else(|error| resume_unwind(error.into_panic())) {
        Ok(body) => body,
        Err((status, message)) => return (status, message).into_response(),
    };
    let headers = [(CONTENT_TYPE, TEXT_FORMAT), (VARY, "Accept-Encoding")];
    if accepts_gzip(&request) {
        let body = body.gzip();
        let length: usize = body.iter().map(Bytes::len).sum();
        let compressed = [(CONTENT_ENCODING, "gzip".to_owned()), (CONTENT_LENGTH, length.to_string())];
        return (headers, compressed, streamed(body.into_iter())).into_response();
    }
    (headers, streamed(body.blocks())).into_response()
}

fn body(site: &Site, selection: Selection) -> Result<exposition::Body, (StatusCode, String)> {
    let projects = site.projects();
    let (selected, own) = match selection {
        Selection::All => (&projects.projects[..], true),
        Selection::Exporter => (&[][..], true),
        Selection::Project(name) => match projects.get(&name) {
            Some(project) => (std::slice::from_ref(project), false),
            None => {
                let message = format!("Project {name:?} not found; /sd lists all projects.\n");
                return Err((StatusCode::NOT_FOUND, message));
            }
        },
    };
    projects.body(selected, own, &site.telemetry).map_err(|error| {
        tracing::error!(%error, "cannot render the exporter's own metrics");
        let message = "Cannot render the exporter's own metrics; see the log.\n".to_owned();
        (StatusCode::INTERNAL_SERVER_ERROR, message)
    })
}

fn streamed(blocks: impl Iterator<Item = Bytes> + Send + 'static) -> Body {
    Body::from_stream(stream::iter(blocks.map(Ok::<_, Infallible>)))
}

/// Whether `Accept-Encoding` has gzip or `*` with a weight greater than 0.
fn accepts_gzip(request: &HeaderMap) -> bool {
    let codings = request.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut any = false;
    for coding in codings.flat_map(|value| value.split(',')) {
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
    fn gzip_is_accepted_by_name_or_wildcard_with_a_weight() {
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

    fn select(parameters: &[(&str, &str)]) -> Result<Selection, &'static str> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Selection::new(&parameters.iter().map(owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_scrape_selects_one_part_or_everything() {
        assert_eq!(select(&[]), Ok(Selection::All));
        assert_eq!(select(&[("format", "prometheus")]), Ok(Selection::All));
        assert_eq!(select(&[("project", "a b"), ("x", "y")]), Ok(Selection::Project("a b".to_owned())));
        assert_eq!(select(&[("project", "")]), Ok(Selection::Exporter));
        assert_eq!(select(&[("exporter", "only")]), Ok(Selection::Exporter));
        assert_eq!(select(&[("exporter", "yes")]), Err("use exporter=only, or omit the parameter"));
        for two in [
            [("project", "a"), ("project", "b")],
            [("project", "a"), ("project", "a")],
            [("project", ""), ("project", "b")],
            [("project", "a"), ("exporter", "only")],
        ] {
            assert_eq!(select(&two), Err("select one project or the exporter, not both"), "{two:?}");
        }
    }

    #[test]
    fn every_page_is_reserved() {
        for path in ["/", "/users", "/resources", "/user", "/sd", "/favicon.ico", "/-/ready", "/-/new"] {
            assert!(crate::web::is_page(path), "{path}");
        }
        assert!(!crate::web::is_page("/metrics") && !crate::web::is_page("/users/"));
    }
}
