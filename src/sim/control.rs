//! `/simulation/`: shows and changes the simulated cloud while it runs, for tests and demonstrations.
//!
//! Not part of the real cloud. It requires no credentials, ignores latency and faults, and its requests are not in
//! [`Cloud::requests`].
//!
//! | request | body |
//! |---|---|
//! | `PUT /simulation/projects/{project_id}/users/{user_id}/quota/{item}` | the limit in the API's unit; -1 is unlimited |
//! | `PUT /simulation/projects/{project_id}/users/{user_id}/usage/{item}` | the usage in the API's unit |
//! | `PUT /simulation/projects/{project_id}/resources/{resource_id}/expire_time` | a time of RFC 3339 |
//! | `PUT /simulation/projects/{project_id}/resources/{resource_id}/status` | 0 normal, 1 frozen |
//! | `PUT /simulation/projects/{project_id}/resources/{resource_id}/resource_available_nums` | a whole number |
//! | `PUT /simulation/projects/{project_id}/products/{resource_id}/{field}` | `amount`, `usage`, `status` or `resource_expire_time` of a product; of a sub-resource, its type follows the ID: `.../{resource_id}/{sub_resource_type}/{field}` |
//! | `PUT /simulation/edits` | replaces all edits: one line each, `projects/...`, a space, the body as above |
//! | `DELETE /simulation/edits` | removes all edits |
//! | `PUT /simulation/faults` | replaces all faults: as on the command line, separated by commas |
//! | `DELETE /simulation/access_keys/{access_key}` | deletes an access key |
//! | `PUT /simulation/lifetimes/iam_token` | the lifetime of new IAM tokens: `3s`, `24h` |
//! | `PUT /simulation/lifetimes/temporary_key` | the same for temporary access keys; STS never exceeds the requested one |
//! | `DELETE /simulation/credentials` | revokes all temporary access keys and IAM tokens |
//! | `DELETE /simulation/credentials/temporary_keys` | revokes all temporary access keys |
//! | `DELETE /simulation/credentials/iam_tokens` | revokes all IAM tokens |
//! | `PUT /simulation/metadata` | how the metadata server behaves: `required`, `unsupported` or `no-agency` |
//! | `PUT /simulation/machine_account` | the account number for keys of the metadata server and the pod identity |
//! | `DELETE /simulation/most_in_flight` | resets the maximum to the requests in flight now |
//!
//! The status is 204. The following requests return 200 and:
//!
//! | request | response |
//! |---|---|
//! | `GET /simulation/accounts` | JSON: each account with its number, its initial secrets and its projects |
//! | `POST /simulation/accounts/{number}/access_keys` | JSON: a new permanent access key, `access_key` and `secret_key` |
//! | `GET /simulation/truth/{project_id}` | JSON: all `assets`, with `user_name`, `resources`, `resource_available_nums` and `products`, without faults |
//! | `GET /simulation/id_token`, `GET /simulation/pod_token` | text: the token that STS, or the pod identity, accepts |
//! | `POST /simulation/id_token`, `POST /simulation/pod_token` | text: a new one, in place of the old one |
//! | `GET /simulation/requests` | JSON: the number of answered requests by `method`, `path` and `status` |
//! | `GET /simulation/most_in_flight` | JSON: the largest number of concurrent requests |
//!
//! An error is a sentence with 404 (not found) or 400 (invalid body), and changes nothing.

use std::fmt::Display;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use serde_json::{Value, json};

use super::edits::{Edit, EditError};
use super::fault::{Fault, FaultError};
use super::{Cloud, locked, product_list, quota_lists};

/// The status and sentence of an error.
type ControlError = (StatusCode, String);
/// 204, or an error.
type Changed = Result<StatusCode, ControlError>;

