//! The faults at work: what a request meets instead of its answer, and how the list looks to it.

use std::collections::HashMap;

use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use super::answer::Answer;
use super::fault::{Api, Fault, FaultKind};
use super::odd;

/// Where `redirect` leads: the discard port, where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:9/";
/// Rows of a page under `short-pages`.
const SHORT: usize = 10;
/// Filling of a body under `too-large`, in bytes.
const LARGE: usize = 9 << 20;
/// Uses of a token under `expired-token`, and of a temporary key under `expired-key`.
const USES: u32 = 3;
/// How far the clock is ahead under `skewed-clock`, in seconds.
const SKEW_SECONDS: i64 = 20 * 60;

/// Which API of which project a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Target<'a> {
    pub(super) api: Api,
    pub(super) project_id: &'a str,
}

/// One page as a caller asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Page {
    pub(super) api: Api,
    pub(super) project_id: String,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

impl Page {
    fn target(&self) -> Target<'_> {
        Target { api: self.api, project_id: &self.project_id }
    }
}

/// The part of the list that a request gets to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct View {
    /// Rows that stand before the real first row just now.
    pub(super) newcomers: usize,
    /// Where the page starts, newcomers counted.
    pub(super) offset: usize,
    /// Most rows on the page.
    pub(super) limit: usize,
    /// Whether the body breaks off half-way.
    pub(super) cut: bool,
}

/// One walk through the list of one API of one project.
#[derive(Debug, Default)]
struct Walk {
    number: usize,
    /// Requests since the one with offset 0.
    later_requests: usize,
    /// Whether the second page was already shown empty.
    emptied: bool,
}

/// The faults that hold now, and what they have done so far.
#[derive(Debug, Default)]
pub(super) struct Faults {
    list: Vec<Fault>,
    /// First-try faults that each unanswered page has met.
    met: HashMap<Page, Vec<FaultKind>>,
    walks: HashMap<(Api, String), Walk>,
}

impl Faults {
    /// These faults, with nothing done yet. Their projects are IDs here.
    pub(super) fn new(list: Vec<Fault>) -> Self {
        Faults { list, ..Faults::default() }
    }

    /// Whether requests to `target` (none: to IAM) meet this fault.
    fn on(&self, kind: FaultKind, target: Option<Target>) -> bool {
        self.list.iter().any(|fault| {
            fault.kind == kind
                && fault.api.is_none_or(|api| target.is_some_and(|target| target.api == api))
                && fault
                    .project
                    .as_ref()
                    .is_none_or(|id| target.is_some_and(|target| target.project_id == id))
        })
    }

    /// Whether IAM has a fault of its own.
    pub(super) fn on_iam(&self, kind: FaultKind) -> bool {
        self.on(kind, None)
    }

    /// Seconds that the server's clock is ahead.
    pub(super) fn skew_seconds(&self, target: Option<Target>) -> i64 {
        if self.on(FaultKind::SkewedClock, target) { SKEW_SECONDS } else { 0 }
    }

    /// How often a token may be used; none for without end.
    pub(super) fn token_uses(&self, target: Option<Target>) -> Option<u32> {
        (target.is_some() && self.on(FaultKind::ExpiredToken, target)).then_some(USES)
    }

    /// How often a temporary key may be used; none for without end.
    pub(super) fn key_uses(&self, target: Option<Target>) -> Option<u32> {
        (target.is_some() && self.on(FaultKind::ExpiredKey, target)).then_some(USES)
    }

    /// How a request sees the list; or what it meets instead.
    pub(super) fn meet(&mut self, page: &Page, request_id: &str) -> Result<View, Answer> {
        if let Some(answer) = self.before(page, request_id) {
            return Err(answer);
        }
        // A page that breaks off is asked for again and must not move the list.
        if self.first_try(FaultKind::CutBody, page) {
            return Ok(View { newcomers: 0, offset: page.offset, limit: page.limit, cut: true });
        }
        Ok(self.view(page))
    }

    /// What a request meets before anybody looks at the list.
    fn before(&mut self, page: &Page, request_id: &str) -> Option<Answer> {
        let target = Some(page.target());
        if self.on(FaultKind::Redirect, target) {
            return Some(Answer::html(StatusCode::FOUND, "moved").with_header(header::LOCATION, NOWHERE));
        }
        if self.on(FaultKind::Forbidden, target) {
            return Some(Answer::forbidden());
        }
        if self.first_try(FaultKind::Throttled, page) {
            return Some(throttled(request_id));
        }
        if self.on(FaultKind::ServerError, target) {
            return Some(internal_error(StatusCode::INTERNAL_SERVER_ERROR));
        }
        if self.first_try(FaultKind::Flaky, page) {
            return Some(internal_error(StatusCode::SERVICE_UNAVAILABLE));
        }
        if self.on(FaultKind::NotJson, target) {
            return Some(Answer::html(StatusCode::OK, "<html><body>Please log in.</body></html>"));
        }
        self.on(FaultKind::Stalled, target).then(Answer::stalled)
    }

    /// What a request meets when its page is found in a list of `total` rows.
    pub(super) fn meet_in_list(&self, page: &Page, view: View, total: usize) -> Result<(), Answer> {
        let last = view.offset < total && total <= view.offset + view.limit;
        if last && self.on(FaultKind::FailingPage, Some(page.target())) {
            return Err(internal_error(StatusCode::INTERNAL_SERVER_ERROR));
        }
        Ok(())
    }

