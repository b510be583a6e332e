//! The rate of requests: a bucket of tokens, of which each request takes one.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::web::config::RateLimit;

/// The bucket of the limit in force. A new limit brings a full one.
#[derive(Debug, Default)]
pub(super) struct Bucket(Mutex<Option<Level>>);

#[derive(Debug)]
struct Level {
    limit: RateLimit,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// Whether a request may pass.
    pub(super) fn take(&self, limit: Option<RateLimit>) -> bool {
        let mut level = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(limit) = limit else {
            *level = None;
            return true;
        };
        let now = Instant::now();
        let full = || Level { limit, tokens: f64::from(limit.burst), at: now };
        let level = level.get_or_insert_with(full);
        if level.limit != limit {
            *level = full();
        }
        let come = now.duration_since(level.at).div_duration_f64(limit.interval);
        level.tokens = (level.tokens + come).min(f64::from(limit.burst));
        level.at = now;
        let passes = level.tokens >= 1.0;
        if passes {
            level.tokens -= 1.0;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_then_one_an_interval() {
        let limit = |burst| Some(RateLimit { interval: Duration::from_secs(2), burst });
        let bucket = Bucket::default();
        let passing = |burst| (0..5).filter(|_| bucket.take(limit(burst))).count();
        assert_eq!(passing(3), 3);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(passing(3), 0);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(passing(3), 1);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(passing(3), 3, "no more than the burst");
        assert_eq!(passing(4), 4, "a new limit brings a full bucket");
        assert!(bucket.take(None));
        assert_eq!(passing(4), 4);
    }
}
