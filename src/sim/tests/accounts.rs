//! Several accounts, and users with different rights.

use super::*;

/// Accounts 0 and 1: account 0 has `test` and `east`, account 1 has `theirs`.
fn two_accounts() -> Cloud {
    cloud_with(vec![
        ProjectSpec::new("test", "cn-north-4", 2, 1),
        ProjectSpec::new("theirs", "cn-north-4", 1, 1).in_account(1),
        ProjectSpec::new("east", "cn-east-3", 1, 0),
    ])
}

async fn get_as_account(cloud: &Cloud, number: usize, target: &str) -> Reply {
    let account = &cloud.accounts()[number];
    send(cloud, signed_by(&account.access_key, &account.secret_key, None, target, NOON)).await
}

#[tokio::test]
async fn an_access_key_gives_access_to_the_projects_of_its_account_only() {
    let cloud = two_accounts();
    assert_eq!(cloud.accounts().len(), 2);
    assert!(cloud.accounts().get(2).is_none());
    for (number, name, status) in [
        (0, "test", 200),
        (0, "east", 200),
        (0, "theirs", 403),
        (1, "theirs", 200),
        (1, "test", 403),
        (1, "east", 403),
    ] {
        for path in [users_path_of(name), resources_path_of(name)] {
            let reply = get_as_account(&cloud, number, &path).await;
            assert_eq!(reply.status, status, "account {number}, {path}");
            if status == 403 {
                assert_eq!(reply.json(), json!({"error_code": "MSS.00000005", "error_msg": "Forbidden"}));
            }
        }
    }
}

#[tokio::test]
async fn iam_lists_projects_and_users_of_the_callers_account_only() {
    let cloud = two_accounts();
    let ids = |names: &[&str]| -> Vec<Value> { names.iter().map(|name| json!(id_of(name))).collect() };
    assert_eq!(
        get_as_account(&cloud, 0, "/v3/projects").await.column("projects", "id"),
        ids(&["test", "east"])
    );
    let theirs = get_as_account(&cloud, 1, "/v3/projects?name=cn-north-4").await;
    assert_eq!(theirs.column("projects", "id"), ids(&["theirs"]));
    assert_eq!(theirs.json()["projects"][0]["domain_id"], cloud.accounts()[1].domain_id.as_str());
    // Two slots of each project are reserved, and names are unique in the cloud.
    assert_eq!(
        get_as_account(&cloud, 0, "/v3/users").await.column("users", "name"),
        ["studio-0003", "studio-0004", "studio-0010"]
    );
    assert_eq!(get_as_account(&cloud, 1, "/v3/users").await.column("users", "name"), ["studio-0007"]);
    // A token belongs to an account as well.
    let token = cloud.issue_token(&id_of("theirs"));
    assert_eq!(send(&cloud, with_token(&token, "/v3/users")).await.column("users", "name"), ["studio-0007"]);
}

#[tokio::test]
async fn a_password_gives_tokens_for_the_projects_of_its_account_only() {
    let cloud = two_accounts();
    let login = |number: usize, scope: Value| {
        let account = &cloud.accounts()[number];
        let body = login_body(account, &account.domain, &account.password, &scope);
        send(&cloud, Request::post("/v3/auth/tokens").body(Body::from(body.to_string())).unwrap())
    };
    let (ours, theirs) = (project_id(), id_of("theirs"));
    for (number, scope, expected) in [
        (0, json!({"id": ours}), Some(&ours)),
        (0, json!({"id": theirs}), None),
        (0, json!({"name": "cn-north-4"}), Some(&ours)),
        (1, json!({"name": "cn-north-4"}), Some(&theirs)),
        (1, json!({"name": "cn-east-3"}), None),
    ] {
        let reply = login(number, scope.clone()).await;
        let account = &cloud.accounts()[number];
        match expected {
            Some(id) => {
                assert_eq!((reply.status, &reply.json()["token"]["project"]["id"]), (201, &json!(id)));
                let domain = json!({"id": account.domain_id, "name": account.domain});
                assert_eq!(reply.json()["token"]["user"]["domain"], domain);
            }
            None => assert_eq!(reply.status, 404, "{number} {scope}"),
        }
    }
}

#[tokio::test]
async fn a_password_is_valid_in_its_account_only() {
    let cloud = two_accounts();
    let (first, second) = (&cloud.accounts()[0], &cloud.accounts()[1]);
    let body = login_body(first, &second.domain, &first.password, &json!({"id": project_id()}));
    assert_eq!(send_plain(&cloud, "POST", "/v3/auth/tokens", &body.to_string()).await.0, 401);
}

#[tokio::test]
async fn an_iam_user_may_list_resources_and_projects_but_not_quotas_and_users() {
    let cloud = two_accounts();
    let account = &cloud.accounts()[0];
    let ask = |target: &str| {
        send(&cloud, signed_by(&account.user_access_key, &account.user_secret_key, None, target, NOON))
    };
    assert_eq!(ask(&resources_path_of("test")).await.status, 200);
    assert_eq!(ask(&resources_path_of("theirs")).await.status, 403);
    assert_eq!(ask("/v3/projects").await.column("projects", "name"), ["cn-north-4", "cn-east-3"]);
    let refused = ask(&users_path_of("test")).await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.json(), json!({"error_code": "MSS.00000005", "error_msg": "Forbidden"}));
    assert_eq!(
        ask("/v3/users").await.json(),
        json!({"error": {
            "code": 403, "message": "You are not authorized to perform the requested action.", "title": "Forbidden"
        }})
    );
}

#[tokio::test]
async fn thousands_of_projects_are_available() {
    let project =
        |number: usize| ProjectSpec::new(&format!("p{number}"), "cn-north-4", 3, 2).in_account(number % 10);
    let cloud = cloud_with((0..5000).map(project).collect());
    for number in [0, 2501, 4999] {
        assert_eq!(
            get_as_account(&cloud, number % 10, &users_path_of(&format!("p{number}"))).await.json()["count"],
            3
        );
    }
    assert_eq!(get_as_account(&cloud, 9, "/v3/projects").await.column("projects", "id").len(), 500);
}
