//! A project of which only one API is polled: the other is never asked, and nothing is shown of it.

use std::collections::BTreeSet;

use metastudio_exporter::config::ProjectConfig;
use metastudio_exporter::snapshot::Collector;

use crate::common::{Exporter, cloud_of, of};

#[tokio::test]
async fn of_an_api_that_is_not_polled_there_is_no_series() {
    let (cloud, projects) = cloud_of(&["production"]).await;
    let both = Exporter::start(projects.clone()).await;
    both.ready().await;
    let both = of("production", &both.series("/metrics").await);

    let mut shown = BTreeSet::new();
    for (only, data, path) in [
        (Collector::VoiceTraining, "metastudio_voice_", "voice-training-manage/quotas"),
        (Collector::UserQuotas, "metastudio_user", "user/quotas"),
    ] {
        let before = cloud.requests().len();
        let exporter =
            Exporter::start(vec![ProjectConfig { collectors: vec![only], ..projects[0].clone() }]).await;
        exporter.ready().await;
        let series = of("production", &exporter.series("/metrics").await);
        let its = |series: &String| {
            series.starts_with(data)
                || series.contains(&format!("collector=\"{}\"", only.as_str()))
                || ["metastudio_project_info", "metastudio_exporter_clock_skew_seconds"]
                    .iter()
                    .any(|of_the_project| series.starts_with(of_the_project))
        };
        assert_eq!(series, both.iter().filter(|series| its(series)).cloned().collect::<BTreeSet<_>>());
        assert!(series.len() > 20, "{series:?}");
        let asked = cloud.requests().split_off(before);
        assert!(asked.iter().all(|seen| seen.path.ends_with(path)), "{asked:?}");
        shown.extend(series);
    }
    assert_eq!(shown, both);
}