/// The endpoints below `/simulation`.
pub(super) fn router() -> Router<Cloud> {
    Router::new()
        .route("/projects/{*path}", put(add_edit))
        .route("/edits", put(replace_edits).delete(async |cloud| replace_edits(cloud, String::new()).await))
        .route("/faults", put(set_faults))
        .route("/accounts", get(list_accounts))
        .route("/accounts/{number}/access_keys", post(create_access_key))
        .route("/access_keys/{access_key}", delete(delete_access_key))
        .route("/truth/{project_id}", get(show_truth))
        .route("/id_token", get(show_id_token).post(rotate_id_token))
        .route("/pod_token", get(show_pod_token).post(rotate_pod_token))
        .route("/lifetimes/iam_token", put(set_token_lifetime))
        .route("/lifetimes/temporary_key", put(set_temporary_key_lifetime))
        .route("/credentials", delete(revoke_credentials))
        .route("/credentials/temporary_keys", delete(revoke_temporary_keys))
        .route("/credentials/iam_tokens", delete(revoke_tokens))
        .route("/metadata", put(set_metadata_mode))
        .route("/machine_account", put(set_machine_account))
        .route("/requests", get(count_requests))
        .route("/most_in_flight", get(show_most_in_flight).delete(reset_most_in_flight))
        // axum removes `/simulation` from the path.
        .fallback(async |uri: Uri| {
            edit_error(&EditError::Path(uri.path().trim_start_matches('/').to_owned()))
        })
}

