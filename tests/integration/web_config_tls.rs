//! TLS by the web configuration: versions, suites, protocols, and clients' certificates.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::http::Request;
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::SanType;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::web_config::{Authority, Identity, TLS, directory, exchange, plain, serve};

/// What a client offers.
#[derive(Default)]
pub(super) struct Offer<'a> {
    pub(super) versions: Option<&'static SupportedProtocolVersion>,
    pub(super) suite: Option<rustls::SupportedCipherSuite>,
    pub(super) curve: Option<&'static dyn rustls::crypto::SupportedKxGroup>,
    pub(super) protocols: &'a [&'a [u8]],
    pub(super) identity: Option<&'a Identity>,
}

/// A connection of a client that trusts `authority`.
pub(super) async fn connect(
    address: SocketAddr,
    authority: &Authority,
    offer: &Offer<'_>,
) -> Result<TlsStream<TcpStream>, std::io::Error> {
    let mut provider = ring::default_provider();
    if let Some(suite) = offer.suite {
        provider.cipher_suites = vec![suite];
    }
    if let Some(curve) = offer.curve {
        provider.kx_groups = vec![curve];
    }
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem.as_bytes()).unwrap()).unwrap();
    let versions = match (offer.versions, offer.suite) {
        (Some(version), _) => vec![version],
        (None, Some(suite)) => vec![suite.version()].into_iter().map(static_version).collect(),
        (None, None) => vec![&version::TLS12, &version::TLS13],
    };
    let builder = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&versions)
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match offer.identity {
        None => builder.with_no_client_auth(),
        Some(Identity { cert, key }) => {
            let chain = vec![CertificateDer::from_pem_slice(cert.as_bytes()).unwrap()];
            let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    };
    config.alpn_protocols = offer.protocols.iter().map(|protocol| protocol.to_vec()).collect();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

fn static_version(version: &SupportedProtocolVersion) -> &'static SupportedProtocolVersion {
    if version == &version::TLS12 { &version::TLS12 } else { &version::TLS13 }
}

/// The first line of the response; `None` if the server rejects the client. In TLS 1.3 a client notices that when it
/// reads.
pub(super) async fn status(address: SocketAddr, authority: &Authority, offer: &Offer<'_>) -> Option<String> {
    let stream = connect(address, authority, offer).await.ok()?;
    let answer = exchange(stream, "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    answer.lines().next().map(ToOwned::to_owned)
}

const OK: Option<&str> = Some("HTTP/1.1 200 OK");

#[tokio::test]
async fn versions_and_suites_and_curves_are_those_of_the_file() {
    use ring::{cipher_suite as suites, kx_group};
    let (directory, authority) = directory();
    let offer = |versions| Offer { versions, ..Offer::default() };
    let (old, new) = (offer(Some(&version::TLS12)), offer(Some(&version::TLS13)));
    for (line, with_12, with_13) in [
        ("", OK, OK),
        ("min_version: TLS12", OK, OK),
        ("min_version: TLS13", None, OK),
        ("max_version: TLS12", OK, None),
    ] {
        let address = serve(&directory, &format!("{TLS}  {line}\n")).await;
        assert_eq!(status(address, &authority, &old).await.as_deref(), with_12, "{line}");
        assert_eq!(status(address, &authority, &new).await.as_deref(), with_13, "{line}");
    }

    let line =
        "  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]\n  curve_preferences: [CurveP384]\n";
    let address = serve(&directory, &format!("{TLS}{line}")).await;
    let suite = |suite| Offer { suite: Some(suite), ..Offer::default() };
    for (suite, expected) in [
        (suites::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, OK),
        (suites::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, None),
        (suites::TLS13_CHACHA20_POLY1305_SHA256, OK),
    ]
    .map(|(name, expected)| (suite(name), expected))
    {
        assert_eq!(status(address, &authority, &suite).await.as_deref(), expected, "{:?}", suite.suite);
    }
    for (curve, expected) in [(kx_group::SECP384R1, OK), (kx_group::X25519, None)] {
        let offer = Offer { curve: Some(curve), ..Offer::default() };
        assert_eq!(status(address, &authority, &offer).await.as_deref(), expected, "{curve:?}");
    }
}

#[tokio::test]
async fn http2_is_spoken_where_the_file_does_not_turn_it_off() {
    let (directory, authority) = directory();
    let both: Offer<'_> = Offer { protocols: &[b"h2", b"http/1.1"], ..Offer::default() };

    // Each but the last request passes.
    let address = serve(&directory, &format!("{TLS}rate_limit: {{interval: 24h, burst: 4}}\n")).await;
    let stream = connect(address, &authority, &both).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for (method, path, status, expected, length) in [
        ("GET", "/metrics", 200, "8", 8),
        ("HEAD", "/metrics", 200, "8", 0),
        // The host.
        ("GET", "/host", 200, "9", 9),
        ("POST", "/metrics", 405, "0", 0),
        ("HEAD", "/metrics", 429, "18", 0),
    ] {
        let uri = format!("https://127.0.0.1{path}");
        let request = Request::builder().method(method).uri(uri).body(Empty::<&[u8]>::new()).unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
        assert_eq!(answer.headers()["content-length"], expected, "{method} {path}");
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes().len(), length, "{method} {path}");
    }

    let address = serve(&directory, &format!("{TLS}http_server_config: {{http2: false}}\n")).await;
    let stream = connect(address, &authority, &both).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let only_2 = Offer { protocols: &[b"h2"], ..Offer::default() };
    assert!(connect(address, &authority, &only_2).await.is_err());
}

