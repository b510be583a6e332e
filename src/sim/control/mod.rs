//! `/simulation/`: changes and shows the simulated cloud while it runs, for tests and demonstrations.
//!
//! No part of the real cloud. It asks for no credentials, answers at once whatever the latency and the faults, and is
//! not among [`Cloud::requests`].
//!
//! | request | body |
//! |---|---|
//! | `PUT /simulation/projects/{project_id}/users/{user_id}/quota/{item}` | the limit in the API's unit; -1 is unlimited |
//! | `PUT /simulation/projects/{project_id}/users/{user_id}/usage/{item}` | the usage in the API's unit |
//! | `PUT /simulation/projects/{project_id}/resources/{resource_id}/expire_time` | a time of RFC 3339 |
//! | `PUT /simulation/projects/{project_id}/resources/{resource_id}/status` | 0 normal, 1 frozen |
//! | `PUT /simulation/projects/{project_id}/resources/{resource_id}/resource_available_nums` | a whole number |
//! | `PUT /simulation/edits` | all of the above that shall hold, at once: a line each, `projects/...`, a space, the body |
//! | `DELETE /simulation/edits` | takes all of them back |
//! | `PUT /simulation/faults` | faults as on the command line, separated by commas; none for none |
//! | `DELETE /simulation/access_keys/{access_key}` | deletes an access key |
//! | `PUT /simulation/lifetimes/iam_token` | how long IAM tokens are good from now on: `3s`, `24h` |
//! | `PUT /simulation/lifetimes/temporary_key` | the same for temporary access keys; STS never gives more than it was asked for |
//! | `DELETE /simulation/credentials` | ends all temporary access keys and IAM tokens |
//! | `DELETE /simulation/credentials/temporary_keys` | ends all temporary access keys |
//! | `DELETE /simulation/credentials/iam_tokens` | ends all IAM tokens |
//! | `PUT /simulation/metadata` | how the metadata server behaves: `required`, `unsupported` or `no-agency` |
//! | `PUT /simulation/machine_account` | number of the account that the metadata server and the pod identity issue keys of |
//! | `DELETE /simulation/most_in_flight` | starts it again from the requests in flight now |
//!
//! 204 when it is done. What there is to see comes with 200:
//!
//! | request | answer |
//! |---|---|
//! | `GET /simulation/accounts` | JSON: each account by its number, with the secrets it was made with and its projects |
//! | `POST /simulation/accounts/{number}/access_keys` | JSON: a new permanent access key, `access_key` and `secret_key` |
//! | `GET /simulation/truth/{project_id}` | JSON: all `assets`, `resources` and `resource_available_nums` as they are now, without faults, each user with its `user_name` |
//! | `GET /simulation/id_token`, `GET /simulation/pod_token` | text: what STS, and the pod identity, take for an identity |
//! | `POST /simulation/id_token`, `POST /simulation/pod_token` | text: a new one; the old one is refused from now on |
//! | `GET /simulation/requests` | JSON: how many requests were answered, by `method`, `path` and `status` |
//! | `GET /simulation/most_in_flight` | JSON: the most requests that were being answered at once |
//!
//! Else it is a sentence, with 404 for what is not there and 400 for a body that cannot be read. Nothing changes then.

mod accounts;
mod credentials;
mod edits;
mod requests;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post, put};
use serde_json::Value;

use super::Cloud;
use super::fault::{Fault, FaultError};

/// What went wrong, for a person who reads it in a terminal.
type Refusal = (StatusCode, String);

/// The endpoints below `/simulation`.
pub(super) fn router() -> Router<Cloud> {
    Router::new()
        .route("/projects/{*path}", put(edits::add))
        .route("/edits", put(edits::set).delete(edits::clear))
        .route("/faults", put(set_faults))
        .route("/accounts", get(accounts::list))
        .route("/accounts/{number}/access_keys", post(accounts::create_access_key))
        .route("/access_keys/{access_key}", delete(accounts::delete_access_key))
        .route("/truth/{project_id}", get(accounts::truth))
        .route("/id_token", get(credentials::id_token).post(credentials::rotate_id_token))
        .route("/pod_token", get(credentials::pod_token).post(credentials::rotate_pod_token))
        .route("/lifetimes/iam_token", put(credentials::set_token_lifetime))
        .route("/lifetimes/temporary_key", put(credentials::set_temporary_key_lifetime))
        .route("/credentials", delete(credentials::revoke_all))
        .route("/credentials/temporary_keys", delete(credentials::revoke_temporary_keys))
        .route("/credentials/iam_tokens", delete(credentials::revoke_tokens))
        .route("/metadata", put(credentials::set_metadata_mode))
        .route("/machine_account", put(credentials::set_machine_account))
        .route("/requests", get(requests::counts))
        .route("/most_in_flight", get(requests::most_in_flight).delete(requests::reset_most_in_flight))
        // The path comes without the `/simulation` that led here.
        .fallback(async |uri: Uri| nothing_at(uri.path().trim_start_matches('/')))
}

async fn set_faults(State(cloud): State<Cloud>, body: String) -> Result<StatusCode, Refusal> {
    let names = body.split(',').map(str::trim).filter(|name| !name.is_empty());
    let faults: Result<Vec<Fault>, FaultError> = names.map(str::parse).collect();
    let set = faults.and_then(|faults| cloud.set_faults(faults));
    set.map_err(|error| bad_request(&error.to_string()))?;
    Ok(StatusCode::NO_CONTENT)
}

fn answer(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn bad_request(sentence: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, format!("{sentence}\n"))
}

fn nothing_at(path: &str) -> Refusal {
    not_found(&format!("there is nothing at /simulation/{path}"))
}

fn not_found(sentence: &str) -> Refusal {
    (StatusCode::NOT_FOUND, format!("{sentence}\n"))
}
