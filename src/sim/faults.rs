//! The effects of the active faults: on a request, on the list that it sees, and on the body of its response.

use std::collections::{HashMap, HashSet};

use axum::http::{StatusCode, header};
use serde_json::{Value, json};

use super::fault::{Fault, FaultKind, MetaStudioApi};
use super::messages::{CloudResponse, Delivery};
use super::odd_fields;

/// The target of `redirect`: the discard port, which is closed.
const REDIRECT_TARGET: &str = "http://127.0.0.1:9/";
/// Rows of a page under `short-pages`.
const SHORT_PAGE: usize = 10;
/// The padding of a body under `too-large`, in bytes.
const PADDING: usize = 9 << 20;
/// Uses of a token under `expired-token`, and of a temporary key under `expired-key`.
const MAX_USES: u32 = 3;
/// How far server time is ahead under `skewed-clock`, in seconds.
const SKEW_SECONDS: i64 = 20 * 60;

/// An API of a project: one list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ProjectApi {
    pub(super) api: MetaStudioApi,
    pub(super) project_id: String,
}

/// A page as a client requests it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct PageRequest {
    pub(super) list: ProjectApi,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

/// The part of a list that a request sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ListView {
    /// Extra rows before the real first row.
    pub(super) extra_rows: usize,
    /// Where the page starts, including extra rows.
    pub(super) offset: usize,
    /// The largest number of rows on the page.
    pub(super) limit: usize,
    pub(super) delivery: Delivery,
}

/// One walk of a list.
#[derive(Debug, Default)]
struct ClientWalk {
    number: usize,
    /// Requests after the one with offset 0.
    later_requests: usize,
    /// Whether `empty-page` has shown an empty page.
    empty_page_shown: bool,
}

/// The active faults, and what they have done so far.
#[derive(Debug, Default)]
pub(super) struct ActiveFaults {
    faults: Vec<Fault>,
    /// The first-try faults that each page has met since it was last answered.
    met: HashMap<PageRequest, HashSet<FaultKind>>,
    walks: HashMap<ProjectApi, ClientWalk>,
}

impl ActiveFaults {
    /// Activates these faults. Their projects must be IDs.
    pub(super) fn new(faults: Vec<Fault>) -> Self {
        ActiveFaults { faults, ..ActiveFaults::default() }
    }

    /// Whether requests to `list` (`None`: to IAM) meet this fault.
    pub(super) fn is_active(&self, kind: FaultKind, list: Option<&ProjectApi>) -> bool {
        self.faults.iter().any(|fault| {
            let project = fault.project.as_ref();
            fault.kind == kind
                && fault.api.is_none_or(|api| list.is_some_and(|list| list.api == api))
                && project.is_none_or(|id| list.is_some_and(|list| list.project_id == *id))
        })
    }

    /// How far server time is ahead, in seconds.
    pub(super) fn skew_seconds(&self, list: Option<&ProjectApi>) -> i64 {
        if self.is_active(FaultKind::SkewedClock, list) { SKEW_SECONDS } else { 0 }
    }

    /// How often credentials can be used under `expired-token` or `expired-key`; `None` if there is no limit.
    pub(super) fn max_uses(&self, kind: FaultKind, list: Option<&ProjectApi>) -> Option<u32> {
        (list.is_some() && self.is_active(kind, list)).then_some(MAX_USES)
    }

    /// The list as the request sees it, or the response of a fault.
    pub(super) fn apply(&mut self, page: &PageRequest, request_id: &str) -> Result<ListView, CloudResponse> {
        if let Some(response) = self.failure(page, request_id) {
            return Err(response);
        }
        // The client requests a truncated page again, so it must not change the list.
        if self.is_first_try(FaultKind::CutBody, page) {
            let delivery = Delivery::Truncated;
            return Ok(ListView { extra_rows: 0, offset: page.offset, limit: page.limit, delivery });
        }
        Ok(self.view(page))
    }

