//! What a connection is doing, and until when it may.

use std::sync::Arc;

use tokio::sync::{Notify, watch};
use tokio::time::{Instant, timeout_at};

use super::limits::Limits;

/// The time limit that a connection exceeded, or why else it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimedOut {
    /// No request came for too long.
    Idle,
    /// The head of a request did not end.
    Head,
    /// The client did not receive a response.
    Response,
    /// Another connection needs the place.
    Evicted,
}

/// What a connection is doing. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    limits: Limits,
    progress: watch::Sender<Progress>,
    /// Notified when no request is in progress any more, and when the connection is no longer evicted.
    became_idle: Arc<Notify>,
}

#[derive(Debug)]
struct Progress {
    /// Whether the protocol is HTTP/1, in which received bytes are the next request's head, and sent bytes the only
    /// response's. In HTTP/2 they may be anything.
    is_http1: bool,
    /// Requests whose response is not sent yet.
    requests: usize,
    /// The responses that are being sent.
    responses: Vec<SentResponse>,
    /// When the client last received something.
    written: Instant,
    /// What the connection waits for while no request is in progress, and since when.
    waiting_for: WaitingFor,
    waiting_since: Instant,
    is_evicted: bool,
    /// The next response's `id`.
    next_id: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaitingFor {
    /// The end of a request's head.
    Head,
    /// A request.
    Request,
    /// A request, after a response that refused the last one (401, 429).
    RequestAfterRefusal,
}

#[derive(Debug)]
struct SentResponse {
    id: u64,
    began: Instant,
    /// When the connection last took a part of the response.
    taken: Instant,
}

impl Activity {
    pub(super) fn new(limits: Limits, became_idle: Arc<Notify>) -> Self {
        let now = Instant::now();
        let progress = Progress {
            is_http1: true,
            requests: 0,
            responses: Vec::new(),
            written: now,
            // Clients connect to send a request; connections without one would keep others out.
            waiting_for: WaitingFor::Head,
            waiting_since: now,
            is_evicted: false,
            next_id: 0,
        };
        Self { limits, progress: watch::Sender::new(progress), became_idle }
    }

    /// Records that the TLS handshake, if any, is complete.
    pub(super) fn begin_protocol(&self, is_http1: bool) {
        self.progress.send_modify(|progress| {
            progress.is_http1 = is_http1;
            progress.waiting_since = Instant::now();
        });
    }

    /// Records that bytes were received.
    pub(super) fn read(&self) {
        self.progress.send_if_modified(|progress| {
            let begins_head =
                progress.is_http1 && progress.requests == 0 && progress.waiting_for != WaitingFor::Head;
            if begins_head {
                progress.waiting_for = WaitingFor::Head;
                progress.waiting_since = Instant::now();
            }
            begins_head
        });
    }

    /// Records that the client received something. This only moves a deadline back, which is noticed when it passes.
    pub(super) fn wrote(&self) {
        self.progress.send_if_modified(|progress| {
            progress.written = Instant::now();
            false
        });
    }

    /// Records that the head of a request is complete.
    pub(super) fn begin_request(&self) -> RequestInProgress {
        let mut was_evicted = false;
        self.progress.send_modify(|progress| {
            progress.waiting_for = WaitingFor::Request;
            progress.requests += 1;
            was_evicted = std::mem::take(&mut progress.is_evicted);
        });
        if was_evicted {
            self.became_idle.notify_one();
        }
        RequestInProgress { activity: self.clone(), response: None }
    }

    /// Since when no request is in progress and the client received nothing; `None` during requests and if the
    /// connection is about to end.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let progress = self.progress.borrow();
        (progress.requests == 0 && !progress.is_evicted).then(|| progress.waiting_since.max(progress.written))
    }

    /// Ends the connection unless a request is in progress.
    pub(super) fn evict(&self) -> bool {
        self.progress.send_if_modified(|progress| {
            progress.is_evicted = progress.requests == 0;
            progress.is_evicted
        })
    }

    pub(super) fn is_evicted(&self) -> bool {
        self.progress.borrow().is_evicted
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.progress.same_channel(&other.progress)
    }

    /// Waits until the connection is evicted.
    pub(super) async fn evicted(&self) {
        // Waiting cannot fail: `self` holds the sender.
        drop(self.progress.subscribe().wait_for(|progress| progress.is_evicted).await);
    }

    /// Waits until a time limit is exceeded or the connection is evicted.
    pub(super) async fn timed_out(&self) -> TimedOut {
        let mut progress = self.progress.subscribe();
        loop {
            let deadline = progress.borrow_and_update().deadline(&self.limits);
            // Waiting for a change cannot fail: `self` holds the sender.
            match deadline {
                Some((at, limit)) if at <= Instant::now() => return limit,
                Some((at, _)) => drop(timeout_at(at, progress.changed()).await),
                None => drop(progress.changed().await),
            }
        }
    }
}

impl Progress {
    fn deadline(&self, limits: &Limits) -> Option<(Instant, TimedOut)> {
        // The head of a response may arrive in HTTP/2 although nothing of its body may be sent, so bytes of the
        // connection are no progress there.
        let progressed = |response: &SentResponse| {
            if self.is_http1 { response.taken.max(self.written) } else { response.taken }
        };
        let stalled = self.responses.iter().map(|response| progressed(response) + limits.stalled);
        let ended = self.responses.iter().map(|response| response.began + limits.answering);
        if let Some(earliest) = stalled.chain(ended).min() {
            return Some((earliest, TimedOut::Response));
        }
        if self.requests > 0 {
            return None;
        }
        if self.is_evicted {
            return Some((self.waiting_since, TimedOut::Evicted));
        }
        let (limit, timed_out) = match self.waiting_for {
            WaitingFor::Head => (limits.reading, TimedOut::Head),
            WaitingFor::Request => (limits.idle, TimedOut::Idle),
            WaitingFor::RequestAfterRefusal => (limits.refused_idle.min(limits.idle), TimedOut::Idle),
        };
        Some((self.waiting_since + limit, timed_out))
    }
}

/// A request from the end of its head to the end of its response.
#[derive(Debug)]
pub(super) struct RequestInProgress {
    activity: Activity,
    /// The `id` of the response, once it begins.
    response: Option<u64>,
}

impl RequestInProgress {
    /// Records that the response begins, and whether it refuses the request.
    pub(super) fn begin_response(&mut self, is_refusal: bool) {
        let response = &mut self.response;
        self.activity.progress.send_modify(|progress| {
            let (id, now) = (progress.next_id, Instant::now());
            progress.next_id += 1;
            if is_refusal {
                progress.waiting_for = WaitingFor::RequestAfterRefusal;
            }
            progress.responses.push(SentResponse { id, began: now, taken: now });
            *response = Some(id);
        });
    }

    /// Whether the connection speaks HTTP/1.
    pub(super) fn is_http1(&self) -> bool {
        self.activity.progress.borrow().is_http1
    }

    /// Records that the connection took a part of the response. This only moves a deadline back.
    pub(super) fn took_part(&self) {
        self.activity.progress.send_if_modified(|progress| {
            let response = progress.responses.iter_mut().find(|response| Some(response.id) == self.response);
            if let Some(response) = response {
                response.taken = Instant::now();
            }
            false
        });
    }
}

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        let mut is_idle = false;
        self.activity.progress.send_modify(|progress| {
            progress.requests -= 1;
            progress.responses.retain(|response| Some(response.id) != self.response);
            is_idle = progress.requests == 0;
            if is_idle {
                progress.waiting_since = Instant::now();
            }
        });
        if is_idle {
            self.activity.became_idle.notify_one();
        }
    }
}
