//! Where credentials come from: the part of the configuration, as plain data, and the reading of the files it names.
//!
//! Knows nothing of requests and of renewal.

use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::issued::AccessKey;
use crate::cloud::error::{CredentialsError, Issuer};

/// A text that debug output hides.
#[derive(Debug, Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The text itself, to send it or to sign with it.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl<T: Into<SecretString>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.expose().hash(state);
    }
}

/// A secret in the configuration itself, or in a file that is read each time it is needed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretValue {
    /// The secret.
    Inline(Secret),
    /// The file whose content, without surrounding white space, is the secret.
    File(PathBuf),
}

impl SecretValue {
    /// Reads the current secret. `name` describes it in errors.
    pub(super) async fn read(&self, name: &'static str) -> Result<Secret, CredentialsError> {
        match self {
            Self::Inline(secret) => Ok(secret.clone()),
            Self::File(path) => read_file(path, name).await,
        }
    }
}

/// Reads the secret that a file contains.
pub(super) async fn read_file(path: &Path, name: &'static str) -> Result<Secret, CredentialsError> {
    let file_error = |problem| CredentialsError::File { name, path: path.to_owned(), problem };
    let text = tokio::fs::read_to_string(path)
        .await
        .map_err(|error| file_error(format!("cannot be read: {error}")))?;
    match text.trim() {
        "" => Err(file_error("is empty".to_owned())),
        text => Ok(text.into()),
    }
}

/// Where credentials come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// An access key, which signs each request.
    AccessKey(KeyPair),
    /// The `[basic]` section of an SDK's profile file.
    Profile(PathBuf),
    /// An IAM token.
    Token(SecretValue),
    /// An IAM user's password, exchanged for tokens.
    Password(Password),
    /// The agency of the ECS that this runs on.
    Agency(Agency),
    /// An OIDC identity token, exchanged for temporary keys.
    Oidc(Oidc),
    /// The identity of the CCE pod that this runs in.
    PodIdentity(PodIdentity),
}

impl Source {
    /// The kind, by its key in the configuration file.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::AccessKey(_) => "access_key",
            Self::Profile(_) => "profile",
            Self::Token(_) => "token",
            Self::Password(_) => "password",
            Self::Agency(_) => "agency",
            Self::Oidc(_) => "oidc",
            Self::PodIdentity(_) => "pod_identity",
        }
    }

    /// The service that issues the credentials, if any, and its URL.
    pub(crate) fn issuer(&self) -> Option<(Issuer, &Url)> {
        match self {
            Self::AccessKey(_) | Self::Profile(_) | Self::Token(_) => None,
            Self::Password(login) => Some((Issuer::Iam, &login.iam_endpoint)),
            Self::Agency(agency) => Some((Issuer::Metadata, &agency.metadata_endpoint)),
            Self::Oidc(oidc) => Some((Issuer::Sts, &oidc.sts_endpoint)),
            Self::PodIdentity(identity) => Some((Issuer::PodIdentity, &identity.uri)),
        }
    }
}

/// An access key pair, with a security token if it is temporary.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyPair {
    /// The access key ID (AK).
    pub ak: SecretValue,
    /// The secret access key (SK).
    pub sk: SecretValue,
    /// The security token of temporary keys.
    pub security_token: Option<SecretValue>,
}

impl KeyPair {
    /// Reads the current key.
    pub(super) async fn read(&self) -> Result<AccessKey, CredentialsError> {
        let security_token = match &self.security_token {
            Some(token) => Some(token.read("security token").await?),
            None => None,
        };
        let id = self.ak.read("access key ID").await?.expose().to_owned();
        Ok(AccessKey { id, secret: self.sk.read("secret access key").await?, security_token })
    }
}

/// An IAM user and the password to log in with.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Password {
    /// The account's name.
    pub domain: String,
    /// The user's name.
    pub user: String,
    /// The user's password.
    pub password: SecretValue,
    /// The base URL of IAM.
    pub iam_endpoint: Url,
    /// The project that tokens are valid for.
    pub scope: Scope,
}

/// How a login names its project.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// By its ID.
    ProjectId(String),
    /// By its name, which is its region's.
    Region(String),
}

/// The agency of an ECS, from its metadata service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Agency {
    /// The base URL of the metadata service.
    pub metadata_endpoint: Url,
}

/// An OIDC identity token that STS exchanges for temporary keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Oidc {
    /// The URN of the identity provider in IAM.
    pub provider_urn: String,
    /// The URN of the agency to assume.
    pub agency_urn: String,
    /// The file with the identity token, read for each exchange.
    pub token_file: PathBuf,
    /// The session name in the cloud's audit log.
    pub session_name: String,
    /// The lifetime to request for temporary keys.
    pub duration: Duration,
    /// The base URL of STS.
    pub sts_endpoint: Url,
}

/// The identity of a CCE pod.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PodIdentity {
    /// The address that issues the credentials (`HC_CONTAINER_CREDENTIALS_FULL_URI`).
    pub uri: Url,
    /// The file with the pod's token, read for each exchange.
    pub token_file: PathBuf,
}
