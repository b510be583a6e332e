//! The log lines of polls.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::advice::Advice;
use crate::cloud::error::Error;
use crate::cloud::reason::Reason;
use crate::snapshot::{Collector, Snapshot, USER_NAMES};

/// Logs the result of a poll. A success is logged at `info` only if the previous poll did not succeed.
pub(super) fn poll(
    project: &str,
    collector: Collector,
    result: Result<&Snapshot, (&Error, Advice)>,
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
        Err((error, advice)) => tracing::warn!(
            project,
            collector,
            reason = error.reason().as_str(),
            request_id = error.request_id(),
            %error,
            advice = advice.sentence(),
            "poll failed; the last data is shown until it is stale"
        ),
    }
}

/// Logs that a look-up of user names skipped users.
pub(super) fn unreadable_names(project: &str, unreadable: usize) {
    if unreadable > 0 {
        tracing::warn!(
            project,
            collector = USER_NAMES,
            unreadable,
            "IAM lists users whose ID or name cannot be read; they have no name until the next look-up"
        );
    }
}

/// Logs each reason for a failed look-up of user names once, until a look-up succeeds.
#[derive(Debug, Default)]
pub(super) struct NamesLog(Mutex<Vec<Reason>>);

impl NamesLog {
    /// Logs the result of a look-up, with the advice about its error.
    pub(super) fn log(&self, project: &str, failure: Option<&(Advice, Error)>) {
        match failure {
            _ if !self.is_news(failure.map(|(_, error)| error.reason())) => {}
            None => tracing::info!(project, collector = USER_NAMES, "user names can be looked up"),
            Some((advice, error)) => tracing::warn!(
                project,
                collector = USER_NAMES,
                reason = error.reason().as_str(),
                request_id = error.request_id(),
                %error,
                advice = advice.sentence(),
                "user names cannot be looked up; names that are known stay in use"
            ),
        }
    }

    /// Whether the result differs from all results since the last success.
    fn is_news(&self, failure: Option<Reason>) -> bool {
        let mut logged = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match failure {
            None => !std::mem::take(&mut *logged).is_empty(),
            Some(reason) if logged.contains(&reason) => false,
            Some(reason) => {
                logged.push(reason);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_logged_once_until_a_look_up_succeeds() {
        let log = NamesLog::default();
        assert!(!log.is_news(None), "nothing had failed");
        let failures = [Reason::Forbidden, Reason::Forbidden, Reason::Timeout, Reason::Forbidden];
        assert_eq!(failures.map(|reason| log.is_news(Some(reason))), [true, false, true, false]);
        assert!(log.is_news(None));
        assert!(!log.is_news(None));
        assert!(log.is_news(Some(Reason::Forbidden)));
    }
}
