//! Prevents an access key, or a user who logs in, from being locked: after more than five failed attempts in five
//! minutes the cloud locks it for everyone who uses it.
//!
//! Until the cloud has accepted the key once, only a few calls use it concurrently; after three rejections in a row it
//! is paused. Knows nothing of requests: the caller judges the result of a call.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

/// Rejections in a row after which the key is paused.
const MAX_REJECTIONS: u32 = 3;

/// Concurrent calls with an unproven key. After two rejections they make five, and six lock the key.
const MAX_TRIALS: usize = 3;

/// Of these, those to one endpoint, so that an unreachable endpoint leaves a place for others.
const MAX_TRIALS_PER_ENDPOINT: usize = 2;

/// As long as the cloud counts rejections, and as long as it locks the key.
const PAUSE: Duration = Duration::from_secs(5 * 60);

/// How long a trial blocks others. A call without a response after that says nothing about the key.
const TRIAL_TIMEOUT: Duration = Duration::from_secs(3);

/// What the result of a call says about the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyVerdict {
    Accepted,
    Rejected,
    Locked,
    Unknown,
}

#[derive(Debug)]
pub(crate) struct Guard {
    state: Mutex<KeyState>,
    trials: Semaphore,
    endpoint_trials: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// Permission to use an unproven key.
type Trial<'a> = (Option<OwnedSemaphorePermit>, Option<SemaphorePermit<'a>>);

#[derive(Debug, Default)]
struct KeyState {
    proven: bool,
    rejections: u32,
    paused_until: Option<Instant>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            trials: Semaphore::new(MAX_TRIALS),
            endpoint_trials: Mutex::default(),
        }
    }
}

impl Guard {
    /// Makes a call to `endpoint` with the key, and records what its result says about the key. While the key is paused,
    /// makes no call and returns the remaining time as the error.
    pub(crate) async fn call<T>(
        &self,
        endpoint: &str,
        call: impl Future<Output = T>,
        verdict: impl Fn(&T) -> KeyVerdict,
    ) -> Result<T, Duration> {
        let mut trial = self.admit(endpoint).await?;
        let mut call = pin!(call);
        let result = if let Ok(result) = timeout(TRIAL_TIMEOUT, &mut call).await {
            result
        } else {
            trial = None;
            call.await
        };
        self.record(verdict(&result));
        // Not earlier, so that the next trial knows the verdict.
        drop(trial);
        Ok(result)
    }

