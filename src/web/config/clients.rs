//! `client_auth_type`, `client_ca` and `client_allowed_sans`: which clients are let in.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::crypto::CryptoProvider;
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;

use super::client_auth::{Issuers, Verifier};
use super::context::Context;
use crate::config::yaml::{Field, Place};

/// When a client has to show a certificate, and whether it is checked. As in Go.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum ClientAuth {
    No,
    Request,
    RequireAny,
    VerifyIfGiven,
    RequireAndVerify,
}

/// A type by Go's name.
pub(super) fn client_auth(text: &str) -> Result<ClientAuth, String> {
    match text {
        "NoClientCert" => Ok(ClientAuth::No),
        "RequestClientCert" => Ok(ClientAuth::Request),
        // The toolkit keeps a second name from its beginnings.
        "RequireAnyClientCert" | "RequireClientCert" => Ok(ClientAuth::RequireAny),
        "VerifyClientCertIfGiven" => Ok(ClientAuth::VerifyIfGiven),
        "RequireAndVerifyClientCert" => Ok(ClientAuth::RequireAndVerify),
        _ => Err("is no known type: write one of NoClientCert, RequestClientCert, RequireAnyClientCert, \
                  VerifyClientCertIfGiven, RequireAndVerifyClientCert"
            .to_owned()),
    }
}

/// None where something was noted.
pub(super) fn verifier(
    context: &Context<'_>,
    place: &Place,
    auth: Field<ClientAuth>,
    ca: Field<RootCertStore>,
    sans: Field<Vec<Field<String>>>,
    provider: &Arc<CryptoProvider>,
) -> Option<Arc<dyn ClientCertVerifier>> {
    let problems = context.problems;
    let auth_place = auth.place().cloned().unwrap_or_else(|| place.under("client_auth_type"));
    let sans_place = sans.place().cloned();
    let sans = sans.check_items(problems, Ok).or(Vec::new());
    let auth = auth.or(ClientAuth::No)?;
    let checks = matches!(auth, ClientAuth::VerifyIfGiven | ClientAuth::RequireAndVerify);
    let requires = matches!(auth, ClientAuth::RequireAny | ClientAuth::RequireAndVerify);
    let mut is_good = true;
    let mut refuse = |place: Place, sentence: &str| {
        problems.note(place, sentence);
        is_good = false;
    };
    if auth == ClientAuth::No
        && let Some(at) = ca.place()
    {
        refuse(
            at.clone(),
            "stands there without client_auth_type: write RequireAndVerifyClientCert there, or take this away",
        );
    }
    if checks && ca.is_absent() {
        refuse(auth_place, "needs client_ca_file or client_ca: write whose certificates are taken");
    }
    let sans = sans?;
    match sans_place {
        Some(at) if requires && sans.is_empty() => {
            refuse(at, "is empty, so that nobody would get in: write a name, or take the key away");
        }
        Some(at) if !requires && !sans.is_empty() => refuse(
            at,
            "needs client_auth_type RequireAndVerifyClientCert or RequireAnyClientCert: without, nobody has to show \
             a certificate",
        ),
        _ => {}
    }
    if !is_good {
        return None;
    }
    if auth == ClientAuth::No {
        return Some(WebPkiClientVerifier::no_client_auth());
    }
    let issuers = if checks {
        let authorities = Arc::new(ca.into_good()?);
        let builder =
            WebPkiClientVerifier::builder_with_provider(Arc::clone(&authorities), Arc::clone(provider));
        // It only wants for roots, which are there.
        let verifier =
            builder.build().map_err(|error| problems.note(place.clone(), error.to_string())).ok()?;
        Some(Issuers { authorities, verifier })
    } else {
        None
    };
    let allowed_sans = (!sans.is_empty()).then_some(sans);
    let algorithms = provider.signature_verification_algorithms;
    Some(Arc::new(Verifier { is_mandatory: requires, issuers, allowed_sans, algorithms }))
}
