//! Tokens by password, projects and users.

use super::*;

fn token_request(body: &Value) -> Request<Body> {
    let request = Request::post("/v3/auth/tokens?nocatalog=true").header("content-type", "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

fn login(cloud: &Cloud, password: &str, scope: &Value) -> Request<Body> {
    token_request(&login_body(&cloud.accounts()[0], cloud.domain(), password, scope))
}

#[tokio::test]
async fn a_password_gives_a_token_for_a_day() {
    let cloud = cloud(3, 3);
    for scope in [json!({"name": "cn-north-4"}), json!({"id": project_id()})] {
        let reply = send(&cloud, login(&cloud, cloud.password(), &scope)).await;
        assert_eq!(reply.status, 201, "{scope}");
        let token = &reply.json()["token"];
        assert_eq!(token["issued_at"], "2026-01-01T12:00:00.000000Z");
        assert_eq!(token["expires_at"], "2026-01-02T12:00:00.000000Z");
        assert_eq!(token["project"]["id"], project_id());
        assert_eq!(token["project"]["name"], "cn-north-4");
        assert_eq!(token["user"]["name"], cloud.user());
        let token = reply.header("x-subject-token");
        assert_eq!(send(&cloud, with_token(token, &users_path())).await.status, 200);
    }
}

#[tokio::test]
async fn invalid_logins_are_refused_in_the_format_of_iam() {
    let cloud = cloud_with(["test", "other"].map(|name| ProjectSpec::new(name, "cn-north-4", 3, 3)).to_vec());
    let reply = send(&cloud, login(&cloud, "wrong", &json!({"id": project_id()}))).await;
    assert_eq!(
        reply.json(),
        json!({"error": {"code": 401, "message": "The username or password is wrong.", "title": "Unauthorized"}})
    );
    let good = cloud.password();
    let changed = |pointer: &str, value: &str| {
        let mut body = login_body(&cloud.accounts()[0], cloud.domain(), good, &json!({"id": project_id()}));
        *body.pointer_mut(pointer).unwrap() = json!(value);
        token_request(&body)
    };
    for (request, status, message) in [
        (
            login(&cloud, good, &json!({"name": "cn-north-4"})),
            400,
            "Several projects have this name: scope by id.",
        ),
        (login(&cloud, good, &json!({"name": "cn-east-3"})), 404, "Could not find the project of the scope."),
        (login(&cloud, good, &json!({})), 400, "The scope needs a project's id or name."),
        (token_request(&json!("auth")), 401, "The username or password is wrong."),
        (changed("/auth/identity/methods/0", "token"), 401, "The username or password is wrong."),
        (changed("/auth/identity/password/user/name", "root"), 401, "The username or password is wrong."),
        (changed("/auth/identity/password/user/domain/name", "x"), 401, "The username or password is wrong."),
    ] {
        let reply = send(&cloud, request).await;
        assert_eq!((reply.status, &reply.json()["error"]["message"]), (status, &json!(message)));
        assert_eq!(reply.header("x-subject-token"), "");
    }
}

#[tokio::test]
async fn iam_names_projects_by_their_region() {
    let projects = [("test", "cn-north-4"), ("east", "cn-east-3")];
    let cloud = cloud_with(projects.map(|(name, region)| ProjectSpec::new(name, region, 3, 3)).to_vec());
    let reply = send(&cloud, signed(&cloud, "/v3/projects?name=cn-east-3", NOON)).await;
    let body = reply.json();
    assert_eq!(body["projects"].as_array().unwrap().len(), 1);
    assert_eq!(body["projects"][0]["id"], ProjectSpec::new("east", "", 0, 0).id);
    assert_eq!(body["projects"][0]["name"], "cn-east-3");
    assert_eq!(body["projects"][0]["enabled"], true);
    assert_eq!(get(&cloud, "/v3/projects").await.json()["projects"].as_array().unwrap().len(), 2);
    assert_eq!(get(&cloud, "/v3/projects?name=nowhere").await.json(), json!({"projects": []}));
}

#[tokio::test]
async fn user_names_are_unique() {
    let cloud = cloud_with(["test", "other"].map(|name| ProjectSpec::new(name, "cn-north-4", 3, 3)).to_vec());
    let users = get(&cloud, "/v3/users").await;
    let names =
        ["0003", "0004", "0005", "0008", "0009", "0010"].map(|number| json!(format!("studio-{number}")));
    assert_eq!(users.column("users", "name"), names);
    assert_eq!(
        users.column("users", "id")[..3],
        get(&cloud, &users_path()).await.column("assets", "user_id")
    );
    let truth = cloud.users(&project_id());
    assert_eq!(truth[0].name, "studio-0003");
}

#[tokio::test]
async fn lists_require_credentials() {
    for path in ["/v3/users", "/v3/projects"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(send(&cloud(3, 3), request).await.status, 401, "{path}");
    }
}
