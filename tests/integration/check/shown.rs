//! The report as JSON and as a table.

use metastudio_exporter::check::{self, Report, Status};
use metastudio_exporter::config::ProjectConfig;
use metastudio_exporter::snapshot::Collector;
use serde_json::{Value, json};

use super::{RESOURCES, USERS, WRONG_PAIR, WRONG_SECRET, examine};
use crate::common::{access_key, cloud, project};

/// Replaces the values that differ between runs.
fn normalized(mut report: Report) -> Report {
    for (number, check) in report.checks.iter_mut().enumerate() {
        check.duration_seconds = 0.25;
        check.clock_skew_seconds = check.clock_skew_seconds.map(|_| 0);
        "ENDPOINT".clone_into(&mut check.endpoint);
        for finding in &mut check.findings {
            assert_eq!(finding.request_id.as_ref().map(String::len), Some(32));
            finding.request_id = Some(format!("r{number}"));
        }
    }
    report
}

#[tokio::test]
async fn a_good_and_a_bad_project_are_this_json() {
    let (cloud, url) = cloud(USERS, RESOURCES, &[]).await;
    let good = project(&cloud, &url);
    let mut bad = good.clone();
    bad.name = "stranger".to_owned();
    bad.credentials = access_key(cloud.access_key(), WRONG_SECRET);
    bad.collectors = vec![Collector::UserQuotas];
    let report = normalized(examine(vec![good.clone(), bad]).await);

    let key = cloud.access_key();
    let masked = format!("{}…{}", &key[..4], &key[16..]);
    let check = |project: &str, collector: &str, rest: Value| {
        let mut check = json!({
            "project": project,
            "collector": collector,
            "project_id": good.id,
            "region": "cn-north-4",
            "endpoint": "ENDPOINT",
            "credentials": {"kind": "access_key", "access_key": masked, "expires_at": null},
            "clock_skew_seconds": 0,
            "duration_seconds": 0.25,
        });
        check.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        check
    };
    let all_ok = json!({
        "credentials": "ok", "clock": "ok", "project": "ok", "authentication": "ok", "authorization": "ok",
        "first_page": "ok", "last_page": "ok",
    });
    let ok = |rows: u64| json!({"result": "ok", "rows": rows, "steps": all_ok, "findings": []});
    let failed = json!({
        "result": "failed",
        "rows": null,
        "steps": {
            "credentials": "ok", "clock": "ok", "project": "skipped", "authentication": "failed",
            "authorization": "skipped", "first_page": "skipped", "last_page": "skipped",
        },
        "findings": [{
            "step": "authentication",
            "result": "failed",
            "reason": "auth",
            "message": "401 APIG.0301: Incorrect IAM authentication information: verify aksk signature fail, \
                        canonicalRequest:<redacted>",
            "advice": WRONG_PAIR,
            "request_id": "r2",
        }],
    });
    let expected = json!([
        check("production", "voice_training", ok(130)),
        check("production", "user_quotas", ok(250)),
        check("stranger", "user_quotas", failed),
    ]);
    assert_eq!(serde_json::to_value(&report).unwrap(), expected);
}

#[tokio::test]
async fn three_projects_are_this_table() {
    let (cloud, url) = cloud(USERS, RESOURCES, &[]).await;
    let named = |name: &str| ProjectConfig { name: name.to_owned(), ..project(&cloud, &url) };
    let mut wrong = named("b");
    wrong.credentials = access_key(cloud.access_key(), WRONG_SECRET);
    let mut other = ProjectConfig { collectors: vec![Collector::VoiceTraining], ..wrong.clone() };
    other.name = "数字人".to_owned();
    let report = normalized(examine(vec![named("生产环境"), wrong, other]).await);

    let key = cloud.access_key();
    let key = format!("{}…{}", &key[..4], &key[16..]);
    let expected = format!(
        "\
PROJECT   API             RESULT  CREDENTIALS           CLOCK  ROWS  TIME
生产环境  voice_training  ok      access_key {key}  +0s    130   0.2s
生产环境  user_quotas     ok      access_key {key}  +0s    250   0.2s
b         voice_training  failed  access_key {key}  +0s    -     0.2s
b         user_quotas     failed  access_key {key}  -      -     0.2s
数字人    voice_training  failed  access_key {key}  +0s    -     0.2s

failed: 401 APIG.0301: Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:<redacted>
    of: b voice_training (request r2), b user_quotas (request r3), 数字人 voice_training (request r4)
    do: {WRONG_PAIR}

tenant_resources is not polled. These credentials can read it; to poll it, add it to the collectors of 生产环境 (130 rows).

5 checks: 2 ok, 3 failed.
"
    );
    assert_eq!(check::table(&report), expected);
}

#[tokio::test]
async fn an_optional_api_that_is_not_polled_has_one_line() {
    for (faults, line) in [
        (
            &[][..],
            "tenant_resources is not polled. These credentials can read it; to poll it, add it to the collectors of \
             production (130 rows).",
        ),
        (
            &["no-count@tenant_resources"],
            "tenant_resources is not polled. These credentials can read it; to poll it, add it to the collectors of \
             production.",
        ),
        (
            &["forbidden@tenant_resources"],
            "tenant_resources is not polled, and these credentials cannot read it (403 MSS.00000005: Forbidden): \
             production.",
        ),
    ] {
        let (cloud, url) = cloud(USERS, RESOURCES, faults).await;
        let report = examine(vec![project(&cloud, &url)]).await;
        assert_eq!((report.checks.len(), report.count(Status::Ok)), (2, 2), "it is no check");
        let text = check::table(&report);
        let (_, below) = text.split_once("\n\n").unwrap();
        assert_eq!(below, format!("{line}\n\n2 checks: 2 ok.\n"));
        let polled = ProjectConfig { collectors: Collector::ALL.to_vec(), ..project(&cloud, &url) };
        let report = examine(vec![polled]).await;
        assert_eq!((report.checks.len(), report.unpolled.len()), (3, 0));
        let is_forbidden = faults.first().is_some_and(|fault| fault.starts_with("forbidden"));
        assert_eq!(report.count(Status::Failed), usize::from(is_forbidden));
    }
}
