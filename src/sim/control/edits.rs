//! Changes to rows of the world.

use axum::extract::{Path, State};
use axum::http::StatusCode;

use super::{Refusal, bad_request, not_found, nothing_at};
use crate::sim::world::Amount;
use crate::sim::{Change, Cloud, Edit, EditError};

pub(super) async fn add(
    State(cloud): State<Cloud>,
    Path(path): Path<String>,
    body: String,
) -> Result<StatusCode, Refusal> {
    let edit = parse_edit(&format!("projects/{path}"), body.trim())?;
    done(cloud.edit(edit))
}

pub(super) async fn set(State(cloud): State<Cloud>, body: String) -> Result<StatusCode, Refusal> {
    let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
    let edits: Result<Vec<Edit>, Refusal> = lines
        .map(|line| {
            let (path, value) = line.split_once(' ').unwrap_or((line, ""));
            parse_edit(path, value.trim())
        })
        .collect();
    done(cloud.set_edits(edits?))
}

pub(super) async fn clear(State(cloud): State<Cloud>) -> Result<StatusCode, Refusal> {
    done(cloud.set_edits(Vec::new()))
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
