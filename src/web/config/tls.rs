//! `tls_server_config`: what is served over TLS, and to whom.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::{Error, ServerConfig, SupportedProtocolVersion};

use super::clients::{client_auth, verifier};
use super::context::Context;
use super::{format, names, pem};
use crate::config::yaml::{Field, Place, Unread};

/// The protocols that clients choose from, best first.
const HTTP_2: &[&[u8]] = &[b"h2", b"http/1.1"];
const HTTP_1: &[&[u8]] = &[b"http/1.1"];

/// None where the file asks for no TLS; the error has been noted.
pub(super) fn tls(
    context: &Context<'_>,
    place: &Place,
    found: format::Tls,
    has_http2: bool,
) -> Result<Option<Arc<ServerConfig>>, Unread> {
    let problems = context.problems;
    let found = format::Tls {
        cert: not_blank(found.cert),
        cert_file: not_blank(found.cert_file),
        key: not_blank(found.key),
        key_file: not_blank(found.key_file),
        client_ca: not_blank(found.client_ca),
        client_ca_file: not_blank(found.client_ca_file),
        client_auth_type: not_blank(found.client_auth_type),
        ..found
    };
    let is_on = [
        &found.cert,
        &found.cert_file,
        &found.key,
        &found.key_file,
        &found.client_ca,
        &found.client_ca_file,
        &found.client_auth_type,
    ]
    .iter()
    .any(|field| !field.is_absent());

    // All are read, so that all that is wrong is told.
    let min = found.min_version.check(problems, |text| names::version(&text));
    let max = found.max_version.check(problems, |text| names::version(&text));
    let suites = found.cipher_suites.check_items(problems, |text| names::suite(&text));
    let curves = found.curve_preferences.check_items(problems, |text| names::curve(&text));
    let auth = found.client_auth_type.check(problems, |text| client_auth(&text));
    let prefers_own = found.prefer_server_cipher_suites.or(true);
    let max_place = max.place().cloned().unwrap_or_else(|| place.under("max_version"));
    let suites_place = suites.place().cloned();
    let (min, max) = (min.or(&rustls::version::TLS12), max.or(&rustls::version::TLS13));
    let mut versions = match (min, max) {
        (Some(min), Some(max)) => Some(versions(min, max)),
        _ => None,
    };
    if versions.as_ref().is_some_and(Vec::is_empty) {
        problems.note(max_place, "is below min_version: write a later one");
        versions = None;
    }
    let mut suites = suites.or(Vec::new());
    if let (Some(at), Some(chosen), Some(versions)) = (suites_place, &suites, &versions)
        && let Some(sentence) = suites_sentence(chosen, versions, has_http2)
    {
        problems.note(at, sentence);
        suites = None;
    }
    let curves = curves.or(Vec::new());

    let names = ["cert", "cert_file"];
    let chain = context.pem(place, names, found.cert, found.cert_file, pem::certificates);
    let key = context.pem(place, ["key", "key_file"], found.key, found.key_file, pem::private_key);
    let ca = context.pem(
        place,
        ["client_ca", "client_ca_file"],
        found.client_ca,
        found.client_ca_file,
        pem::authorities,
    );
    let key_place = key.place().cloned();
    if is_on {
        for (field, name) in [(chain.is_absent(), "cert_file"), (key.is_absent(), "key_file")] {
            if field {
                problems.note(
                    place.under(name),
                    format!(
                        "is missing: write {name}, or the PEM itself as {}",
                        name.trim_end_matches("_file")
                    ),
                );
            }
        }
    }
    let provider = provider(suites.ok_or(Unread)?, curves.ok_or(Unread)?);
    let verifier = verifier(context, place, auth, ca, found.client_allowed_sans, &provider).ok_or(Unread)?;
    let versions = versions.ok_or(Unread)?;
    let prefers_own = prefers_own.ok_or(Unread)?;
    if !is_on {
        return Ok(None);
    }
    let (chain, key) = (chain.into_good().ok_or(Unread)?, key.into_good().ok_or(Unread)?);
    let builder = ServerConfig::builder_with_provider(provider);
    let config = builder
        .with_protocol_versions(&versions)
        .and_then(|builder| builder.with_client_cert_verifier(verifier).with_single_cert(chain, key));
    let mut config = match config {
        Ok(config) => config,
        Err(error) => {
            problems.note(key_place.unwrap_or_else(|| place.clone()), unusable(&error));
            return Err(Unread);
        }
    };
    config.ignore_client_order = prefers_own;
    let protocols = if has_http2 { HTTP_2 } else { HTTP_1 };
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Ok(Some(Arc::new(config)))
}

/// In the toolkit an empty text is the same as none.
fn not_blank(field: Field<String>) -> Field<String> {
    if field.good().is_some_and(String::is_empty) { Field::Absent } else { field }
}

fn versions(
    min: &'static SupportedProtocolVersion,
    max: &'static SupportedProtocolVersion,
) -> Vec<&'static SupportedProtocolVersion> {
    let all = [&rustls::version::TLS12, &rustls::version::TLS13];
    let number = |version: &SupportedProtocolVersion| u16::from(version.version);
    all.into_iter().filter(|version| (number(min)..=number(max)).contains(&number(version))).collect()
}

/// What is wrong with the list of suites as a whole.
fn suites_sentence(
    suites: &[rustls::SupportedCipherSuite],
    versions: &[&'static SupportedProtocolVersion],
    has_http2: bool,
) -> Option<String> {
    let has_12 = versions.contains(&&rustls::version::TLS12);
    if suites.is_empty() || !has_12 {
        return None;
    }
    let chosen: Vec<_> = suites.iter().filter(|suite| suite.tls13().is_none()).collect();
    if chosen.is_empty() && versions.len() == 1 {
        return Some(
            "has no suite for TLS 1.2, which is the only version: write one, or take the list away"
                .to_owned(),
        );
    }
    if has_http2 && !suites.iter().any(|suite| names::is_http2s(*suite)) {
        return Some(
            "has no suite that HTTP/2 demands: add TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or \
             TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, or write http2: false"
                .to_owned(),
        );
    }
    None
}

/// The suites and curves that are listed, or all that there are. Of TLS 1.3 all suites are there in any case.
fn provider(
    suites: Vec<rustls::SupportedCipherSuite>,
    curves: Vec<&'static dyn rustls::crypto::SupportedKxGroup>,
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

fn unusable(error: &Error) -> String {
    match error {
        Error::InconsistentKeys(_) => {
            "does not belong to the certificate: write the key that it was issued for".to_owned()
        }
        Error::InvalidCertificate(_) => {
            "stands beside a certificate that cannot be used: write one of X.509 version 3".to_owned()
        }
        _ => "is a private key that cannot be used: take RSA of 2048 bits or more, P-256, P-384 or Ed25519"
            .to_owned(),
    }
}
