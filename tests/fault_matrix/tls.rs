//! The certificates of an endpoint: a good one, and those that a client must not trust.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

use crate::certificates::{Authority, Identity};
use crate::fault::{Distrust, Effect};

/// The configurations of an endpoint with TLS.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    /// The authority of all certificates but the unknown one, as PEM.
    pub(crate) authority: Arc<str>,
    good: Arc<ServerConfig>,
    wrong_name: Arc<ServerConfig>,
    expired: Arc<ServerConfig>,
    unknown: Arc<ServerConfig>,
}

impl Served {
    pub(crate) fn new() -> Self {
        let authority = Authority::new();
        let other = vec![SanType::DnsName("other.test".try_into().unwrap())];
        Self {
            good: config(&authority.server()),
            wrong_name: config(&authority.issue(other)),
            expired: config(&authority.expired()),
            unknown: config(&self_signed()),
            authority: authority.pem.into(),
        }
    }

    /// The configuration under a fault.
    pub(crate) fn config(&self, fault: Option<Effect>) -> Arc<ServerConfig> {
        Arc::clone(match fault {
            Some(Effect::Tls(Distrust::WrongName)) => &self.wrong_name,
            Some(Effect::Tls(Distrust::Expired)) => &self.expired,
            Some(Effect::Tls(Distrust::UnknownAuthority)) => &self.unknown,
            _ => &self.good,
        })
    }
}

/// A certificate whose authority is itself.
fn self_signed() -> Identity {
    let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    // The name of the issuer, which is not that of the authority.
    params.distinguished_name.push(DnType::CommonName, "unknown");
    let key = KeyPair::generate().unwrap();
    Identity { cert: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

fn config(identity: &Identity) -> Arc<ServerConfig> {
    let certificate = CertificateDer::from_pem_slice(identity.cert.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    Arc::new(builder.with_single_cert(vec![certificate], key).unwrap())
}
