//! `tls_server_config`: TLS of the web server.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, SupportedKxGroup, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error, ServerConfig, SupportedCipherSuite, SupportedProtocolVersion, version};

use super::client_auth::verifier;
use super::{NamedFiles, format, names};
use crate::config::problems::{Node, Setting};
use crate::config::values;

/// The protocols that clients choose from, best first.
const HTTP_2: &[&[u8]] = &[b"h2", b"http/1.1"];
const HTTP_1: &[&[u8]] = &[b"http/1.1"];

/// Returns `None` for plain HTTP, and after recording a problem.
pub(super) fn tls(
    files: &mut NamedFiles<'_>,
    node: &Node<'_>,
    found: format::TlsSection,
    has_http2: bool,
) -> Option<Arc<ServerConfig>> {
    // In the toolkit an empty text is the same as none.
    let [cert, cert_file, key, key_file, client_ca, client_ca_file, client_auth_type] = [
        found.cert,
        found.cert_file,
        found.key,
        found.key_file,
        found.client_ca,
        found.client_ca_file,
        found.client_auth_type,
    ]
    .map(Setting::without_empty);
    let ca_settings = [&client_ca, &client_ca_file];

    // All values are read, to record all problems.
    let versions = versions(node, &found.min_version, &found.max_version);
    let listed_suites = found.cipher_suites.value().map_or(0, Vec::len);
    let suites_node = node.child("cipher_suites", &found.cipher_suites);
    let suites = node.check_items("cipher_suites", found.cipher_suites, |name: &String| names::suite(name));
    if suites.len() == listed_suites
        && let Some(sentence) = suites_problem(&suites, &versions, has_http2)
    {
        suites_node.record(sentence);
    }
    let curves =
        node.check_items("curve_preferences", found.curve_preferences, |name: &String| names::curve(name));
    let prefers_own =
        node.check_plain("prefer_server_cipher_suites", &found.prefer_server_cipher_suites, |own| Ok(*own));

    let chain = files.pem(node, ["cert", "cert_file"], [&cert, &cert_file], certificates);
    let private = files.pem(node, ["key", "key_file"], [&key, &key_file], private_key);
    let ca = files.pem(node, ["client_ca", "client_ca_file"], ca_settings, values::authorities);
    let provider = provider(suites, curves);
    let verifier = verifier(node, &client_auth_type, ca_settings, ca, found.client_allowed_sans, &provider);
    let settings = [&cert, &cert_file, &key, &key_file, &client_ca, &client_ca_file, &client_auth_type];
    if !settings.iter().any(|setting| setting.is_set()) {
        return None;
    }
    let missing = |key| format!("write {key}_file, or the PEM itself as {key}");
    let chain = node.required("cert_file", &[&cert, &cert_file], chain, &missing("cert"));
    let private = node.required("key_file", &[&key, &key_file], private, &missing("key"));
    let (chain, private, verifier) = (chain?, private?, verifier?);
    if node.has_problems() {
        return None;
    }

    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)
        .and_then(|builder| builder.with_client_cert_verifier(verifier).with_single_cert(chain, private));
    let (key_name, key_setting) = if key.is_set() { ("key", &key) } else { ("key_file", &key_file) };
    let config = config.map_err(|error| unusable(&error).to_owned());
    let mut config = node.child(key_name, key_setting).checked(config)?;
    config.ignore_client_order = prefers_own.unwrap_or(true);
    let protocols = if has_http2 { HTTP_2 } else { HTTP_1 };
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Some(Arc::new(config))
}

fn versions(
    node: &Node<'_>,
    min: &Setting<String>,
    max: &Setting<String>,
) -> Vec<&'static SupportedProtocolVersion> {
    let read = |name, setting| node.check(name, setting, |text: &String| names::version(text));
    let number = |version: &SupportedProtocolVersion| u16::from(version.version);
    let from = number(read("min_version", min).unwrap_or(&version::TLS12));
    let to = number(read("max_version", max).unwrap_or(&version::TLS13));
    if to < from {
        node.child("max_version", max).record("is below min_version: write a later one");
    }
    let all = [&version::TLS12, &version::TLS13];
    all.into_iter().filter(|version| (from..=to).contains(&number(version))).collect()
}

/// What is wrong with the list of suites as a whole.
fn suites_problem(
    suites: &[SupportedCipherSuite],
    versions: &[&'static SupportedProtocolVersion],
    has_http2: bool,
) -> Option<&'static str> {
    if suites.is_empty() || !versions.contains(&&version::TLS12) {
        return None;
    }
    if versions.len() == 1 && suites.iter().all(|suite| suite.tls13().is_some()) {
        return Some("has no suite for TLS 1.2, which is the only version: add one, or remove the list");
    }
    if has_http2 && !suites.iter().any(|suite| names::is_required_by_http2(*suite)) {
        return Some(
            "has no suite that HTTP/2 requires: add TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or \
             TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, or write http2: false",
        );
    }
    None
}

/// The listed suites and curves, or all that are supported. The suites of TLS 1.3 are always there, as in Go.
fn provider(
    suites: Vec<SupportedCipherSuite>,
    curves: Vec<&'static dyn SupportedKxGroup>,
) -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    if !suites.is_empty() {
        provider.cipher_suites.retain(|suite| suite.tls13().is_some());
        provider.cipher_suites.extend(suites.into_iter().filter(|suite| suite.tls13().is_none()));
    }
    if !curves.is_empty() {
        provider.kx_groups = curves;
    }
    Arc::new(provider)
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| {
        "has no certificate: write the server's (-----BEGIN CERTIFICATE-----), then those of its issuers"
            .to_owned()
    })
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        "has no private key: write one without a password (-----BEGIN PRIVATE KEY-----)".to_owned()
    })
}

fn unusable(error: &Error) -> &'static str {
    match error {
        Error::InconsistentKeys(_) => {
            "does not belong to the certificate: write the key that it was issued for"
        }
        Error::InvalidCertificate(_) => "belongs to an unusable certificate: use one of X.509 version 3",
        _ => "is an unusable private key: use RSA of 2048 bits or more, P-256, P-384 or Ed25519",
    }
}
