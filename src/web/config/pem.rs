//! What stands in PEM. An error is the end of a sentence that begins with the key.

use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

pub(super) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(
            "has no certificate: write the server's (-----BEGIN CERTIFICATE-----), then those of its issuers"
                .to_owned(),
        ),
    }
}

pub(super) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
        "has no private key: write one without a password (-----BEGIN PRIVATE KEY-----)".to_owned()
    })
}

pub(super) fn authorities(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let added = certificate.map_err(drop).and_then(|certificate| roots.add(certificate).map_err(drop));
        if added.is_err() {
            return Err(
                "has a certificate that cannot be read: write those of the authorities as PEM".to_owned()
            );
        }
    }
    if roots.is_empty() {
        return Err(
            "has no certificates: write those of the authorities (-----BEGIN CERTIFICATE-----)".to_owned()
        );
    }
    Ok(roots)
}
