//! The first and the last page of one API, and the clock in its responses.

use std::sync::OnceLock;

use tokio::time::Instant;

use super::report::{Check, Finding, Status, Step};
use super::{finding, step};
use crate::advice::{Advice, CalledApi};
use crate::cloud::client::{Call, Client, Event};
use crate::cloud::error::Error;
use crate::cloud::pages::LIMIT;
use crate::cloud::reason::Reason;
use crate::collect::{Probe, probe};
use crate::config::ProjectConfig;
use crate::snapshot::Collector;

/// The difference of the clocks, in seconds, above which the cloud rejects signatures.
const MAX_SKEW: u64 = 15 * 60;
/// The difference of the clocks, in seconds, above which the check warns.
const WARNING_SKEW: u64 = 5 * 60;

/// Reads both pages until `deadline`. Returns a problem that the project's other APIs share.
pub(super) async fn check_pages(
    check: &mut Check,
    project: &ProjectConfig,
    collector: Collector,
    client: &Client,
    deadline: Instant,
) -> Option<(Step, Error)> {
    let skew = OnceLock::new();
    let observe = |event: Event| {
        if let Event::ClockSkew(seconds) = event {
            // Only the first: later responses may be delayed.
            let _ = skew.set(seconds);
        }
    };
    let call = Call { deadline, observe: &observe };
    let first = probe(client, collector, 0, call).await;
    let shared_problem = match first {
        Ok(first) => {
            for step in [Step::Authentication, Step::Authorization, Step::FirstPage] {
                check.pass(step);
            }
            check.rows = first.count;
            check_last_page(check, first, project, collector, client, call).await;
            None
        }
        Err(error) => {
            let step = step(&error);
            if step == Step::Authorization {
                check.pass(Step::Authentication);
            }
            check.add(finding(step, &error, project, CalledApi::Collector(collector)));
            // Another attempt would bring the key closer to being locked, or wait as long for the same host.
            matches!(error.reason(), Reason::Auth | Reason::Connect).then_some((step, error))
        }
    };
    if let Some(seconds) = skew.into_inner() {
        check_clock(check, seconds);
    }
    shared_problem
}

/// Reads the last page, unless it is the first one or its offset is unknown.
async fn check_last_page(
    check: &mut Check,
    first: Probe,
    project: &ProjectConfig,
    collector: Collector,
    client: &Client,
    call: Call<'_>,
) {
    let Some(count) = first.count else { return };
    let (offset, last) = match last_offset(first.rows, count) {
        0 => (0, first),
        offset => match probe(client, collector, offset, call).await {
            Ok(last) => (offset, last),
            Err(error) => {
                return check.add(finding(Step::LastPage, &error, project, CalledApi::Collector(collector)));
            }
        },
    };
    // The list may have changed meanwhile.
    let count = last.count.unwrap_or(count);
    check.rows = Some(count);
    let end = offset + last.rows;
    if end < count {
        let message = format!("the API reports {count} rows, but the list ends after {end}");
        check.warn(Step::LastPage, message, Advice::ReportShortList);
    } else {
        check.pass(Step::LastPage);
    }
}

/// The offset of the last page of `count` rows, after a first page of `rows`: the cloud may send short pages.
fn last_offset(rows: u64, count: u64) -> u64 {
    match if count > rows { rows } else { LIMIT } {
        0 => 0,
        length => count.saturating_sub(1) / length * length,
    }
}

fn check_clock(check: &mut Check, seconds: i64) {
    check.clock_skew_seconds = Some(seconds);
    // The cloud has already rejected a signature for it.
    if check.steps.get(&Step::Clock) == Some(&Status::Failed) {
        return;
    }
    let difference = seconds.unsigned_abs();
    if difference <= WARNING_SKEW {
        return check.pass(Step::Clock);
    }
    let side = if seconds > 0 { "behind" } else { "ahead of" };
    check.add(Finding {
        step: Step::Clock,
        result: if difference <= MAX_SKEW { Status::Warning } else { Status::Failed },
        reason: Some(Reason::ClockSkew.as_str()),
        message: format!("this machine's clock is {} minutes {side} the cloud's", (difference + 30) / 60),
        advice: Advice::SetClock.sentence().to_owned(),
        request_id: None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::project;

    fn check() -> Check {
        Check::new(&project("p"), Collector::UserQuotas.as_str())
    }

    #[test]
    fn a_clock_may_differ_by_5_minutes_without_a_warning_and_by_15_without_a_failure() {
        for (seconds, result, message) in [
            (0, Status::Ok, ""),
            (300, Status::Ok, ""),
            (-300, Status::Ok, ""),
            (301, Status::Warning, "this machine's clock is 5 minutes behind the cloud's"),
            (-301, Status::Warning, "this machine's clock is 5 minutes ahead of the cloud's"),
            (900, Status::Warning, "this machine's clock is 15 minutes behind the cloud's"),
            (901, Status::Failed, "this machine's clock is 15 minutes behind the cloud's"),
            (-901, Status::Failed, "this machine's clock is 15 minutes ahead of the cloud's"),
            (
                i64::MIN,
                Status::Failed,
                "this machine's clock is 153722867280912930 minutes ahead of the cloud's",
            ),
        ] {
            let mut check = check();
            check_clock(&mut check, seconds);
            assert_eq!((check.result, check.steps[&Step::Clock]), (result, result), "{seconds}");
            let shown = check.findings.first().map_or("", |finding| &finding.message);
            assert_eq!((shown, check.clock_skew_seconds), (message, Some(seconds)));
        }
    }

    #[test]
    fn the_last_page_begins_at_a_whole_number_of_pages() {
        for (rows, count, expected) in [
            (0, 0, 0),
            (1, 1, 0),
            (100, 100, 0),
            (100, 101, 100),
            (100, 200, 100),
            (100, 201, 200),
            (10, 250, 240),
            (10, 251, 250),
            // A wrong count.
            (0, 10, 0),
            (5, 3, 0),
        ] {
            assert_eq!(last_offset(rows, count), expected, "{count} rows, {rows} on the first page");
        }
    }
}
