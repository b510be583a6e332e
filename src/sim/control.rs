//! `/simulation/`: changes the simulated cloud while it runs, for tests and demonstrations.
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
//! | `DELETE /simulation/edits` | takes all of the above back |
//! | `PUT /simulation/faults` | faults as on the command line, separated by commas; none for none |
//!
//! 204 when it is done; else a sentence, with 404 for what is not there and 400 for a body that cannot be read.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::routing::{delete, put};

use super::fault::{Fault, FaultError};
use super::world::Amount;
use super::{Cloud, Edit, EditError};

/// What went wrong, for a person who reads it in a terminal.
type Refusal = (StatusCode, String);

/// The endpoints below `/simulation`.
pub(super) fn router() -> Router<Cloud> {
    Router::new()
        .route("/projects/{project_id}/users/{user_id}/{list}/{item}", put(edit_user))
        .route("/projects/{project_id}/resources/{resource_id}/{field}", put(edit_resource))
        .route("/edits", delete(clear_edits))
        .route("/faults", put(set_faults))
        .fallback(nothing_there)
}

/// The path comes without the `/simulation` that led here.
async fn nothing_there(uri: Uri) -> Refusal {
    not_found(&format!("there is nothing at /simulation{}", uri.path()))
}

async fn edit_user(
    State(cloud): State<Cloud>,
    Path((project_id, user_id, list, item)): Path<(String, String, String, String)>,
    body: String,
) -> Result<StatusCode, Refusal> {
    let edit: fn(String, Amount) -> Edit = match list.as_str() {
        "quota" => Edit::Quota,
        "usage" => Edit::Usage,
        _ => return Err(not_found(&format!("a user has quota and usage, and no \"{list}\""))),
    };
    let text = body.trim();
    let amount = Amount::parse(&item, text).ok_or_else(|| {
        bad_request(&format!("\"{text}\" is no {}, in which {item} is counted", Amount::unit(&item)))
    })?;
    edited(cloud.edit(&project_id, &user_id, edit(item, amount)))
}

async fn edit_resource(
    State(cloud): State<Cloud>,
    Path((project_id, resource_id, field)): Path<(String, String, String)>,
    body: String,
) -> Result<StatusCode, Refusal> {
    let text = body.trim();
    let (edit, wanted) = match field.as_str() {
        "expire_time" => {
            (text.parse().map(Edit::ExpireTime).ok(), "time of RFC 3339, such as 2026-01-31T12:00:00Z")
        }
        "status" => (text.parse().map(Edit::Status).ok(), "whole number from 0 to 255"),
        "resource_available_nums" => {
            (text.parse().map(Edit::ResourceAvailableNums).ok(), "whole number from 0 to 4294967295")
        }
        _ => return Err(not_found(&format!("\"{field}\" of a resource cannot be changed"))),
    };
    let edit = edit.ok_or_else(|| bad_request(&format!("\"{text}\" is no {wanted}")))?;
    edited(cloud.edit(&project_id, &resource_id, edit))
}

async fn clear_edits(State(cloud): State<Cloud>) -> StatusCode {
    cloud.clear_edits();
    StatusCode::NO_CONTENT
}

async fn set_faults(State(cloud): State<Cloud>, body: String) -> Result<StatusCode, Refusal> {
    let names = body.split(',').map(str::trim).filter(|name| !name.is_empty());
    let faults: Result<Vec<Fault>, FaultError> = names.map(str::parse).collect();
    cloud.set_faults(faults.map_err(|error| bad_request(&error.to_string()))?);
    Ok(StatusCode::NO_CONTENT)
}

fn edited(result: Result<(), EditError>) -> Result<StatusCode, Refusal> {
    match result {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error @ EditError::Amount(_)) => Err(bad_request(&error.to_string())),
        Err(error) => Err(not_found(&error.to_string())),
    }
}

fn bad_request(sentence: &str) -> Refusal {
    (StatusCode::BAD_REQUEST, format!("{sentence}\n"))
}

fn not_found(sentence: &str) -> Refusal {
    (StatusCode::NOT_FOUND, format!("{sentence}\n"))
}
