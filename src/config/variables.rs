//! The texts of the environment, as whoever reads it hands them in.

use std::path::PathBuf;

use reqwest::Url;

use super::url;
use crate::cloud::credentials::Secret;

/// A configuration that cannot be used: a sentence that says what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct Invalid(pub(super) String);

impl Invalid {
    pub(super) fn new(sentence: &str) -> Self {
        Self(sentence.to_owned())
    }
}

/// The texts of the environment; empty ones count as absent.
#[derive(Debug, Default, Clone)]
pub struct Environment {
    /// `--project.id` or `HUAWEICLOUD_SDK_PROJECT_ID`
    pub project_id: Option<String>,
    /// `--project.region` or `METASTUDIO_REGION`
    pub region: Option<String>,
    /// `--project.endpoint` or `METASTUDIO_ENDPOINT`
    pub endpoint: Option<String>,
    /// `--project.iam-endpoint` or `HUAWEICLOUD_SDK_IAM_ENDPOINT`
    pub iam_endpoint: Option<String>,
    /// `HUAWEICLOUD_SDK_STS_ENDPOINT`
    pub sts_endpoint: Option<String>,
    /// `METASTUDIO_METADATA_ENDPOINT`
    pub metadata_endpoint: Option<String>,
    /// `HUAWEICLOUD_SDK_AK`
    pub access_key: Option<String>,
    /// `HUAWEICLOUD_SDK_SK`
    pub secret_key: Option<Secret>,
    /// `HUAWEICLOUD_SDK_SECURITY_TOKEN`
    pub security_token: Option<Secret>,
    /// `METASTUDIO_AUTH_TOKEN`
    pub auth_token: Option<Secret>,
    /// `METASTUDIO_AUTH_TOKEN_FILE`
    pub auth_token_file: Option<PathBuf>,
    /// `HUAWEICLOUD_OIDC_PROVIDER_URN`
    pub oidc_provider_urn: Option<String>,
    /// `HUAWEICLOUD_OIDC_AGENCY_URN`
    pub oidc_agency_urn: Option<String>,
    /// `HUAWEICLOUD_OIDC_TOKEN_FILE`
    pub oidc_token_file: Option<PathBuf>,
    /// `HUAWEICLOUD_OIDC_SESSION_NAME`
    pub oidc_session_name: Option<String>,
    /// `HUAWEICLOUD_OIDC_DURATION_SECONDS`
    pub oidc_duration_seconds: Option<String>,
    /// `HC_CONTAINER_CREDENTIALS_FULL_URI`
    pub pod_identity_uri: Option<String>,
    /// `HC_CONTAINER_AUTHORIZATION_TOKEN_FILE`
    pub pod_identity_token_file: Option<PathBuf>,
    /// `HUAWEICLOUD_SDK_CREDENTIALS_FILE`
    pub credentials_file: Option<PathBuf>,
    /// `HOME`
    pub home: Option<PathBuf>,
}

/// A URL, or a sentence about `name`.
pub(super) fn named_url(name: &str, text: &str) -> Result<Url, Invalid> {
    url::base_url(text).map_err(|error| Invalid(format!("{name} {error}")))
}
