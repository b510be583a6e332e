//! A replay gives the same series as the cloud, save for the stand-ins.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use metastudio_exporter::config::{ProjectConfig, UserQuotasConfig};
use metastudio_exporter::sim::replay::Replay;
use metastudio_exporter::snapshot::Collector;

use super::file::{check, variables};
use crate::common::{POLL, cloud, once, project, serve};
use crate::replays::{configured, data_series};

/// Labels whose values are stand-ins.
const REPLACED: [&str; 6] = ["resource_id", "user_id", "asset_id", "order_id", "project_id", "user_name"];

/// Each series as its metric, the labels that stay, the stand-ins by label, and the value.
type Series = (String, Vec<(String, String)>, String);

fn series(text: &str) -> Vec<Series> {
    let parse = |line: &str| {
        let (head, value) = line.rsplit_once(' ').unwrap();
        let (metric, labels) = head.split_once('{').unwrap_or((head, ""));
        let labels =
            labels.trim_end_matches('}').split("\",").filter(|label| !label.is_empty()).map(|label| {
                let (name, value) = label.split_once("=\"").unwrap();
                (name.to_owned(), value.trim_end_matches('"').to_owned())
            });
        let (replaced, kept): (Vec<_>, Vec<_>) =
            labels.partition(|(name, _)| REPLACED.contains(&name.as_str()));
        let kept: Vec<_> = kept.into_iter().filter(|(name, _)| name != "project").collect();
        (format!("{metric}{kept:?}"), replaced, value.to_owned())
    };
    text.lines().map(parse).collect()
}

/// What is known of a text: the multiset of all that is said with it. Equal for a text and its stand-in.
fn profiles(series: &[Series]) -> HashMap<(String, String), BTreeMap<String, usize>> {
    let mut profiles: HashMap<_, BTreeMap<_, _>> = HashMap::new();
    for (metric, labels, value) in series {
        for label in labels {
            *profiles.entry(label.clone()).or_default().entry(format!("{metric} {value}")).or_default() += 1;
        }
    }
    profiles
}

#[tokio::test]
async fn a_replay_gives_the_same_series_but_for_the_stand_ins() {
    let (cloud, url) = cloud(150, 12, &["odd-fields"]).await;
    let names = UserQuotasConfig { names: true, ..UserQuotasConfig::default() };
    let project =
        ProjectConfig { collectors: Collector::ALL.to_vec(), user_quotas: names, ..project(&cloud, &url) };
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config.yml");
    let text = format!(
        "projects:\n- project_id: {}\n  region: cn-north-4\n  endpoint: {url}\n  iam_endpoint: {url}\n  \
         collectors: [voice_training, user_quotas, tenant_resources]\n  user_quotas: {{names: true}}\n  \
         credentials: {{access_key: {{ak: {}, sk: {}}}}}\n",
        project.id.as_deref().unwrap(),
        cloud.access_key(),
        cloud.secret_key()
    );
    std::fs::write(&config, text).unwrap();
    let file = directory.path().join("recording.json");
    let (code, stdout, stderr) =
        check(&file, &["--config.file".to_owned(), config.display().to_string()], &variables(&cloud, &url))
            .await;
    assert_eq!(code, Some(0), "{stdout}{stderr}");

    let replay = Replay::read(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let endpoint = serve(replay.router()).await;
    let real = series(&data_series(&once(POLL, vec![project]).await, &url));
    let again = series(&data_series(&once(POLL, configured(&replay, &endpoint)).await, &endpoint));

    // The same number of series with the same values of each metric.
    let said = |series: &[Series]| {
        let mut all: Vec<_> =
            series.iter().map(|(metric, _, value)| (metric.clone(), value.clone())).collect();
        all.sort();
        all
    };
    // Values of enumerations that are not documented are replaced, too.
    let only_known = |mut all: Vec<(String, String)>| {
        all.retain(|(metric, _)| !metric.contains("HOLOGRAM") && !metric.contains("LIGHT_YEAR"));
        all
    };
    let (real_said, again_said) = (said(&real), said(&again));
    assert_eq!((real.len(), real_said.len()), (again.len(), again_said.len()));
    assert!(real.len() > 2000, "{}", real.len());
    let again_set: BTreeSet<_> = again_said.iter().collect();
    for known in &only_known(real_said) {
        assert!(again_set.contains(known), "{known:?}");
    }

    // A bijection of texts: as many different ones, none as before, and each with the same things said of it.
    let (real, again) = (profiles(&real), profiles(&again));
    assert_eq!(real.len(), again.len());
    let is_empty = |(_, text): &&(String, String)| text.is_empty();
    assert!(real.keys().filter(|key| !is_empty(key)).all(|key| !again.contains_key(key)));
    let sorted = |profiles: HashMap<(String, String), BTreeMap<String, usize>>| {
        let mut all: Vec<_> = profiles
            .into_iter()
            .filter(|((label, _), said)| label == "user_id" && !said.is_empty())
            .map(|((_, text), said)| (said, text.len()))
            .collect();
        all.sort();
        all
    };
    assert_eq!(sorted(real), sorted(again));
}
