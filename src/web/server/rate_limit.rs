//! The limit on the rate of requests: a token bucket from which each request takes one token.

use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::web::config::RateLimit;

/// The bucket of the configured limit. A new limit starts with a full one.
#[derive(Debug, Default)]
pub(super) struct RateLimiter(Mutex<Option<Bucket>>);

#[derive(Debug)]
struct Bucket {
    limit: RateLimit,
    tokens: f64,
    filled: Instant,
}

impl RateLimiter {
    /// Whether a request is within `limit`.
    pub(super) fn admits(&self, limit: Option<RateLimit>) -> bool {
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(limit) = limit else {
            *bucket = None;
            return true;
        };
        let now = Instant::now();
        let full = || Bucket { limit, tokens: f64::from(limit.burst), filled: now };
        let bucket = bucket.get_or_insert_with(full);
        if bucket.limit != limit {
            *bucket = full();
        }
        let new_tokens = now.duration_since(bucket.filled).div_duration_f64(limit.interval);
        bucket.tokens = (bucket.tokens + new_tokens).min(f64::from(limit.burst));
        bucket.filled = now;
        let is_admitted = bucket.tokens >= 1.0;
        if is_admitted {
            bucket.tokens -= 1.0;
        }
        is_admitted
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_admitted_and_then_one_request_per_interval() {
        let limit = |burst| Some(RateLimit { interval: Duration::from_secs(2), burst });
        let limiter = RateLimiter::default();
        let admitted = |burst| (0..5).filter(|_| limiter.admits(limit(burst))).count();
        assert_eq!(admitted(3), 3);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(admitted(3), 0);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(admitted(3), 1);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(admitted(3), 3, "no more than the burst");
        assert_eq!(admitted(4), 4, "a new limit starts with a full bucket");
        assert!(limiter.admits(None));
        assert_eq!(admitted(4), 4);
    }
}
