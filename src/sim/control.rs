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
//! | `PUT /simulation/edits` | all of the above that shall hold, at once: a line each, `projects/...`, a space, the body |
//! | `DELETE /simulation/edits` | takes all of them back |
//! | `PUT /simulation/faults` | faults as on the command line, separated by commas; none for none |
//!
//! 204 when it is done; else a sentence, with 404 for what is not there and 400 for a body that cannot be read. Nothing
//! changes then.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use axum::routing::put;

use super::fault::{Fault, FaultError};
use super::world::Amount;
use super::{Change, Cloud, Edit, EditError};

/// What went wrong, for a person who reads it in a terminal.
type Refusal = (StatusCode, String);

/// The endpoints below `/simulation`.
pub(super) fn router() -> Router<Cloud> {
    Router::new()
        .route("/projects/{*path}", put(add_edit))
        .route("/edits", put(set_edits).delete(clear_edits))
        .route("/faults", put(set_faults))
        // The path comes without the `/simulation` that led here.
        .fallback(async |uri: Uri| nothing_at(uri.path().trim_start_matches('/')))
}

async fn add_edit(
    State(cloud): State<Cloud>,
    Path(path): Path<String>,
    body: String,
) -> Result<StatusCode, Refusal> {
    let edit = parse_edit(&format!("projects/{path}"), body.trim())?;
    done(cloud.edit(edit))
}

async fn set_edits(State(cloud): State<Cloud>, body: String) -> Result<StatusCode, Refusal> {
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    let edits: Result<Vec<Edit>, Refusal> = lines
        .map(|line| {
            let (path, value) = line.split_once(' ').unwrap_or((line, ""));
            parse_edit(path, value.trim())
        })
        .collect();
    done(cloud.set_edits(edits?))
}

async fn clear_edits(State(cloud): State<Cloud>) -> Result<StatusCode, Refusal> {
    done(cloud.set_edits(Vec::new()))
}

async fn set_faults(State(cloud): State<Cloud>, body: String) -> Result<StatusCode, Refusal> {
    let names = body.split(',').map(str::trim).filter(|name| !name.is_empty());
    let faults: Result<Vec<Fault>, FaultError> = names.map(str::parse).collect();
    cloud.set_faults(faults.map_err(|error| bad_request(&error.to_string()))?);
    Ok(StatusCode::NO_CONTENT)
}

/// The edit at a path below `/simulation/`.
fn parse_edit(path: &str, value: &str) -> Result<Edit, Refusal> {
    let segments: Vec<&str> = path.split('/').collect();
    let (project_id, row_id, change) = match *segments.as_slice() {
        ["projects", project_id, "users", user_id, "quota", item] => {
            (project_id, user_id, Change::Quota(item.to_owned(), parse_amount(item, value)?))
        }
        ["projects", project_id, "users", user_id, "usage", item] => {
            (project_id, user_id, Change::Usage(item.to_owned(), parse_amount(item, value)?))
        }
        ["projects", project_id, "resources", resource_id, field] => {
            let change = match field {
                "expire_time" => value.parse().map(Change::ExpireTime).ok(),
                "status" => value.parse().map(Change::Status).ok(),
                "resource_available_nums" => value.parse().map(Change::ResourceAvailableNums).ok(),
                _ => return Err(nothing_at(path)),
            };
            (project_id, resource_id, change.ok_or_else(|| bad_value(value, field))?)
        }
        _ => return Err(nothing_at(path)),
    };
    Ok(Edit { project_id: project_id.to_owned(), row_id: row_id.to_owned(), change })
}

fn parse_amount(item: &str, value: &str) -> Result<Amount, Refusal> {
    Amount::parse(item, value).ok_or_else(|| bad_value(value, item))
}

fn done(result: Result<(), EditError>) -> Result<StatusCode, Refusal> {
    match result {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(error @ EditError::Amount(_)) => Err(bad_request(&error.to_string())),
        Err(error) => Err(not_found(&error.to_string())),
    }
}

/// A sentence about a value that its field cannot have; fields without a case are items of users.
fn bad_value(value: &str, field: &str) -> Refusal {
    let wanted = match field {
        "expire_time" => "time of RFC 3339, such as 2026-01-31T12:00:00Z",
        "status" => "whole number from 0 to 255",
        "resource_available_nums" => "whole number from 0 to 4294967295",
        item => Amount::unit(item),
    };
    bad_request(&format!("\"{value}\" is no {field}: that is a {wanted}"))
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