    /// Waits for a trial if the key is unproven.
    async fn admit(&self, endpoint: &str) -> Result<Option<Trial<'_>>, Duration> {
        if self.state().is_proven()? {
            return Ok(None);
        }
        // Neither semaphore is ever closed.
        let endpoint_trial = self.endpoint_trials(endpoint).acquire_owned().await.ok();
        let trial = (endpoint_trial, self.trials.acquire().await.ok());
        // Another call may have ended meanwhile.
        if self.state().is_proven()? { Ok(None) } else { Ok(Some(trial)) }
    }

    fn endpoint_trials(&self, endpoint: &str) -> Arc<Semaphore> {
        let mut trials = self.endpoint_trials.lock().unwrap_or_else(PoisonError::into_inner);
        let trials = trials.entry(endpoint.to_owned());
        Arc::clone(trials.or_insert_with(|| Arc::new(Semaphore::new(MAX_TRIALS_PER_ENDPOINT))))
    }

    fn record(&self, verdict: KeyVerdict) {
        let mut state = self.state();
        match verdict {
            KeyVerdict::Accepted => *state = KeyState { proven: true, ..KeyState::default() },
            KeyVerdict::Unknown => {}
            KeyVerdict::Rejected | KeyVerdict::Locked => {
                state.proven = false;
                state.rejections = state.rejections.saturating_add(1);
                if state.rejections >= MAX_REJECTIONS || verdict == KeyVerdict::Locked {
                    state.paused_until = Some(Instant::now() + PAUSE);
                }
            }
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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    async fn call(guard: &Guard, verdict: KeyVerdict) -> Result<(), Duration> {
        guard.call("cloud", ready(()), |()| verdict).await
    }

    #[tokio::test(start_paused = true)]
    async fn three_rejections_in_a_row_pause_the_key_for_five_minutes() {
        let guard = Guard::default();
        for _ in 0..3 {
            assert_eq!(call(&guard, KeyVerdict::Rejected).await, Ok(()));
        }
        assert_eq!(call(&guard, KeyVerdict::Accepted).await, Err(PAUSE));
        tokio::time::advance(PAUSE.saturating_sub(Duration::from_millis(1))).await;
        assert_eq!(call(&guard, KeyVerdict::Accepted).await, Err(Duration::from_millis(1)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(call(&guard, KeyVerdict::Rejected).await, Ok(()), "one more trial");
        assert_eq!(call(&guard, KeyVerdict::Accepted).await, Err(PAUSE), "and the next pause");
    }

    #[tokio::test(start_paused = true)]
    async fn acceptance_ends_the_row_and_a_missing_response_does_not() {
        let guard = Guard::default();
        for verdict in [
            KeyVerdict::Rejected,
            KeyVerdict::Rejected,
            KeyVerdict::Accepted,
            KeyVerdict::Rejected,
            KeyVerdict::Rejected,
        ] {
            assert_eq!(call(&guard, verdict).await, Ok(()));
        }
        assert_eq!(call(&guard, KeyVerdict::Unknown).await, Ok(()));
        assert_eq!(call(&guard, KeyVerdict::Rejected).await, Ok(()));
        assert_eq!(call(&guard, KeyVerdict::Accepted).await, Err(PAUSE));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_pauses_the_key_at_once() {
        let guard = Guard::default();
        assert_eq!(call(&guard, KeyVerdict::Accepted).await, Ok(()));
        assert_eq!(call(&guard, KeyVerdict::Locked).await, Ok(()));
        assert_eq!(call(&guard, KeyVerdict::Accepted).await, Err(PAUSE));
    }

    /// How long an accepted call to `cloud` waits while calls to these endpoints get no response.
    async fn wait_behind(unanswered: &[&str]) -> Duration {
        let guard = Guard::default();
        let started = Instant::now();
        let pending =
            unanswered.iter().map(|endpoint| guard.call(endpoint, pending::<()>(), |()| KeyVerdict::Unknown));
        let accepted = async {
            call(&guard, KeyVerdict::Accepted).await.unwrap();
            started.elapsed()
        };
        tokio::select! {
            biased;
            _ = futures_util::future::join_all(pending) => panic!("a call without a response ended"),
            elapsed = accepted => elapsed,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn three_trials_run_concurrently_and_two_per_endpoint() {
        for (unanswered, wait) in [
            (&["cloud"][..], Duration::ZERO),
            (&["cloud", "cloud"], TRIAL_TIMEOUT),
            (&["dead", "dead", "dead", "dead"], Duration::ZERO),
            (&["dead", "dead", "silent"], TRIAL_TIMEOUT),
        ] {
            assert_eq!(wait_behind(unanswered).await, wait, "{unanswered:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn calls_with_a_proven_key_do_not_wait() {
        let guard = Guard::default();
        assert_eq!(call(&guard, KeyVerdict::Accepted).await, Ok(()));
        let started = Instant::now();
        let slow = || guard.call("cloud", tokio::time::sleep(TRIAL_TIMEOUT), |()| KeyVerdict::Unknown);
        futures_util::future::join_all(std::iter::repeat_with(slow).take(100)).await;
        assert_eq!(started.elapsed(), TRIAL_TIMEOUT, "all concurrently");
    }

    #[tokio::test(start_paused = true)]
    async fn of_a_hundred_concurrent_calls_at_most_five_are_made_and_rejected() {
        let guard = Guard::default();
        let made = std::sync::atomic::AtomicU32::new(0);
        let rejected = |number: u32| {
            let endpoint = ["north", "east", "south"][number as usize % 3];
            let call = async {
                made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
            };
            async { guard.call(endpoint, call, |()| KeyVerdict::Rejected).await }
        };
        futures_util::future::join_all((0..100).map(rejected)).await;
        let made = made.into_inner();
        assert!((3..=5).contains(&made), "{made}");
    }
}
