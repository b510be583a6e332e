//! Every kind of credentials against a cloud that issues them and lets them expire during a walk.

use std::path::Path;
use std::time::Duration;

use metastudio_exporter::cloud::credentials::{
    Agency, KeyPair, Oidc, Password, PodIdentity, Scope, SecretValue, Source,
};
use metastudio_exporter::config::{PollConfig, ProjectConfig};
use metastudio_exporter::sim::{Cloud, MetadataMode};
use reqwest::Url;

use crate::common::{POLL, access_key, cloud, given, once, project, value};
use crate::truth::{assert_same, shown_user_quotas, shown_voice_training, user_quotas, voice_training};

/// Every temporary kind, with its secrets in `files`.
fn temporary(cloud: &Cloud, url: &Url, files: &Path) -> Vec<Source> {
    let account = &cloud.accounts()[0];
    let id = project(cloud, url).id.unwrap();
    let file = |name: &str, text: &str| {
        let path = files.join(name);
        std::fs::write(&path, format!("{text}\n")).unwrap();
        path
    };
    let password = |scope| {
        Source::Password(Password {
            domain: account.domain.clone(),
            user: account.user.clone(),
            password: SecretValue::File(file("password", &account.password)),
            iam_endpoint: url.clone(),
            scope,
        })
    };
    vec![
        password(Scope::ProjectId(id)),
        password(Scope::Region("cn-north-4".to_owned())),
        Source::Agency(Agency { metadata_endpoint: url.clone() }),
        Source::Oidc(Oidc {
            provider_urn: account.provider_urn.clone(),
            agency_urn: account.agency_urn.clone(),
            token_file: file("id-token", &cloud.id_token()),
            session_name: "metastudio-exporter".to_owned(),
            duration: Duration::from_secs(3600),
            sts_endpoint: url.clone(),
        }),
        Source::PodIdentity(PodIdentity {
            uri: url.join("/pod-identity/credentials").unwrap(),
            token_file: file("pod-token", &cloud.pod_token()),
        }),
    ]
}

