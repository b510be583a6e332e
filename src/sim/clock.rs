//! The cloud's two times: the server's, which it signs and dates by, and the world's, which makes usage grow.
//!
//! The only place that asks the machine for the time, so that a test can stop it.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use super::locked;

/// Tells both times.
#[derive(Debug)]
pub(super) struct Clock {
    epoch: Timestamp,
    speed: f64,
    started: Timestamp,
    stopped: Mutex<Option<Timestamp>>,
}

impl Clock {
    /// A running clock whose world stands at `epoch` now and does `speed` seconds a second.
    pub(super) fn new(epoch: Timestamp, speed: f64) -> Self {
        Clock { epoch, speed, started: Timestamp::now(), stopped: Mutex::new(None) }
    }

    /// Shows `at` from now on.
    pub(super) fn stop(&self, at: Timestamp) {
        *locked(&self.stopped) = Some(at);
    }

    /// The server's time.
    pub(super) fn now(&self) -> Timestamp {
        locked(&self.stopped).unwrap_or_else(Timestamp::now)
    }

    /// The world's time: never before the epoch, even where the machine's clock is set back.
    pub(super) fn world(&self) -> Timestamp {
        let real = self.now().duration_since(self.started).as_secs_f64();
        SignedDuration::try_from_secs_f64(real * self.speed)
            .ok()
            .and_then(|passed| self.epoch.checked_add(passed).ok())
            .unwrap_or(Timestamp::MAX)
            .max(self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_world_runs_at_its_own_speed_and_never_before_its_epoch() {
        let epoch: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::new(epoch, 60.0);
        clock.stop(clock.started + SignedDuration::from_secs(10));
        assert_eq!(clock.world().to_string(), "2026-01-01T00:10:00Z");
        clock.stop(clock.started - SignedDuration::from_secs(10));
        assert_eq!(clock.world(), epoch);
    }

    #[test]
    fn a_still_world_stays_at_its_epoch_and_a_racing_one_at_the_end_of_time() {
        let epoch: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let still = Clock::new(epoch, 0.0);
        still.stop(still.started + SignedDuration::from_hours(24));
        assert_eq!(still.world(), epoch);
        let racing = Clock::new(epoch, f64::MAX);
        racing.stop(racing.started + SignedDuration::from_hours(24));
        assert_eq!(racing.world(), Timestamp::MAX);
    }
}