    fn failure(&mut self, page: &PageRequest, request_id: &str) -> Option<CloudResponse> {
        let list = Some(&page.list);
        if self.is_active(FaultKind::Redirect, list) {
            let moved = CloudResponse::html(StatusCode::FOUND, "moved");
            return Some(moved.with_header(header::LOCATION, REDIRECT_TARGET));
        }
        if self.is_active(FaultKind::Forbidden, list) {
            return Some(CloudResponse::forbidden());
        }
        if self.is_first_try(FaultKind::Throttled, page) {
            return Some(throttled(request_id));
        }
        if self.is_active(FaultKind::ServerError, list) {
            return Some(internal_error(StatusCode::INTERNAL_SERVER_ERROR));
        }
        if self.is_first_try(FaultKind::Flaky, page) {
            return Some(internal_error(StatusCode::SERVICE_UNAVAILABLE));
        }
        if self.is_active(FaultKind::NotJson, list) {
            return Some(CloudResponse::html(StatusCode::OK, "<html><body>Please log in.</body></html>"));
        }
        self.is_active(FaultKind::Stalled, list).then(|| CloudResponse {
            delivery: Delivery::Stalled,
            ..CloudResponse::json(StatusCode::OK, &Value::Null)
        })
    }

    /// Fails the page with the last of `total` rows under `failing-page`.
    pub(super) fn check_last_page(
        &self,
        page: &PageRequest,
        view: ListView,
        total: usize,
    ) -> Result<(), CloudResponse> {
        let is_last = view.offset < total && total <= view.offset + view.limit;
        if is_last && self.is_active(FaultKind::FailingPage, Some(&page.list)) {
            return Err(internal_error(StatusCode::INTERNAL_SERVER_ERROR));
        }
        Ok(())
    }

    /// Counts the request, because requests move the list, and returns its view.
    fn view(&mut self, page: &PageRequest) -> ListView {
        let is_active = |kind| self.is_active(kind, Some(&page.list));
        let limit = if is_active(FaultKind::ShortPages) { page.limit.min(SHORT_PAGE) } else { page.limit };
        let offset = if is_active(FaultKind::DuplicatePage) { 0 } else { page.offset };
        let (moving, settling, empty_page) = (
            is_active(FaultKind::MovingList),
            is_active(FaultKind::SettlingList),
            is_active(FaultKind::EmptyPage),
        );

        let walk = self.walks.entry(page.list.clone()).or_default();
        if page.offset == 0 {
            *walk = ClientWalk { number: walk.number + 1, ..ClientWalk::default() };
        } else {
            walk.later_requests += 1;
        }
        // The first page differs from that of the previous walk, and each page from the previous page.
        let extra_rows = if moving || (settling && walk.number <= 1) {
            walk.number % 2 + walk.later_requests % 2
        } else {
            0
        };
        let is_empty = empty_page && page.offset == limit && !walk.empty_page_shown;
        walk.empty_page_shown |= is_empty;
        let limit = if is_empty { 0 } else { limit };
        ListView { extra_rows, offset, limit, delivery: Delivery::Complete }
    }

    /// Changes the body of a page that starts at row `first_row` of the list.
    pub(super) fn change_body(&self, page: &PageRequest, first_row: usize, body: &mut Value) {
        let is_active = |kind| self.is_active(kind, Some(&page.list));
        if is_active(FaultKind::WrongCount) {
            let count = &mut body["count"];
            // One of the APIs documents a float.
            *count = match count.as_u64() {
                Some(whole) => json!(whole + 10),
                None => json!(count.as_f64().unwrap_or(0.0) + 10.0),
            };
        }
        if is_active(FaultKind::OddFields) {
            odd_fields::apply(page.list.api, first_row, body);
        }
        if let Some(fields) = body.as_object_mut().filter(|_| is_active(FaultKind::NoCount)) {
            fields.remove("count");
        }
        if is_active(FaultKind::TooLarge) {
            body["padding"] = json!("x".repeat(PADDING));
        }
    }

    /// Records that the page was answered: the next request for it is a first try again.
    pub(super) fn page_answered(&mut self, page: &PageRequest) {
        self.met.remove(page);
    }

    fn is_first_try(&mut self, kind: FaultKind, page: &PageRequest) -> bool {
        self.is_active(kind, Some(&page.list)) && self.met.entry(page.clone()).or_default().insert(kind)
    }
}

