//! The guard with a paused clock: no call is a request.

use std::future::{pending, ready};
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;

use super::*;

/// How long a slow cloud takes to respond.
const SLOW: Duration = Duration::from_secs(8);

fn guard() -> Arc<Guard> {
    Arc::new(Guard::new(1))
}

async fn call(guard: &Arc<Guard>, verdict: KeyVerdict) -> Result<(), Duration> {
    let admission = guard.admit("cloud").await?;
    guard.call(admission, ready(verdict), |verdict| *verdict).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn three_rejections_in_a_row_pause_the_key_for_five_minutes() {
    let guard = guard();
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
    let guard = guard();
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
    let guard = guard();
    assert_eq!(call(&guard, KeyVerdict::Accepted).await, Ok(()));
    assert_eq!(call(&guard, KeyVerdict::Locked).await, Ok(()));
    assert_eq!(call(&guard, KeyVerdict::Accepted).await, Err(PAUSE));
}

/// How long an accepted call to `cloud` waits while calls to these endpoints take `SLOW`.
async fn wait_behind(slow: &[&str]) -> Duration {
    let guard = guard();
    let started = Instant::now();
    let slow = join_all(slow.iter().map(async |endpoint| {
        let admission = guard.admit(endpoint).await.unwrap();
        guard.call(admission, tokio::time::sleep(SLOW), |()| KeyVerdict::Unknown).await;
    }));
    let accepted = async {
        call(&guard, KeyVerdict::Accepted).await.unwrap();
        started.elapsed()
    };
    // The slow calls come first.
    let ((), elapsed) = tokio::join!(biased; async { drop(slow.await) }, accepted);
    elapsed
}

#[tokio::test(start_paused = true)]
async fn five_trials_run_concurrently_and_two_per_endpoint() {
    for (slow, wait) in [
        (&["cloud"][..], Duration::ZERO),
        (&["cloud", "cloud"], SLOW),
        (&["dead", "dead", "dead", "dead"], Duration::ZERO),
        (&["dead", "dead", "silent", "silent"], Duration::ZERO),
        (&["dead", "dead", "silent", "silent", "slow"], SLOW),
    ] {
        assert_eq!(wait_behind(slow).await, wait, "{slow:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejection_takes_a_place_for_as_long_as_the_cloud_counts_it() {
    let guard = guard();
    for _ in 0..2 {
        assert_eq!(call(&guard, KeyVerdict::Rejected).await, Ok(()));
    }
    let mut trials = Vec::new();
    for endpoint in ["north", "east", "south"] {
        trials.push(guard.admit(endpoint).await.unwrap());
    }
    assert!(tokio::time::timeout(SLOW, guard.admit("west")).await.is_err(), "five with the two rejections");
    tokio::time::advance(PAUSE).await;
    assert!(matches!(guard.admit("west").await, Ok(Admission::Trial(_))), "the rejections are forgotten");
}

#[tokio::test(start_paused = true)]
async fn a_verdict_ends_the_wait_for_a_place() {
    for verdict in [KeyVerdict::Accepted, KeyVerdict::Locked] {
        let guard = guard();
        let _busy = [guard.admit("cloud").await.unwrap(), guard.admit("cloud").await.unwrap()];
        let started = Instant::now();
        let waiting = guard.admit("cloud");
        let judged = async {
            tokio::time::sleep(SLOW).await;
            let elsewhere = guard.admit("elsewhere").await.unwrap();
            guard.call(elsewhere, ready(verdict), |verdict| *verdict).await;
        };
        let (admission, ()) = tokio::join!(waiting, judged);
        assert_eq!(started.elapsed(), SLOW);
        match verdict {
            KeyVerdict::Accepted => assert!(matches!(admission, Ok(Admission::Proven))),
            _ => assert_eq!(admission.unwrap_err(), PAUSE),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calls_with_a_proven_key_do_not_wait() {
    let guard = guard();
    assert_eq!(call(&guard, KeyVerdict::Accepted).await, Ok(()));
    let started = Instant::now();
    let slow = async || {
        let admission = guard.admit("cloud").await.unwrap();
        guard.call(admission, tokio::time::sleep(SLOW), |()| KeyVerdict::Unknown).await;
    };
    join_all(std::iter::repeat_with(slow).take(100)).await;
    assert_eq!(started.elapsed(), SLOW, "all concurrently");
}

/// How many of a hundred concurrent calls, which the cloud rejects after `latency`, this replica makes. Callers
/// go away after `patience`.
async fn rejected(replicas: u32, latency: Duration, patience: Duration) -> u32 {
    let guard = Arc::new(Guard::new(replicas));
    let made = Arc::new(AtomicU32::new(0));
    let caller = async |number: usize| {
        let endpoint = ["north", "east", "south"][number % 3];
        let Ok(admission) = guard.admit(endpoint).await else { return };
        let made = Arc::clone(&made);
        let call = async move {
            made.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(latency).await;
        };
        guard.call(admission, call, |()| KeyVerdict::Rejected).await;
    };
    let mut calls = Vec::new();
    for round in 0..4 {
        let round = (0..25).map(|number| tokio::time::timeout(patience, caller(round * 25 + number)));
        calls.extend(join_all(round).await);
    }
    assert_eq!(calls.len(), 100);
    made.load(Ordering::Relaxed)
}

#[tokio::test(start_paused = true)]
async fn no_number_of_calls_to_a_slow_cloud_locks_the_key() {
    for latency in [Duration::from_millis(50), SLOW, Duration::from_secs(29)] {
        let made = rejected(1, latency, Duration::MAX).await;
        assert!((3..=5).contains(&made), "{made} after {latency:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_caller_went_away_counts_until_it_is_answered() {
    let made = rejected(1, SLOW, Duration::from_secs(1)).await;
    assert_eq!(made, 5, "the places were taken for eight seconds, and the callers left after one");
}

#[tokio::test(start_paused = true)]
async fn replicas_that_share_a_key_cause_five_rejections_together() {
    for (replicas, each) in [(1, 5), (2, 2), (3, 1), (5, 1)] {
        let made = rejected(replicas, SLOW, Duration::MAX).await;
        assert!(made <= each && replicas * each <= 5, "{made} of each of {replicas}");
        assert!(made >= 1);
    }
}

#[tokio::test(start_paused = true)]
async fn two_replicas_pause_after_two_rejections_and_more_after_one() {
    for (replicas, allowed) in [(2, 2), (3, 1), (9, 1)] {
        let guard = Arc::new(Guard::new(replicas));
        for _ in 0..allowed {
            assert_eq!(call(&guard, KeyVerdict::Rejected).await, Ok(()));
        }
        assert_eq!(call(&guard, KeyVerdict::Accepted).await, Err(PAUSE), "{replicas}");
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_place_can_be_given_up() {
    let guard = guard();
    for _ in 0..2 {
        let admission = guard.admit("cloud").await.unwrap();
        tokio::spawn({
            let guard = Arc::clone(&guard);
            async move { guard.call(admission, pending::<()>(), |()| KeyVerdict::Unknown).await }
        });
    }
    assert!(tokio::time::timeout(SLOW, guard.admit("cloud")).await.is_err());
    assert!(matches!(guard.admit("elsewhere").await, Ok(Admission::Trial(_))));
}
