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

/// The text of a recording of a cloud with these faults.
async fn recorded(faults: &[&str]) -> String {
    let (cloud, url) = cloud(3, 2, faults).await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("recording.json");
    let (_, _, stderr) = check(&file, &[], &variables(&cloud, &url)).await;
    std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("{stderr}"))
}

#[tokio::test]
async fn failures_are_recorded_and_replayed() {
    for (fault, recorded_as, is_up) in [
        ("forbidden@user_quotas", r#""error_code": "MSS.00000005""#, false),
        ("not-json@user_quotas", r#""text": "<html>"#, false),
        // Each page is cut once, and whole at the retry.
        ("cut-body@user_quotas", r#""failure": "body""#, true),
    ] {
        let text = recorded(&[fault]).await;
        assert_eq!(text.matches(recorded_as).count(), 2, "{fault}: {text}");
        let replay = Replay::read(&text).unwrap();
        let endpoint = serve(replay.router()).await;
        let series = data_series(&once(POLL, configured(&replay, &endpoint)).await, &endpoint);
        let up = |collector: &str| {
            let line = format!("metastudio_up{{project=\"project-1\",collector=\"{collector}\"}} ");
            series.split_once(&line).unwrap().1.starts_with('1')
        };
        assert_eq!((up("voice_training"), up("user_quotas")), (true, is_up), "{fault}");
    }
}

#[tokio::test]
async fn a_rejected_key_is_not_used_for_a_poll() {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let mut variables = variables(&cloud, &url);
    variables.push(("HUAWEICLOUD_SDK_SK", "not-the-secret-key".to_owned()));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("recording.json");
    assert_eq!(check(&file, &[], &variables).await.0, Some(1));
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!((text.matches("\"status\": 401").count(), cloud.requests().len()), (1, 1), "{text}");
    assert!(text.contains("verify aksk signature fail, canonicalRequest:<redacted>"), "{text}");
}
