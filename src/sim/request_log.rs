//! The requests that the cloud answered, and how many it answers concurrently.

use std::collections::{BTreeMap, VecDeque};

/// The number of requests that are kept in full.
const CAPACITY: usize = 10_000;

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedRequest {
    /// `GET`, `POST`.
    pub(super) method: String,
    /// The path as sent.
    pub path: String,
    /// The query as sent, without its `?`.
    pub query: String,
    /// The status of the response.
    pub status: u16,
}

/// The last requests in full, and counts of all.
#[derive(Debug, Default)]
pub(super) struct RequestLog {
    pub(super) requests: VecDeque<LoggedRequest>,
    /// By method, path template and status.
    pub(super) counts: BTreeMap<(String, String, u16), u64>,
    in_flight: usize,
    pub(super) most_in_flight: usize,
}

impl RequestLog {
    /// Counts a request that begins.
    pub(super) fn begin(&mut self) {
        self.in_flight += 1;
        self.most_in_flight = self.most_in_flight.max(self.in_flight);
    }

    /// Counts a request that ends.
    pub(super) fn end(&mut self) {
        self.in_flight -= 1;
    }

    /// Sets the maximum to the requests that are in flight now.
    pub(super) fn reset_most_in_flight(&mut self) {
        self.most_in_flight = self.in_flight;
    }

    /// Records an answered request. `template` is its path with `{project_id}` in place of an ID.
    pub(super) fn add(&mut self, template: String, request: LoggedRequest) {
        *self.counts.entry((request.method.clone(), template, request.status)).or_default() += 1;
        if self.requests.len() == CAPACITY {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maximum_stays_until_it_is_reset_to_the_requests_in_flight() {
        let mut log = RequestLog::default();
        for _ in 0..3 {
            log.begin();
        }
        log.end();
        log.end();
        log.begin();
        log.end();
        assert_eq!(log.most_in_flight, 3);
        log.reset_most_in_flight();
        assert_eq!(log.most_in_flight, 1);
        log.end();
        log.reset_most_in_flight();
        assert_eq!(log.most_in_flight, 0);
    }
}
