//! Reloads: unchanged projects are not interrupted, and a configuration is applied completely or not at all.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use metastudio_exporter::cloud::proxies::Proxies;
use metastudio_exporter::config::{Config, PollConfig, ProjectConfig, UserQuotasConfig};
use metastudio_exporter::sim::{Cloud, Fault};
use reqwest::Method;

use crate::common::{Exporter, POLL, cloud_of, of, samples, until, value};
use crate::process::Process;

const SUCCESSFUL: &str = "metastudio_exporter_config_last_reload_successful";
const SUCCESS: &str = "metastudio_exporter_config_last_reload_success_timestamp_seconds";

/// The number of requests about a project that the cloud has answered.
fn requests_about(cloud: &Cloud, project: &ProjectConfig) -> usize {
    let id = project.id.as_ref().unwrap();
    cloud.requests().iter().filter(|seen| seen.path.contains(id)).count()
}

/// From now on the cloud does not answer requests about this project.
fn stall(cloud: &Cloud, project: &str) {
    let fault: Fault = format!("stalled#{project}").parse().unwrap();
    cloud.set_faults(vec![fault]).unwrap();
}

/// The same project with another configuration.
fn changed(project: &ProjectConfig) -> ProjectConfig {
    let user_quotas = UserQuotasConfig { max_users: 9, ..UserQuotasConfig::default() };
    ProjectConfig { user_quotas, ..project.clone() }
}

#[tokio::test]
async fn scrapes_during_reloads_have_all_of_a_project_or_nothing() {
    let (cloud, projects) = cloud_of(&["production", "extra", "staging"]).await;
    let unchanged = vec![projects[0].clone(), projects[2].clone()];
    let exporter = Exporter::start(unchanged.clone()).await;
    exporter.ready().await;
    let expected: BTreeSet<String> = exporter.series("/metrics").await;
    let polled = unchanged.iter().map(|project| requests_about(&cloud, project)).collect::<Vec<_>>();
    assert_eq!(polled, [2, 2]);

    let (scrapes, with_extra, over) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let scrape = async || {
        while !over.load(Ordering::Relaxed) {
            let shown = exporter.series("/metrics").await;
            let extra = of("extra", &shown);
            assert_eq!(&shown - &extra, expected);
            // A project has 34 counters from the start.
            assert!(extra.is_empty() || extra.len() >= 34, "half of a project: {extra:?}");
            with_extra.fetch_add(usize::from(!extra.is_empty()), Ordering::Relaxed);
            scrapes.fetch_add(1, Ordering::Relaxed);
        }
    };
    let reload = async {
        for round in 0..50 {
            let projects = if round % 2 == 0 { projects.clone() } else { unchanged.clone() };
            exporter.reload(projects).await.unwrap();
            // Two scrapes run concurrently, so one of the next three that end has begun after the reload.
            let before = scrapes.load(Ordering::Relaxed);
            until(async || scrapes.load(Ordering::Relaxed) > before + 2).await;
        }
        over.store(true, Ordering::Relaxed);
    };
    tokio::join!(scrape(), scrape(), reload);
    assert!(with_extra.load(Ordering::Relaxed) >= 25);
    let polled = unchanged.iter().map(|project| requests_about(&cloud, project)).collect::<Vec<_>>();
    assert_eq!(polled, [2, 2], "polled once, at the start");
    assert_eq!(exporter.series("/metrics").await, expected);
}

#[tokio::test]
async fn a_removed_project_and_its_counters_are_gone_from_the_next_scrape() {
    let (cloud, projects) = cloud_of(&["production", "staging"]).await;
    let exporter = Exporter::start(projects.clone()).await;
    exporter.ready().await;
    let before = exporter.series("/metrics").await;
    assert!(before.contains("metastudio_up{project=\"staging\",collector=\"user_quotas\"}"));
    assert!(before.contains("metastudio_exporter_clock_skew_seconds{project=\"staging\"}"));

    exporter.reload(projects[..1].to_vec()).await.unwrap();
    assert_eq!(exporter.series("/metrics").await, &before - &of("staging", &before));
    let (status, _) = exporter.get("/metrics?project=staging").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert_eq!(requests_about(&cloud, &projects[0]), 2);
}

