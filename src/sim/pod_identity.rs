//! CCE's pod identity: temporary access keys of the agency that a pod's service account has.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::call::Call;
use super::{Inner, locked};

/// `POST /pod-identity/credentials`. The pod's token stands in `Authorization` as it is, without `Bearer`.
pub(super) fn create_credentials(inner: &Inner, call: &Call) -> Answer {
    let (account, lifetime) = {
        let settings = locked(&inner.settings);
        if call.header("authorization") != Some(settings.pod_token.as_str()) {
            return Answer::iam(StatusCode::UNAUTHORIZED, "The pod's token is invalid.");
        }
        (settings.machine_account, settings.temporary_key())
    };
    if !serde_json::from_slice::<Value>(&call.body).is_ok_and(|body| body.is_object()) {
        return Answer::iam(StatusCode::BAD_REQUEST, "The request body is invalid");
    }
    let key = locked(&inner.keys).issue(account, call.now, lifetime);
    let body = json!({"credentials": {
        "accessKeyId": key.id,
        "secretAccessKey": key.secret,
        "securityToken": key.security_token,
        "expiration": answer::seconds(key.expires),
    }});
    Answer::json(StatusCode::OK, &body)
}
