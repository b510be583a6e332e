//! What a connection is doing, and until when it may.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::limits::Limits;

/// Why a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expired {
    /// Nobody has asked anything for long.
    Idle,
    /// The head of a request does not come to its end.
    Head,
    /// The client does not take the answer.
    Answer,
}

/// What a connection is doing.
#[derive(Debug)]
pub(super) struct Activity {
    limits: Limits,
    /// Whether bytes that come are the next request's. In HTTP/2 they may be anything.
    reads_heads: bool,
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    /// When the first byte of a request came that is not whole yet; at first, when the connection came.
    head_since: Option<Instant>,
    /// Requests that are being answered and have sent nothing yet.
    handled: usize,
    /// When the answers began that are being sent, in this order.
    sent_since: Vec<Instant>,
    /// When the client last took something.
    written: Instant,
    /// Whether the client takes nothing now.
    is_blocked: bool,
    idle_since: Instant,
}

impl Activity {
    pub(super) fn new(limits: Limits, reads_heads: bool) -> Arc<Self> {
        let now = Instant::now();
        let state = State {
            // Whoever connects has something to ask. Connections without a request would keep others out.
            head_since: Some(now),
            handled: 0,
            sent_since: Vec::new(),
            written: now,
            is_blocked: false,
            idle_since: now,
        };
        Arc::new(Self { limits, reads_heads, state: Mutex::new(state), changed: Notify::new() })
    }

    /// Bytes have come.
    pub(super) fn read(&self) {
        let mut state = self.state();
        let is_head = self.reads_heads && state.handled == 0 && state.sent_since.is_empty();
        if is_head && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
            self.changed.notify_one();
        }
    }

    /// The client has taken something.
    pub(super) fn wrote(&self) {
        let mut state = self.state();
        state.written = Instant::now();
        state.is_blocked = false;
    }

    /// The client takes nothing now.
    pub(super) fn blocked(&self) {
        let mut state = self.state();
        if !state.is_blocked {
            state.is_blocked = true;
            self.changed.notify_one();
        }
    }

    /// A request has come whole, but for its body.
    pub(super) fn begin(self: &Arc<Self>) -> Handling {
        let mut state = self.state();
        state.head_since = None;
        state.handled += 1;
        self.changed.notify_one();
        Handling(Arc::clone(self))
    }

    /// Waits until something has taken longer than it may.
    pub(super) async fn expired(&self) -> Expired {
        loop {
            let deadline = self.state().deadline(&self.limits);
            match deadline {
                None => self.changed.notified().await,
                Some((at, expired)) if at <= Instant::now() => return expired,
                Some((at, _)) => tokio::select! {
                    () = sleep_until(at) => {}
                    () = self.changed.notified() => {}
                },
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn deadline(&self, limits: &Limits) -> Option<(Instant, Expired)> {
        if let (Some(oldest), Some(newest)) = (self.sent_since.first(), self.sent_since.last()) {
            let stalled = self.written.max(*newest) + limits.stalled;
            return Some((stalled.min(*oldest + limits.answering), Expired::Answer));
        }
        if self.is_blocked {
            return Some((self.written + limits.stalled, Expired::Answer));
        }
        if self.handled > 0 {
            return None;
        }
        let head = self.head_since.map(|since| (since + limits.reading, Expired::Head));
        Some(head.unwrap_or((self.idle_since + limits.idle, Expired::Idle)))
    }

    fn ended(&mut self) {
        if self.handled == 0 && self.sent_since.is_empty() {
            self.idle_since = Instant::now();
        }
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(super) struct Handling(Arc<Activity>);

impl Handling {
    /// The answer begins.
    pub(super) fn send(self) -> Sending {
        let since = Instant::now();
        self.0.state().sent_since.push(since);
        Sending { activity: Arc::clone(&self.0), since }
    }
}

impl Drop for Handling {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.handled -= 1;
        state.ended();
        self.0.changed.notify_one();
    }
}

/// An answer that is being sent.
#[derive(Debug)]
pub(super) struct Sending {
    activity: Arc<Activity>,
    since: Instant,
}

impl Drop for Sending {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        if let Some(at) = state.sent_since.iter().position(|since| *since == self.since) {
            state.sent_since.remove(at);
        }
        state.ended();
        self.activity.changed.notify_one();
    }
}