#[tokio::test]
async fn the_old_configuration_of_a_removed_or_changed_project_is_not_polled() {
    let (cloud, projects) = cloud_of(&["production", "staging", "customer"]).await;
    let poll = PollConfig { interval: Duration::from_millis(10), ..POLL };
    let exporter = Exporter::start_with(poll, projects.clone(), false).await;
    let ids: Vec<_> = projects.iter().map(|project| project.id.clone().unwrap()).collect();
    let elsewhere = ProjectConfig { id: Some("another-id".to_owned()), ..projects[2].clone() };
    until(async || projects.iter().all(|project| requests_about(&cloud, project) > 4)).await;
    exporter.will_read(Ok(Config {
        poll,
        projects: vec![projects[0].clone(), elsewhere],
        proxies: Proxies::default(),
    }));
    exporter.reloader.reload().await.unwrap();
    // A request that was sent before may arrive later.
    let mark = cloud.requests().len() + 2 * ids.len();
    until(async || cloud.requests().len() > mark + 100).await;
    let after = cloud.requests().split_off(mark);
    let about = |id: &str| after.iter().filter(|seen| seen.path.contains(id)).count();
    assert!(about(&ids[0]) > 10 && about("another-id") > 10);
    assert_eq!((about(&ids[1]), about(&ids[2])), (0, 0));
}

#[tokio::test]
async fn a_changed_project_starts_without_data_and_the_exporter_stays_ready() {
    let (cloud, projects) = cloud_of(&["production", "staging"]).await;
    let exporter = Exporter::start(projects.clone()).await;
    exporter.ready().await;
    let before = exporter.series("/metrics").await;

    stall(&cloud, "staging");
    exporter.reload(vec![projects[0].clone(), changed(&projects[1])]).await.unwrap();
    let text = exporter.metrics().await;
    let shown: BTreeSet<String> = samples(&text).into_keys().collect();
    assert_eq!(of("production", &shown), of("production", &before));
    let counters = of("staging", &shown);
    let (info, counters): (Vec<_>, Vec<_>) =
        counters.iter().partition(|series| series.starts_with("metastudio_project_info"));
    assert_eq!((info.len(), counters.len()), (1, 34), "{info:?} {counters:?}");
    assert!(counters.iter().all(|series| value(&text, series) == Some(0.0)), "{counters:?}");
    assert_eq!(exporter.get("/-/ready").await.0, StatusCode::OK);

    cloud.set_faults(vec![]).unwrap();
    exporter.reload(projects.clone()).await.unwrap();
    until(async || exporter.series("/metrics").await == before).await;
    assert_eq!(requests_about(&cloud, &projects[0]), 2);
}

#[tokio::test]
async fn new_settings_of_polls_poll_again_and_keep_the_data() {
    let (cloud, projects) = cloud_of(&["production"]).await;
    let exporter = Exporter::start(projects.clone()).await;
    exporter.ready().await;
    let before = exporter.metrics().await;
    stall(&cloud, "production");
    let reload = async |poll| {
        exporter.will_read(Ok(Config { poll, projects: projects.clone(), proxies: Proxies::default() }));
        exporter.reloader.reload().await.unwrap();
    };
    reload(PollConfig { interval: Duration::from_secs(100), ..POLL }).await;
    let numbers = |text: &str| {
        let changing = [
            "process_",
            "metastudio_exporter_http_",
            "metastudio_exporter_poll_interval_seconds",
            "metastudio_exporter_tasks",
        ];
        let own =
            |series: &String| changing.iter().any(|prefix| series.starts_with(prefix)) || series == SUCCESS;
        samples(text).into_iter().filter(|(series, _)| !own(series)).collect::<Vec<_>>()
    };
    let text = exporter.metrics().await;
    assert_eq!(numbers(&text), numbers(&before));
    assert_eq!(value(&text, "metastudio_exporter_poll_interval_seconds"), Some(100.0));

    cloud.set_faults(vec![]).unwrap();
    reload(POLL).await;
    let fetched = |text: &str| {
        value(
            text,
            "metastudio_last_success_timestamp_seconds{project=\"production\",collector=\"user_quotas\"}",
        )
    };
    until(async || fetched(&exporter.metrics().await) > fetched(&before)).await;
}

