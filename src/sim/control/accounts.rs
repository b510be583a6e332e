//! Whom the cloud knows, and what is true of their projects.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::{Refusal, answer, not_found};
use crate::sim::{Account, Cloud, ProjectSpec, wire};

pub(super) async fn list(State(cloud): State<Cloud>) -> Response {
    let accounts = cloud.accounts().iter().enumerate().map(|(number, account)| {
        let projects = cloud.inner.projects.of_account(number).map(|place| project_json(&place.project));
        account_json(number, account, &projects.collect::<Vec<_>>())
    });
    answer(&accounts.collect())
}

fn account_json(number: usize, account: &Account, projects: &[Value]) -> Value {
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
        "projects": projects,
    })
}

fn project_json(project: &ProjectSpec) -> Value {
    json!({
        "name": project.name,
        "id": project.id,
        "region": project.region,
        "users": project.users,
        "resources": project.resources,
    })
}

pub(super) async fn create_access_key(
    State(cloud): State<Cloud>,
    Path(number): Path<String>,
) -> Result<Response, Refusal> {
    let account = number.parse().map_err(|_| not_found(&format!("there is no account {number}")))?;
    let key = cloud.create_access_key(account).map_err(|error| not_found(&error.to_string()))?;
    Ok(answer(&json!({"access_key": key.id, "secret_key": key.secret})))
}

pub(super) async fn delete_access_key(
    State(cloud): State<Cloud>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    if cloud.delete_access_key(&id) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(not_found(&format!("there is no access key \"{id}\"")))
}

pub(super) async fn truth(
    State(cloud): State<Cloud>,
    Path(project_id): Path<String>,
) -> Result<Response, Refusal> {
    let rows = cloud.inner.rows(&project_id);
    let rows = rows.ok_or_else(|| not_found(&format!("there is no project \"{project_id}\"")))?;
    let users = rows.users().map(|user| {
        let mut row = wire::user(&user);
        row["user_name"] = json!(user.name);
        row
    });
    Ok(answer(&json!({
        "assets": users.collect::<Vec<_>>(),
        "resources": rows.resources().map(|resource| wire::resource(&resource)).collect::<Vec<_>>(),
        "resource_available_nums": wire::available(&rows),
    })))
}
