//! `POST /-/reload`, and how anybody asks for a reload.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::{mpsc, oneshot};

use super::Site;

/// Asks for reloads, which run one at a time. Clones ask the same exporter.
#[derive(Debug, Clone)]
pub struct Reloader(mpsc::Sender<Request>);

/// A reload that was asked for: where the outcome goes, with the reason why the configuration was not taken.
pub type Request = oneshot::Sender<Result<(), String>>;

/// The reloads that are asked for.
pub type Requests = mpsc::Receiver<Request>;

impl Reloader {
    /// Whoever asks, and what is asked.
    #[must_use]
    pub fn new() -> (Self, Requests) {
        let (requests, asked) = mpsc::channel(1);
        (Self(requests), asked)
    }

    /// Reads the configuration again, after those who asked before.
    ///
    /// # Errors
    /// Why it was not taken: a line each for all that is wrong with it.
    pub async fn reload(&self) -> Result<(), String> {
        let ended = || "the exporter is shutting down".to_owned();
        let (request, outcome) = oneshot::channel();
        self.0.send(request).await.map_err(|_| ended())?;
        outcome.await.unwrap_or_else(|_| Err(ended()))
    }
}

pub(super) async fn reload(State(site): State<Arc<Site>>) -> Response {
    let Some(reloader) = &site.reloader else {
        let sentence =
            "Reloads over HTTP are off: start the exporter with --web.enable-lifecycle, or send SIGHUP.\n";
        return (StatusCode::FORBIDDEN, sentence).into_response();
    };
    match reloader.reload().await {
        Ok(()) => "The configuration was read and taken.\n".into_response(),
        Err(reason) => {
            let sentence =
                format!("The configuration was not taken, the last one stays in force:\n{reason}\n");
            (StatusCode::INTERNAL_SERVER_ERROR, sentence).into_response()
        }
    }
}
