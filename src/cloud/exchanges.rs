//! What a client requested and what came back, kept for a recording. Requests for credentials are not kept.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use reqwest::Url;
use reqwest::header::HeaderMap;

use super::error::Error;
use super::http::Response;

/// A `GET` and its outcome.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The URL as sent.
    pub url: Url,
    /// What came back.
    pub outcome: Outcome,
}

/// What came back for a request.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A whole response, whatever its status.
    Answer {
        /// The status.
        status: u16,
        /// All headers.
        headers: HeaderMap,
        /// The body, decompressed.
        body: Bytes,
    },
    /// No whole response: `timeout`, `body` (it ended early), `too_large` or `connect`.
    Failure(&'static str),
}

/// The exchanges of one client, in the order of their ends.
#[derive(Debug, Default)]
pub struct Exchanges(Mutex<Vec<Exchange>>);

impl Exchanges {
    pub(super) fn add(&self, url: &Url, result: &Result<Response, Error>) {
        let outcome = match result {
            Ok(response) => Outcome::Answer {
                status: response.status.as_u16(),
                headers: response.headers.clone(),
                body: response.body.clone(),
            },
            Err(Error::Timeout { .. } | Error::Deadline) => Outcome::Failure("timeout"),
            Err(Error::Body { .. }) => Outcome::Failure("body"),
            Err(Error::TooLarge { .. }) => Outcome::Failure("too_large"),
            Err(_) => Outcome::Failure("connect"),
        };
        self.lock().push(Exchange { url: url.clone(), outcome });
    }

    /// Removes and returns the exchanges until now.
    #[must_use]
    pub fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Exchange>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
