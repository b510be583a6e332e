//! Keeps a key, or a user who logs in, from being locked: the cloud locks what is refused more than five times in five
//! minutes, for whoever else uses it too.
//!
//! Until the cloud has taken it once, only a few calls try it at a time; after three refusals in a row it rests.

use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

/// Refusals in a row after which there is a rest.
const REFUSALS: u32 = 3;

/// Calls that try what is not proven at a time. With two refusals before them they make five, and six lock.
const TRIALS: usize = 3;

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
}

#[derive(Debug, Default)]
struct Standing {
    proven: bool,
    refusals: u32,
    rests_until: Option<Instant>,
}

impl Default for Guard {
    fn default() -> Self {
        Self { standing: Mutex::default(), trials: Semaphore::new(TRIALS) }
    }
}

impl Guard {
    /// Makes a call with the key, and learns from its outcome.
    ///
    /// # Errors
    /// How long the key still rests; nothing was called then.
    pub(crate) async fn watch<T>(
        &self,
        call: impl Future<Output = T>,
        verdict: impl Fn(&T) -> Verdict,
    ) -> Result<T, Duration> {
        let trial = self.admit().await?;
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
    async fn admit(&self) -> Result<Option<SemaphorePermit<'_>>, Duration> {
        if self.standing().may_call()? {
            return Ok(None);
        }
        // The semaphore is never closed.
        let trial = self.trials.acquire().await.ok();
        // Another call may have brought news.
        if self.standing().may_call()? { Ok(None) } else { Ok(trial) }
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
        guard.watch(ready(()), |()| verdict).await
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

    #[tokio::test(start_paused = true)]
    async fn three_try_at_a_time_until_one_is_taken() {
        let guard = Guard::default();
        let unanswered = || guard.watch(pending::<()>(), |()| Verdict::Nothing);
        let begun = Instant::now();
        let fourth = async {
            call(&guard, Verdict::Good).await.unwrap();
            begun.elapsed()
        };
        let elapsed = tokio::select! {
            biased;
            _ = async { tokio::join!(unanswered(), unanswered(), unanswered()) } => panic!("never answered"),
            elapsed = fourth => elapsed,
        };
        assert_eq!(elapsed, PATIENCE, "behind three that are not answered");
        let all = std::iter::repeat_with(|| call(&guard, Verdict::Good)).take(100);
        futures_util::future::join_all(all).await;
        assert_eq!(begun.elapsed(), PATIENCE, "a proven key keeps nobody waiting");
    }

    #[tokio::test(start_paused = true)]
    async fn of_many_calls_at_once_three_are_refused_and_the_others_not_made() {
        let guard = Guard::default();
        let made = std::sync::atomic::AtomicU32::new(0);
        let refused = || {
            guard.watch(
                async {
                    made.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                },
                |()| Verdict::Refused,
            )
        };
        futures_util::future::join_all(std::iter::repeat_with(refused).take(100)).await;
        assert_eq!(made.into_inner(), 3);
    }
}
