//! Serves a recording in place of the cloud: to each request the answers that the real cloud gave, in their order, and
//! the last one from then on. Accepts any credentials. Depends on nothing but the recording and the requests.

mod recording;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub use recording::RecordedProject;
use recording::{RecordedExchange, Recording};

use super::http::first_half;
use super::{messages, server};

/// More than the exporter reads of a body.
const TOO_LARGE: usize = (8 << 20) + 1;

/// A recording that can be served. Clones continue in the same place.
#[derive(Debug, Clone)]
pub struct Replay(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    projects: Vec<RecordedProject>,
    answers: HashMap<Key, Answers>,
}

/// A request: the index of its project, its method, its path, and its sorted query.
type Key = (usize, String, String, Vec<String>);

#[derive(Debug, Default)]
struct Answers {
    /// At least one.
    exchanges: Vec<RecordedExchange>,
    served: AtomicUsize,
}

impl Replay {
    /// Reads the text of a recording.
    ///
    /// # Errors
    /// A sentence, if it cannot be read.
    pub fn read(text: &str) -> Result<Self, String> {
        let Recording { projects, exchanges } = Recording::read(text)?;
        let mut answers: HashMap<Key, Answers> = HashMap::new();
        // A poll is whole. What the check read is older, and is served only where the poll requested nothing.
        let (polled, checked): (Vec<_>, Vec<_>) =
            exchanges.into_iter().partition(|exchange| exchange.during == "poll");
        for exchange in polled {
            answers.entry(key(&exchange)).or_default().exchanges.push(exchange);
        }
        let mut only_checked: HashMap<Key, Answers> = HashMap::new();
        for exchange in checked {
            only_checked.entry(key(&exchange)).or_default().exchanges.push(exchange);
        }
        for (key, checked) in only_checked {
            answers.entry(key).or_insert(checked);
        }
        Ok(Self(Arc::new(Inner { projects, answers })))
    }

    /// The projects of the recording, at least one.
    #[must_use]
    pub fn projects(&self) -> &[RecordedProject] {
        &self.0.projects
    }

    /// MetaStudio and IAM, as they were recorded.
    pub fn router(&self) -> Router {
        Router::new().fallback(handle).with_state(self.clone())
    }

    /// Serves [`Replay::router`] until `shutdown`; requests in flight then have a second to finish.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        server::serve(self.router(), listener, shutdown).await;
    }
}

fn key(exchange: &RecordedExchange) -> Key {
    (exchange.project, exchange.method.clone(), exchange.path.clone(), sorted(&exchange.query))
}

/// The decoded parameters of a query. Neither their order counts nor that of several values.
fn sorted(query: &str) -> Vec<String> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let pair = percent_decode_str(pair).decode_utf8_lossy();
        let (name, values) = pair.split_once('=').unwrap_or((&pair, ""));
        let mut values: Vec<_> = values.split(',').collect();
        values.sort_unstable();
        format!("{name}={}", values.join(","))
    });
    let mut pairs: Vec<_> = pairs.collect();
    pairs.sort_unstable();
    pairs
}

impl Inner {
    /// The answers to a request. That of an IAM list depends on the project which the request is for.
    fn answers(&self, method: &str, uri: &Uri, project_id: Option<&str>) -> Option<&Answers> {
        let named =
            |project: &RecordedProject| project_id.is_some() && project.project_id.as_deref() == project_id;
        let first = self.projects.iter().position(named);
        let query = sorted(uri.query().unwrap_or_default());
        let of = |project| {
            let key = (project, method.to_owned(), uri.path().to_owned(), query.clone());
            self.answers.get(&key)
        };
        first.into_iter().chain(0..self.projects.len()).find_map(of)
    }
}

impl Answers {
    fn next(&self) -> Option<&RecordedExchange> {
        let served = self.served.fetch_add(1, Ordering::Relaxed);
        self.exchanges.get(served).or(self.exchanges.last())
    }
}

async fn handle(State(replay): State<Replay>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (method, uri) = (parts.method.as_str(), &parts.uri);
    let project_id = header_text(&parts.headers, "x-project-id");
    if let Some(exchange) = replay.0.answers(method, uri, project_id).and_then(Answers::next) {
        return respond(exchange);
    }
    match (method, uri.path()) {
        ("POST", "/v3/auth/tokens") => {
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
            token(replay.projects(), &body)
        }
        ("GET", "/v3/projects") => project_list(replay.projects(), uri.query().unwrap_or_default()),
        _ => not_recorded(&replay.0, method, uri),
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn respond(exchange: &RecordedExchange) -> Response {
    match exchange.failure.as_deref() {
        // The client gives up.
        Some("timeout") => {
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>())
                .into_response()
        }
        Some("too_large") => Body::from(vec![b' '; TOO_LARGE]).into_response(),
        Some(_) => {
            let body = Bytes::from_static(b"{}");
            ([(header::CONTENT_LENGTH, body.len().to_string())], first_half(&body)).into_response()
        }
        None => {
            let status = exchange.status.and_then(|status| StatusCode::from_u16(status).ok());
            let mut response = Body::from(exchange.bytes()).into_response();
            *response.status_mut() = status.unwrap_or(StatusCode::OK);
            for (name, value) in &exchange.headers {
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value.parse()) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
    }
}

/// IAM's token for any user, of the project that the request names.
fn token(projects: &[RecordedProject], body: &[u8]) -> Response {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let scope = &body["auth"]["scope"]["project"];
    let is_it = |project: &&RecordedProject| {
        scope["id"].as_str() == project.project_id.as_deref() || scope["name"] == project.region.as_str()
    };
    let project = projects.iter().find(is_it).or(projects.first());
    let project = project.map(|project| json!({"id": project.project_id, "name": project.region}));
    let now = Timestamp::now();
    let expires = now.checked_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX);
    let body = json!({"token": {
        "methods": ["password"],
        "issued_at": messages::microseconds(now),
        "expires_at": messages::microseconds(expires),
        "project": project,
    }});
    let headers = [("x-subject-token", "MIIReplay"), ("content-type", "application/json")];
    (StatusCode::CREATED, headers, body.to_string()).into_response()
}

/// IAM's list of projects, where it was not recorded.
fn project_list(projects: &[RecordedProject], query: &str) -> Response {
    let name = query.split('&').find_map(|pair| pair.strip_prefix("name="));
    let in_region = projects.iter().filter(|project| name.is_none_or(|name| name == project.region));
    let rows = in_region.filter_map(|project| {
        let id = project.project_id.as_ref()?;
        Some(json!({"id": id, "name": project.region, "enabled": true}))
    });
    let body = json!({"projects": rows.collect::<Vec<_>>()});
    ([("content-type", "application/json")], body.to_string()).into_response()
}

/// Says what can be requested instead.
fn not_recorded(replay: &Inner, method: &str, uri: &Uri) -> Response {
    let of_path = replay.answers.keys().filter(|(_, _, path, _)| path == uri.path());
    let mut queries: Vec<_> = of_path.map(|(_, _, _, query)| query.join("&")).collect();
    queries.sort();
    queries.dedup();
    let others =
        if queries.is_empty() { String::new() } else { format!(", only to {}", queries.join(" and ")) };
    let message = format!("The recording has no answer to {method} {uri}{others}");
    let body = json!({"error_code": "REPLAY.0404", "error_msg": message});
    (StatusCode::NOT_FOUND, [("content-type", "application/json")], body.to_string()).into_response()
}

#[cfg(test)]
mod tests;