/// Every kind that the configuration contains or names.
fn configured(cloud: &Cloud, url: &Url, files: &Path) -> Vec<Source> {
    let file = |name: &str, text: &str| {
        let path = files.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let (ak, sk) = (cloud.access_key(), cloud.secret_key());
    let temporary = cloud.issue_temporary_key(0).unwrap();
    let token = cloud.issue_token(&project(cloud, url).id.unwrap());
    vec![
        access_key(ak, sk),
        Source::AccessKey(KeyPair {
            ak: SecretValue::File(file("ak", ak)),
            sk: SecretValue::File(file("sk", &format!(" {sk}\r\n"))),
            security_token: None,
        }),
        Source::AccessKey(KeyPair {
            ak: given(&temporary.id),
            sk: given(&temporary.secret),
            security_token: Some(SecretValue::File(file("security-token", &temporary.security_token))),
        }),
        Source::Profile(file("credentials", &format!("[basic]\nak = {ak}\nsk = {sk}\n"))),
        Source::Token(given(&token)),
        Source::Token(SecretValue::File(file("token", &token))),
    ]
}

fn assert_all_is_shown(text: &str, cloud: &Cloud, id: &str, what: &str) {
    assert_same(&shown_user_quotas(text), &user_quotas(cloud, id), what);
    assert_same(&shown_voice_training(text), &voice_training(cloud, id), what);
}

#[tokio::test]
async fn every_kind_returns_the_exact_numbers() {
    let (cloud, url) = cloud(120, 3, &[]).await;
    let files = tempfile::tempdir().unwrap();
    let sources = [configured(&cloud, &url, files.path()), temporary(&cloud, &url, files.path())].concat();
    for source in sources {
        let id = project(&cloud, &url).id.unwrap();
        let project = ProjectConfig { credentials: source.clone(), ..project(&cloud, &url) };
        let text = once(POLL, vec![project]).await;
        assert_all_is_shown(&text, &cloud, &id, source.kind());
    }
}

#[tokio::test]
async fn credentials_that_expire_during_a_walk_are_renewed_and_the_walk_continues() {
    // They expire after three uses, and there are five pages.
    let (cloud, url) = cloud(250, 101, &["expired-key", "expired-token"]).await;
    let files = tempfile::tempdir().unwrap();
    for source in temporary(&cloud, &url, files.path()) {
        let id = project(&cloud, &url).id.unwrap();
        let project = ProjectConfig { credentials: source.clone(), ..project(&cloud, &url) };
        let text = once(POLL, vec![project]).await;
        assert_all_is_shown(&text, &cloud, &id, source.kind());
        let retried: f64 = ["voice_training", "user_quotas"]
            .iter()
            .filter_map(|collector| {
                let series = format!(
                    "metastudio_exporter_api_retries_total{{collector=\"{collector}\",project=\"production\",reason=\"auth\"}}"
                );
                value(&text, &series)
            })
            .sum();
        assert!(retried >= 1.0, "{} was not renewed", source.kind());
    }
}

#[tokio::test]
async fn the_expiry_of_temporary_credentials_is_exported() {
    let (cloud, url) = cloud(1, 1, &[]).await;
    cloud.set_temporary_key_lifetime(Duration::from_secs(1800));
    cloud.set_token_lifetime(Duration::from_secs(1800));
    let files = tempfile::tempdir().unwrap();
    let series = "metastudio_exporter_credentials_expiry_timestamp_seconds{project=\"production\"}";
    for source in temporary(&cloud, &url, files.path()) {
        let project = ProjectConfig { credentials: source.clone(), ..project(&cloud, &url) };
        let end = value(&once(POLL, vec![project]).await, series).unwrap();
        let expected = jiff::Timestamp::now().as_second() as f64 + 1800.0;
        assert!((end - expected).abs() < 10.0, "{}: {end}, not {expected}", source.kind());
    }
    for source in configured(&cloud, &url, files.path()) {
        let project = ProjectConfig { credentials: source.clone(), ..project(&cloud, &url) };
        assert_eq!(value(&once(POLL, vec![project]).await, series), None, "{}", source.kind());
    }
}

#[tokio::test]
async fn an_ecs_without_session_tokens_works_and_one_without_an_agency_fails() {
    let (cloud, url) = cloud(1, 1, &[]).await;
    let source = Source::Agency(Agency { metadata_endpoint: url.clone() });
    let project = ProjectConfig { credentials: source, ..project(&cloud, &url) };
    let up = "metastudio_up{project=\"production\",collector=\"user_quotas\"}";
    cloud.set_metadata_mode(MetadataMode::Unsupported);
    assert_eq!(value(&once(POLL, vec![project.clone()]).await, up), Some(1.0));
    cloud.set_metadata_mode(MetadataMode::NoAgency);
    let text = once(POLL, vec![project]).await;
    assert_eq!(value(&text, up), Some(0.0));
    let failed = "metastudio_exporter_poll_failures_total{collector=\"user_quotas\",project=\"production\",reason=\"auth\"}";
    assert_eq!(value(&text, failed), Some(1.0));
}

#[tokio::test]
async fn a_project_without_an_id_is_looked_up_by_its_region() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let id = project(&cloud, &url).id.unwrap();
    let project = ProjectConfig { id: None, ..project(&cloud, &url) };
    let text = once(POLL, vec![project.clone()]).await;
    assert_all_is_shown(&text, &cloud, &id, "by region");
    assert!(text.contains(&format!("metastudio_project_info{{project=\"production\",project_id=\"{id}\"")));
    let asked = cloud.requests().iter().filter(|seen| seen.path == "/v3/projects").count();
    assert_eq!(asked, 1, "once for both APIs");

    let elsewhere = ProjectConfig { region: "cn-east-3".to_owned(), ..project };
    let text = once(POLL, vec![elsewhere]).await;
    assert_eq!(value(&text, "metastudio_up{project=\"production\",collector=\"user_quotas\"}"), Some(0.0));
    let unknown = "metastudio_project_info{project=\"production\",project_id=\"\",region=\"cn-east-3\",";
    assert!(text.contains(unknown), "{text}");
}

