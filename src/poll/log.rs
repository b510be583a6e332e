//! The log lines of polls.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::advice;
use crate::cloud::error::Error;
use crate::cloud::reason::Reason;
use crate::snapshot::{Collector, Snapshot};

/// Logs the result of a poll. A success is logged at `info` only if the previous poll did not succeed.
pub(super) fn poll(
    project: &str,
    collector: Collector,
    result: &Result<Snapshot, Error>,
    duration: Duration,
    was_up: bool,
) {
    let collector = collector.as_str();
    match result {
        Ok(Snapshot { consistent, invalid_values, .. }) if was_up => {
            tracing::debug!(project, collector, ?duration, consistent, invalid_values, "polled");
        }
        Ok(Snapshot { consistent, invalid_values, .. }) => {
            tracing::info!(project, collector, ?duration, consistent, invalid_values, "polling works");
        }
        Err(error) => tracing::warn!(
            project,
            collector,
            reason = error.reason().as_str(),
            request_id = error.request_id(),
            %error,
            advice = error.advice(),
            "poll failed; the last data is shown until it is stale"
        ),
    }
}

/// Logs each reason for a failed look-up of user names once, until a look-up succeeds.
#[derive(Debug, Default)]
pub(super) struct NamesLog(Mutex<Vec<Reason>>);

impl NamesLog {
    pub(super) fn log(&self, project: &str, looked_up: Result<(), Error>) {
        match looked_up {
            Ok(()) if self.is_recovery() => tracing::info!(project, "user names can be looked up"),
            Err(error) if self.is_new(error.reason()) => tracing::warn!(
                project,
                request_id = error.request_id(),
                %error,
                advice = advice::names(error.reason()),
                "user names cannot be looked up; users are shown and matched by ID only"
            ),
            _ => {}
        }
    }

    /// Whether the success is the first one after a failure.
    fn is_recovery(&self) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        !std::mem::take(&mut *logged).is_empty()
    }

    /// Whether no failure for this reason was logged since a look-up succeeded.
    fn is_new(&self, reason: Reason) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !logged.contains(&reason);
        if is_new {
            logged.push(reason);
        }
        is_new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_logged_once_until_a_look_up_succeeds() {
        let log = NamesLog::default();
        assert!(!log.is_recovery(), "nothing had failed");
        let failures = [Reason::Forbidden, Reason::Forbidden, Reason::Timeout, Reason::Forbidden];
        assert_eq!(failures.map(|reason| log.is_new(reason)), [true, false, true, false]);
        assert!(log.is_recovery());
        assert!(!log.is_recovery());
        assert!(log.is_new(Reason::Forbidden));
    }
}
