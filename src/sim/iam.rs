//! The part of IAM that a MetaStudio client needs: tokens by password, projects by region, and user names.

use axum::http::{HeaderName, StatusCode};
use serde_json::{Value, json};

use super::auth::{self, Caller};
use super::data::RESERVED_SLOTS;
use super::fault::FaultKind;
use super::messages::{self, CloudResponse, EndpointResult, ReceivedRequest};
use super::{Account, Inner, ProjectSpec, locked};

/// The header of the response that contains a new token.
const X_SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// `POST /v3/auth/tokens`.
pub(super) fn create_token(inner: &Inner, request: &ReceivedRequest) -> EndpointResult {
    let body: Value = serde_json::from_slice(&request.body)
        .map_err(|_| CloudResponse::iam(StatusCode::BAD_REQUEST, "The request body is invalid"))?;
    let number = check_password(&inner.accounts, &body["auth"]["identity"])?;
    let project = scoped_project(inner, number, &body["auth"]["scope"]["project"])?;
    let lifetime = locked(&inner.issuers).token_lifetime;
    let (token, expires) = locked(&inner.tokens).issue(&project.id, request.now, lifetime);
    let account = &inner.accounts[number];
    let domain = json!({"id": account.domain_id, "name": account.domain});
    let body = json!({"token": {
        "methods": ["password"],
        "issued_at": messages::microseconds(request.now),
        "expires_at": messages::microseconds(expires),
        "project": {"id": project.id, "name": project.region, "domain": domain},
        "user": {"id": account.user_id, "name": account.user, "domain": domain},
    }});
    Ok(CloudResponse::json(StatusCode::CREATED, &body).with_header(X_SUBJECT_TOKEN, &token))
}

/// The number of the account with this user and password.
fn check_password(accounts: &[Account], identity: &Value) -> Result<usize, CloudResponse> {
    let user = &identity["password"]["user"];
    let matches = |account: &Account| {
        user["domain"]["name"] == account.domain.as_str()
            && user["name"] == account.user.as_str()
            && user["password"] == account.password.as_str()
    };
    let number = accounts.iter().position(matches).filter(|_| identity["methods"] == json!(["password"]));
    number.ok_or_else(|| CloudResponse::iam(StatusCode::UNAUTHORIZED, "The username or password is wrong."))
}

/// The account's project in a scope, by its ID or by its name in IAM, which is its region.
fn scoped_project<'a>(
    inner: &'a Inner,
    account: usize,
    scope: &Value,
) -> Result<&'a ProjectSpec, CloudResponse> {
    let (id, region) = (scope["id"].as_str(), scope["name"].as_str());
    if id.or(region).is_none() {
        let message = "The scope needs a project's id or name.";
        return Err(CloudResponse::iam(StatusCode::BAD_REQUEST, message));
    }
    let projects = inner.projects.in_account(account).map(|project| &project.spec);
    let mut matching = projects.filter(|spec| match id {
        Some(id) => spec.id == id,
        None => Some(spec.region.as_str()) == region,
    });
    match (matching.next(), matching.next()) {
        (Some(project), None) => Ok(project),
        (None, _) => {
            Err(CloudResponse::iam(StatusCode::NOT_FOUND, "Could not find the project of the scope."))
        }
        (Some(_), Some(_)) => {
            let message = "Several projects have this name: scope by id.";
            Err(CloudResponse::iam(StatusCode::BAD_REQUEST, message))
        }
    }
}

/// `GET /v3/projects`: the account's projects, all or those of one name.
pub(super) fn list_projects(inner: &Inner, request: &ReceivedRequest) -> EndpointResult {
    let caller = authorize(inner, request)?;
    let parameters = request.parameters().unwrap_or_default();
    let name = parameters.iter().find(|(key, _)| key == "name").map(|(_, value)| value);
    let specs = inner.projects.in_account(caller.account).map(|project| &project.spec);
    let rows = specs.filter(|spec| name.is_none_or(|name| *name == spec.region)).map(|spec| {
        json!({
            "id": spec.id,
            "name": spec.region,
            "domain_id": inner.accounts[caller.account].domain_id,
            "enabled": true,
        })
    });
    Ok(CloudResponse::json(StatusCode::OK, &json!({"projects": rows.collect::<Vec<_>>()})))
}

/// `GET /v3/users`: the users of all projects of the account. As in the real IAM, there are no pages.
pub(super) fn list_users(inner: &Inner, request: &ReceivedRequest) -> EndpointResult {
    let caller = authorize(inner, request)?;
    if !caller.administrator {
        return Err(forbidden());
    }
    let rows = inner.projects.in_account(caller.account).flat_map(|project| {
        let slots = RESERVED_SLOTS..RESERVED_SLOTS + project.spec.users;
        slots.map(
            |slot| json!({"id": project.user_id(slot), "name": project.user_name(slot), "enabled": true}),
        )
    });
    Ok(CloudResponse::json(StatusCode::OK, &json!({"users": rows.collect::<Vec<_>>()})))
}

/// The caller of a list, unless the fault `iam-forbidden` is active.
fn authorize(inner: &Inner, request: &ReceivedRequest) -> Result<Caller, CloudResponse> {
    let caller = auth::authenticate(inner, request, None)?;
    if locked(&inner.faults).is_active(FaultKind::IamForbidden, None) {
        return Err(forbidden());
    }
    Ok(caller)
}

/// IAM's 403: the caller is known but lacks the right.
fn forbidden() -> CloudResponse {
    CloudResponse::iam(StatusCode::FORBIDDEN, "You are not authorized to perform the requested action.")
}
