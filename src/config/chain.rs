//! The chain of credentials in the environment, for a project without configured credentials. The first kind that is
//! set is used: access key, token, OIDC, pod identity, the SDKs' profile file, the agency of the ECS.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use super::environment::{Environment, EnvironmentError};
use super::{url, values};
use crate::cloud::credentials::profile::{self, Profile};
use crate::cloud::credentials::{Agency, KeyPair, Oidc, PodIdentity, SecretValue, Source};

/// The metadata service of every ECS.
pub(super) const METADATA: &str = "http://169.254.169.254";

/// The default name of this program in the cloud's audit log.
pub(super) const SESSION_NAME: &str = "metastudio-exporter";

/// The default lifetime of temporary keys from STS.
pub(super) const DURATION: Duration = Duration::from_secs(3600);

/// What the chain found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) source: Source,
    /// The profile if that was found: it may have more than keys.
    pub(super) profile: Option<Profile>,
}

/// The first credentials in the environment. The last kind, the agency of the ECS, needs no variable.
///
/// # Errors
/// If a kind is set in part or wrong. The next kind is not tried then.
pub(super) fn credentials(environment: &Environment, region: &str) -> Result<Found, EnvironmentError> {
    let found = |source| Found { source, profile: None };
    if let Some(source) = from_variables(environment, region)? {
        return Ok(found(source));
    }
    if let Some(path) = profile_file(environment) {
        let profile = profile::read(&path).map_err(|error| EnvironmentError::Profile(error.to_string()))?;
        return Ok(Found { source: Source::Profile(path), profile: Some(profile) });
    }
    Ok(found(Source::Agency(Agency { metadata_endpoint: metadata_endpoint(environment)? })))
}

pub(super) fn metadata_endpoint(environment: &Environment) -> Result<Url, EnvironmentError> {
    let name = "METASTUDIO_METADATA_ENDPOINT";
    match environment.url(name)? {
        Some(endpoint) => Ok(endpoint),
        None => url::base_url(METADATA).map_err(|problem| EnvironmentError::Url { name, problem }),
    }
}

fn from_variables(environment: &Environment, region: &str) -> Result<Option<Source>, EnvironmentError> {
    if let Some(key) = access_key(environment)? {
        return Ok(Some(key));
    }
    if let Some(token) = environment.secret("METASTUDIO_AUTH_TOKEN") {
        return Ok(Some(Source::Token(SecretValue::Inline(token))));
    }
    if let Some(path) = environment.get("METASTUDIO_AUTH_TOKEN_FILE") {
        return Ok(Some(Source::Token(SecretValue::File(path.into()))));
    }
    match oidc(environment, region)? {
        None => pod_identity(environment),
        oidc => Ok(oidc),
    }
}

