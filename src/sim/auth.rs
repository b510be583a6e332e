//! Who may call: the gateway's check of signatures and tokens, with its own words for each refusal.

use axum::http::StatusCode;
use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};

use super::account::Account;
use super::answer::Answer;
use super::call::Call;
use super::fault::Api;
use super::{Inner, locked};
use crate::cloud::sign;

/// How far `X-Sdk-Date` may be from the server's clock, in seconds, either way.
const CLOCK_WINDOW: i64 = 15 * 60;

/// Whom a request comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// The holder of the account's access key.
    Account,
    /// The holder of a token for this project.
    Project(String),
}

impl Caller {
    /// Whether the caller may speak for this project of the account.
    pub(super) fn owns(&self, project_id: &str) -> bool {
        match self {
            Caller::Account => true,
            Caller::Project(own) => own == project_id,
        }
    }
}

/// Whom a request to `api` (none: to IAM) comes from, or the refusal. A token goes before a signature.
pub(super) fn authenticate(inner: &Inner, call: &Call, api: Option<Api>) -> Result<Caller, Answer> {
    let refusal = |reason: &str| {
        let message = format!("Incorrect IAM authentication information: {reason}");
        Answer::gateway(StatusCode::UNAUTHORIZED, "APIG.0301", &message, &call.id)
    };
    if let Some(token) = call.header("x-auth-token") {
        let uses = locked(&inner.faults).token_uses(api);
        let project_id = locked(&inner.tokens).use_up(token, call.now, uses);
        return project_id.map(Caller::Project).map_err(|error| refusal(&error.to_string()));
    }
    let authorization = call.header("authorization").ok_or_else(|| refusal("x-auth-token not found"))?;
    check_signature(&inner.account, call, authorization).map_err(|reason| refusal(&reason))?;
    Ok(Caller::Account)
}

/// The parts of an `Authorization` header.
struct Signature<'a> {
    access_key: &'a str,
    signed_headers: Vec<&'a str>,
}

impl<'a> Signature<'a> {
    /// Reads what it finds: what is missing fails the comparison later on.
    fn parse(authorization: &'a str) -> Self {
        let fields = authorization.strip_prefix(sign::ALGORITHM).unwrap_or_default();
        let field = |name: &str| {
            let mut values = fields.split(',').filter_map(|field| field.trim().strip_prefix(name));
            values.next().unwrap_or_default()
        };
        let signed_headers = field("SignedHeaders=").split(';').filter(|name| !name.is_empty()).collect();
        Signature { access_key: field("Access="), signed_headers }
    }
}

/// The gateway's reason for refusing the signature, if any: the clock first, as the real one does.
fn check_signature(account: &Account, call: &Call, authorization: &str) -> Result<(), String> {
    let date = call.header("x-sdk-date").unwrap_or_default();
    if let Some(signed_at) = parse_date(date) {
        check_clock(date, signed_at, call.now)?;
    }
    let signature = Signature::parse(authorization);
    let names = signature.signed_headers.iter().copied();
    let headers: Vec<(&str, &str)> = names.filter_map(|name| Some((name, call.header(name)?))).collect();
    let request = sign::Request {
        method: call.parts.method.as_str(),
        path: call.parts.uri.path(),
        query: call.parts.uri.query().unwrap_or_default(),
        headers: &headers,
        body: &call.body,
    };
    let complete = ["host", "x-sdk-date"].iter().all(|name| signature.signed_headers.contains(name));
    let expected = request.authorization(&account.access_key, &request.signature(&account.secret_key, date));
    if complete && signature.access_key == account.access_key && authorization == expected {
        return Ok(());
    }
    let canonical = request.canonical().replace('\n', "|");
    Err(format!("verify aksk signature fail, canonicalRequest:{canonical}"))
}

fn check_clock(date: &str, signed_at: Timestamp, now: Timestamp) -> Result<(), String> {
    if (now.as_second() - signed_at.as_second()).abs() <= CLOCK_WINDOW {
        return Ok(());
    }
    let server = now.strftime(sign::DATE_FORMAT);
    Err(format!("signature expired, signature time:{date},server time:{server}"))
}

fn parse_date(date: &str) -> Option<Timestamp> {
    let date = DateTime::strptime(sign::DATE_FORMAT, date).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
