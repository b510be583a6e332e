//! The exporter on a faulty cloud: its metrics are complete and correct, or absent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::routing::get;
use metastudio_exporter::cloud::credentials::{Password, Scope, SecretValue, Source};
use metastudio_exporter::config::{PollConfig, ProjectConfig};
use metastudio_exporter::sim::Cloud;
use metastudio_exporter::snapshot::Collector;
use reqwest::Url;

use crate::common::{self, Exporter, POLL, cloud, given, once, serve, until, value};
use crate::truth::{
    assert_same, shown_tenant_resources, shown_user_quotas, shown_voice_training, tenant_resources,
    user_quotas, voice_training,
};

const USERS: usize = 250;
const RESOURCES: usize = 130;
const COLLECTORS: [&str; 3] = ["voice_training", "user_quotas", "tenant_resources"];

/// The simulated project with all its APIs.
fn project(cloud: &Cloud, endpoint: &Url) -> ProjectConfig {
    ProjectConfig { collectors: Collector::ALL.to_vec(), ..common::project(cloud, endpoint) }
}

fn up(text: &str, collector: &str) -> Option<f64> {
    value(text, &format!("metastudio_up{{project=\"production\",collector=\"{collector}\"}}"))
}

fn consistent(text: &str, collector: &str) -> Option<f64> {
    value(
        text,
        &format!("metastudio_snapshot_consistent{{project=\"production\",collector=\"{collector}\"}}"),
    )
}

fn failures(text: &str, collector: &str, reason: &str) -> Option<f64> {
    let labels = format!("collector=\"{collector}\",project=\"production\",reason=\"{reason}\"");
    value(text, &format!("metastudio_exporter_poll_failures_total{{{labels}}}"))
}

fn retries(text: &str, collector: &str, reason: &str) -> Option<f64> {
    let labels = format!("collector=\"{collector}\",project=\"production\",reason=\"{reason}\"");
    value(text, &format!("metastudio_exporter_api_retries_total{{{labels}}}"))
}

/// Asserts that all numbers are correct, none missing and none more, in a cloud with these faults.
async fn all_is_correct_with(faults: &[&str], expect_consistent: f64) -> String {
    let (cloud, url) = cloud(USERS, RESOURCES, faults).await;
    let project = project(&cloud, &url);
    let id = project.id.clone().unwrap();
    let text = once(POLL, vec![project]).await;
    let faults = faults.join(", ");
    assert_same(&shown_voice_training(&text), &voice_training(&cloud, &id), &faults);
    assert_same(&shown_user_quotas(&text), &user_quotas(&cloud, &id), &faults);
    assert_same(&shown_tenant_resources(&text), &tenant_resources(&cloud, &id), &faults);
    for collector in COLLECTORS {
        assert_eq!(up(&text, collector), Some(1.0), "{faults} {collector}");
        assert_eq!(consistent(&text, collector), Some(expect_consistent), "{faults} {collector}");
    }
    text
}

/// Asserts that all APIs fail for `reason` and export no data.
async fn nothing_is_exported_with(fault: &str, poll: PollConfig, reason: &str) {
    let (cloud, url) = cloud(USERS, RESOURCES, &[fault]).await;
    let text = once(poll, vec![project(&cloud, &url)]).await;
    assert!(shown_voice_training(&text).is_empty() && shown_user_quotas(&text).is_empty(), "{fault}");
    assert!(shown_tenant_resources(&text).is_empty(), "{fault}");
    for collector in COLLECTORS {
        assert_eq!(up(&text, collector), Some(0.0), "{fault}");
        assert_eq!(consistent(&text, collector), None, "{fault}");
        assert_eq!(failures(&text, collector, reason), Some(1.0), "{fault}");
    }
}

#[tokio::test]
async fn every_number_of_a_healthy_cloud_is_exported_and_none_more() {
    all_is_correct_with(&[], 1.0).await;
}

