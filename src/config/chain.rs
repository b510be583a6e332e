//! The environment's chain of credentials, for a project that is told none: the first kind that is there counts.
//!
//! Variables with keys, tokens, OIDC, pod identity; then the SDKs' profile file; then the agency of the ECS.

use std::path::PathBuf;
use std::time::Duration;

use super::url;
use super::variables::{Environment, Invalid, named_url};
use crate::cloud::credentials::profile::{self, Profile};
use crate::cloud::credentials::{Agency, KeyPair, Oidc, PodIdentity, Secret, SecretValue, Source};

/// The metadata service of every ECS.
pub(super) const METADATA: &str = "http://169.254.169.254";

/// How the cloud's audit log calls this program where nothing else is said.
pub(super) const SESSION_NAME: &str = "metastudio-exporter";

/// What STS gives temporary keys by default.
pub(super) const DURATION: Duration = Duration::from_secs(3600);

/// What the chain found.
#[derive(Debug)]
pub(super) struct Chained {
    pub(super) source: Source,
    /// The profile, where that is what was found: it may tell more than keys.
    pub(super) profile: Option<Profile>,
}

/// The first credentials that the environment has. The last link, the ECS' agency, always seems to be there.
///
/// # Errors
/// A sentence that names the variable to set or to mend.
pub(super) fn credentials(environment: &Environment, region: &str) -> Result<Chained, Invalid> {
    if let Some(source) = variables(environment, region)? {
        return Ok(Chained { source, profile: None });
    }
    if let Some(path) = profile_file(environment) {
        let profile = profile::read(&path).map_err(|error| Invalid(error.to_string()))?;
        return Ok(Chained { source: Source::Profile(path), profile: Some(profile) });
    }
    let endpoint = environment.metadata_endpoint.as_deref().unwrap_or(METADATA);
    let metadata_endpoint = named_url("METASTUDIO_METADATA_ENDPOINT", endpoint)?;
    Ok(Chained { source: Source::Agency(Agency { metadata_endpoint }), profile: None })
}

fn variables(environment: &Environment, region: &str) -> Result<Option<Source>, Invalid> {
    if let Some(key) = access_key(environment)? {
        return Ok(Some(key));
    }
    if let Some(token) = environment.auth_token.clone() {
        return Ok(Some(Source::Token(SecretValue::Inline(token))));
    }
    if let Some(path) = environment.auth_token_file.clone() {
        return Ok(Some(Source::Token(SecretValue::File(path))));
    }
    if let Some(oidc) = oidc(environment, region)? {
        return Ok(Some(oidc));
    }
    pod_identity(environment)
}

fn access_key(environment: &Environment) -> Result<Option<Source>, Invalid> {
    match (environment.access_key.clone(), environment.secret_key.clone()) {
        (Some(ak), Some(sk)) => Ok(Some(Source::AccessKey(KeyPair {
            ak: SecretValue::Inline(Secret::from(ak)),
            sk: SecretValue::Inline(sk),
            security_token: environment.security_token.clone().map(SecretValue::Inline),
        }))),
        (Some(_), None) => {
            Err(Invalid::new("half a key pair: HUAWEICLOUD_SDK_AK is set, so set HUAWEICLOUD_SDK_SK too"))
        }
        (None, Some(_)) => {
            Err(Invalid::new("half a key pair: HUAWEICLOUD_SDK_SK is set, so set HUAWEICLOUD_SDK_AK too"))
        }
        (None, None) => Ok(None),
    }
}

fn oidc(environment: &Environment, region: &str) -> Result<Option<Source>, Invalid> {
    let Some(provider_urn) = environment.oidc_provider_urn.clone() else { return Ok(None) };
    let missing = |name: &str| {
        Invalid(format!("HUAWEICLOUD_OIDC_PROVIDER_URN is set, so set HUAWEICLOUD_OIDC_{name} too"))
    };
    let agency_urn = environment.oidc_agency_urn.clone().ok_or_else(|| missing("AGENCY_URN"))?;
    let token_file = environment.oidc_token_file.clone().ok_or_else(|| missing("TOKEN_FILE"))?;
    let duration = match &environment.oidc_duration_seconds {
        None => DURATION,
        Some(text) => {
            text.parse().map(Duration::from_secs).ok().filter(is_sts_duration).ok_or_else(|| {
                Invalid::new("HUAWEICLOUD_OIDC_DURATION_SECONDS must be a whole number from 900 to 43200")
            })?
        }
    };
    let sts_endpoint = match &environment.sts_endpoint {
        Some(endpoint) => named_url("HUAWEICLOUD_SDK_STS_ENDPOINT", endpoint)?,
        None => url::sts(region).map_err(|error| Invalid(format!("the region {error}")))?,
    };
    let session_name = environment.oidc_session_name.clone().unwrap_or_else(|| SESSION_NAME.to_owned());
    Ok(Some(Source::Oidc(Oidc {
        provider_urn,
        agency_urn,
        token_file,
        session_name,
        duration,
        sts_endpoint,
    })))
}

/// What STS allows as the life of temporary keys.
pub(super) fn is_sts_duration(duration: &Duration) -> bool {
    (900..=43_200).contains(&duration.as_secs())
}

