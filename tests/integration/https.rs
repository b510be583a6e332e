//! HTTPS to the cloud: authorities of the system and of `ca_file`, wrong names, expired certificates, new authorities.

use std::time::Duration;

use metastudio_exporter::cloud::proxies::Proxies;
use metastudio_exporter::config::{Config, PollConfig, ProjectConfig};
use metastudio_exporter::sim::Cloud;
use metastudio_exporter::web::Limits;
use rcgen::SanType;
use reqwest::Url;
use tokio::task::spawn_blocking;

use crate::common::{Exporter, POLL, cloud, project, until, value};
use crate::config_file::Directory;
use crate::process::run;
use crate::web_config::{Authority, Identity, TLS, load, serve_site};

const UP: &str = "metastudio_up{project=\"production\",collector=\"user_quotas\"}";
const LAST_SUCCESS: &str =
    "metastudio_last_success_timestamp_seconds{project=\"production\",collector=\"user_quotas\"}";

/// A simulated cloud behind HTTPS with this certificate.
async fn secure_cloud(directory: &Directory, identity: Identity) -> (Cloud, Url) {
    let (cloud, _) = cloud(3, 2, &[]).await;
    directory.write("cert.pem", identity.cert);
    directory.write("key.pem", identity.key);
    let address = serve_site(cloud.router(), load(directory, TLS), Limits::default()).await;
    (cloud, format!("https://{address}").parse().unwrap())
}

/// Polls once by a configuration file. Returns the exit code and standard error.
async fn once(
    directory: &Directory,
    cloud: &Cloud,
    url: &str,
    more: &str,
    variables: &[(&'static str, &'static str)],
) -> (Option<i32>, String) {
    let ProjectConfig { id, region, .. } = project(cloud, &url.parse().unwrap());
    let file = directory.write(
        "config.yml",
        format!(
            "projects:\n- name: production\n  project_id: {}\n  region: {region}\n  endpoint: {url}\n  \
             iam_endpoint: {url}\n  credentials: {{access_key: {{ak: {}, sk: {}}}}}\n{more}",
            id.unwrap(),
            cloud.access_key(),
            cloud.secret_key()
        ),
    );
    let variables = variables.to_vec();
    let arguments = move || run(&["once", "--config.file", file.to_str().unwrap()], &variables);
    let output = spawn_blocking(arguments).await.unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[tokio::test]
async fn a_private_authority_a_wrong_name_and_an_expired_certificate() {
    let ca_file = "  ca_file: ca.pem\n";
    let wrong_name =
        |authority: &Authority| authority.issue(vec![SanType::DnsName("other.test".try_into().unwrap())]);
    let server: fn(&Authority) -> Identity = Authority::server;
    for (identity, more, code, error) in [
        (server, ca_file, 0, ""),
        (server, "", 1, "invalid peer certificate: UnknownIssuer"),
        (wrong_name, ca_file, 1, "invalid peer certificate: certificate not valid for name"),
        (Authority::expired, ca_file, 1, "invalid peer certificate: certificate expired"),
    ] {
        let (directory, authority) = (Directory::new(), Authority::new());
        directory.write("ca.pem", &authority.pem);
        let (cloud, url) = secure_cloud(&directory, identity(&authority)).await;
        let (found, errors) = once(&directory, &cloud, url.as_str(), more, &[]).await;
        assert_eq!(found, Some(code), "{error}: {errors}");
        assert!(errors.contains(error), "{errors}");
    }
}

#[tokio::test]
async fn new_authorities_in_ca_file_are_used_without_a_restart() {
    let (directory, authority, other) = (Directory::new(), Authority::new(), Authority::new());
    let path = directory.write("ca.pem", &other.pem);
    let (cloud, url) = secure_cloud(&directory, authority.server()).await;
    let project = ProjectConfig { ca_file: Some(path.clone()), ..project(&cloud, &url) };
    let poll = PollConfig { interval: Duration::from_millis(50), timeout: Duration::from_secs(2), ..POLL };
    let exporter = Exporter::start_with(poll, vec![project.clone()], true).await;
    let metric = async |series| value(&exporter.metrics().await, series);
    until(async || metric(UP).await == Some(0.0)).await;
    directory.write("ca.pem", &authority.pem);
    until(async || metric(UP).await == Some(1.0)).await;

    directory.write("ca.pem", "no certificate");
    exporter.will_read(Ok(Config { poll, projects: vec![project], proxies: Proxies::default() }));
    let error = exporter.reloader.reload().await.unwrap_err();
    let expected =
        format!("project production: the certificates in {} cannot be used: it has none", path.display());
    assert_eq!(error, expected);
    let before = metric(LAST_SUCCESS).await.unwrap();
    until(async || metric(LAST_SUCCESS).await > Some(before)).await;
    assert_eq!(metric(UP).await, Some(1.0), "the previous authorities stay active");

    directory.write("ca.pem", &other.pem);
    until(async || metric(UP).await == Some(0.0)).await;
}

#[tokio::test]
async fn only_https_needs_the_systems_authorities() {
    let directory = Directory::new();
    let (cloud, url) = cloud(3, 2, &[]).await;
    let no_authorities = [("SSL_CERT_FILE", "/nowhere"), ("SSL_CERT_DIR", "/nowhere")];
    let (code, errors) = once(&directory, &cloud, url.as_str(), "", &no_authorities).await;
    assert_eq!(code, Some(0), "{errors}");

    let (code, errors) = once(&directory, &cloud, "https://127.0.0.1:9", "", &no_authorities).await;
    assert_eq!(code, Some(1), "{errors}");
    let sentence = "metastudio-exporter: project production: cannot prepare HTTPS connections: No CA certificates were \
                    loaded from the system; check the system's certificates (package ca-certificates)\n";
    assert!(errors.ends_with(sentence), "{errors}");

    let authority = Authority::new();
    directory.write("ca.pem", &authority.pem);
    let (cloud, url) = secure_cloud(&directory, authority.server()).await;
    let (code, errors) = once(&directory, &cloud, url.as_str(), "  ca_file: ca.pem\n", &no_authorities).await;
    assert_eq!(code, Some(0), "{errors}");
}
