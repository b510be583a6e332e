//! `client_auth_type`, `client_ca` and `client_allowed_sans`: which client certificates are accepted. As in Go.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
};
use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

use crate::config::problems::{Node, Setting};

/// When a client has to show a certificate, and whether its issuer is checked.
#[derive(Clone, Copy, PartialEq)]
enum ClientAuth {
    No,
    Request,
    RequireAny,
    VerifyIfGiven,
    RequireAndVerify,
}

fn client_auth(text: &str) -> Result<ClientAuth, String> {
    match text {
        "NoClientCert" => Ok(ClientAuth::No),
        "RequestClientCert" => Ok(ClientAuth::Request),
        // The toolkit keeps the second name from its first versions.
        "RequireAnyClientCert" | "RequireClientCert" => Ok(ClientAuth::RequireAny),
        "VerifyClientCertIfGiven" => Ok(ClientAuth::VerifyIfGiven),
        "RequireAndVerifyClientCert" => Ok(ClientAuth::RequireAndVerify),
        _ => Err("is not a known type: write one of NoClientCert, RequestClientCert, RequireAnyClientCert, \
                  VerifyClientCertIfGiven, RequireAndVerifyClientCert"
            .to_owned()),
    }
}

/// The verifier of client certificates, or `None` after recording a problem. `ca_settings` are those that `ca` is from.
pub(super) fn verifier(
    node: &Node<'_>,
    auth_setting: &Setting<String>,
    ca_settings: [&Setting<String>; 2],
    ca: Option<RootCertStore>,
    sans_setting: Setting<Vec<Setting<String>>>,
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<dyn ClientCertVerifier>> {
    let sans_node = sans_setting.is_set().then(|| node.child("client_allowed_sans", &sans_setting));
    let sans = node.check_items("client_allowed_sans", sans_setting, |name: &String| Ok(name.clone()));
    let auth = if auth_setting.is_set() {
        node.check("client_auth_type", auth_setting, |text| client_auth(text))?
    } else {
        ClientAuth::No
    };
    let checks = matches!(auth, ClientAuth::VerifyIfGiven | ClientAuth::RequireAndVerify);
    let is_mandatory = matches!(auth, ClientAuth::RequireAny | ClientAuth::RequireAndVerify);
    let ca_setting = ["client_ca", "client_ca_file"].into_iter().zip(ca_settings).find(|(_, it)| it.is_set());
    if let Some((name, setting)) = ca_setting
        && auth == ClientAuth::No
    {
        node.child(name, setting).record(
            "has no effect without client_auth_type: write RequireAndVerifyClientCert there, or remove this key",
        );
    }
    if let Some(list) = sans_node {
        if is_mandatory && sans.is_empty() {
            list.record("is empty, which refuses every client: write a name, or remove the key");
        } else if !is_mandatory && !sans.is_empty() {
            list.record(
                "needs client_auth_type RequireAndVerifyClientCert or RequireAnyClientCert: without it, clients need \
                 no certificate",
            );
        }
    }
    if auth == ClientAuth::No {
        return Some(WebPkiClientVerifier::no_client_auth());
    }
    let issuers = if checks {
        let authorities = match ca_setting {
            Some(_) => ca?,
            // Go refuses every client on a system without authorities.
            None => node.child("client_auth_type", auth_setting).checked(system_authorities())?,
        };
        let authorities = Arc::new(authorities);
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::clone(&authorities), Arc::clone(provider));
        let verifier = node.checked(builder.build().map_err(|error| error.to_string()))?;
        Some(TrustedIssuers { authorities, verifier })
    } else {
        None
    };
    let allowed_sans = (!sans.is_empty()).then_some(sans);
    let algorithms = provider.signature_verification_algorithms;
    Some(Arc::new(Verifier { is_mandatory, issuers, allowed_sans, algorithms }))
}

/// The authorities of the system, from where OpenSSL has them: `SSL_CERT_FILE` and `SSL_CERT_DIR` count, as in Go.
fn system_authorities() -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("checks certificates with the system's authorities, and the system has none: write \
                    client_ca_file, or install ca-certificates"
            .to_owned());
    }
    Ok(roots)
}

/// Accepts certificates by their issuers and by their names. rustls has no verifier that does not check issuers, and
/// none that checks names.
struct Verifier {
    is_mandatory: bool,
    /// `None` if issuers are not checked.
    issuers: Option<TrustedIssuers>,
    /// The names of which a certificate needs one, or `None` for any.
    allowed_sans: Option<Vec<String>>,
    algorithms: WebPkiSupportedAlgorithms,
}

/// The trusted authorities.
struct TrustedIssuers {
    authorities: Arc<RootCertStore>,
    verifier: Arc<dyn ClientCertVerifier>,
}

impl TrustedIssuers {
    /// Go accepts a self-signed certificate that is among the authorities. webpki has no option for it: it refuses every
    /// client certificate that is marked as an authority's, but only after it has checked the time.
    fn verify(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        match self.verifier.verify_client_cert(certificate, intermediates, now) {
            Err(Error::InvalidCertificate(CertificateError::Other(cause)))
                if cause.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
                    && self.contains(certificate) =>
            {
                Ok(())
            }
            outcome => outcome.map(drop),
        }
    }

    fn contains(&self, certificate: &CertificateDer<'_>) -> bool {
        let anchor = webpki::anchor_from_trusted_cert(certificate);
        anchor.is_ok_and(|anchor| self.authorities.roots.contains(&anchor.to_owned()))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("is_mandatory", &self.is_mandatory).finish_non_exhaustive()
    }
}

impl ClientCertVerifier for Verifier {
    fn client_auth_mandatory(&self) -> bool {
        self.is_mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.issuers.as_ref().map_or(&[], |issuers| issuers.verifier.root_hint_subjects())
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if let Some(issuers) = &self.issuers {
            issuers.verify(certificate, intermediates, now)?;
        }
        if let Some(allowed) = &self.allowed_sans {
            let names = alternative_names(certificate).ok_or(CertificateError::BadEncoding)?;
            if !names.iter().any(|name| allowed.contains(name)) {
                return Err(CertificateError::ApplicationVerificationFailure.into());
            }
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// The DNS names, email addresses, IP addresses and URIs of a certificate, of which webpki reads only some. `None` if the
/// certificate cannot be read.
fn alternative_names(certificate: &[u8]) -> Option<Vec<String>> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let names = certificate.tbs_certificate().get_extension::<SubjectAltName>().ok()?;
    Some(names.map_or_else(Vec::new, |(_, names)| names.0.iter().filter_map(alternative_name).collect()))
}

fn alternative_name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) | GeneralName::Rfc822Name(name) => Some(name.to_string()),
        GeneralName::UniformResourceIdentifier(uri) => Some(uri.to_string()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
            // An IPv4 address mapped to IPv6 is shown as IPv4.
            let v6 = || <[u8; 16]>::try_from(bytes).map(|it| IpAddr::V6(Ipv6Addr::from(it)).to_canonical());
            v4.or_else(|_| v6()).ok().map(|address| address.to_string())
        }
        _ => None,
    }
}