#[tokio::test]
async fn plain_http_on_a_port_of_tls_is_told_so() {
    let (directory, _) = directory();
    let address = serve(&directory, TLS).await;
    let answer = plain(address, "/metrics", "").await;
    assert!(answer.starts_with("HTTP/1.0 400 Bad Request\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"), "{answer}");
}

#[tokio::test]
async fn clients_certificates_are_asked_for_and_checked_as_the_file_says() {
    let (directory, authority) = directory();
    let good = authority.issue(Vec::new());
    let strange = Authority::new().issue(Vec::new());
    let ca = "\n  client_ca_file: ca.pem";
    for (auth, ca, with_none, with_good, with_strange) in [
        ("NoClientCert", "", OK, OK, OK),
        ("RequestClientCert", "", OK, OK, OK),
        ("RequestClientCert", ca, OK, OK, OK),
        ("RequireAnyClientCert", "", None, OK, OK),
        ("VerifyClientCertIfGiven", ca, OK, OK, None),
        ("RequireAndVerifyClientCert", ca, None, OK, None),
    ] {
        let address = serve(&directory, &format!("{TLS}  client_auth_type: {auth}{ca}\n")).await;
        for version in [&version::TLS12, &version::TLS13] {
            for (name, identity, expected) in [
                ("none", None, with_none),
                ("good", Some(&good), with_good),
                ("strange", Some(&strange), with_strange),
            ] {
                let offer = Offer { versions: Some(version), identity, ..Offer::default() };
                let status = status(address, &authority, &offer).await;
                assert_eq!(status.as_deref(), expected, "{auth} {version:?} {name}");
            }
        }
    }
}

#[tokio::test]
async fn a_client_needs_one_of_the_names_that_are_allowed() {
    let (directory, authority) = directory();
    let name = |text: &str| text.to_owned().try_into().unwrap();
    let with = |san| authority.issue(vec![SanType::DnsName(name("other")), san]);
    let named = [
        ("a.example", with(SanType::DnsName(name("a.example")))),
        ("a@example.com", with(SanType::Rfc822Name(name("a@example.com")))),
        ("spiffe://a/b", with(SanType::URI(name("spiffe://a/b")))),
        ("10.0.0.1", with(SanType::IpAddress("10.0.0.1".parse().unwrap()))),
        ("2001:db8::1", with(SanType::IpAddress("2001:db8::1".parse().unwrap()))),
    ];
    let nameless = authority.issue(Vec::new());
    let strange = Authority::new().issue(vec![SanType::DnsName(name("a.example"))]);
    let auth = "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";
    for (allowed, _) in &named {
        let text = format!("{TLS}{auth}  client_allowed_sans: [x, \"{allowed}\"]\n");
        let address = serve(&directory, &text).await;
        let let_in = async |identity| {
            let offer = Offer { identity: Some(identity), ..Offer::default() };
            status(address, &authority, &offer).await.is_some()
        };
        for (san, identity) in &named {
            assert_eq!(let_in(identity).await, san == allowed, "{san} where {allowed} is allowed");
        }
        assert!(!let_in(&nameless).await);
        assert!(!let_in(&strange).await);
    }
}
