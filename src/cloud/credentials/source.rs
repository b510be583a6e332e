//! Where credentials come from, as plain data: what a configuration says.
//!
//! Two sources that are equal share one set of credentials, and one renewal.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// A text that is never shown.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// The text itself, for whoever sends or signs with it.
    #[must_use]
    pub fn expose(&self) -> &str {
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

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// A text that stands in the configuration, or in a file that is read whenever it is needed anew.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SecretValue {
    /// It is this.
    Inline(Secret),
    /// It is what this file holds, without the white space around it.
    File(PathBuf),
}

/// Where credentials come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// An access key, which signs each request.
    AccessKey(KeyPair),
    /// The `[basic]` section of an SDK's profile file.
    Profile(PathBuf),
    /// An IAM token as it stands.
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
    /// The kind, as the configuration file calls it.
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

    /// Whether all of it stands in the configuration, so that there is nothing to read or fetch anew.
    pub(super) fn is_given(&self) -> bool {
        match self {
            Self::AccessKey(pair) => pair.is_given(),
            Self::Token(token) => token.is_inline(),
            _ => false,
        }
    }

    /// The service that gives the credentials out, where there is one.
    pub(super) fn endpoint(&self) -> Option<&Url> {
        match self {
            Self::AccessKey(_) | Self::Profile(_) | Self::Token(_) => None,
            Self::Password(login) => Some(&login.iam_endpoint),
            Self::Agency(agency) => Some(&agency.metadata_endpoint),
            Self::Oidc(oidc) => Some(&oidc.sts_endpoint),
            Self::PodIdentity(identity) => Some(&identity.uri),
        }
    }
}

/// An access key pair, with a security token where it is temporary.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyPair {
    /// The access key ID (AK).
    pub ak: SecretValue,
    /// The secret access key (SK).
    pub sk: SecretValue,
    /// The security token of temporary keys.
    pub security_token: Option<SecretValue>,
}

/// An IAM user who logs in.
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
    /// The project that the tokens are for.
    pub scope: Scope,
}

/// How IAM is told a project.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// By its ID.
    ProjectId(String),
    /// By its name, which is its region's.
    Region(String),
}

/// The agency of an ECS, told by its metadata service.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Agency {
    /// The base URL of the metadata service.
    pub metadata_endpoint: Url,
}

/// An OIDC identity token, and what STS gives for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Oidc {
    /// The URN of the identity provider in IAM.
    pub provider_urn: String,
    /// The URN of the agency to assume.
    pub agency_urn: String,
    /// The file with the identity token, read anew for each exchange.
    pub token_file: PathBuf,
    /// How the cloud's audit log calls this program.
    pub session_name: String,
    /// How long the temporary keys shall be good.
    pub duration: Duration,
    /// The base URL of STS.
    pub sts_endpoint: Url,
}

/// The identity of a CCE pod.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PodIdentity {
    /// Where the credentials are given out (`HC_CONTAINER_CREDENTIALS_FULL_URI`).
    pub uri: Url,
    /// The file with the pod's token, read anew for each exchange.
    pub token_file: PathBuf,
}