    /// The list as this request sees it; requests move it.
    fn view(&mut self, page: &Page) -> View {
        let on = |kind| self.on(kind, Some(page.target()));
        let limit = if on(FaultKind::ShortPages) { page.limit.min(SHORT) } else { page.limit };
        let offset = if on(FaultKind::DuplicatePage) { 0 } else { page.offset };
        let (moving, settling, empties) =
            (on(FaultKind::MovingList), on(FaultKind::SettlingList), on(FaultKind::EmptyPage));

        let walk = self.walks.entry((page.api, page.project_id.clone())).or_default();
        if page.offset == 0 {
            *walk = Walk { number: walk.number + 1, ..Walk::default() };
        } else {
            walk.later_requests += 1;
        }
        // The first page differs from that of the walk before, and each page from the one before it.
        let newcomers = if moving || (settling && walk.number <= 1) {
            walk.number % 2 + walk.later_requests % 2
        } else {
            0
        };
        if empties && page.offset == limit && !walk.emptied {
            walk.emptied = true;
            return View { newcomers, offset, limit: 0, cut: false };
        }
        View { newcomers, offset, limit, cut: false }
    }

    /// Spoils the body of a page whose first row is row `first` of the list.
    pub(super) fn spoil(&self, page: &Page, first: usize, body: &mut Value) {
        let on = |kind| self.on(kind, Some(page.target()));
        if on(FaultKind::WrongCount) {
            body["count"] = json!(body["count"].as_u64().unwrap_or(0) + 10);
        }
        if on(FaultKind::OddFields) {
            odd::spoil(page.api, first, body);
        }
        if let Some(fields) = body.as_object_mut().filter(|_| on(FaultKind::NoCount)) {
            fields.remove("count");
        }
        if on(FaultKind::TooLarge) {
            body["padding"] = json!("x".repeat(LARGE));
        }
    }

    /// The page was answered: its next request is a first try again.
    pub(super) fn answered(&mut self, page: &Page) {
        self.met.remove(page);
    }

    fn first_try(&mut self, kind: FaultKind, page: &Page) -> bool {
        if !self.on(kind, Some(page.target())) {
            return false;
        }
        let met = self.met.entry(page.clone()).or_default();
        let first = !met.contains(&kind);
        if first {
            met.push(kind);
        }
        first
    }
}

fn throttled(request_id: &str) -> Answer {
    let message = "The throttling threshold has been reached: policy ip over ratelimit,limit:5,time:1 second";
    Answer::gateway(StatusCode::TOO_MANY_REQUESTS, "APIG.0308", message, request_id)
        .with_header(header::RETRY_AFTER, "1")
}

fn internal_error(status: StatusCode) -> Answer {
    Answer::metastudio(status, "MSS.00000004", "Internal Error")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(offset: usize) -> Page {
        Page { api: Api::UserQuotas, project_id: "p".to_owned(), offset, limit: 100 }
    }

    fn newcomers(faults: &mut Faults, walks: usize) -> Vec<Vec<usize>> {
        let mut walk = || [0, 100, 200].map(|offset| faults.view(&page(offset)).newcomers).to_vec();
        (0..walks).map(|_| walk()).collect()
    }

    #[test]
    fn a_moving_list_never_rests_and_a_settling_one_does_after_a_walk() {
        let mut moving = Faults::new(vec![FaultKind::MovingList.into()]);
        assert_eq!(newcomers(&mut moving, 3), [[1, 2, 1], [0, 1, 0], [1, 2, 1]]);
        let mut settling = Faults::new(vec![FaultKind::SettlingList.into()]);
        assert_eq!(newcomers(&mut settling, 3), [[1, 2, 1], [0, 0, 0], [0, 0, 0]]);
    }

    #[test]
    fn several_first_try_faults_come_one_after_the_other_and_again_in_the_next_walk() {
        let kinds = [FaultKind::Throttled, FaultKind::Flaky, FaultKind::CutBody];
        let mut faults = Faults::new(kinds.map(Fault::from).to_vec());
        for _walk in 0..2 {
            let mut meet =
                || faults.meet(&page(0), "").map(|view| view.cut).map_err(|met| met.status.as_u16());
            assert_eq!([(); 4].map(|()| meet()), [Err(429), Err(503), Ok(true), Ok(false)]);
            faults.answered(&page(0));
        }
    }

    #[test]
    fn a_fault_of_one_api_or_project_leaves_the_others_and_iam_alone() {
        let target = |api, project_id| Some(Target { api, project_id });
        for (fault, expected) in [
            ("skewed-clock", [1200; 5]),
            ("skewed-clock@voice_training", [1200, 1200, 0, 0, 0]),
            ("skewed-clock#p", [1200, 0, 1200, 0, 0]),
            ("skewed-clock@voice_training#p", [1200, 0, 0, 0, 0]),
        ] {
            let faults = Faults::new(vec![fault.parse().unwrap()]);
            let targets = [
                target(Api::VoiceTraining, "p"),
                target(Api::VoiceTraining, "q"),
                target(Api::UserQuotas, "p"),
                target(Api::UserQuotas, "q"),
                None,
            ];
            assert_eq!(targets.map(|target| faults.skew_seconds(target)), expected, "{fault}");
        }
        let of_credentials =
            Faults::new([FaultKind::ExpiredToken, FaultKind::ExpiredKey].map(Fault::from).to_vec());
        let uses = |target| (of_credentials.token_uses(target), of_credentials.key_uses(target));
        assert_eq!(uses(target(Api::UserQuotas, "p")), (Some(3), Some(3)));
        assert_eq!(uses(None), (None, None));
    }
}