#[tokio::test]
async fn a_new_max_staleness_applies_without_a_poll() {
    let (cloud, projects) = cloud_of(&["production"]).await;
    let exporter = Exporter::start(projects.clone()).await;
    exporter.ready().await;
    let before = exporter.series("/metrics").await;
    let reload = async |max_staleness| {
        let poll = PollConfig { max_staleness, ..POLL };
        exporter.will_read(Ok(Config { poll, projects: projects.clone(), proxies: Proxies::default() }));
        exporter.reloader.reload().await.unwrap();
        exporter.series("/metrics").await
    };
    let stale = reload(Duration::from_nanos(1)).await;
    assert!(!stale.contains("metastudio_users{project=\"production\"}"));
    assert!(stale.contains("metastudio_up{project=\"production\",collector=\"user_quotas\"}"));
    assert_eq!(reload(POLL.max_staleness).await, before);
    assert_eq!(requests_about(&cloud, &projects[0]), 2);
}

#[tokio::test]
async fn an_invalid_configuration_changes_nothing_and_is_reported() {
    let (_cloud, projects) = cloud_of(&["production", "staging"]).await;
    let exporter = Exporter::start(projects.clone()).await;
    exporter.ready().await;
    let before = exporter.metrics().await;
    assert_eq!(value(&before, SUCCESSFUL), Some(1.0));
    // The answers of this test are counted, too.
    let is_http = |series: &String| series.starts_with("metastudio_exporter_http_");
    let series = |text: &str| samples(text).into_keys().filter(|series| !is_http(series)).collect::<Vec<_>>();
    let post = async || {
        let response = exporter.request(Method::POST, "/-/reload").await;
        (response.status().as_u16(), response.text().await.unwrap())
    };

    let unreadable = Err("a.yml:1: projects: is not a list\na.yml:9: pol: is not a known key".to_owned());
    let nowhere = ProjectConfig { ca_file: Some("/nowhere.pem".into()), ..projects[1].clone() };
    let unusable = Ok(Config {
        poll: POLL,
        projects: vec![changed(&projects[0]), nowhere],
        proxies: Proxies::default(),
    });
    for (next, reason) in [
        (unreadable, "a.yml:1: projects: is not a list\na.yml:9: pol: is not a known key"),
        (
            unusable,
            "project staging: the certificates in /nowhere.pem cannot be used: No such file or directory (os error 2)",
        ),
    ] {
        exporter.will_read(next);
        let message = format!("Configuration not reloaded; the previous one stays active:\n{reason}\n");
        assert_eq!(post().await, (500, message));
        let after = exporter.metrics().await;
        assert_eq!(series(&after), series(&before));
        assert_eq!(value(&after, SUCCESSFUL), Some(0.0));
        assert_eq!(value(&after, SUCCESS), value(&before, SUCCESS));
    }

    exporter.will_read(Ok(Config { poll: POLL, projects, proxies: Proxies::default() }));
    assert_eq!(post().await, (200, "Configuration reloaded.\n".to_owned()));
    let after = exporter.metrics().await;
    assert_eq!(value(&after, SUCCESSFUL), Some(1.0));
    assert_eq!(series(&after), series(&before));
    assert_eq!(exporter.request(Method::PUT, "/-/reload").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn reloads_over_http_are_disabled_by_default() {
    let (_cloud, projects) = cloud_of(&["production"]).await;
    let exporter = Exporter::start_with(POLL, projects, false).await;
    exporter.will_read(Err("never read".to_owned()));
    let response = exporter.request(Method::POST, "/-/reload").await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        response.text().await.unwrap(),
        "Reloads over HTTP are disabled: start the exporter with --web.enable-lifecycle, or send SIGHUP.\n"
    );
    assert_eq!(exporter.request(Method::GET, "/-/reload").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(value(&exporter.metrics().await, SUCCESSFUL), Some(1.0), "there was no reload");
}

#[test]
fn a_hangup_reloads() {
    let variables = [
        ("METASTUDIO_AUTH_TOKEN", "a-token"),
        ("HUAWEICLOUD_SDK_PROJECT_ID", "0123456789abcdef0123456789abcdef"),
        ("METASTUDIO_ENDPOINT", "http://127.0.0.1:9"),
    ];
    let exporter = Process::start(&["--web.listen-address", "127.0.0.1:0"], &variables);
    exporter.address();
    for _ in 0..2 {
        exporter.signal("HUP");
        let line = exporter.wait_for("configuration reloaded");
        assert!(line.contains("added=0 removed=0 changed=0 kept=1"), "{line}");
    }
    exporter.signal("TERM");
    assert_eq!(exporter.wait().0, Some(0));
}