#[tokio::test]
async fn transient_faults_are_retried_and_lose_no_number() {
    for (fault, reason) in [("throttled", "throttled"), ("flaky", "server"), ("cut-body", "connect")] {
        let text = all_is_correct_with(&[fault], 1.0).await;
        // Two pages of each list of resources and three of users, each rejected once.
        assert_eq!(retries(&text, "voice_training", reason), Some(2.0), "{fault}");
        assert_eq!(retries(&text, "user_quotas", reason), Some(3.0), "{fault}");
        assert_eq!(retries(&text, "tenant_resources", reason), Some(2.0), "{fault}");
    }
}

#[tokio::test]
async fn a_list_with_a_wrong_length_loses_no_row() {
    for fault in ["no-count", "short-pages", "settling-list"] {
        all_is_correct_with(&[fault], 1.0).await;
    }
    all_is_correct_with(&["wrong-count"], 0.0).await;
    all_is_correct_with(&["short-pages", "no-count"], 1.0).await;
}

#[tokio::test]
async fn an_answer_without_its_list_keeps_the_last_numbers() {
    const GOOD: &str = r#"{"count":1,"assets":[{"user_id":"u","quota":{"voice_clone_basic":5}}]}"#;
    let answer = Arc::new(Mutex::new(GOOD));
    let answered = Arc::clone(&answer);
    let bodies = move || std::future::ready(*answered.lock().unwrap());
    let endpoint = serve(Router::new().route("/v1/{project}/user/quotas", get(bodies))).await;
    let (simulated, _) = cloud(1, 1, &[]).await;
    let collectors = vec![Collector::UserQuotas];
    let project = ProjectConfig { collectors, ..project(&simulated, &endpoint) };
    let poll = PollConfig { interval: Duration::from_millis(50), ..POLL };
    let exporter = Exporter::start_with(poll, vec![project], false).await;
    let good = "metastudio_user_quota_limit{project=\"production\",user_id=\"u\",item=\"voice_clone_basic\",unit=\"count\"} 5\n";

    for (body, reason) in [
        (r#"{"count":250}"#, "decode"),
        (r#"{"count":250,"assets":null}"#, "decode"),
        (r#"{"count":250,"users":[]}"#, "decode"),
        (r#"{"count":250,"assets":[]}"#, "decode"),
        (r#"{"count":0,"error_code":"MSS.00000005","error_msg":"no privilege"}"#, "forbidden"),
    ] {
        *answer.lock().unwrap() = GOOD;
        until(async || up(&exporter.metrics().await, "user_quotas") == Some(1.0)).await;
        *answer.lock().unwrap() = body;
        until(async || up(&exporter.metrics().await, "user_quotas") == Some(0.0)).await;
        let text = exporter.metrics().await;
        assert!(text.contains(good), "{body}: {text}");
        assert_eq!(value(&text, "metastudio_users{project=\"production\"}"), Some(1.0), "{body}");
        assert!(failures(&text, "user_quotas", reason).is_some_and(|failures| failures > 0.0), "{body}");
    }
    *answer.lock().unwrap() = r#"{"count":0}"#;
    until(async || up(&exporter.metrics().await, "user_quotas") == Some(1.0)).await;
    let text = exporter.metrics().await;
    assert_eq!(value(&text, "metastudio_users{project=\"production\"}"), Some(0.0), "a good empty list");
}

/// Polls an account whose list of users has these bodies, by offset.
async fn once_with_users(bodies: &'static [(&'static str, &'static str)]) -> String {
    let answer = async move |uri: Uri| {
        let offset = uri.query().and_then(|query| query.split("offset=").nth(1)).unwrap_or_default();
        bodies.iter().find(|(at, _)| *at == offset).map_or("{}", |(_, body)| *body)
    };
    let endpoint = serve(Router::new().route("/v1/{project}/user/quotas", get(answer))).await;
    let (simulated, _) = cloud(1, 1, &[]).await;
    let collectors = vec![Collector::UserQuotas];
    once(POLL, vec![ProjectConfig { collectors, ..project(&simulated, &endpoint) }]).await
}

#[tokio::test]
async fn after_the_last_row_a_list_may_be_null_or_absent() {
    for after in [r#"{"count":2,"assets":null}"#, r#"{"count":2}"#, r#"{"count":2,"assets":[]}"#] {
        let first: &str = r#"{"count":2,"assets":[{"user_id":"u"}]}"#;
        let second = r#"{"count":2,"assets":[{"user_id":"v"}]}"#;
        let bodies = Vec::from([("0", first), ("1", second), ("2", after)]).leak();
        let text = once_with_users(bodies).await;
        assert_eq!(
            (up(&text, "user_quotas"), consistent(&text, "user_quotas")),
            (Some(1.0), Some(1.0)),
            "{after}"
        );
        assert_eq!(value(&text, "metastudio_users{project=\"production\"}"), Some(2.0), "{after}");
    }
    let text =
        once_with_users(&[("0", r#"{"count":2,"assets":[{"user_id":"u"}]}"#), ("1", r#"{"count":2}"#)]).await;
    assert_eq!(failures(&text, "user_quotas", "decode"), Some(1.0), "the second row is missing");
}

#[tokio::test]
async fn an_error_in_a_200_is_the_clouds_own_in_every_format() {
    for (body, reason) in [
        (r#"{"count":0,"errorCode":"MSS.00000001","errorMsg":"m"}"#, "auth"),
        (
            r#"{"count":0,"error_code":"APIG.0308","error_msg":"over ratelimit,limit:5,time:1 day"}"#,
            "throttled",
        ),
        (r#"{"count":0,"error_code":"MSS.00000003","error_msg":"m"}"#, "other"),
        (r#"{"count":0,"error_msg":"Forbidden, but without a code"}"#, "server"),
        (r#"{"count":0,"error":{"code":403,"message":"m"}}"#, "forbidden"),
        (r#"{"count":0,"code":"MSS.00000005","message":"m"}"#, "forbidden"),
        ("\u{feff}{\"count\":0,\"error_code\":\"MSS.00000005\",\"error_msg\":\"raw\nline\"}", "forbidden"),
    ] {
        let text = once_with_users(Vec::from([("0", body)]).leak()).await;
        assert_eq!(failures(&text, "user_quotas", reason), Some(1.0), "{body}");
        assert_eq!(value(&text, "metastudio_users{project=\"production\"}"), None, "{body}");
    }
    for body in [
        r#"{"count":0,"error_code":null,"error_msg":""}"#,
        r#"{"count":0,"error_code":"0","error_msg":"success"}"#,
        r#"{"code":"200","message":"OK","count":0,"assets":[]}"#,
    ] {
        let text = once_with_users(Vec::from([("0", body)]).leak()).await;
        assert_eq!(value(&text, "metastudio_users{project=\"production\"}"), Some(0.0), "{body}");
    }
}

#[tokio::test]
async fn characters_that_a_parser_rejects_and_ids_that_differ_in_nul_lose_no_other_row() {
    let body = b"\xef\xbb\xbf{\"count\":7,\"count\":4,\"assets\":[\
        {\"user_id\":\"a\\u0000b\",\"quota\":{\"voice_clone_basic\":1}},\
        {\"user_id\":\"a\xef\xbf\xbdb\",\"quota\":{\"voice_clone_basic\":2}},\
        {\"user_id\":\"bad\xff\",\"quota\":{\"voice_clone_basic\":3}},\
        {\"user_id\":\"tab\there\",\"user_id\":\"tab\there\",\"quota\":{\"voice_clone_basic\":-0}}]}";
    let endpoint = serve(Router::new().route("/v1/{project}/user/quotas", get(|| async { &body[..] }))).await;
    let (simulated, _) = cloud(1, 1, &[]).await;
    let collectors = vec![Collector::UserQuotas];
    let project = ProjectConfig { collectors, ..project(&simulated, &endpoint) };
    let text = once(POLL, vec![project]).await;
    let limits: Vec<_> =
        text.lines().filter(|line| line.starts_with("metastudio_user_quota_limit{")).collect();
    let limit = |user: &str, limit: u64| {
        format!(
            "metastudio_user_quota_limit{{project=\"production\",user_id=\"{user}\",item=\"voice_clone_basic\",unit=\"count\"}} {limit}"
        )
    };
    assert_eq!(limits, [limit("a\u{2400}b", 1), limit("a\u{fffd}b", 2), limit("tab\there", 0)]);
    let invalid = "metastudio_invalid_values{project=\"production\",collector=\"user_quotas\"}";
    assert_eq!(value(&text, invalid), Some(2.0), "the ID that is not UTF-8, and the other count");
    assert_eq!(consistent(&text, "user_quotas"), Some(1.0));
}

#[tokio::test]
async fn a_list_that_keeps_changing_is_exported_as_inconsistent() {
    let (cloud, url) = cloud(USERS, RESOURCES, &["moving-list"]).await;
    let text = once(POLL, vec![project(&cloud, &url)]).await;
    assert_eq!(up(&text, "user_quotas"), Some(1.0));
    assert_eq!(consistent(&text, "user_quotas"), Some(0.0));
    assert!(value(&text, "metastudio_users{project=\"production\"}").is_some_and(|users| users >= 240.0));
}

#[tokio::test]
async fn a_wrong_clock_is_corrected_once_and_exported() {
    let text = all_is_correct_with(&["skewed-clock"], 1.0).await;
    let skew = value(&text, "metastudio_exporter_clock_skew_seconds{project=\"production\"}").unwrap();
    assert!((1198.0..=1202.0).contains(&skew), "{skew}");
    let corrected: f64 = COLLECTORS.map(|api| retries(&text, api, "clock_skew").unwrap()).iter().sum();
    assert!((1.0..=3.0).contains(&corrected), "{corrected}");
}

#[tokio::test]
async fn permanent_faults_are_counted_and_no_data_is_exported() {
    for (fault, reason) in [
        ("forbidden", "forbidden"),
        ("redirect", "redirect"),
        ("too-large", "too_large"),
        ("not-json", "decode"),
        ("server-error", "server"),
        ("failing-page", "server"),
    ] {
        nothing_is_exported_with(fault, POLL, reason).await;
    }
}

#[tokio::test]
async fn a_response_that_never_ends_is_interrupted_by_the_poll_timeout() {
    let poll = PollConfig { timeout: Duration::from_millis(300), ..POLL };
    nothing_is_exported_with("stalled", poll, "timeout").await;
}

#[tokio::test]
async fn a_failing_api_does_not_affect_the_others() {
    for failing in COLLECTORS {
        let (cloud, url) = cloud(USERS, RESOURCES, &[&format!("forbidden@{failing}")]).await;
        let text = once(POLL, vec![project(&cloud, &url)]).await;
        for collector in COLLECTORS {
            let expected = if collector == failing { 0.0 } else { 1.0 };
            assert_eq!(up(&text, collector), Some(expected), "{collector} with {failing} failing");
        }
    }
}

#[tokio::test]
async fn the_last_tenant_resources_stay_while_a_page_fails_and_changes_are_whole() {
    let (cloud, url) = cloud(1, RESOURCES, &[]).await;
    let project = project(&cloud, &url);
    let id = project.id.clone().unwrap();
    let poll = PollConfig { interval: Duration::from_millis(50), ..POLL };
    let exporter = Exporter::start_with(poll, vec![project], false).await;
    let is_up = async |value| {
        until(async || up(&exporter.metrics().await, "tenant_resources") == Some(value)).await;
    };
    is_up(1.0).await;
    let before = tenant_resources(&cloud, &id);
    cloud.set_faults(vec!["failing-page@tenant_resources".parse().unwrap()]).unwrap();
    is_up(0.0).await;
    let resource = cloud.products(&id)[0].row_id();
    let edited = url.join(&format!("simulation/projects/{id}/products/{resource}/amount")).unwrap();
    assert_eq!(
        common::client().put(edited).body("-1").send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
    assert_same(&shown_tenant_resources(&exporter.metrics().await), &before, "while a page fails");
    cloud.set_faults(vec![]).unwrap();
    is_up(1.0).await;
    let after = tenant_resources(&cloud, &id);
    assert_eq!(after.values().filter(|amount| amount.is_infinite()).count(), 1);
    assert_same(&shown_tenant_resources(&exporter.metrics().await), &after, "after the edit");
}

#[tokio::test]
async fn a_failing_project_does_not_affect_another() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let good = project(&cloud, &url);
    let mut bad = good.clone();
    bad.name = "stranger".to_owned();
    bad.credentials = crate::common::access_key(cloud.access_key(), "not-the-secret-key");
    let id = good.id.clone();
    let text = once(POLL, vec![bad, good]).await;
    assert_eq!(value(&text, "metastudio_up{project=\"stranger\",collector=\"user_quotas\"}"), Some(0.0));
    let shown: crate::truth::Series = shown_user_quotas(&text)
        .into_iter()
        .filter(|(series, _)| series.contains("project=\"production\""))
        .collect();
    assert_same(&shown, &user_quotas(&cloud, id.as_ref().unwrap()), "the good project");
}

#[tokio::test]
async fn a_token_that_expires_during_a_poll_is_renewed_once_for_all_callers() {
    let (cloud, url) = cloud(USERS, RESOURCES, &["expired-token"]).await;
    // With seven pages, a page could meet two tokens that are used up.
    let mut project = common::project(&cloud, &url);
    let id = project.id.clone().unwrap();
    project.credentials = Source::Password(Password {
        domain: cloud.domain().to_owned(),
        user: cloud.user().to_owned(),
        password: given(cloud.password()),
        iam_endpoint: url.clone(),
        scope: Scope::ProjectId(id.clone()),
    });
    let text = once(POLL, vec![project]).await;
    assert_same(&shown_user_quotas(&text), &user_quotas(&cloud, &id), "users");
    assert_same(&shown_voice_training(&text), &voice_training(&cloud, &id), "resources");
    let issued = cloud.requests().iter().filter(|seen| seen.path == "/v3/auth/tokens").count();
    assert_eq!(issued, 2, "five pages, three uses a token");
}

#[tokio::test]
async fn a_token_file_is_read_again_after_its_token_is_rejected() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let mut project = project(&cloud, &url);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, "not-a-token\n").unwrap();
    project.credentials = Source::Token(SecretValue::File(file.path().to_owned()));

    let text = once(POLL, vec![project.clone()]).await;
    assert_eq!(failures(&text, "user_quotas", "auth"), Some(1.0));

    std::fs::write(&file, format!("{}\n", cloud.issue_token(project.id.as_ref().unwrap()))).unwrap();
    let text = once(POLL, vec![project.clone()]).await;
    assert_same(&shown_user_quotas(&text), &user_quotas(&cloud, project.id.as_ref().unwrap()), "users");
}

#[tokio::test]
async fn users_have_names_if_the_look_up_is_enabled() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let mut project = project(&cloud, &url);
    project.user_quotas.names = true;
    let text = once(POLL, vec![project.clone()]).await;
    for user in cloud.users(project.id.as_ref().unwrap()) {
        let (id, name) = (&user.id, &user.name);
        let series =
            format!("metastudio_user_info{{project=\"production\",user_id=\"{id}\",user_name=\"{name}\"}}");
        assert_eq!(value(&text, &series), Some(1.0), "{series}");
    }
}

#[tokio::test]
async fn extreme_times_of_the_cloud_do_not_break_the_exporter() {
    let skewed =
        r#"{"error_code":"APIG.0301","error_msg":"signature expired, server time:99991231T235959Z"}"#;
    let waits = r#"{"error_code":"APIG.0308","error_msg":"over ratelimit,limit:5,time:4294967295 days"}"#;
    for (status, retry_after, body, reason) in [
        (StatusCode::TOO_MANY_REQUESTS, "18446744073709551615", "", "throttled"),
        (StatusCode::TOO_MANY_REQUESTS, "Fri, 31 Dec 9999 23:59:59 GMT", "", "throttled"),
        (StatusCode::TOO_MANY_REQUESTS, "-1", waits, "throttled"),
        (StatusCode::UNAUTHORIZED, "0", skewed, "clock_skew"),
    ] {
        let endpoint =
            serve(Router::new().fallback(async move || (status, [("retry-after", retry_after)], body))).await;
        let (cloud, _) = cloud(1, 1, &[]).await;
        let text = once(POLL, vec![project(&cloud, &endpoint)]).await;
        assert_eq!(failures(&text, "user_quotas", reason), Some(1.0), "{retry_after} {body}");
    }
}
