//! What the cloud remembers of the requests that it answered.

use std::collections::{BTreeMap, VecDeque};

/// How many requests are remembered one by one.
const REMEMBERED: usize = 10_000;

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `GET`, `POST`.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query as sent, without its `?`.
    pub query: String,
    /// The status of the answer.
    pub status: u16,
    /// What the request had to show for itself.
    pub authorization: Authorization,
}

/// How a request shows who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// Not at all.
    None,
    /// `Authorization`: a signature by an access key; a pod's token at the pod identity.
    Signature,
    /// `X-Auth-Token`.
    Token,
}

/// Requests that are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestKind {
    /// `GET`, `POST`.
    pub method: String,
    /// The path with `{project_id}` in place of the project's; `other` where there is no API.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
}

/// The last requests, and how many there were of each kind.
#[derive(Debug, Default)]
pub(super) struct Log {
    last: VecDeque<Seen>,
    counts: BTreeMap<RequestKind, u64>,
}

impl Log {
    /// Remembers a request to an API, by its path as in [`RequestKind::path`].
    pub(super) fn add(&mut self, api: String, request: Seen) {
        let kind = RequestKind { method: request.method.clone(), path: api, status: request.status };
        *self.counts.entry(kind).or_default() += 1;
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(request);
    }

    /// The last requests, oldest first.
    pub(super) fn last(&self) -> Vec<Seen> {
        self.last.iter().cloned().collect()
    }

    /// How many there were of each kind.
    pub(super) fn counts(&self) -> BTreeMap<RequestKind, u64> {
        self.counts.clone()
    }
}
