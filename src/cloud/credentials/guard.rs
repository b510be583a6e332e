//! Keeps a key, or a user who logs in, from being locked: the cloud locks what is refused more than five times in five
//! minutes, for whoever else uses it too.
//!
//! Until the cloud has taken it once, only a few calls try it at a time; after three refusals in a row it rests.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

/// Refusals in a row after which there is a rest.
const REFUSALS: u32 = 3;

/// Calls that try what is not proven at a time. With two refusals before them they make five, and six lock.
const TRIALS: usize = 3;

/// Of these, those to one endpoint, so that a dead one leaves a place for others.
const TRIALS_OF_ENDPOINT: usize = 2;

/// As long as the cloud counts refusals, and as long as its lock holds.
const REST: Duration = Duration::from_secs(5 * 60);

/// How long a trial keeps others waiting: one that is not answered by then says nothing about the key.
const PATIENCE: Duration = Duration::from_secs(3);

/// What an answer says about the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was taken.
    Good,
    /// It was refused.
    Refused,
    /// It is locked already.
    Locked,
    /// Nothing: the call did not get that far.
    Nothing,
}

/// One key's standing with the cloud.
#[derive(Debug)]
pub(crate) struct Guard {
    standing: Mutex<Standing>,
    trials: Semaphore,
    trials_of_endpoints: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// Leave to try what is not proven.
type Trial<'a> = (Option<OwnedSemaphorePermit>, Option<SemaphorePermit<'a>>);

#[derive(Debug, Default)]
struct Standing {
    proven: bool,
    refusals: u32,
    rests_until: Option<Instant>,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            standing: Mutex::default(),
            trials: Semaphore::new(TRIALS),
            trials_of_endpoints: Mutex::default(),
        }
    }
}

impl Guard {
    /// Makes a call to `endpoint` with the key, and learns from its outcome.
    ///
    /// # Errors
    /// How long the key still rests; nothing was called then.
    pub(crate) async fn watch<T>(
        &self,
        endpoint: &str,
        call: impl Future<Output = T>,
        verdict: impl Fn(&T) -> Verdict,
    ) -> Result<T, Duration> {
        let trial = self.admit(endpoint).await?;
        let mut call = pin!(call);
        if let Some(trial) = trial {
            if let Ok(outcome) = timeout(PATIENCE, &mut call).await {
                // Before the next trial begins.
                self.learn(verdict(&outcome));
                return Ok(outcome);
            }
            drop(trial);
        }
        let outcome = call.await;
        self.learn(verdict(&outcome));
        Ok(outcome)
    }

