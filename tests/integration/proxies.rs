//! Requests through a proxy: with and without a password, rejected, bypassed, and badly configured.

use std::sync::{Arc, Mutex};

use metastudio_exporter::sim::Cloud;
use metastudio_exporter::web::Limits;
use rcgen::SanType;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_blocking;

use crate::common::{cloud, project};
use crate::config_file::Directory;
use crate::process::run;
use crate::web_config::{Authority, TLS, load, serve_site};

/// A proxy that connects every host to one address, and the first lines of the requests to it.
struct TestProxy {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl TestProxy {
    /// Responds with `refusal` to requests without the line `required`.
    async fn start(target: String, required: &'static str, refusal: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&requests);
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(handle(client, target.clone(), required, refusal, Arc::clone(&log)));
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }
}

async fn handle(
    mut client: TcpStream,
    target: String,
    required: &str,
    refusal: &str,
    log: Arc<Mutex<Vec<String>>>,
) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = client.read_u8().await else { return };
        head.push(byte);
    }
    let text = String::from_utf8(head).unwrap();
    let first = text.lines().next().unwrap().to_owned();
    log.lock().unwrap().push(first.clone());
    if !text.to_lowercase().contains(&required.to_lowercase()) {
        let _ = client.write_all(refusal.as_bytes()).await;
        return;
    }
    let mut server = TcpStream::connect(target).await.unwrap();
    if first.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.unwrap();
    } else {
        server.write_all(text.as_bytes()).await.unwrap();
    }
    // Ends when one of the two goes away.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

/// `user:pass/#`, as the header has it.
const PASSWORD: &str = "proxy-authorization: Basic dXNlcjpwYXNzLyM=";

const NO_PASSWORD: &str = "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: \
                           0\r\nConnection: close\r\n\r\n";

const FORBIDDEN: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Polls `https://cloud.test` or `http://cloud.test` once, with these variables. Returns the exit code and standard error.
async fn once(
    directory: &Directory,
    cloud: &Cloud,
    scheme: &str,
    variables: Vec<(&'static str, String)>,
) -> (Option<i32>, String) {
    let url = format!("{scheme}://cloud.test");
    let id = project(cloud, &url.parse().unwrap()).id.unwrap();
    let text = format!(
        "projects:\n- name: production\n  project_id: {id}\n  region: cn-north-4\n  endpoint: {url}\n  iam_endpoint: \
         {url}\n  ca_file: ca.pem\n  collectors: [user_quotas]\n  credentials: {{access_key: {{ak: {}, sk: {}}}}}\n",
        cloud.access_key(),
        cloud.secret_key()
    );
    let file = directory.write("config.yml", text);
    let output = spawn_blocking(move || {
        let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        run(&["once", "--poll.timeout=5s", "--config.file", file.to_str().unwrap()], &variables)
    });
    let output = output.await.unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A simulated cloud as `http://cloud.test`, and as `https://cloud.test` with an authority in `ca.pem`.
async fn clouds(directory: &Directory) -> (Cloud, [String; 2]) {
    let (cloud, url) = cloud(3, 2, &[]).await;
    let authority = Authority::new();
    let identity = authority.issue(vec![SanType::DnsName("cloud.test".try_into().unwrap())]);
    directory.write("ca.pem", &authority.pem);
    directory.write("cert.pem", identity.cert);
    directory.write("key.pem", identity.key);
    let https = serve_site(cloud.router(), load(directory, TLS), Limits::default()).await;
    (cloud, [url.authority().to_owned(), https.to_string()])
}

#[tokio::test]
async fn a_proxy_without_and_with_a_password_carries_requests() {
    let directory = Directory::new();
    let (cloud, [http, https]) = clouds(&directory).await;
    for (scheme, target, variable, request) in [
        ("http", http, "http_proxy", "GET http://cloud.test/v1/"),
        ("https", https, "HTTPS_PROXY", "CONNECT cloud.test:443 HTTP/1.1"),
    ] {
        for (required, user) in [("", ""), (PASSWORD, "user:pass%2F%23@")] {
            let proxy = TestProxy::start(target.clone(), required, NO_PASSWORD).await;
            let variables = vec![(variable, format!("http://{user}{}", proxy.address))];
            let (code, errors) = once(&directory, &cloud, scheme, variables).await;
            assert_eq!(code, Some(0), "{errors}");
            let requests = proxy.requests();
            assert!(!requests.is_empty());
            assert!(requests.iter().all(|line| line.starts_with(request)), "{requests:?}");
        }
    }
}

#[tokio::test]
async fn the_error_says_that_the_proxy_refused_and_what_to_do() {
    let directory = Directory::new();
    let (cloud, [http, https]) = clouds(&directory).await;
    let advice = "check the user name and the password in HTTPS_PROXY or HTTP_PROXY and the hosts that the proxy allows, \
                  or add the host to NO_PROXY";
    let required = "no connection to cloud.test: the proxy requires a user name and a password (status 407)";
    for (scheme, target, refusal, sentence) in [
        ("https", &https, NO_PASSWORD, required),
        ("https", &https, FORBIDDEN, "no connection to cloud.test: the proxy refused to connect to it"),
        ("http", &http, NO_PASSWORD, "error=407"),
    ] {
        let proxy = TestProxy::start(target.clone(), PASSWORD, refusal).await;
        let variables = vec![("ALL_PROXY", format!("http://user:wrong@{}", proxy.address))];
        let (code, errors) = once(&directory, &cloud, scheme, variables).await;
        assert_eq!(code, Some(1), "{errors}");
        assert!(errors.contains(sentence) && errors.contains(advice), "{errors}");
        assert!(!errors.contains("wrong"), "{errors}");
        assert_eq!(proxy.requests().len(), 1, "it is not asked again");
    }
}

#[tokio::test]
async fn a_host_in_no_proxy_is_reached_directly() {
    let directory = Directory::new();
    let (cloud, [_, https]) = clouds(&directory).await;
    for (no_proxy, is_bypassed) in [("*.test", true), ("cloud.test:443", true), ("cloud.test:8443", false)] {
        let proxy = TestProxy::start(https.clone(), "", "").await;
        let variables =
            vec![("https_proxy", format!("http://{}", proxy.address)), ("no_proxy", no_proxy.to_owned())];
        let (code, errors) = once(&directory, &cloud, "https", variables).await;
        // No name server knows the host.
        assert_eq!(code, Some(i32::from(is_bypassed)), "{no_proxy}: {errors}");
        assert_eq!(proxy.requests().is_empty(), is_bypassed, "{no_proxy}");
    }
}

#[test]
fn a_proxy_url_that_cannot_be_read_is_an_error_before_any_request() {
    let sentence = "metastudio-exporter: HTTPS_PROXY is not the URL of a proxy: write http://USER:PASSWORD@HOST:PORT, with \
                    %23 for #, %2F for / and %3F for ? in the password\n";
    for (arguments, code) in [(&[][..], 2), (&["once"], 2), (&["check"], 2), (&["--config.check"], 1)] {
        let variables = [
            ("METASTUDIO_AUTH_TOKEN", "t"),
            ("HUAWEICLOUD_SDK_PROJECT_ID", "p"),
            ("METASTUDIO_REGION", "cn-north-4"),
            ("HTTPS_PROXY", "http://user:secret#word@proxy.test:3128"),
        ];
        let output = run(arguments, &variables);
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(errors.ends_with(sentence), "{arguments:?}: {errors}");
        assert!(!errors.contains("secret"), "{errors}");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
    }
}
