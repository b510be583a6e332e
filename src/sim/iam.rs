//! The part of IAM that a client of MetaStudio needs: tokens by password, projects by region, names of users.

use axum::http::{HeaderName, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::auth::{self, Caller};
use super::call::Call;
use super::fault::FaultKind;
use super::world::NEWCOMERS;
use super::{Account, Inner, ProjectSpec, locked};

/// Where IAM puts a new token.
const X_SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// `POST /v3/auth/tokens`.
pub(super) fn create_token(inner: &Inner, call: &Call) -> Answer {
    try_create_token(inner, call).unwrap_or_else(|refusal| refusal)
}

fn try_create_token(inner: &Inner, call: &Call) -> Result<Answer, Answer> {
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| Answer::iam(StatusCode::BAD_REQUEST, "The request body is invalid"))?;
    let account = check_password(&inner.accounts, &body["auth"]["identity"])?;
    let project = scoped_project(inner, account, &body["auth"]["scope"]["project"])?;
    let lifetime = locked(&inner.settings).iam_token;
    let (token, expires) = locked(&inner.tokens).issue(&project.id, call.now, lifetime);
    let body = token_json(&inner.accounts[account], project, call.now, expires);
    Ok(Answer::json(StatusCode::CREATED, &body).with_header(X_SUBJECT_TOKEN, &token))
}

/// The number of the account whose user and password these are.
fn check_password(accounts: &[Account], identity: &Value) -> Result<usize, Answer> {
    let user = &identity["password"]["user"];
    let good = |account: &Account| {
        user["domain"]["name"] == account.domain.as_str()
            && user["name"] == account.user.as_str()
            && user["password"] == account.password.as_str()
    };
    let account = accounts.iter().position(good).filter(|_| identity["methods"] == json!(["password"]));
    account.ok_or_else(|| Answer::iam(StatusCode::UNAUTHORIZED, "The username or password is wrong."))
}

/// The one project of the account that a scope means, by ID or by its name in IAM, which is the region.
fn scoped_project<'a>(inner: &'a Inner, account: usize, scope: &Value) -> Result<&'a ProjectSpec, Answer> {
    let own = || inner.projects.of_account(account).map(|place| &place.project);
    let meant: Vec<&ProjectSpec> = match (scope["id"].as_str(), scope["name"].as_str()) {
        (Some(id), _) => {
            let place = inner.projects.get(id).filter(|place| place.project.account == account);
            place.map(|place| &place.project).into_iter().collect()
        }
        (None, Some(region)) => own().filter(|project| project.region == region).collect(),
        (None, None) => {
            return Err(Answer::iam(StatusCode::BAD_REQUEST, "The scope needs a project's id or name."));
        }
    };
    match meant.as_slice() {
        [project] => Ok(project),
        [] => Err(Answer::iam(StatusCode::NOT_FOUND, "Could not find the project of the scope.")),
        _ => Err(Answer::iam(StatusCode::BAD_REQUEST, "Several projects have this name: scope by id.")),
    }
}

fn token_json(account: &Account, project: &ProjectSpec, issued: Timestamp, expires: Timestamp) -> Value {
    let domain = json!({"id": account.domain_id, "name": account.domain});
    json!({"token": {
        "methods": ["password"],
        "issued_at": answer::microseconds(issued),
        "expires_at": answer::microseconds(expires),
        "project": {"id": project.id, "name": project.region, "domain": domain},
        "user": {"id": account.user_id, "name": account.user, "domain": domain},
    }})
}

/// `GET /v3/projects`, all of the account or those of one name.
pub(super) fn list_projects(inner: &Inner, call: &Call) -> Answer {
    let caller = match admitted(inner, call) {
        Ok(caller) => caller,
        Err(refusal) => return refusal,
    };
    let parameters = call.parameters().unwrap_or_default();
    let name = parameters.iter().find(|(key, _)| key == "name").map(|(_, value)| value);
    let projects = inner.projects.of_account(caller.account).map(|place| &place.project);
    let rows = projects.filter(|project| name.is_none_or(|name| *name == project.region)).map(|project| {
        json!({
            "id": project.id,
            "name": project.region,
            "domain_id": inner.accounts[caller.account].domain_id,
            "enabled": true,
        })
    });
    Answer::json(StatusCode::OK, &json!({"projects": rows.collect::<Vec<_>>()}))
}

/// `GET /v3/users`: the sub-accounts of all projects of the account, in one answer as IAM does.
pub(super) fn list_users(inner: &Inner, call: &Call) -> Answer {
    let caller = match admitted(inner, call) {
        Ok(caller) if caller.administrator => caller,
        Ok(_) => return forbidden(),
        Err(refusal) => return refusal,
    };
    let slots = |users: usize| NEWCOMERS..NEWCOMERS + users;
    let rows = inner.projects.of_account(caller.account).flat_map(|place| {
        let world = &place.world;
        slots(world.user_count())
            .map(|slot| json!({"id": world.user_id(slot), "name": world.user_name(slot), "enabled": true}))
    });
    Answer::json(StatusCode::OK, &json!({"users": rows.collect::<Vec<_>>()}))
}

/// Who calls, where lists are given out at all.
fn admitted(inner: &Inner, call: &Call) -> Result<Caller, Answer> {
    let caller = auth::authenticate(inner, call, None)?;
    if locked(&inner.faults).on_iam(FaultKind::IamForbidden) {
        return Err(forbidden());
    }
    Ok(caller)
}

/// IAM's 403: who calls is known, and may not.
fn forbidden() -> Answer {
    Answer::iam(StatusCode::FORBIDDEN, "You are not authorized to perform the requested action.")
}
