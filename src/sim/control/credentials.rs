//! How credentials are issued, and when they end.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;

use super::{Refusal, bad_request};
use crate::sim::{Cloud, UnknownMode};

pub(super) async fn id_token(State(cloud): State<Cloud>) -> String {
    cloud.id_token()
}

pub(super) async fn rotate_id_token(State(cloud): State<Cloud>) -> String {
    cloud.rotate_id_token();
    cloud.id_token()
}

pub(super) async fn pod_token(State(cloud): State<Cloud>) -> String {
    cloud.pod_token()
}

pub(super) async fn rotate_pod_token(State(cloud): State<Cloud>) -> String {
    cloud.rotate_pod_token();
    cloud.pod_token()
}

pub(super) async fn set_token_lifetime(
    State(cloud): State<Cloud>,
    body: String,
) -> Result<StatusCode, Refusal> {
    cloud.set_token_lifetime(parse_lifetime(body.trim())?);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn set_temporary_key_lifetime(
    State(cloud): State<Cloud>,
    body: String,
) -> Result<StatusCode, Refusal> {
    cloud.set_temporary_key_lifetime(parse_lifetime(body.trim())?);
    Ok(StatusCode::NO_CONTENT)
}

fn parse_lifetime(text: &str) -> Result<Duration, Refusal> {
    let lifetime = humantime::parse_duration(text).ok().filter(|lifetime| !lifetime.is_zero());
    lifetime.ok_or_else(|| bad_request(&format!("\"{text}\" is no lifetime: write 3s, 15m or 24h")))
}

pub(super) async fn revoke_all(State(cloud): State<Cloud>) -> StatusCode {
    cloud.revoke_temporary_keys();
    cloud.revoke_tokens();
    StatusCode::NO_CONTENT
}

pub(super) async fn revoke_temporary_keys(State(cloud): State<Cloud>) -> StatusCode {
    cloud.revoke_temporary_keys();
    StatusCode::NO_CONTENT
}

pub(super) async fn revoke_tokens(State(cloud): State<Cloud>) -> StatusCode {
    cloud.revoke_tokens();
    StatusCode::NO_CONTENT
}

pub(super) async fn set_metadata_mode(
    State(cloud): State<Cloud>,
    body: String,
) -> Result<StatusCode, Refusal> {
    let mode = body.trim().parse().map_err(|error: UnknownMode| bad_request(&error.to_string()))?;
    cloud.set_metadata_mode(mode);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn set_machine_account(
    State(cloud): State<Cloud>,
    body: String,
) -> Result<StatusCode, Refusal> {
    let number = body.trim();
    let unknown = || bad_request(&format!("there is no account {number}"));
    let account = number.parse().map_err(|_| unknown())?;
    cloud.set_machine_account(account).map_err(|_| unknown())?;
    Ok(StatusCode::NO_CONTENT)
}
