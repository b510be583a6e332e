//! Go's names of TLS versions, cipher suites and curves, and those that are supported here.
//!
//! An error is the rest of a sentence that begins with the key.

use rustls::crypto::SupportedKxGroup;
use rustls::crypto::ring::{cipher_suite, kx_group};
use rustls::{CipherSuite, SupportedCipherSuite, SupportedProtocolVersion, version};

const SUITES: [(&str, SupportedCipherSuite); 9] = [
    ("TLS_AES_128_GCM_SHA256", cipher_suite::TLS13_AES_128_GCM_SHA256),
    ("TLS_AES_256_GCM_SHA384", cipher_suite::TLS13_AES_256_GCM_SHA384),
    ("TLS_CHACHA20_POLY1305_SHA256", cipher_suite::TLS13_CHACHA20_POLY1305_SHA256),
    ("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
    ("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384),
    (
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
    ("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256),
    ("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", cipher_suite::TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384),
    (
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ),
];

/// A version of TLS. Old ones are refused with a sentence of their own.
pub(super) fn version(text: &str) -> Result<&'static SupportedProtocolVersion, String> {
    match text {
        "TLS12" => Ok(&version::TLS12),
        "TLS13" => Ok(&version::TLS13),
        "TLS10" | "TLS11" => Err("is a broken version of TLS: write TLS12 or TLS13".to_owned()),
        _ => Err("is not a known version: write TLS12 or TLS13".to_owned()),
    }
}

/// A cipher suite.
pub(super) fn suite(text: &str) -> Result<SupportedCipherSuite, String> {
    if let Some((_, suite)) = SUITES.iter().find(|(name, _)| *name == text) {
        return Ok(*suite);
    }
    let known = || SUITES[3..].iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let is_old =
        text.starts_with("TLS_") && ["_CBC_", "_RC4_", "TLS_RSA_"].iter().any(|old| text.contains(old));
    Err(if is_old {
        format!(
            "is a cipher suite (CBC, RC4 or RSA key exchange) that is not supported: remove it, or write {}",
            known()
        )
    } else {
        format!("is not a known cipher suite: write one of {}", known())
    })
}

/// Whether this is one of the two suites of which HTTP/2 requires one with TLS 1.2.
pub(super) fn is_required_by_http2(suite: SupportedCipherSuite) -> bool {
    matches!(
        suite.suite(),
        CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
            | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
    )
}

/// An elliptic curve.
pub(super) fn curve(text: &str) -> Result<&'static dyn SupportedKxGroup, String> {
    match text {
        "CurveP256" => Ok(kx_group::SECP256R1),
        "CurveP384" => Ok(kx_group::SECP384R1),
        "X25519" => Ok(kx_group::X25519),
        "CurveP521" => {
            Err("is a curve that is not supported: remove it, or write CurveP256, CurveP384 or X25519"
                .to_owned())
        }
        _ => Err("is not a known curve: write CurveP256, CurveP384 or X25519".to_owned()),
    }
}