/// Whether a kind is set: all `required` variables, and any of `optional` ones, which make no sense alone.
///
/// # Errors
/// If a variable of the kind is set and a required one is not.
fn is_set(
    environment: &Environment,
    required: &[&'static str],
    optional: &[&'static str],
) -> Result<bool, EnvironmentError> {
    let is_set = |name: &&&'static str| environment.get(name).is_some();
    let Some(set) = required.iter().chain(optional).find(is_set) else { return Ok(false) };
    match required.iter().find(|name| !is_set(name)) {
        None => Ok(true),
        Some(missing) => Err(EnvironmentError::Incomplete { set, missing }),
    }
}

fn access_key(environment: &Environment) -> Result<Option<Source>, EnvironmentError> {
    let [ak, sk] = ["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"];
    let security_token = "HUAWEICLOUD_SDK_SECURITY_TOKEN";
    if !is_set(environment, &[ak, sk], &[security_token])? {
        return Ok(None);
    }
    let secret = |name| environment.secret(name).map(SecretValue::Inline);
    let pair = secret(ak).zip(secret(sk));
    let key = |(ak, sk)| Source::AccessKey(KeyPair { ak, sk, security_token: secret(security_token) });
    Ok(pair.map(key))
}

fn oidc(environment: &Environment, region: &str) -> Result<Option<Source>, EnvironmentError> {
    let required @ [provider_urn, agency_urn, token_file] =
        ["HUAWEICLOUD_OIDC_PROVIDER_URN", "HUAWEICLOUD_OIDC_AGENCY_URN", "HUAWEICLOUD_OIDC_TOKEN_FILE"];
    let optional @ [session_name, seconds] =
        ["HUAWEICLOUD_OIDC_SESSION_NAME", "HUAWEICLOUD_OIDC_DURATION_SECONDS"];
    if !is_set(environment, &required, &optional)? {
        return Ok(None);
    }
    let text = |name| environment.get(name).unwrap_or_default();
    let duration = match environment.get(seconds) {
        None => Ok(DURATION),
        Some(text) => {
            let duration =
                text.parse().ok().map(Duration::from_secs).and_then(|it| values::sts_duration(it).ok());
            duration.ok_or(EnvironmentError::StsDuration(seconds))
        }
    };
    Ok(Some(Source::Oidc(Oidc {
        provider_urn: text(provider_urn).to_owned(),
        agency_urn: text(agency_urn).to_owned(),
        token_file: text(token_file).into(),
        session_name: environment.get(session_name).unwrap_or(SESSION_NAME).to_owned(),
        duration: duration?,
        sts_endpoint: match environment.url("HUAWEICLOUD_SDK_STS_ENDPOINT")? {
            Some(endpoint) => endpoint,
            None => url::sts(region).map_err(EnvironmentError::Region)?,
        },
    })))
}

pub(super) fn pod_identity(environment: &Environment) -> Result<Option<Source>, EnvironmentError> {
    let required @ [uri, token_file] =
        ["HC_CONTAINER_CREDENTIALS_FULL_URI", "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE"];
    if !is_set(environment, &required, &[])? {
        return Ok(None);
    }
    let pair = environment.url(uri)?.zip(environment.get(token_file));
    Ok(pair.map(|(uri, token_file)| Source::PodIdentity(PodIdentity { uri, token_file: token_file.into() })))
}

/// The configured profile file, or the SDKs' default one if it exists.
fn profile_file(environment: &Environment) -> Option<PathBuf> {
    let default = || {
        let path = PathBuf::from(environment.get("HOME")?).join(".huaweicloud/credentials");
        path.exists().then_some(path)
    };
    environment.get("HUAWEICLOUD_SDK_CREDENTIALS_FILE").map(PathBuf::from).or_else(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 9] = [
        ("HUAWEICLOUD_SDK_AK", "AK"),
        ("HUAWEICLOUD_SDK_SK", "SK"),
        ("METASTUDIO_AUTH_TOKEN", "token"),
        ("METASTUDIO_AUTH_TOKEN_FILE", "/run/token"),
        ("HUAWEICLOUD_OIDC_PROVIDER_URN", "provider"),
        ("HUAWEICLOUD_OIDC_AGENCY_URN", "agency"),
        ("HUAWEICLOUD_OIDC_TOKEN_FILE", "/run/oidc"),
        ("HC_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:9/credentials"),
        ("HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/run/pod"),
    ];

    /// All variables from `first` on, without those that are `removed`.
    fn environment(first: usize, removed: &[&str]) -> Environment {
        COMPLETE.into_iter().skip(first).filter(|(name, _)| !removed.contains(name)).collect()
    }

    #[test]
    fn the_first_kind_that_is_set_is_used() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("credentials");
        std::fs::write(&file, "[basic]\nak = A\nsk = S\n").unwrap();
        let profile = ("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.to_str().unwrap());
        let source = |first: usize| {
            let variables = COMPLETE.into_iter().skip(first).chain([profile]);
            credentials(&variables.collect(), "").unwrap().source
        };
        assert_eq!(source(0).kind(), "access_key");
        assert_eq!(source(2), Source::Token(SecretValue::Inline("token".into())));
        assert_eq!(source(3), Source::Token(SecretValue::File("/run/token".into())));
        assert_eq!([4, 7, 9].map(|first| source(first).kind()), ["oidc", "pod_identity", "profile"]);
        assert_eq!(credentials(&Environment::default(), "").unwrap().source.kind(), "agency");
    }

    /// The variables of a kind that are set together, and those that may be added.
    const KINDS: [(&[&str], &[&str]); 3] = [
        (&["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"], &["HUAWEICLOUD_SDK_SECURITY_TOKEN"]),
        (
            &["HUAWEICLOUD_OIDC_PROVIDER_URN", "HUAWEICLOUD_OIDC_AGENCY_URN", "HUAWEICLOUD_OIDC_TOKEN_FILE"],
            &["HUAWEICLOUD_OIDC_SESSION_NAME", "HUAWEICLOUD_OIDC_DURATION_SECONDS"],
        ),
        (&["HC_CONTAINER_CREDENTIALS_FULL_URI", "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE"], &[]),
    ];

    #[test]
    fn any_part_of_a_kind_alone_is_an_error_and_the_kind_is_not_skipped() {
        for (required, optional) in KINDS {
            for set in required.iter().chain(optional) {
                let missing = required.iter().find(|name| *name != set).unwrap();
                // A whole kind that follows does not count, nor do variables that are set to nothing.
                let file = [("HUAWEICLOUD_SDK_CREDENTIALS_FILE", "/nowhere"), (*missing, " ")];
                let environment = file.into_iter().chain([(*set, "900")]).collect();
                let error = credentials(&environment, "cn-east-3").unwrap_err();
                assert_eq!(error.to_string(), format!("{set} is set and {missing} is not"));
            }
        }
    }

    #[test]
    fn each_missing_variable_is_named() {
        for (first, set, missing) in [
            (0, "HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_SDK_SK"),
            (0, "HUAWEICLOUD_SDK_SK", "HUAWEICLOUD_SDK_AK"),
            (4, "HUAWEICLOUD_OIDC_AGENCY_URN", "HUAWEICLOUD_OIDC_PROVIDER_URN"),
            (4, "HUAWEICLOUD_OIDC_PROVIDER_URN", "HUAWEICLOUD_OIDC_AGENCY_URN"),
            (4, "HUAWEICLOUD_OIDC_PROVIDER_URN", "HUAWEICLOUD_OIDC_TOKEN_FILE"),
            (7, "HC_CONTAINER_CREDENTIALS_FULL_URI", "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
            (7, "HC_CONTAINER_AUTHORIZATION_TOKEN_FILE", "HC_CONTAINER_CREDENTIALS_FULL_URI"),
        ] {
            let error = credentials(&environment(first, &[missing]), "").unwrap_err();
            assert_eq!(error, EnvironmentError::Incomplete { set, missing });
        }
    }

    #[test]
    fn an_oidc_duration_has_the_bounds_of_sts() {
        let source = |seconds: &str| {
            let duration = ("HUAWEICLOUD_OIDC_DURATION_SECONDS", seconds);
            let environment = COMPLETE.into_iter().skip(4).chain([duration]).collect();
            credentials(&environment, "cn-east-3").map(|found| found.source)
        };
        for good in ["900", "43200"] {
            let Ok(Source::Oidc(oidc)) = source(good) else { panic!("{good}") };
            assert_eq!(oidc.duration.as_secs().to_string(), good);
            assert_eq!(oidc.sts_endpoint.as_str(), "https://sts.cn-east-3.myhuaweicloud.com/");
        }
        for bad in ["899", "43201", "1h", "-1"] {
            assert!(source(bad).is_err(), "{bad}");
        }
    }
}
