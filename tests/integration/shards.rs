//! Replicas that share the projects: each polls and exports its own.

use reqwest::StatusCode;

use crate::common::client;
use crate::process::{Process, run};

const TOKEN: (&str, &str) = ("METASTUDIO_AUTH_TOKEN", "a-token");
/// In shard 1 of 2.
const PROJECT: (&str, &str) = ("HUAWEICLOUD_SDK_PROJECT_ID", "production");
const ENDPOINT: (&str, &str) = ("METASTUDIO_ENDPOINT", "http://127.0.0.1:9");

#[tokio::test]
async fn a_replica_does_not_export_projects_of_another_shard() {
    for (shard, is_polled) in [("0", false), ("1", true)] {
        let arguments =
            ["--web.listen-address", "127.0.0.1:0", "--total-shards", "2", "--poll.timeout", "10s"];
        let variables = [TOKEN, PROJECT, ENDPOINT, ("METASTUDIO_EXPORTER_SHARD", shard)];
        let exporter = Process::start(&arguments, &variables);
        let site = format!("http://{}", exporter.address());
        let get = async |path: &str| client().get(format!("{site}{path}")).send().await.unwrap();
        if !is_polled {
            assert_eq!(get("/-/ready").await.status(), StatusCode::OK, "no project has to be polled");
        }
        let metrics = get("/metrics").await.text().await.unwrap();
        assert_eq!(metrics.contains("project=\"production\""), is_polled, "shard {shard}: {metrics}");
        let groups = get("/sd").await.text().await.unwrap();
        assert_eq!(groups.contains("\"production\""), is_polled, "shard {shard}: {groups}");
        let status = if is_polled { StatusCode::OK } else { StatusCode::NOT_FOUND };
        assert_eq!(get("/metrics?project=production").await.status(), status);
    }
}

#[test]
fn once_polls_its_share_only() {
    let output = run(&["once", "--shard", "0", "--total-shards", "2"], &[TOKEN, PROJECT, ENDPOINT]);
    assert_eq!(output.status.code(), Some(0), "no project is not a failure");
    assert!(!String::from_utf8(output.stdout).unwrap().contains("project=\"production\""));
}
