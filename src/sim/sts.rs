//! STS: temporary access keys of an agency for whoever shows an identity token.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::call::Call;
use super::{Account, Inner, locked};

/// Shortest and longest life that may be asked for, in seconds.
const DURATIONS: std::ops::RangeInclusive<i64> = 900..=43_200;
/// Life where none is asked for, in seconds.
const DEFAULT_DURATION: i64 = 3_600;

/// `POST /v5/agencies/assume-with-oidc`.
pub(super) fn assume_with_oidc(inner: &Inner, call: &Call) -> Answer {
    try_assume(inner, call).unwrap_or_else(|refusal| refusal)
}

fn try_assume(inner: &Inner, call: &Call) -> Result<Answer, Answer> {
    let invalid = |name: &str| {
        let message = format!("invalid parameter: {name}");
        Answer::gateway(StatusCode::BAD_REQUEST, "STS5.0002", &message, &call.id)
    };
    let forbidden =
        |code: &str, message: &str| Answer::gateway(StatusCode::FORBIDDEN, code, message, &call.id);

    let body: Value = serde_json::from_slice(&call.body).map_err(|_| invalid("body"))?;
    let text = |name: &str| body[name].as_str().filter(|text| !text.is_empty()).ok_or_else(|| invalid(name));
    let (provider_urn, agency_urn) = (text("provider_urn")?, text("agency_urn")?);
    let (session, id_token) = (text("agency_session_name")?, text("id_token")?);
    let duration = match &body["duration_seconds"] {
        Value::Null => Some(DEFAULT_DURATION),
        asked => asked.as_i64().filter(|seconds| DURATIONS.contains(seconds)),
    };
    let duration = SignedDuration::from_secs(duration.ok_or_else(|| invalid("duration_seconds"))?);

    let trusted =
        |account: &Account| account.agency_urn == agency_urn && account.provider_urn == provider_urn;
    let account = inner.accounts.iter().position(trusted);
    let account = account
        .ok_or_else(|| forbidden("STS5.0004", "the agency does not exist or does not trust the provider"))?;
    let lifetime = {
        let settings = locked(&inner.settings);
        if settings.id_token != id_token {
            return Err(forbidden("STS5.0006", "the id token is invalid or has expired"));
        }
        settings.temporary_key_of(duration)
    };
    let key = locked(&inner.keys).issue(account, call.now, lifetime);
    let (domain_id, agency_id) = (&inner.accounts[account].domain_id, &inner.accounts[account].agency_id);
    let body = json!({
        "assumed_agency": {
            "urn": format!("sts::{domain_id}:assumed-agency:metastudio-exporter/{session}"),
            "id": format!("{agency_id}:{session}"),
        },
        "credentials": {
            "access_key_id": key.id,
            "secret_access_key": key.secret,
            "security_token": key.security_token,
            "expiration": answer::milliseconds(key.expires),
        },
    });
    Ok(Answer::json(StatusCode::OK, &body))
}
