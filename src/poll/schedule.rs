//! When a project is polled; does not know what a poll does.

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use crate::cloud::client::doubling;

/// Calls `poll` repeatedly: immediately, then at `point` of the interval (from 0 to 1), then every interval. A poll that
/// takes longer than the interval skips the missed ticks; polls never overlap. Never returns.
pub(super) async fn repeat<Poll: Future<Output = ()>>(
    interval: Duration,
    point: f64,
    mut poll: impl FnMut() -> Poll,
) {
    let mut ticks = interval_at(Instant::now() + interval.mul_f64(point), interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        poll().await;
        ticks.tick().await;
    }
}

/// Panics in a row after which [`repeat_despite_panics`] gives up.
const MAX_PANICS: u32 = 10;
/// The first wait after a panic. Each further one in a row is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Like [`repeat`], and begins again after a wait if `poll` panics. Panics itself after [`MAX_PANICS`] in a row.
pub(super) async fn repeat_despite_panics<Poll: Future<Output = ()>>(
    interval: Duration,
    point: fn() -> f64,
    mut poll: impl FnMut() -> Poll,
) {
    let panics = AtomicU32::new(0);
    loop {
        let poll_once = || {
            let polling = poll();
            async {
                polling.await;
                panics.store(0, Ordering::Relaxed);
            }
        };
        // A poll changes what outlives it in single steps.
        let polls = AssertUnwindSafe(repeat(interval, point(), poll_once)).catch_unwind();
        let Err(panic) = polls.await else { return };
        let in_a_row = panics.fetch_add(1, Ordering::Relaxed) + 1;
        if in_a_row == MAX_PANICS {
            resume_unwind(panic);
        }
        sleep(doubling(FIRST_WAIT, in_a_row, LONGEST_WAIT)).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const INTERVAL: Duration = Duration::from_secs(300);

    /// The starts of polls within an hour, in seconds, if the first polls take `durations` and all others no time.
    async fn starts(point: f64, durations: &[u64]) -> Vec<u64> {
        let begin = Instant::now();
        let (starts, mut durations) = (RefCell::new(Vec::new()), durations.iter().copied());
        let poll = || {
            starts.borrow_mut().push(begin.elapsed().as_secs());
            tokio::time::sleep(Duration::from_secs(durations.next().unwrap_or(0)))
        };
        let polls = repeat(INTERVAL, point, poll);
        tokio::time::timeout(Duration::from_secs(1500), polls).await.unwrap_err();
        starts.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_poll_is_immediate_and_the_others_begin_at_a_point_of_the_interval() {
        assert_eq!(starts(0.5, &[]).await, [0, 150, 450, 750, 1050, 1350]);
        assert_eq!(starts(0.0, &[]).await[..3], [0, 0, 300]);
        assert_eq!(starts(0.999, &[]).await[..3], [0, 299, 599]);
    }

    /// The starts of polls, in seconds, if the polls with these numbers panic; and whether all ended with a panic.
    async fn starts_despite(panics: impl Fn(usize) -> bool) -> (Vec<u64>, bool) {
        let begin = Instant::now();
        let starts = RefCell::new(Vec::new());
        let poll = async || {
            starts.borrow_mut().push(begin.elapsed().as_secs());
            assert!(!panics(starts.borrow().len()), "a test");
        };
        let polls = repeat_despite_panics(INTERVAL, || 0.5, poll);
        let polls = AssertUnwindSafe(tokio::time::timeout(Duration::from_secs(1500), polls)).catch_unwind();
        let is_panic = polls.await.is_err();
        (starts.into_inner(), is_panic)
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_panic_polls_begin_again_with_longer_waits() {
        assert_eq!(starts_despite(|_| false).await, (vec![0, 150, 450, 750, 1050, 1350], false));
        let (starts, ended) = starts_despite(|number| [1, 2, 3, 5].contains(&number)).await;
        assert_eq!(
            (&starts[..7], ended),
            (&[0, 1, 3, 7, 157, 158, 308][..], false),
            "one second again after a good poll"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn ten_panics_in_a_row_end_the_polls() {
        let (starts, ended) = starts_despite(|_| true).await;
        assert_eq!((starts, ended), (vec![0, 1, 3, 7, 15, 31, 63, 123, 183, 243], true));
        let (starts, ended) = starts_despite(|number| number != 10).await;
        assert_eq!((starts.len(), ended), (20, true), "nine, a good one, and ten more");
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_of_a_poll_does_not_move_the_next() {
        assert_eq!(starts(0.5, &[100, 100, 299, 1]).await[..5], [0, 150, 450, 750, 1050]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_poll_skips_the_ticks_that_it_misses() {
        // From 150 to 850: the ticks at 450 and 750 are missed. One of them starts a poll at once, the other is skipped.
        assert_eq!(starts(0.5, &[0, 700]).await, [0, 150, 850, 1050, 1350]);
        // The first poll outlasts its first tick.
        assert_eq!(starts(0.5, &[200]).await[..3], [0, 200, 450]);
    }
}
