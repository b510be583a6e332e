//! The gateway's check of signatures and tokens, with its own message for each refusal.

use axum::http::StatusCode;
use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};

use super::fault::FaultKind;
use super::faults::ProjectApi;
use super::messages::{CloudResponse, ReceivedRequest};
use super::tokens::{EXPIRED_TOKEN, UNKNOWN_TOKEN};
use super::{Inner, ProjectSpec, locked};
use crate::cloud::sign;

/// The largest difference between `X-Sdk-Date` and server time, in seconds.
const CLOCK_WINDOW: i64 = 15 * 60;

/// The sender of a request.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) account: usize,
    /// The only project of the caller's token; `None` for an access key, which has access to all projects of its account.
    project_id: Option<String>,
    /// Whether the caller may list user quotas and IAM users.
    pub(super) administrator: bool,
}

impl Caller {
    /// Whether the caller has access to this project.
    pub(super) fn owns(&self, project: &ProjectSpec) -> bool {
        self.account == project.account && self.project_id.as_ref().is_none_or(|own| *own == project.id)
    }
}

/// The caller of a request to a MetaStudio API (`list`) or to IAM (`None`), or the refusal. If there are both, the
/// token counts and not the signature.
pub(super) fn authenticate(
    inner: &Inner,
    request: &ReceivedRequest,
    list: Option<&ProjectApi>,
) -> Result<Caller, CloudResponse> {
    let caller = match (request.header("x-auth-token"), request.header("authorization")) {
        (Some(token), _) => check_token(inner, request, list, token),
        (None, Some(authorization)) => check_access_key(inner, request, list, authorization),
        (None, None) => Err("x-auth-token not found".to_owned()),
    };
    caller.map_err(|reason| {
        let message = format!("Incorrect IAM authentication information: {reason}");
        CloudResponse::gateway(StatusCode::UNAUTHORIZED, "APIG.0301", &message, &request.id)
    })
}

fn check_token(
    inner: &Inner,
    request: &ReceivedRequest,
    list: Option<&ProjectApi>,
    token: &str,
) -> Result<Caller, String> {
    let max_uses = locked(&inner.faults).max_uses(FaultKind::ExpiredToken, list);
    let project_id = locked(&inner.tokens).use_at(token, request.now, max_uses)?;
    // Tests issue tokens for projects that do not exist.
    let account = inner.projects.get(&project_id).map_or(0, |project| project.spec.account);
    Ok(Caller { account, project_id: Some(project_id), administrator: true })
}

/// Checks in the order of the real gateway: the lock, then the date, then the signature.
fn check_access_key(
    inner: &Inner,
    request: &ReceivedRequest,
    list: Option<&ProjectApi>,
    authorization: &str,
) -> Result<Caller, String> {
    let max_uses = locked(&inner.faults).max_uses(FaultKind::ExpiredKey, list);
    let authorization = Authorization::parse(authorization);
    let mut keys = locked(&inner.access_keys);
    let key = keys.get_mut(authorization.access_key);
    if key.as_ref().is_some_and(|key| key.is_locked(request.now)) {
        return Err("AK access failed to reach the limit,forbidden".to_owned());
    }
    check_date(request)?;

    let names = &authorization.signed_headers;
    let headers: Vec<(&str, &str)> =
        names.iter().filter_map(|name| Some((*name, request.header(name)?))).collect();
    let signed = sign::Request {
        method: request.parts.method.as_str(),
        path: request.parts.uri.path(),
        query: request.parts.uri.query().unwrap_or_default(),
        headers: &headers,
        body: &request.body,
    };
    let wrong_signature = || {
        let canonical = signed.canonical().replace('\n', "|");
        format!("verify aksk signature fail, canonicalRequest:{canonical}")
    };
    let key = key.ok_or_else(wrong_signature)?;
    let date = request.header("x-sdk-date").unwrap_or_default();
    // The SDKs sign different headers: of all headers, only the date has to be among them.
    let is_date = |name: &&str| name.eq_ignore_ascii_case("x-sdk-date");
    let date_is_signed = names.iter().any(is_date) && parse_date(date).is_some();
    let all_are_there = headers.len() == names.len();
    let matches = signed.signature(&key.secret, date) == authorization.signature;
    if !(date_is_signed && all_are_there && matches) {
        key.signature_failed(request.now);
        return Err(wrong_signature());
    }
    key.signature_succeeded();
    if request.header("x-security-token") != key.security_token.as_deref() {
        return Err(UNKNOWN_TOKEN.to_owned());
    }
    if !key.use_at(request.now, max_uses) {
        return Err(EXPIRED_TOKEN.to_owned());
    }
    Ok(Caller { account: key.account, project_id: None, administrator: key.administrator })
}

/// The fields of the header `Authorization` of a signed request. Missing ones are empty, and fail the check of the
/// signature.
struct Authorization<'a> {
    access_key: &'a str,
    /// Names in any order and case.
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn parse(header: &'a str) -> Self {
        let fields = header.strip_prefix(sign::ALGORITHM).unwrap_or_default();
        let field = |name: &str| {
            let mut values = fields.split(',').filter_map(|field| field.trim().strip_prefix(name));
            values.next().unwrap_or_default()
        };
        let signed_headers = field("SignedHeaders=").split(';').filter(|name| !name.is_empty());
        Authorization {
            access_key: field("Access="),
            signed_headers: signed_headers.collect(),
            signature: field("Signature="),
        }
    }
}

/// Checks `X-Sdk-Date` against server time. An invalid date passes here and fails the check of the signature.
fn check_date(request: &ReceivedRequest) -> Result<(), String> {
    let date = request.header("x-sdk-date").unwrap_or_default();
    let in_window = |at: Timestamp| (request.now.as_second() - at.as_second()).abs() <= CLOCK_WINDOW;
    if parse_date(date).is_none_or(in_window) {
        return Ok(());
    }
    let server_time = request.now.strftime(sign::DATE_FORMAT);
    Err(format!("signature expired, signature time:{date},server time:{server_time}"))
}

fn parse_date(date: &str) -> Option<Timestamp> {
    let date = DateTime::strptime(sign::DATE_FORMAT, date).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
