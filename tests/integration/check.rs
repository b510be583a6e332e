//! The doctor: its findings in healthy and faulty clouds, and its advice.

mod command;
mod many;
mod shown;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use metastudio_exporter::check::{self, Check, Report, Status, Step};
use metastudio_exporter::cloud::client::{Client, ClientOptions};
use metastudio_exporter::cloud::credentials::{Password, Scope, SecretValue, Source};
use metastudio_exporter::cloud::pool::ClientPool;
use metastudio_exporter::config::ProjectConfig;
use metastudio_exporter::sim::Cloud;
use reqwest::Url;

use crate::common::{access_key, cloud, given, project, serve};

const USERS: usize = 250;
const RESOURCES: usize = 130;
const TIMEOUT: Duration = Duration::from_secs(20);
const WRONG_SECRET: &str = "not-the-secret-key";

const NOT_ROOT: &str = "only the root account may list user quotas: use its credentials for this project, or remove \
                        user_quotas from the project's collectors";
const WRONG_PAIR: &str = "check that the access key ID and the secret access key are a pair, that the key is enabled, \
                          and that its security token, if any, has not expired";

fn with_clients(projects: Vec<ProjectConfig>) -> Vec<(ProjectConfig, Client)> {
    let clients = ClientPool::default();
    let with_client = |project: ProjectConfig| {
        let options = ClientOptions {
            endpoint: project.endpoint.clone(),
            iam_endpoint: project.iam_endpoint.clone(),
            project_id: project.id.clone(),
            region: project.region.clone(),
            requests_per_second: 1000.0,
            total_shards: 1,
        };
        let client = clients.client(&project.credentials, None, options).unwrap();
        (project, client)
    };
    projects.into_iter().map(with_client).collect()
}

pub(crate) async fn examine(projects: Vec<ProjectConfig>) -> Report {
    check::run(&with_clients(projects), TIMEOUT, |_| {}).await
}

/// The checks of voice training and of user quotas in a cloud with these faults.
async fn examined_with(faults: &[&str]) -> [Check; 2] {
    let (cloud, url) = cloud(USERS, RESOURCES, faults).await;
    examine(vec![project(&cloud, &url)]).await.checks.try_into().unwrap()
}

fn steps(check: &Check) -> [Status; 7] {
    Step::ALL.map(|step| check.steps[&step])
}

/// The step, result, reason, message and advice of each finding.
fn findings(check: &Check) -> Vec<(Step, Status, Option<&str>, &str, &str)> {
    let findings = check.findings.iter().map(|finding| {
        assert!(!finding.message.contains("(request"), "{finding:?}");
        (finding.step, finding.result, finding.reason, finding.message.as_str(), finding.advice.as_str())
    });
    findings.collect()
}

#[tokio::test]
async fn a_healthy_project_passes_every_step() {
    let (cloud, url) = cloud(USERS, RESOURCES, &[]).await;
    let report = examine(vec![project(&cloud, &url)]).await;
    for (check, (collector, rows)) in
        report.checks.iter().zip([("voice_training", 130), ("user_quotas", 250)])
    {
        assert_eq!((check.collector, check.rows, check.result), (collector, Some(rows), Status::Ok));
        assert_eq!((steps(check), findings(check)), ([Status::Ok; 7], vec![]));
    }
    let mut asked: Vec<_> = cloud
        .requests()
        .iter()
        .map(|seen| (seen.path.rsplit('/').next().unwrap().to_owned(), seen.query.clone()))
        .collect();
    asked.sort();
    let expected = [
        ("projects", "name=cn-north-4"),
        ("quotas", "limit=100&offset=0"),
        ("quotas", "limit=100&offset=0"),
        ("quotas", "limit=100&offset=100"),
        ("quotas", "limit=100&offset=200"),
        ("resources", "limit=100&offset=0&resource_source=ADMIN_ALLOCATED%2CPURCHASED%2CSP_ALLOCATED"),
    ];
    assert_eq!(asked, expected.map(|(path, query)| (path.to_owned(), query.to_owned())));
}

