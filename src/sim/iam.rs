//! The part of IAM that a client of MetaStudio needs: tokens by password, projects by region, names of users.

use axum::http::{HeaderName, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::account::Account;
use super::answer::Answer;
use super::call::Call;
use super::world::NEWCOMERS;
use super::{Inner, Project, auth, locked};

/// Where IAM puts a new token.
const X_SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

/// `POST /v3/auth/tokens`.
pub(super) fn create_token(inner: &Inner, call: &Call) -> Answer {
    try_create_token(inner, call).unwrap_or_else(|refusal| refusal)
}

fn try_create_token(inner: &Inner, call: &Call) -> Result<Answer, Answer> {
    let body: Value = serde_json::from_slice(&call.body)
        .map_err(|_| Answer::iam(StatusCode::BAD_REQUEST, "The request body is invalid"))?;
    check_password(&inner.account, &body["auth"]["identity"])?;
    let project = scoped_project(&inner.projects, &body["auth"]["scope"]["project"])?;
    let (token, expires) = locked(&inner.tokens).issue(&project.id, call.now);
    let body = token_json(&inner.account, project, call.now, expires);
    Ok(Answer::json(StatusCode::CREATED, &body).with_header(X_SUBJECT_TOKEN, &token))
}

fn check_password(account: &Account, identity: &Value) -> Result<(), Answer> {
    let user = &identity["password"]["user"];
    let good = identity["methods"] == json!(["password"])
        && user["name"] == account.user.as_str()
        && user["password"] == account.password.as_str()
        && user["domain"]["name"] == account.domain.as_str();
    if good {
        return Ok(());
    }
    Err(Answer::iam(StatusCode::UNAUTHORIZED, "The username or password is wrong."))
}

/// The one project that a scope means, by ID or by its name in IAM, which is the region.
fn scoped_project<'a>(projects: &'a [Project], scope: &Value) -> Result<&'a Project, Answer> {
    let meant: Vec<&Project> = match (scope["id"].as_str(), scope["name"].as_str()) {
        (Some(id), _) => projects.iter().filter(|project| project.id == id).collect(),
        (None, Some(region)) => projects.iter().filter(|project| project.region == region).collect(),
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

fn token_json(account: &Account, project: &Project, issued: Timestamp, expires: Timestamp) -> Value {
    let time = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    let domain = json!({"id": account.domain_id, "name": account.domain});
    json!({"token": {
        "methods": ["password"],
        "issued_at": time(issued),
        "expires_at": time(expires),
        "project": {"id": project.id, "name": project.region, "domain": domain},
        "user": {"id": account.user_id, "name": account.user, "domain": domain},
    }})
}

/// `GET /v3/projects`, all or those of one name.
pub(super) fn list_projects(inner: &Inner, call: &Call) -> Answer {
    if let Err(refusal) = auth::authenticate(inner, call, None) {
        return refusal;
    }
    let parameters = call.parameters().unwrap_or_default();
    let name = parameters.iter().find(|(key, _)| key == "name").map(|(_, value)| value);
    let named = |project: &&Project| name.is_none_or(|name| *name == project.region);
    let rows = inner.projects.iter().filter(named).map(|project| {
        json!({
            "id": project.id,
            "name": project.region,
            "domain_id": inner.account.domain_id,
            "enabled": true,
        })
    });
    Answer::json(StatusCode::OK, &json!({"projects": rows.collect::<Vec<_>>()}))
}

/// `GET /v3/users`: the sub-accounts of all projects, in one answer as IAM does.
pub(super) fn list_users(inner: &Inner, call: &Call) -> Answer {
    if let Err(refusal) = auth::authenticate(inner, call, None) {
        return refusal;
    }
    let slots = |users: usize| NEWCOMERS..NEWCOMERS + users;
    let rows = inner.worlds.iter().flat_map(|world| {
        slots(world.user_count())
            .map(|slot| json!({"id": world.user_id(slot), "name": world.user_name(slot), "enabled": true}))
    });
    Answer::json(StatusCode::OK, &json!({"users": rows.collect::<Vec<_>>()}))
}