    /// Waits for leave to call: none is needed with a proven key.
    async fn admit(&self, endpoint: &str) -> Result<Option<Trial<'_>>, Duration> {
        if self.standing().may_call()? {
            return Ok(None);
        }
        // Neither semaphore is ever closed.
        let of_endpoint = self.trials_of(endpoint).acquire_owned().await.ok();
        let trial = (of_endpoint, self.trials.acquire().await.ok());
        // Another call may have brought news.
        if self.standing().may_call()? { Ok(None) } else { Ok(Some(trial)) }
    }

    fn trials_of(&self, endpoint: &str) -> Arc<Semaphore> {
        let mut trials = self.trials_of_endpoints.lock().unwrap_or_else(PoisonError::into_inner);
        let trials = trials.entry(endpoint.to_owned());
        Arc::clone(trials.or_insert_with(|| Arc::new(Semaphore::new(TRIALS_OF_ENDPOINT))))
    }

    fn learn(&self, verdict: Verdict) {
        let mut standing = self.standing();
        match verdict {
            Verdict::Good => *standing = Standing { proven: true, ..Standing::default() },
            Verdict::Nothing => {}
            Verdict::Refused | Verdict::Locked => {
                standing.proven = false;
                standing.refusals = standing.refusals.saturating_add(1);
                if standing.refusals >= REFUSALS || verdict == Verdict::Locked {
                    standing.rests_until = Some(Instant::now() + REST);
                }
            }
        }
    }

    /// What a panicking holder left is whole: every change is a single step.
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    /// Whether any number of calls may be made; or for how long none may.
    fn may_call(&self) -> Result<bool, Duration> {
        match self.rests_until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(rest) if !rest.is_zero() => Err(rest),
            _ => Ok(self.proven),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    async fn call(guard: &Guard, verdict: Verdict) -> Result<(), Duration> {
        guard.watch("cloud", ready(()), |()| verdict).await
    }

    #[tokio::test(start_paused = true)]
    async fn three_refusals_in_a_row_bring_a_rest_of_five_minutes() {
        let guard = Guard::default();
        for _ in 0..3 {
            assert_eq!(call(&guard, Verdict::Refused).await, Ok(()));
        }
        assert_eq!(call(&guard, Verdict::Good).await, Err(REST));
        tokio::time::advance(REST.saturating_sub(Duration::from_millis(1))).await;
        assert_eq!(call(&guard, Verdict::Good).await, Err(Duration::from_millis(1)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(call(&guard, Verdict::Refused).await, Ok(()), "one more trial");
        assert_eq!(call(&guard, Verdict::Good).await, Err(REST), "and rest again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_good_answer_ends_the_row_and_no_answer_does_not() {
        let guard = Guard::default();
        for verdict in [Verdict::Refused, Verdict::Refused, Verdict::Good, Verdict::Refused, Verdict::Refused]
        {
            assert_eq!(call(&guard, verdict).await, Ok(()));
        }
        assert_eq!(call(&guard, Verdict::Nothing).await, Ok(()));
        assert_eq!(call(&guard, Verdict::Refused).await, Ok(()));
        assert_eq!(call(&guard, Verdict::Good).await, Err(REST));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_brings_a_rest_at_once() {
        let guard = Guard::default();
        assert_eq!(call(&guard, Verdict::Good).await, Ok(()));
        assert_eq!(call(&guard, Verdict::Locked).await, Ok(()));
        assert_eq!(call(&guard, Verdict::Good).await, Err(REST));
    }

    /// When a good call to `cloud` gets through, while calls to these endpoints are never answered.
    async fn waits_behind(unanswered: &[&str]) -> Duration {
        let guard = Guard::default();
        let begun = Instant::now();
        let pending =
            unanswered.iter().map(|endpoint| guard.watch(endpoint, pending::<()>(), |()| Verdict::Nothing));
        let good = async {
            call(&guard, Verdict::Good).await.unwrap();
            begun.elapsed()
        };
        tokio::select! {
            biased;
            _ = futures_util::future::join_all(pending) => panic!("never answered"),
            elapsed = good => elapsed,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn three_try_at_a_time_and_two_of_one_endpoint() {
        for (unanswered, waits) in [
            (&["cloud"][..], Duration::ZERO),
            (&["cloud", "cloud"], PATIENCE),
            (&["dead", "dead", "dead", "dead"], Duration::ZERO),
            (&["dead", "dead", "silent"], PATIENCE),
        ] {
            assert_eq!(waits_behind(unanswered).await, waits, "{unanswered:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_proven_key_keeps_nobody_waiting() {
        let guard = Guard::default();
        assert_eq!(call(&guard, Verdict::Good).await, Ok(()));
        let begun = Instant::now();
        let slow = || guard.watch("cloud", tokio::time::sleep(PATIENCE), |()| Verdict::Nothing);
        futures_util::future::join_all(std::iter::repeat_with(slow).take(100)).await;
        assert_eq!(begun.elapsed(), PATIENCE, "all at once");
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_calls_at_once_five_at_most_are_refused_and_the_others_not_made() {
        let guard = Guard::default();
        let made = std::sync::atomic::AtomicU32::new(0);
        let refused = |number: u32| {
            let endpoint = ["north", "east", "south"][number as usize % 3];
            let call = async {
                made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
            };
            async { guard.watch(endpoint, call, |()| Verdict::Refused).await }
        };
        futures_util::future::join_all((0..100).map(refused)).await;
        let made = made.into_inner();
        assert!((3..=5).contains(&made), "{made}");
    }
}