/// Six failures lock a key; the exporter stops after three, however many projects and APIs use it.
#[tokio::test]
async fn a_key_is_paused_after_three_rejections_before_the_cloud_locks_it() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let wrong = access_key(cloud.access_key(), "not-the-secret-key");
    let projects = (0..20).map(|number| ProjectConfig {
        name: format!("project-{number}"),
        credentials: wrong.clone(),
        ..project(&cloud, &url)
    });
    let text = once(POLL, projects.collect()).await;
    for number in 0..20 {
        for collector in ["voice_training", "user_quotas"] {
            let up = format!("metastudio_up{{project=\"project-{number}\",collector=\"{collector}\"}}");
            assert_eq!(value(&text, &up), Some(0.0));
        }
    }
    let rejected = cloud.requests().iter().filter(|seen| seen.status == 401).count();
    assert!((3..=5).contains(&rejected), "{rejected}: three, and those in flight");
    // It is not locked: the cloud accepts the correct secret.
    let text = once(POLL, vec![project(&cloud, &url)]).await;
    assert_eq!(value(&text, "metastudio_up{project=\"production\",collector=\"user_quotas\"}"), Some(1.0));
}

#[tokio::test]
async fn replicas_that_share_a_wrong_key_do_not_lock_it() {
    for replicas in [2, 5] {
        let (cloud, url) = cloud(3, 2, &[]).await;
        let wrong = access_key(cloud.access_key(), "not-the-secret-key");
        let poll = PollConfig { total_shards: replicas, ..POLL };
        let of_replica = |replica| {
            let project = |number| ProjectConfig {
                name: format!("project-{replica}-{number}"),
                credentials: wrong.clone(),
                ..project(&cloud, &url)
            };
            once(poll, (0..10).map(project).collect())
        };
        futures_util::future::join_all((0..replicas).map(of_replica)).await;
        let rejected = cloud.requests().iter().filter(|seen| seen.status == 401).count();
        assert!((replicas as usize..=5).contains(&rejected), "{rejected} of {replicas} replicas");
        let text = once(POLL, vec![project(&cloud, &url)]).await;
        assert_eq!(
            value(&text, "metastudio_up{project=\"production\",collector=\"user_quotas\"}"),
            Some(1.0)
        );
    }
}

#[tokio::test]
async fn sources_that_contain_the_same_key_are_paused_together() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let files = tempfile::tempdir().unwrap();
    let projects = (0..10).map(|number| {
        let file = files.path().join(format!("secret-{number}"));
        std::fs::write(&file, "not-the-secret-key").unwrap();
        let pair =
            KeyPair { ak: given(cloud.access_key()), sk: SecretValue::File(file), security_token: None };
        ProjectConfig {
            name: format!("project-{number}"),
            credentials: Source::AccessKey(pair),
            ..project(&cloud, &url)
        }
    });
    once(POLL, projects.collect()).await;
    let rejected = cloud.requests().iter().filter(|seen| seen.status == 401).count();
    assert!((3..=5).contains(&rejected), "{rejected}");
}

#[tokio::test]
async fn a_user_is_paused_after_three_rejected_passwords() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let projects = (0..20).map(|number| ProjectConfig {
        name: format!("project-{number}"),
        credentials: Source::Password(Password {
            domain: cloud.domain().to_owned(),
            user: cloud.user().to_owned(),
            password: given("not-the-password"),
            iam_endpoint: url.clone(),
            // Each project needs its own token, for the same user.
            scope: Scope::ProjectId(format!("project-{number}")),
        }),
        ..project(&cloud, &url)
    });
    once(POLL, projects.collect()).await;
    let logins = cloud.requests().iter().filter(|seen| seen.path == "/v3/auth/tokens").count();
    assert!((3..=5).contains(&logins), "{logins}: three, and those in flight");
}

#[tokio::test]
async fn projects_with_the_same_source_share_credentials() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let source = Source::Agency(Agency { metadata_endpoint: url.clone() });
    let projects = (0..20).map(|number| ProjectConfig {
        name: format!("project-{number}"),
        credentials: source.clone(),
        ..project(&cloud, &url)
    });
    let text = once(POLL, projects.collect()).await;
    assert_eq!(value(&text, "metastudio_up{project=\"project-19\",collector=\"user_quotas\"}"), Some(1.0));
    let asked = cloud.requests().iter().filter(|seen| seen.path == "/openstack/latest/securitykey").count();
    assert_eq!(asked, 1);
}