#[tokio::test]
async fn a_wrong_secret_is_used_once_for_the_whole_project() {
    let (cloud, url) = cloud(USERS, RESOURCES, &[]).await;
    let mut project = project(&cloud, &url);
    project.credentials = access_key(cloud.access_key(), WRONG_SECRET);
    let report = examine(vec![project]).await;
    assert_eq!(report.count(Status::Failed), 2);
    assert_eq!(report.checks[0].findings, report.checks[1].findings);
    assert_eq!(cloud.requests().len(), 1, "a key is locked after a few rejections");
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let [voice, users] = examined_with(&["forbidden"]).await;
    for (check, advice) in [
        (
            &voice,
            "grant the IAM user the right to read MetaStudio in this project (system policy MetaStudio FullAccess, or \
             a custom policy), and check that the project ID belongs to this account",
        ),
        (&users, NOT_ROOT),
    ] {
        let forbidden = "403 MSS.00000005: Forbidden";
        assert_eq!(
            findings(check),
            [(Step::Authorization, Status::Failed, Some("forbidden"), forbidden, advice)]
        );
        let [ok, skipped] = [Status::Ok, Status::Skipped];
        assert_eq!(steps(check), [ok, ok, ok, ok, Status::Failed, skipped, skipped]);
    }
    let [voice, users] = examined_with(&["forbidden@user_quotas"]).await;
    assert_eq!((voice.result, users.result), (Status::Ok, Status::Failed));
}

#[tokio::test]
async fn a_wrong_clock_fails_although_the_pages_can_be_read() {
    for check in examined_with(&["skewed-clock"]).await {
        let message = "this machine's clock is 20 minutes behind the cloud's";
        let advice = "set this machine's clock (NTP)";
        assert_eq!(findings(&check), [(Step::Clock, Status::Failed, Some("clock_skew"), message, advice)]);
        assert!(check.clock_skew_seconds.is_some_and(|skew| (1198..=1202).contains(&skew)));
        assert!(check.rows.is_some());
        let mut others = check.steps;
        others.remove(&Step::Clock);
        assert!(others.values().all(|state| *state == Status::Ok), "{others:?}");
    }
}

#[tokio::test]
async fn a_response_that_is_not_json_fails_the_first_page() {
    for check in examined_with(&["not-json"]).await {
        let message =
            "the response cannot be read: it is not the documented JSON object from line 1, column 1 on";
        let advice = "check that the endpoint is MetaStudio's and no proxy responds for it";
        assert_eq!(findings(&check), [(Step::FirstPage, Status::Failed, Some("decode"), message, advice)]);
        assert!(check.findings[0].request_id.is_some());
    }
}

#[tokio::test]
async fn an_unreachable_endpoint_fails_the_first_page() {
    let (cloud, _) = cloud(1, 1, &[]).await;
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let unreachable = Url::parse(&format!("http://{address}")).unwrap();
    let report = examine(vec![project(&cloud, &unreachable)]).await;
    for check in &report.checks {
        let message = format!("no connection to {address}: Connection refused (os error 111)");
        let advice = "check the endpoint, DNS, the proxy and the firewall";
        assert_eq!(
            findings(check),
            [(Step::FirstPage, Status::Failed, Some("connect"), message.as_str(), advice)]
        );
        assert_eq!((check.clock_skew_seconds, check.rows), (None, None));
    }
}

#[tokio::test]
async fn an_endpoint_that_closes_connections_is_called_for_the_first_api_only() {
    let (cloud, _) = cloud(1, 1, &[]).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        loop {
            drop(listener.accept().await.unwrap());
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let report = examine(vec![project(&cloud, &url)]).await;
    assert_eq!(
        report.checks.iter().map(|check| check.findings[0].reason).collect::<Vec<_>>(),
        [Some("connect"); 2]
    );
    assert_eq!(connections.load(Ordering::SeqCst), 4, "four attempts for the first API, none for the second");
}

#[tokio::test]
async fn a_failed_last_page_differs_from_a_failed_first_page() {
    for (check, rows) in examined_with(&["failing-page"]).await.iter().zip([130, 250]) {
        let advice = "if the problem persists, report the request ID to Huawei Cloud";
        let message = "500 MSS.00000004: Internal Error";
        assert_eq!(findings(check), [(Step::LastPage, Status::Failed, Some("server"), message, advice)]);
        assert_eq!((check.steps[&Step::FirstPage], check.rows), (Status::Ok, Some(rows)));
        assert_eq!(check.findings[0].request_id.as_ref().map(String::len), Some(32));
    }
}

#[tokio::test]
async fn a_wrong_count_is_a_warning_and_a_missing_one_is_not() {
    for (check, rows) in examined_with(&["wrong-count"]).await.iter().zip([130, 250]) {
        assert_eq!((check.result, check.rows), (Status::Warning, Some(rows + 10)));
        let message = format!("the API reports {} rows, but the list ends after {rows}", rows + 10);
        assert_eq!(check.findings[0].message, message);
    }
    for check in examined_with(&["no-count"]).await {
        assert_eq!((check.result, check.rows), (Status::Ok, None));
        assert_eq!(check.steps[&Step::LastPage], Status::Skipped);
    }
    for (check, rows) in examined_with(&["short-pages"]).await.iter().zip([130, 250]) {
        assert_eq!((check.result, check.rows), (Status::Ok, Some(rows)));
    }
}

#[tokio::test]
async fn a_project_of_another_region_is_a_warning_and_a_rejection_by_iam_is_not() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let good = project(&cloud, &url);
    let elsewhere = ProjectConfig { region: "cn-east-3".to_owned(), ..good.clone() };
    let iam = serve(Router::new().fallback(async || StatusCode::FORBIDDEN)).await;
    let unlisted = ProjectConfig { iam_endpoint: iam, ..good.clone() };
    let stranger = ProjectConfig { id: Some("0123".to_owned()), ..good.clone() };
    let report = examine(vec![elsewhere, unlisted, stranger]).await;
    let [elsewhere, _, unlisted, _, stranger, _] = &report.checks[..] else { panic!("{report:?}") };

    let message = "IAM lists no project named cn-east-3 for these credentials";
    let advice = "check project ID and region; a sub-project is not listed, but may be right";
    assert_eq!(findings(elsewhere), [(Step::Project, Status::Warning, None, message, advice)]);
    assert_eq!((unlisted.result, unlisted.steps[&Step::Project]), (Status::Ok, Status::Skipped));
    assert_eq!(findings(unlisted), []);
    // The warning explains why its pages fail.
    let own = good.id.unwrap();
    let message = format!("IAM does not list project 0123 of region cn-north-4, only {own}");
    assert_eq!(findings(stranger)[1], (Step::Project, Status::Warning, None, message.as_str(), advice));
    assert_eq!((stranger.result, stranger.steps[&Step::Authorization]), (Status::Failed, Status::Failed));
}

