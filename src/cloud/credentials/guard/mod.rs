//! Prevents an access key, or a user who logs in, from being locked: after more than five failed attempts in five
//! minutes the cloud locks it for everyone who uses it.
//!
//! Until the cloud has accepted the key once, only a few calls use it concurrently; after a few rejections in a row it
//! is paused. Knows nothing of requests: the caller judges the result of a call.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

/// As long as the cloud counts rejections, and as long as it locks the key.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// What the result of a call says about the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyVerdict {
    Accepted,
    Rejected,
    Locked,
    Unknown,
}

/// How many rejections one replica may cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Budget {
    /// Rejections in a row after which the key is paused.
    rejections: u32,
    /// Calls with an unproven key that the cloud may still reject, or rejected in the last five minutes.
    trials: usize,
    /// Of these, those to one endpoint, so that an unreachable endpoint leaves a place for others.
    trials_per_endpoint: usize,
}

impl Budget {
    /// The budget of each of `replicas` that may share the key, so that together they cause at most five rejections.
    /// Six lock the key. More than five replicas exceed that, since each needs one attempt.
    fn of(replicas: u32) -> Self {
        match replicas {
            0 | 1 => Self { rejections: 3, trials: 5, trials_per_endpoint: 2 },
            2 => Self { rejections: 2, trials: 2, trials_per_endpoint: 1 },
            _ => Self { rejections: 1, trials: 1, trials_per_endpoint: 1 },
        }
    }
}

#[derive(Debug)]
pub(crate) struct Guard {
    budget: Budget,
    state: Mutex<KeyState>,
    trials: Arc<Semaphore>,
    /// Notified of every verdict about the key.
    judged: Notify,
    endpoint_trials: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// Permission to make one call.
#[derive(Debug)]
pub(crate) enum Admission {
    /// The cloud has accepted the key: any number of calls may use it.
    Proven,
    /// The key is unproven, and the call has one of the few places.
    Trial([Option<OwnedSemaphorePermit>; 2]),
}

#[derive(Debug, Default)]
struct KeyState {
    proven: bool,
    rejections: u32,
    paused_until: Option<Instant>,
}

impl Guard {
    /// The guard of an unproven key that as many replicas may share.
    pub(crate) fn new(replicas: u32) -> Self {
        let budget = Budget::of(replicas);
        Self {
            budget,
            state: Mutex::default(),
            trials: Arc::new(Semaphore::new(budget.trials)),
            judged: Notify::new(),
            endpoint_trials: Mutex::default(),
        }
    }

    /// Waits until a call to `endpoint` may use the key. While the key is paused, returns the remaining time as the
    /// error.
    pub(crate) async fn admit(&self, endpoint: &str) -> Result<Admission, Duration> {
        loop {
            let mut judged = pin!(self.judged.notified());
            // From here on, so that no verdict after the look at the state is missed.
            judged.as_mut().enable();
            if self.state().is_proven()? {
                return Ok(Admission::Proven);
            }
            let trial = tokio::select! {
                trial = self.trial(endpoint) => trial,
                // A place may stay taken for minutes, while the key is proven or paused already.
                () = judged => continue,
            };
            // Another call may have ended meanwhile.
            return Ok(if self.state().is_proven()? { Admission::Proven } else { Admission::Trial(trial) });
        }
    }

    async fn trial(&self, endpoint: &str) -> [Option<OwnedSemaphorePermit>; 2] {
        // Neither semaphore is ever closed.
        let endpoint_trial = self.endpoint_trials(endpoint).acquire_owned().await.ok();
        [endpoint_trial, Arc::clone(&self.trials).acquire_owned().await.ok()]
    }

    /// Makes a call with the key, and records what its result says about the key.
    pub(crate) async fn call<T: Send + 'static>(
        self: &Arc<Self>,
        admission: Admission,
        call: impl Future<Output = T> + Send + 'static,
        verdict: fn(&T) -> KeyVerdict,
    ) -> T {
        let guard = Arc::clone(self);
        let judged = async move {
            let result = call.await;
            let verdict = verdict(&result);
            guard.record(verdict);
            (result, verdict)
        };
        let Admission::Trial([endpoint_trial, trial]) = admission else { return judged.await.0 };
        // A task, because the cloud may still reject the call of a caller that goes away. The request's own time-out
        // ends it.
        let judged = tokio::spawn(async move {
            let (result, verdict) = judged.await;
            if verdict == KeyVerdict::Rejected {
                // The rejection takes its place for as long as the cloud counts it.
                tokio::spawn(async move {
                    sleep(PAUSE).await;
                    drop(trial);
                });
            }
            // Not earlier, so that the next trial knows the verdict.
            drop(endpoint_trial);
            result
        });
        // The task is never aborted, so it can only have panicked.
        judged.await.unwrap_or_else(|error| resume_unwind(error.into_panic()))
    }

    /// Whether calls with the key are refused now.
    pub(super) fn is_paused(&self) -> bool {
        self.state().is_proven().is_err()
    }

    fn endpoint_trials(&self, endpoint: &str) -> Arc<Semaphore> {
        let mut trials = self.endpoint_trials.lock().unwrap_or_else(PoisonError::into_inner);
        let trials = trials.entry(endpoint.to_owned());
        Arc::clone(trials.or_insert_with(|| Arc::new(Semaphore::new(self.budget.trials_per_endpoint))))
    }

    fn record(&self, verdict: KeyVerdict) {
        let mut state = self.state();
        match verdict {
            KeyVerdict::Accepted => *state = KeyState { proven: true, ..KeyState::default() },
            KeyVerdict::Unknown => {}
            KeyVerdict::Rejected | KeyVerdict::Locked => {
                state.proven = false;
                state.rejections = state.rejections.saturating_add(1);
                if state.rejections >= self.budget.rejections || verdict == KeyVerdict::Locked {
                    state.paused_until = Some(Instant::now() + PAUSE);
                }
            }
        }
        drop(state);
        if verdict != KeyVerdict::Unknown {
            self.judged.notify_waiters();
        }
    }

    /// Ignores poisoning: every change is a single step, so the state is complete even after a panic.
    fn state(&self) -> MutexGuard<'_, KeyState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyState {
    /// Whether any number of calls may use the key; the remaining time of a pause as the error.
    fn is_proven(&self) -> Result<bool, Duration> {
        match self.paused_until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(remaining) if !remaining.is_zero() => Err(remaining),
            _ => Ok(self.proven),
        }
    }
}
