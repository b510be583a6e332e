//! When a project is polled; does not know what a poll does.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

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