#[tokio::test]
async fn a_project_without_an_id_is_looked_up_by_region() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let good = ProjectConfig { id: None, ..project(&cloud, &url) };
    let nowhere = ProjectConfig { region: "cn-east-3".to_owned(), ..good.clone() };
    let report = examine(vec![good, nowhere]).await;
    let [good, _, nowhere, _] = &report.checks[..] else { panic!("{report:?}") };

    assert_eq!((good.result, steps(good)), (Status::Ok, [Status::Ok; 7]));
    assert_eq!(good.project_id, project(&cloud, &url).id);
    let message = "IAM lists no project named cn-east-3 for these credentials";
    let advice = "set project_id in the configuration file, or HUAWEICLOUD_SDK_PROJECT_ID";
    assert_eq!(findings(nowhere), [(Step::Project, Status::Failed, Some("other"), message, advice)]);
    assert_eq!(nowhere.project_id, None);
}

fn by_password(cloud: &Cloud, url: &Url, password: &str) -> ProjectConfig {
    let project = project(cloud, url);
    let credentials = Source::Password(Password {
        domain: cloud.domain().to_owned(),
        user: cloud.user().to_owned(),
        password: given(password),
        iam_endpoint: url.clone(),
        scope: Scope::ProjectId(project.id.clone().unwrap()),
    });
    ProjectConfig { credentials, ..project }
}

#[tokio::test]
async fn credentials_are_shown_with_their_kind_and_expiry() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let good = by_password(&cloud, &url, cloud.password());
    let bad = by_password(&cloud, &url, "not-the-password");
    let none = ProjectConfig {
        credentials: Source::Token(SecretValue::File("/nonexistent/token".into())),
        ..good.clone()
    };
    let report = examine(vec![good, bad, none]).await;
    let [good, _, bad, _, none, _] = &report.checks[..] else { panic!("{report:?}") };

    let credentials = good.credentials.as_ref().unwrap();
    assert_eq!((credentials.kind, &credentials.access_key), ("password", &None));
    assert!(credentials.expires_at.as_ref().is_some_and(|end| end.ends_with('Z') && end.len() == 20));
    assert_eq!((good.result, bad.result, none.result), (Status::Ok, Status::Failed, Status::Failed));

    let message = "no credentials from IAM: 401 The username or password is wrong.";
    let advice = "check the account name, the user name, the password and the project";
    assert_eq!(findings(bad), [(Step::Credentials, Status::Failed, Some("auth"), message, advice)]);
    let message = "the token file /nonexistent/token cannot be read: No such file or directory (os error 2)";
    let advice = "check that the credentials file exists, is readable and is complete";
    assert_eq!(findings(none), [(Step::Credentials, Status::Failed, Some("auth"), message, advice)]);
    assert_eq!((&bad.credentials, &none.credentials), (&None, &None));
}
