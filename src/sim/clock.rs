//! The cloud's two clocks: server time, for signatures, expiry and dates, and simulated time, by which usage grows.
//!
//! Only this module reads the machine's clock, so that tests can stop it.

use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};

use super::locked;

/// Both clocks.
#[derive(Debug)]
pub(super) struct Clock {
    epoch: Timestamp,
    speed: f64,
    started: Timestamp,
    stopped: Mutex<Option<Timestamp>>,
}

impl Clock {
    /// Simulated time starts at `epoch` and runs `speed` times as fast as server time.
    pub(super) fn new(epoch: Timestamp, speed: f64) -> Self {
        Clock { epoch, speed, started: Timestamp::now(), stopped: Mutex::new(None) }
    }

    /// Stops server time at `at`; call again to move it.
    pub(super) fn stop(&self, at: Timestamp) {
        *locked(&self.stopped) = Some(at);
    }

    /// Server time.
    pub(super) fn now(&self) -> Timestamp {
        locked(&self.stopped).unwrap_or_else(Timestamp::now)
    }

    /// Simulated time: never before the epoch, even if the machine's clock goes back.
    pub(super) fn simulated_now(&self) -> Timestamp {
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
    fn simulated_time_has_its_own_speed_and_is_never_before_the_epoch() {
        let epoch: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::new(epoch, 60.0);
        clock.stop(clock.started + SignedDuration::from_secs(10));
        assert_eq!(clock.simulated_now().to_string(), "2026-01-01T00:10:00Z");
        clock.stop(clock.started - SignedDuration::from_secs(10));
        assert_eq!(clock.simulated_now(), epoch);
    }

    #[test]
    fn speed_zero_stays_at_the_epoch_and_a_huge_speed_ends_at_the_latest_time() {
        let epoch: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let stopped = Clock::new(epoch, 0.0);
        stopped.stop(stopped.started + SignedDuration::from_hours(24));
        assert_eq!(stopped.simulated_now(), epoch);
        let fastest = Clock::new(epoch, f64::MAX);
        fastest.stop(fastest.started + SignedDuration::from_hours(24));
        assert_eq!(fastest.simulated_now(), Timestamp::MAX);
    }
}