async fn add_edit(State(cloud): State<Cloud>, Path(path): Path<String>, body: String) -> Changed {
    let edit = Edit::parse(&format!("projects/{path}"), body.trim());
    edit.and_then(|edit| cloud.add_edit(edit)).map_err(|error| edit_error(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn replace_edits(State(cloud): State<Cloud>, body: String) -> Changed {
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    let edits: Result<Vec<Edit>, EditError> = lines
        .map(|line| {
            let (path, value) = line.split_once(' ').unwrap_or((line, ""));
            Edit::parse(path, value.trim())
        })
        .collect();
    edits.and_then(|edits| cloud.replace_edits(edits)).map_err(|error| edit_error(&error))?;
    Ok(StatusCode::NO_CONTENT)
}

fn edit_error(error: &EditError) -> ControlError {
    match error {
        EditError::Value { .. } => bad_request(error),
        _ => not_found(error),
    }
}

async fn set_faults(State(cloud): State<Cloud>, body: String) -> Changed {
    let names = body.split(',').map(str::trim).filter(|name| !name.is_empty());
    let faults: Result<Vec<Fault>, FaultError> = names.map(str::parse).collect();
    faults.and_then(|faults| cloud.set_faults(faults)).map_err(bad_request)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_accounts(State(cloud): State<Cloud>) -> Response {
    let accounts = cloud.accounts().iter().enumerate().map(|(number, account)| {
        let specs = cloud.inner.projects.in_account(number).map(|project| &project.spec);
        let projects = specs.map(|spec| {
            json!({
                "name": spec.name,
                "id": spec.id,
                "region": spec.region,
                "users": spec.users,
                "resources": spec.resources,
            })
        });
        json!({
            "number": number,
            "domain": account.domain,
            "domain_id": account.domain_id,
            "user": account.user,
            "user_id": account.user_id,
            "password": account.password,
            "access_key": account.access_key,
            "secret_key": account.secret_key,
            "user_access_key": account.user_access_key,
            "user_secret_key": account.user_secret_key,
            "agency_urn": account.agency_urn,
            "provider_urn": account.provider_urn,
            "projects": projects.collect::<Vec<_>>(),
        })
    });
    show(&accounts.collect())
}

async fn create_access_key(
    State(cloud): State<Cloud>,
    Path(number): Path<String>,
) -> Result<Response, ControlError> {
    let key = number.parse().ok().and_then(|account| cloud.create_access_key(account).ok());
    let key = key.ok_or_else(|| not_found(format!("there is no account {number}")))?;
    Ok(show(&json!({"access_key": key.id, "secret_key": key.secret})))
}

async fn delete_access_key(State(cloud): State<Cloud>, Path(id): Path<String>) -> Changed {
    if cloud.delete_access_key(&id) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(not_found(format!("there is no access key \"{id}\"")))
}

async fn show_truth(State(cloud): State<Cloud>, Path(id): Path<String>) -> Result<Response, ControlError> {
    let rows = cloud.inner.rows(&id).ok_or_else(|| not_found(format!("there is no project \"{id}\"")))?;
    let users = rows.users().map(|user| {
        let mut row = quota_lists::user_json(&user);
        row["user_name"] = json!(user.name);
        row
    });
    Ok(show(&json!({
        "assets": users.collect::<Vec<_>>(),
        "resources": rows.resources().map(|row| quota_lists::resource_json(&row)).collect::<Vec<_>>(),
        "resource_available_nums": quota_lists::available_json(&rows),
        "products": rows.products().map(|row| product_list::product_json(&row)).collect::<Vec<_>>(),
    })))
}

async fn show_id_token(State(cloud): State<Cloud>) -> String {
    cloud.id_token()
}

async fn rotate_id_token(State(cloud): State<Cloud>) -> String {
    cloud.rotate_id_token();
    cloud.id_token()
}

async fn show_pod_token(State(cloud): State<Cloud>) -> String {
    cloud.pod_token()
}

async fn rotate_pod_token(State(cloud): State<Cloud>) -> String {
    cloud.rotate_pod_token();
    cloud.pod_token()
}

async fn set_token_lifetime(State(cloud): State<Cloud>, body: String) -> Changed {
    cloud.set_token_lifetime(parse_lifetime(body.trim())?);
    Ok(StatusCode::NO_CONTENT)
}

async fn set_temporary_key_lifetime(State(cloud): State<Cloud>, body: String) -> Changed {
    cloud.set_temporary_key_lifetime(parse_lifetime(body.trim())?);
    Ok(StatusCode::NO_CONTENT)
}

fn parse_lifetime(text: &str) -> Result<Duration, ControlError> {
    let lifetime = humantime::parse_duration(text).ok().filter(|lifetime| !lifetime.is_zero());
    lifetime.ok_or_else(|| bad_request(format!("\"{text}\" is not a valid lifetime: write 3s, 15m or 24h")))
}

async fn revoke_credentials(State(cloud): State<Cloud>) -> StatusCode {
    cloud.revoke_temporary_keys();
    cloud.revoke_tokens();
    StatusCode::NO_CONTENT
}

async fn revoke_temporary_keys(State(cloud): State<Cloud>) -> StatusCode {
    cloud.revoke_temporary_keys();
    StatusCode::NO_CONTENT
}

async fn revoke_tokens(State(cloud): State<Cloud>) -> StatusCode {
    cloud.revoke_tokens();
    StatusCode::NO_CONTENT
}

async fn set_metadata_mode(State(cloud): State<Cloud>, body: String) -> Changed {
    cloud.set_metadata_mode(body.trim().parse().map_err(|error: String| bad_request(error))?);
    Ok(StatusCode::NO_CONTENT)
}

async fn set_machine_account(State(cloud): State<Cloud>, body: String) -> Changed {
    let number = body.trim();
    let set = number.parse().ok().and_then(|account| cloud.set_machine_account(account).ok());
    set.ok_or_else(|| bad_request(format!("there is no account {number}")))?;
    Ok(StatusCode::NO_CONTENT)
}

async fn count_requests(State(cloud): State<Cloud>) -> Response {
    let log = locked(&cloud.inner.log);
    let counts = log.counts.iter().map(|((method, path, status), count)| {
        json!({"method": method, "path": path, "status": status, "count": count})
    });
    show(&counts.collect())
}

async fn show_most_in_flight(State(cloud): State<Cloud>) -> Response {
    show(&json!(locked(&cloud.inner.log).most_in_flight))
}

async fn reset_most_in_flight(State(cloud): State<Cloud>) -> StatusCode {
    locked(&cloud.inner.log).reset_most_in_flight();
    StatusCode::NO_CONTENT
}

fn show(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn bad_request(error: impl Display) -> ControlError {
    (StatusCode::BAD_REQUEST, format!("{error}\n"))
}

fn not_found(error: impl Display) -> ControlError {
    (StatusCode::NOT_FOUND, format!("{error}\n"))
}
