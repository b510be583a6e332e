//! Who may call: the gateway's check of signatures and tokens, with its own words for each refusal.

use axum::http::StatusCode;
use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};

use super::answer::Answer;
use super::call::Call;
use super::faults::Target;
use super::keys::Key;
use super::{Inner, ProjectSpec, locked, tokens};
use crate::cloud::sign;

/// How far `X-Sdk-Date` may be from the server's clock, in seconds, either way.
const CLOCK_WINDOW: i64 = 15 * 60;

/// Whom a request comes from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Caller {
    pub(super) account: usize,
    /// The only project that the caller's token is for; none with an access key, which is for all of the account.
    project_id: Option<String>,
    /// Whether the caller may list user quotas and IAM users.
    pub(super) administrator: bool,
}

impl Caller {
    /// Whether the caller may speak for this project.
    pub(super) fn owns(&self, project: &ProjectSpec) -> bool {
        self.account == project.account && self.project_id.as_ref().is_none_or(|own| *own == project.id)
    }
}

/// Whom a request to `target` (none: to IAM) comes from, or the refusal. A token goes before a signature.
pub(super) fn authenticate(inner: &Inner, call: &Call, target: Option<Target>) -> Result<Caller, Answer> {
    let caller = match (call.header("x-auth-token"), call.header("authorization")) {
        (Some(token), _) => holder(inner, call, target, token),
        (None, Some(authorization)) => signer(inner, call, target, authorization),
        (None, None) => Err("x-auth-token not found".to_owned()),
    };
    caller.map_err(|reason| {
        let message = format!("Incorrect IAM authentication information: {reason}");
        Answer::gateway(StatusCode::UNAUTHORIZED, "APIG.0301", &message, &call.id)
    })
}

/// Who holds the token, or the gateway's reason to refuse it.
fn holder(inner: &Inner, call: &Call, target: Option<Target>, token: &str) -> Result<Caller, String> {
    let uses = locked(&inner.faults).token_uses(target);
    let project_id =
        locked(&inner.tokens).use_up(token, call.now, uses).map_err(|error| error.to_string())?;
    // Tests make tokens for projects that do not exist.
    let account = inner.projects.get(&project_id).map_or(0, |place| place.project.account);
    Ok(Caller { account, project_id: Some(project_id), administrator: true })
}

/// Whose key signed the request, or the gateway's reason to refuse it: a lock goes before the clock, and the clock
/// before the signature.
fn signer(inner: &Inner, call: &Call, target: Option<Target>, authorization: &str) -> Result<Caller, String> {
    let signature = Signature::parse(authorization);
    let id = signature.access_key;
    let key = locked(&inner.keys).get(id);
    if key.is_some() && locked(&inner.locks).is_locked(id, call.now) {
        return Err("AK access failed to reach the limit,forbidden".to_owned());
    }
    check_clock(call)?;
    let key = match check_signature(key.as_ref(), &signature, call, authorization) {
        Ok(key) => key,
        Err(reason) => {
            if key.is_some() {
                locked(&inner.locks).failed(id, call.now);
            }
            return Err(reason);
        }
    };
    locked(&inner.locks).succeeded(id);
    if call.header("x-security-token") != key.security_token() {
        return Err(tokens::Refused::Unknown.to_string());
    }
    let uses = locked(&inner.faults).key_uses(target);
    if !locked(&inner.keys).use_up(id, call.now, uses) {
        return Err(tokens::Refused::Expired.to_string());
    }
    Ok(Caller { account: key.account, project_id: None, administrator: key.administrator })
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

/// The key, where it is there and signed this request; the gateway's words where not.
fn check_signature<'a>(
    key: Option<&'a Key>,
    signature: &Signature,
    call: &Call,
    authorization: &str,
) -> Result<&'a Key, String> {
    let names = signature.signed_headers.iter().copied();
    let headers: Vec<(&str, &str)> = names.filter_map(|name| Some((name, call.header(name)?))).collect();
    let request = sign::Request {
        method: call.parts.method.as_str(),
        path: call.parts.uri.path(),
        query: call.parts.uri.query().unwrap_or_default(),
        headers: &headers,
        body: &call.body,
    };
    let signed = |name| signature.signed_headers.contains(&name);
    let good = |key: &&Key| {
        let date = call.header("x-sdk-date").unwrap_or_default();
        let expected = request.authorization(signature.access_key, &request.signature(&key.secret, date));
        // A temporary key is none without its token.
        let complete = key.temporary.is_none() || signed("x-security-token");
        signed("host") && signed("x-sdk-date") && complete && authorization == expected
    };
    key.filter(good).ok_or_else(|| {
        let canonical = request.canonical().replace('\n', "|");
        format!("verify aksk signature fail, canonicalRequest:{canonical}")
    })
}

/// A date that cannot be read fails the signature instead.
fn check_clock(call: &Call) -> Result<(), String> {
    let date = call.header("x-sdk-date").unwrap_or_default();
    let good = |at: Timestamp| (call.now.as_second() - at.as_second()).abs() <= CLOCK_WINDOW;
    if parse_date(date).is_none_or(good) {
        return Ok(());
    }
    let server = call.now.strftime(sign::DATE_FORMAT);
    Err(format!("signature expired, signature time:{date},server time:{server}"))
}

fn parse_date(date: &str) -> Option<Timestamp> {
    let date = DateTime::strptime(sign::DATE_FORMAT, date).ok()?;
    Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
