//! A project with one collector: the other APIs are not called, and have no series.

use std::collections::BTreeSet;

use metastudio_exporter::config::ProjectConfig;
use metastudio_exporter::snapshot::Collector;

use crate::common::{Exporter, cloud_of, of};

#[tokio::test]
async fn an_api_without_its_collector_has_no_series() {
    let (cloud, projects) = cloud_of(&["production"]).await;
    let every = ProjectConfig { collectors: Collector::ALL.to_vec(), ..projects[0].clone() };
    let all = Exporter::start(vec![every]).await;
    all.ready().await;
    let all = of("production", &all.series("/metrics").await);

    let mut shown = BTreeSet::new();
    for (only, data, path) in [
        (Collector::VoiceTraining, "metastudio_voice_", "voice-training-manage/quotas"),
        (Collector::UserQuotas, "metastudio_user", "user/quotas"),
        (Collector::TenantResources, "metastudio_resource", "tenants/resources"),
    ] {
        let before = cloud.requests().len();
        let exporter =
            Exporter::start(vec![ProjectConfig { collectors: vec![only], ..projects[0].clone() }]).await;
        exporter.ready().await;
        let series = of("production", &exporter.series("/metrics").await);
        let is_expected = |series: &String| {
            series.starts_with(data)
                || series.contains(&format!("collector=\"{}\"", only.as_str()))
                || ["metastudio_project_info", "metastudio_exporter_clock_skew_seconds"]
                    .iter()
                    .any(|name| series.starts_with(name))
        };
        assert_eq!(series, all.iter().filter(|series| is_expected(series)).cloned().collect::<BTreeSet<_>>());
        assert!(series.len() > 20, "{series:?}");
        let requests = cloud.requests().split_off(before);
        assert!(requests.iter().all(|request| request.path.ends_with(path)), "{requests:?}");
        shown.extend(series);
    }
    assert_eq!(shown, all);
}

#[tokio::test]
async fn tenant_resources_are_polled_only_if_they_are_chosen() {
    let (cloud, projects) = cloud_of(&["production"]).await;
    let exporter = Exporter::start(projects).await;
    exporter.ready().await;
    let text = exporter.metrics().await;
    assert!(!text.contains("tenant_resources") && !text.contains("metastudio_resource"), "{text}");
    assert!(cloud.requests().iter().all(|request| !request.path.ends_with("tenants/resources")));
}
