//! What a connection is doing, and until when it may.

use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::limits::Limits;

/// The time limit that a connection exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimedOut {
    /// No request came for too long.
    Idle,
    /// The head of a request did not end.
    Head,
    /// The client did not receive a response.
    Response,
}

/// What a connection is doing. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Activity {
    limits: Limits,
    /// Whether received bytes are the next request's head. In HTTP/2 they may be anything.
    reads_heads: bool,
    progress: watch::Sender<Progress>,
}

#[derive(Debug)]
struct Progress {
    /// Requests whose response is not sent yet.
    requests: usize,
    /// When the responses that are being sent began, the oldest first.
    responses: Vec<Instant>,
    /// When the client last received something.
    written: Instant,
    /// Since when the connection waits for a request or, with `has_head_begun`, for the end of its head.
    waiting_since: Instant,
    has_head_begun: bool,
}

impl Activity {
    pub(super) fn new(limits: Limits, reads_heads: bool) -> Self {
        let now = Instant::now();
        let progress = Progress {
            requests: 0,
            responses: Vec::new(),
            written: now,
            waiting_since: now,
            // Clients connect to send a request; connections without one would keep others out.
            has_head_begun: true,
        };
        Self { limits, reads_heads, progress: watch::Sender::new(progress) }
    }

    /// Records that bytes were received.
    pub(super) fn read(&self) {
        self.progress.send_if_modified(|progress| {
            let begins_head = self.reads_heads && progress.requests == 0 && !progress.has_head_begun;
            if begins_head {
                progress.has_head_begun = true;
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
        self.progress.send_modify(|progress| {
            progress.has_head_begun = false;
            progress.requests += 1;
        });
        RequestInProgress { activity: self.clone(), response_began: None }
    }

    /// Waits until a time limit is exceeded.
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
        if let (Some(oldest), Some(newest)) = (self.responses.first(), self.responses.last()) {
            let stalled = self.written.max(*newest) + limits.stalled;
            return Some((stalled.min(*oldest + limits.answering), TimedOut::Response));
        }
        match self {
            Self { requests: 1.., .. } => None,
            Self { has_head_begun: true, .. } => Some((self.waiting_since + limits.reading, TimedOut::Head)),
            _ => Some((self.waiting_since + limits.idle, TimedOut::Idle)),
        }
    }
}

/// A request from the end of its head to the end of its response.
#[derive(Debug)]
pub(super) struct RequestInProgress {
    activity: Activity,
    response_began: Option<Instant>,
}

impl RequestInProgress {
    /// Records that the response begins.
    pub(super) fn begin_response(&mut self) {
        let now = Instant::now();
        self.response_began = Some(now);
        self.activity.progress.send_modify(|progress| progress.responses.push(now));
    }
}

impl Drop for RequestInProgress {
    fn drop(&mut self) {
        self.activity.progress.send_modify(|progress| {
            progress.requests -= 1;
            let ended = progress.responses.iter().position(|began| Some(*began) == self.response_began);
            if let Some(place) = ended {
                progress.responses.remove(place);
            }
            if progress.requests == 0 {
                progress.waiting_since = Instant::now();
            }
        });
    }
}
