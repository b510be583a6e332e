//! `GET /metrics`: which part of the metrics a request selects, and how the client gets it.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;

use super::Site;
use super::gzip::accepts_gzip;
use crate::blocking::on_another_thread;
use crate::exposition;

/// Up to so many projects, the exporter's own metrics are rendered in less time than another thread needs to start. Those
/// of thousands of projects take milliseconds, for which polls must not wait.
const FEW_PROJECTS: usize = 50;

/// Prometheus' text format.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Sends compressed text as it is kept to clients that accept gzip, like Prometheus; to others decompressed block by
/// block.
pub(super) async fn metrics(
    State(site): State<Arc<Site>>,
    Query(parameters): Query<Vec<(String, String)>>,
    request: HeaderMap,
) -> Response {
    let body = if site.projects().projects.len() <= FEW_PROJECTS {
        body(&site, &parameters)
    } else {
        on_another_thread(move || body(&site, &parameters)).await
    };
    let body = match body {
        Ok(body) => body,
        Err((status, message)) => return (status, format!("{message}\n")).into_response(),
    };
    let headers = [(CONTENT_TYPE, TEXT_FORMAT), (VARY, "Accept-Encoding")];
    if accepts_gzip(&request) {
        let length = body.gzip_length().to_string();
        let compressed = [(CONTENT_ENCODING, "gzip".to_owned()), (CONTENT_LENGTH, length)];
        return (headers, compressed, streamed(body.gzip())).into_response();
    }
    (headers, streamed(body.blocks())).into_response()
}

fn body(
    site: &Site,
    parameters: &[(String, String)],
) -> Result<exposition::ScrapeBody, (StatusCode, String)> {
    let projects = site.projects();
    let selected = selected(parameters).map_err(|error| (StatusCode::BAD_REQUEST, error.to_owned()))?;
    let (selected, own) = match selected {
        None => (&projects.projects[..], true),
        Some("") => (&[][..], true),
        Some(name) => {
            let list = site.address.route("/sd");
            let message = || format!("Project {name:?} not found; {list} lists all projects.");
            let project = projects.get(name).ok_or_else(|| (StatusCode::NOT_FOUND, message()))?;
            (std::slice::from_ref(project), false)
        }
    };
    projects.body(selected, own, &site.telemetry).map_err(|error| {
        tracing::error!(%error, "cannot render the exporter's own metrics");
        let message = "Cannot render the exporter's own metrics; see the log.".to_owned();
        (StatusCode::INTERNAL_SERVER_ERROR, message)
    })
}

/// The name of the selected project, empty for the metrics without the label `project`; `None` for all metrics. The
/// metrics of every project and those without the label are together all metrics.
pub(super) fn selected(parameters: &[(String, String)]) -> Result<Option<&str>, &'static str> {
    let mut selected = None;
    for (name, value) in parameters {
        let project = match (name.as_str(), value.as_str()) {
            ("project", name) => name,
            // Prometheus cannot send an empty `project`, because it drops empty labels.
            ("exporter", "only") => "",
            ("exporter", _) => return Err("Use exporter=only, or omit the parameter."),
            _ => continue,
        };
        if selected.replace(project).is_some() {
            return Err("Select one project or the exporter, not both.");
        }
    }
    Ok(selected)
}

fn streamed(blocks: impl Iterator<Item = Bytes> + Send + 'static) -> Body {
    Body::from_stream(stream::iter(blocks.map(Ok::<_, Infallible>)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrape_selects_one_part_or_everything() {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let two = Err("Select one project or the exporter, not both.");
        for (parameters, expected) in [
            (&[][..], Ok(None)),
            (&[("format", "prometheus")], Ok(None)),
            (&[("project", "a b"), ("x", "y")], Ok(Some("a b"))),
            (&[("project", "")], Ok(Some(""))),
            (&[("exporter", "only")], Ok(Some(""))),
            (&[("exporter", "yes")], Err("Use exporter=only, or omit the parameter.")),
            (&[("project", "a"), ("project", "b")], two),
            (&[("project", "a"), ("project", "a")], two),
            (&[("project", ""), ("project", "b")], two),
            (&[("project", "a"), ("exporter", "only")], two),
        ] {
            let parameters: Vec<_> = parameters.iter().map(owned).collect();
            assert_eq!(selected(&parameters), expected, "{parameters:?}");
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