fn throttled(request_id: &str) -> CloudResponse {
    let message = "The throttling threshold has been reached: policy ip over ratelimit,limit:5,time:1 second";
    CloudResponse::gateway(StatusCode::TOO_MANY_REQUESTS, "APIG.0308", message, request_id)
        .with_header(header::RETRY_AFTER, "1")
}

fn internal_error(status: StatusCode) -> CloudResponse {
    CloudResponse::metastudio(status, "MSS.00000004", "Internal Error")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn active(kinds: &[FaultKind]) -> ActiveFaults {
        ActiveFaults::new(kinds.iter().map(|kind| Fault { kind: *kind, api: None, project: None }).collect())
    }

    fn list(api: MetaStudioApi, project_id: &str) -> ProjectApi {
        ProjectApi { api, project_id: project_id.to_owned() }
    }

    fn page(offset: usize) -> PageRequest {
        PageRequest { list: list(MetaStudioApi::UserQuotas, "p"), offset, limit: 100 }
    }

    fn extra_rows(faults: &mut ActiveFaults, walks: usize) -> Vec<Vec<usize>> {
        let mut walk = || [0, 100, 200].map(|offset| faults.view(&page(offset)).extra_rows).to_vec();
        (0..walks).map(|_| walk()).collect()
    }

    #[test]
    fn a_moving_list_never_settles_and_a_settling_one_does_after_one_walk() {
        let mut moving = active(&[FaultKind::MovingList]);
        assert_eq!(extra_rows(&mut moving, 3), [[1, 2, 1], [0, 1, 0], [1, 2, 1]]);
        let mut settling = active(&[FaultKind::SettlingList]);
        assert_eq!(extra_rows(&mut settling, 3), [[1, 2, 1], [0, 0, 0], [0, 0, 0]]);
    }

    #[test]
    fn a_wrong_count_is_too_high_by_ten_and_has_the_same_type() {
        let faults = active(&[FaultKind::WrongCount]);
        for (count, wrong) in [(json!(110), json!(120)), (json!(110.0), json!(120.0)), (json!(0), json!(10))]
        {
            let mut body = json!({"count": count});
            faults.change_body(&page(0), 0, &mut body);
            assert_eq!(body, json!({"count": wrong}));
        }
    }

    #[test]
    fn first_try_faults_occur_one_after_the_other_and_again_in_the_next_walk() {
        let mut faults = active(&[FaultKind::Throttled, FaultKind::Flaky, FaultKind::CutBody]);
        for _walk in 0..2 {
            let mut apply = || {
                let view = faults.apply(&page(0), "").map_err(|response| response.status.as_u16());
                view.map(|view| view.delivery == Delivery::Truncated)
            };
            assert_eq!([(); 4].map(|()| apply()), [Err(429), Err(503), Ok(true), Ok(false)]);
            faults.page_answered(&page(0));
        }
    }

    #[test]
    fn a_fault_of_one_api_or_project_leaves_the_others_and_iam_alone() {
        for (fault, expected) in [
            ("skewed-clock", [1200; 5]),
            ("skewed-clock@voice_training", [1200, 1200, 0, 0, 0]),
            ("skewed-clock#p", [1200, 0, 1200, 0, 0]),
            ("skewed-clock@voice_training#p", [1200, 0, 0, 0, 0]),
        ] {
            let faults = ActiveFaults::new(vec![fault.parse().unwrap()]);
            let lists = [
                Some(list(MetaStudioApi::VoiceTraining, "p")),
                Some(list(MetaStudioApi::VoiceTraining, "q")),
                Some(list(MetaStudioApi::UserQuotas, "p")),
                Some(list(MetaStudioApi::UserQuotas, "q")),
                None,
            ];
            assert_eq!(lists.map(|list| faults.skew_seconds(list.as_ref())), expected, "{fault}");
        }
        let kinds = [FaultKind::ExpiredToken, FaultKind::ExpiredKey];
        let faults = active(&kinds);
        let uses = |list: Option<&ProjectApi>| kinds.map(|kind| faults.max_uses(kind, list));
        assert_eq!(uses(Some(&list(MetaStudioApi::UserQuotas, "p"))), [Some(3), Some(3)]);
        assert_eq!(uses(None), [None, None]);
    }
}