pub(super) fn pod_identity(environment: &Environment) -> Result<Option<Source>, Invalid> {
    let Some(uri) = &environment.pod_identity_uri else { return Ok(None) };
    let uri = named_url("HC_CONTAINER_CREDENTIALS_FULL_URI", uri)?;
    let token_file = environment.pod_identity_token_file.clone().ok_or_else(|| {
        Invalid::new(
            "HC_CONTAINER_CREDENTIALS_FULL_URI is set, so set HC_CONTAINER_AUTHORIZATION_TOKEN_FILE too",
        )
    })?;
    Ok(Some(Source::PodIdentity(PodIdentity { uri, token_file })))
}

/// The profile that is named, or the SDKs' own where that exists.
fn profile_file(environment: &Environment) -> Option<PathBuf> {
    let default = || {
        let path = environment.home.as_ref()?.join(".huaweicloud/credentials");
        path.exists().then_some(path)
    };
    environment.credentials_file.clone().or_else(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Environment {
        Environment {
            access_key: Some("AK".to_owned()),
            secret_key: Some("SK".into()),
            auth_token: Some("token".into()),
            auth_token_file: Some("/run/token".into()),
            oidc_provider_urn: Some("provider".to_owned()),
            oidc_agency_urn: Some("agency".to_owned()),
            oidc_token_file: Some("/run/oidc".into()),
            pod_identity_uri: Some("http://127.0.0.1:9/credentials".to_owned()),
            pod_identity_token_file: Some("/run/pod".into()),
            ..Environment::default()
        }
    }

    fn kind(environment: &Environment) -> &'static str {
        credentials(environment, "").unwrap().source.kind()
    }

    #[test]
    fn the_first_kind_that_is_there_counts() {
        let file = std::env::temp_dir().join(format!("metastudio-exporter-chain-{}", std::process::id()));
        std::fs::write(&file, "[basic]\nak = A\nsk = S\n").unwrap();
        let mut environment = Environment { credentials_file: Some(file.clone()), ..complete() };
        assert_eq!(kind(&environment), "access_key");
        (environment.access_key, environment.secret_key) = (None, None);
        let token = |environment: &Environment| credentials(environment, "").unwrap().source;
        assert_eq!(token(&environment), Source::Token(SecretValue::Inline("token".into())));
        environment.auth_token = None;
        assert_eq!(token(&environment), Source::Token(SecretValue::File("/run/token".into())));
        environment.auth_token_file = None;
        assert_eq!(kind(&environment), "oidc");
        environment.oidc_provider_urn = None;
        assert_eq!(kind(&environment), "pod_identity");
        environment.pod_identity_uri = None;
        assert_eq!(kind(&environment), "profile");
        environment.credentials_file = None;
        assert_eq!(kind(&environment), "agency");
        std::fs::remove_file(file).unwrap();
    }

    #[test]
    fn half_of_a_pair_is_no_reason_to_try_the_next_kind() {
        let error = |change: fn(&mut Environment)| {
            let mut environment = complete();
            change(&mut environment);
            credentials(&environment, "").unwrap_err().to_string()
        };
        assert_eq!(
            error(|e| e.secret_key = None),
            "half a key pair: HUAWEICLOUD_SDK_AK is set, so set HUAWEICLOUD_SDK_SK too"
        );
        assert_eq!(
            error(|e| e.access_key = None),
            "half a key pair: HUAWEICLOUD_SDK_SK is set, so set HUAWEICLOUD_SDK_AK too"
        );
        let without_keys = |e: &mut Environment| {
            (e.access_key, e.secret_key, e.auth_token, e.auth_token_file) = (None, None, None, None);
        };
        let mut environment = complete();
        without_keys(&mut environment);
        environment.oidc_token_file = None;
        assert_eq!(
            credentials(&environment, "").unwrap_err().to_string(),
            "HUAWEICLOUD_OIDC_PROVIDER_URN is set, so set HUAWEICLOUD_OIDC_TOKEN_FILE too"
        );
        let mut environment = complete();
        without_keys(&mut environment);
        (environment.oidc_provider_urn, environment.pod_identity_token_file) = (None, None);
        assert_eq!(
            credentials(&environment, "").unwrap_err().to_string(),
            "HC_CONTAINER_CREDENTIALS_FULL_URI is set, so set HC_CONTAINER_AUTHORIZATION_TOKEN_FILE too"
        );
    }

    #[test]
    fn an_oidc_duration_has_the_bounds_of_sts() {
        let duration = |seconds: &str| {
            let environment = Environment {
                access_key: None,
                secret_key: None,
                auth_token: None,
                auth_token_file: None,
                oidc_duration_seconds: Some(seconds.to_owned()),
                ..complete()
            };
            credentials(&environment, "cn-east-3").map(|chained| chained.source)
        };
        for good in ["900", "43200"] {
            let Ok(Source::Oidc(oidc)) = duration(good) else { panic!("{good}") };
            assert_eq!(oidc.duration.as_secs().to_string(), good);
            assert_eq!(oidc.sts_endpoint.as_str(), "https://sts.cn-east-3.myhuaweicloud.com/");
        }
        for bad in ["899", "43201", "1h", "-1"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
