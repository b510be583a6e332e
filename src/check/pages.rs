//! The first and the last page of one API, and the clock that its answers tell.

use std::sync::OnceLock;

use tokio::time::Instant;

use super::failure;
use super::report::{Check, Finding, State, Step};
use crate::cloud::client::{Call, Client, Event};
use crate::cloud::error::Error;
use crate::cloud::pages::LIMIT;
use crate::cloud::reason::Reason;
use crate::collect::{Probe, probe};
use crate::config::ProjectConfig;
use crate::snapshot::Collector;

/// The most seconds between the clocks that a signature bears.
const MOST_SKEW: u64 = 15 * 60;
/// The most seconds between the clocks that nobody need care about.
const MUCH_SKEW: u64 = 5 * 60;

/// Reads both pages until `deadline`. Gives what was found if it holds for the project's other APIs, too.
pub(super) async fn examine(
    check: &mut Check,
    project: &ProjectConfig,
    collector: Collector,
    client: &Client,
    deadline: Instant,
) -> Option<Finding> {
    let skew = OnceLock::new();
    let observe = |event: Event| {
        if let Event::ClockSkew(seconds) = event {
            // The first one: later answers may have waited longer.
            let _ = skew.set(seconds);
        }
    };
    let call = Call { deadline, observe: &observe };
    let first = probe(client, collector, 0, call).await;
    let settled = match first {
        Ok(first) => {
            for step in [Step::Authentication, Step::Authorization, Step::FirstPage] {
                check.is_good(step);
            }
            check.rows = first.count;
            last(check, first, project, collector, client, call).await;
            None
        }
        Err(error) => {
            let finding = failure(step(&error), &error, project, collector);
            if error.reason() == Reason::Forbidden {
                check.is_good(Step::Authentication);
            }
            check.found(finding.clone());
            // Another try would only bring the key nearer to being locked, or wait as long for the same host.
            matches!(error.reason(), Reason::Auth | Reason::Connect).then_some(finding)
        }
    };
    if let Some(seconds) = skew.into_inner() {
        judge_clock(check, seconds);
    }
    settled
}

/// What fails when the first page does.
fn step(error: &Error) -> Step {
    match error.reason() {
        Reason::Auth => Step::Authentication,
        Reason::Forbidden => Step::Authorization,
        Reason::ClockSkew => Step::Clock,
        _ => Step::FirstPage,
    }
}

/// Reads the last page, unless the first one is it or nobody knows where it is.
async fn last(
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
            Err(error) => return check.found(failure(Step::LastPage, &error, project, collector)),
        },
    };
    // The list may have changed since the first page.
    let count = last.count.unwrap_or(count);
    check.rows = Some(count);
    let end = offset + last.rows;
    if end < count {
        check.found(short_list(count, end));
    } else {
        check.is_good(Step::LastPage);
    }
}

/// Where the last of `count` rows' pages begins, after a first page of `rows`: the cloud may cut pages short.
fn last_offset(rows: u64, count: u64) -> u64 {
    match if count > rows { rows } else { LIMIT } {
        0 => 0,
        length => count.saturating_sub(1) / length * length,
    }
}

fn short_list(count: u64, end: u64) -> Finding {
    Finding {
        step: Step::LastPage,
        result: State::Warning,
        reason: None,
        message: format!("the list is said to have {count} rows, but ends after {end}"),
        advice: "check again; if it stays so, numbers are shown with metastudio_snapshot_consistent 0, and Huawei \
                 Cloud should hear of it"
            .to_owned(),
        request_id: None,
    }
}

fn judge_clock(check: &mut Check, seconds: i64) {
    check.clock_skew_seconds = Some(seconds);
    // What the cloud refused for it is already told.
    if check.steps.get(&Step::Clock) == Some(&State::Failed) {
        return;
    }
    let apart = seconds.unsigned_abs();
    if apart <= MUCH_SKEW {
        return check.is_good(Step::Clock);
    }
    let side = if seconds > 0 { "behind" } else { "ahead of" };
    check.found(Finding {
        step: Step::Clock,
        result: if apart <= MOST_SKEW { State::Warning } else { State::Failed },
        reason: Some(Reason::ClockSkew.as_str()),
        message: format!("this machine's clock is {} minutes {side} the cloud's", (apart + 30) / 60),
        advice: Reason::ClockSkew.advice().to_owned(),
        request_id: None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::credentials::{SecretValue, Source};
    use crate::config::UserQuotasConfig;

    fn check() -> Check {
        let endpoint: reqwest::Url = "http://127.0.0.1:9".parse().unwrap();
        let project = ProjectConfig {
            name: "p".to_owned(),
            id: None,
            region: String::new(),
            endpoint: endpoint.clone(),
            iam_endpoint: endpoint,
            ca_file: None,
            credentials: Source::Token(SecretValue::Inline("t".into())),
            collectors: Vec::new(),
            user_quotas: UserQuotasConfig::default(),
        };
        Check::new(&project, Collector::UserQuotas)
    }

    #[test]
    fn a_clock_has_5_minutes_that_are_good_and_15_that_work() {
        for (seconds, result, message) in [
            (0, State::Ok, ""),
            (300, State::Ok, ""),
            (-300, State::Ok, ""),
            (301, State::Warning, "this machine's clock is 5 minutes behind the cloud's"),
            (-301, State::Warning, "this machine's clock is 5 minutes ahead of the cloud's"),
            (900, State::Warning, "this machine's clock is 15 minutes behind the cloud's"),
            (901, State::Failed, "this machine's clock is 15 minutes behind the cloud's"),
            (-901, State::Failed, "this machine's clock is 15 minutes ahead of the cloud's"),
            (
                i64::MIN,
                State::Failed,
                "this machine's clock is 153722867280912930 minutes ahead of the cloud's",
            ),
        ] {
            let mut check = check();
            judge_clock(&mut check, seconds);
            assert_eq!((check.result, check.steps[&Step::Clock]), (result, result), "{seconds}");
            let told = check.findings.first().map_or("", |finding| &finding.message);
            assert_eq!((told, check.clock_skew_seconds), (message, Some(seconds)));
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
            // A list that is wrong about itself.
            (0, 10, 0),
            (5, 3, 0),
        ] {
            assert_eq!(last_offset(rows, count), expected, "{count} rows, {rows} on the first page");
        }
    }
}
