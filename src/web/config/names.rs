//! Go's names of TLS versions, cipher suites and curves, and what of them there is here.
//!
//! An error is the end of a sentence that begins with the key.

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

/// A version of TLS, old ones included, so that they can be refused with a sentence of their own.
pub(super) fn version(text: &str) -> Result<&'static SupportedProtocolVersion, String> {
    match text {
        "TLS12" => Ok(&version::TLS12),
        "TLS13" => Ok(&version::TLS13),
        "TLS10" | "TLS11" => {
            Err("is a version of TLS that is broken and not served: write TLS12 or TLS13".to_owned())
        }
        _ => Err("is no known version: write TLS12 or TLS13".to_owned()),
    }
}

/// A cipher suite. Those of TLS 1.3 are always there, as in Go, so naming them chooses nothing.
pub(super) fn suite(text: &str) -> Result<SupportedCipherSuite, String> {
    if let Some((_, suite)) = SUITES.iter().find(|(name, _)| *name == text) {
        return Ok(*suite);
    }
    let known = || SUITES[3..].iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let is_old =
        text.starts_with("TLS_") && ["_CBC_", "_RC4_", "TLS_RSA_"].iter().any(|old| text.contains(old));
    Err(if is_old {
        format!(
            "is a cipher suite (CBC, RC4 or RSA key exchange) that is not served: take it away, or write {}",
            known()
        )
    } else {
        format!("is no known cipher suite: write one of {}", known())
    })
}

/// Whether HTTP/2 demands this suite of every server that has TLS 1.2: one of the two has to be there.
pub(super) fn is_http2s(suite: SupportedCipherSuite) -> bool {
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
            Err("is a curve that is not served: take it away, or write CurveP256, CurveP384 or X25519"
                .to_owned())
        }
        _ => Err("is no known curve: write CurveP256, CurveP384 or X25519".to_owned()),
    }
}
