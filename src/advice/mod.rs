//! What a person can do about a problem: every sentence that names a flag, a variable, a key of the configuration file
//! or a right in the cloud.
//!
//! The modules below report errors as data; those above ask for the [`Advice`] about them. Knows nothing of polls,
//! pages and reports.

pub(crate) mod environment;
#[cfg(test)]
pub(crate) mod tests;

use crate::cloud::credentials::Source;
use crate::cloud::error::{CredentialsError, Error, Issuer};
use crate::cloud::http_clients::ClientError;
use crate::cloud::reason::Reason;
use crate::snapshot::Collector;

/// The API that a call was for, which decides about the right that may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CalledApi {
    Collector(Collector),
    /// IAM's list of projects.
    Projects,
    /// IAM's list of users.
    Users,
}

/// How to reload when reloads over HTTP are disabled.
pub(crate) const ENABLE_RELOADS: &str = "start the exporter with --web.enable-lifecycle, or send SIGHUP";

/// One sentence of advice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Advice {
    CheckAccessKey,
    CheckCaFile,
    CheckCertificate,
    CheckCredentialsFile,
    CheckEndpoint,
    CheckHeaderCharacters,
    CheckIamEndpoint,
    CheckIdentity,
    CheckMetaStudioEndpoint,
    CheckNetwork,
    CheckOidc,
    CheckPassword,
    CheckPodIdentity,
    CheckProfile,
    CheckProjectAndRegion,
    CheckProxy,
    CheckStsEndpoint,
    GrantListProjects,
    GrantListUsers,
    GrantMetaStudio,
    InstallCertificates,
    LookUpErrorCode,
    LookUpIamErrorCode,
    LowerRequestRate,
    RaiseOpenFiles,
    ReachIam,
    ReachSts,
    RenewToken,
    ReportBug,
    ReportShortList,
    ReportToSupport,
    RunInPod,
    RunOnEcs,
    SetClock,
    SetFinalEndpoint,
    SetFinalIamEndpoint,
    SetProjectId,
    UseRootAccount,
}

impl Advice {
    /// The advice about a failed call of `api` with credentials from `source`.
    pub(crate) fn about(error: &Error, source: &Source, api: CalledApi) -> Self {
        if error.is_of_open_files() {
            return Self::RaiseOpenFiles;
        }
        if error.is_of_proxy() {
            return Self::CheckProxy;
        }
        if error.is_of_certificate() {
            return Self::CheckCertificate;
        }
        let (error, issuer) = match error {
            Error::Credentials(CredentialsError::File { .. }) => return Self::CheckCredentialsFile,
            Error::Credentials(CredentialsError::Header(_)) => return Self::CheckHeaderCharacters,
            Error::Project { .. } => return Self::SetProjectId,
            Error::Panic => return Self::ReportBug,
            Error::UserNames(error) => return Self::about(error, source, CalledApi::Users),
            // Not a longer list, so not a longer time-out.
            Error::Unproven { .. } => return Self::CheckEndpoint,
            Error::Issuer { issuer, error } => (error.as_ref(), Some(*issuer)),
            _ => (error, None),
        };
        match (error.reason(), issuer) {
            (Reason::Throttled, _) => Self::LowerRequestRate,
            (Reason::Server, _) => Self::ReportToSupport,
            (_, Some(Issuer::Metadata)) => Self::RunOnEcs,
            (Reason::Connect | Reason::Timeout, Some(Issuer::Iam)) => Self::ReachIam,
            (Reason::Connect | Reason::Timeout, Some(Issuer::Sts)) => Self::ReachSts,
            (Reason::Connect | Reason::Timeout, Some(Issuer::PodIdentity)) => Self::RunInPod,
            (Reason::Redirect, Some(Issuer::Iam)) => Self::SetFinalIamEndpoint,
            (Reason::Decode | Reason::TooLarge, Some(Issuer::Iam)) => Self::CheckIamEndpoint,
            (Reason::Redirect | Reason::Decode | Reason::TooLarge, Some(Issuer::Sts)) => {
                Self::CheckStsEndpoint
            }
            (_, Some(Issuer::Iam)) => Self::CheckPassword,
            (_, Some(Issuer::Sts)) => Self::CheckOidc,
            (_, Some(Issuer::PodIdentity)) => Self::CheckPodIdentity,
            (Reason::Auth, None) => match source {
                Source::AccessKey(_) => Self::CheckAccessKey,
                Source::Profile(_) => Self::CheckProfile,
                Source::Token(_) => Self::RenewToken,
                Source::Password(_) => Self::CheckPassword,
                Source::Agency(_) | Source::Oidc(_) | Source::PodIdentity(_) => Self::CheckIdentity,
            },
            (Reason::Forbidden, None) => match api {
                CalledApi::Collector(Collector::VoiceTraining | Collector::TenantResources) => {
                    Self::GrantMetaStudio
                }
                CalledApi::Collector(Collector::UserQuotas) => Self::UseRootAccount,
                CalledApi::Projects => Self::GrantListProjects,
                CalledApi::Users => Self::GrantListUsers,
            },
            (Reason::Decode | Reason::TooLarge, None) => match api {
                CalledApi::Collector(_) => Self::CheckMetaStudioEndpoint,
                CalledApi::Projects | CalledApi::Users => Self::CheckIamEndpoint,
            },
            (reason @ (Reason::Connect | Reason::Timeout), None) => match api {
                CalledApi::Projects | CalledApi::Users => Self::ReachIam,
                CalledApi::Collector(_) if reason == Reason::Connect => Self::CheckEndpoint,
                CalledApi::Collector(_) => Self::CheckNetwork,
            },
            (Reason::ClockSkew, None) => Self::SetClock,
            (Reason::Redirect, None) => match api {
                CalledApi::Collector(_) => Self::SetFinalEndpoint,
                CalledApi::Projects | CalledApi::Users => Self::SetFinalIamEndpoint,
            },
            (Reason::Other, None) => match api {
                CalledApi::Collector(_) => Self::LookUpErrorCode,
                CalledApi::Projects | CalledApi::Users => Self::LookUpIamErrorCode,
            },
        }
    }

    /// The advice about an HTTP client that cannot be built.
    pub(crate) fn about_client(error: &ClientError) -> Self {
        match error {
            ClientError::CaFile { .. } => Self::CheckCaFile,
            ClientError::Tls(_) => Self::InstallCertificates,
        }
    }

    /// The advice in English, as a clause without a full stop.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::CheckAccessKey => {
                "check that the access key ID and the secret access key are a pair, that the key is enabled, and that \
                 its security token, if any, has not expired"
            }
            Self::CheckCaFile => "check ca_file: it must exist, be readable and contain certificates in PEM",
            Self::CheckCertificate => {
                "check the certificate of the host, this machine's clock, and ca_file if the authority is a private one"
            }
            Self::CheckCredentialsFile => {
                "check that the credentials file exists, is readable and is complete"
            }
            Self::CheckEndpoint => "check the endpoint, DNS, the proxy and the firewall",
            Self::CheckHeaderCharacters => {
                "check the key or token for line breaks and characters outside ASCII"
            }
            Self::CheckIamEndpoint => "check that the IAM endpoint is IAM's and no proxy responds for it",
            Self::CheckIdentity => "check that the agency behind the credentials exists and is enabled",
            Self::CheckMetaStudioEndpoint => {
                "check that the endpoint is MetaStudio's and no proxy responds for it"
            }
            Self::CheckNetwork => "check the network, or raise --poll.timeout if the list is long",
            Self::CheckOidc => {
                "check the URNs of the identity provider and of the agency, the agency's trust policy, and the file \
                 with the identity token"
            }
            Self::CheckPassword => "check the account name, the user name, the password and the project",
            Self::CheckPodIdentity => {
                "bind the pod's service account to an agency, and check the pod's token file"
            }
            Self::CheckProfile => "check ak, sk and security_token in section [basic] of the profile file",
            Self::CheckProjectAndRegion => {
                "check project ID and region; a sub-project is not listed, but may be right"
            }
            Self::CheckProxy => {
                "check the user name and the password in HTTPS_PROXY or HTTP_PROXY and the hosts that the proxy allows, \
                 or add the host to NO_PROXY"
            }
            Self::CheckStsEndpoint => "check that sts_endpoint is that of STS and no proxy responds for it",
            Self::GrantListProjects => {
                "set the project ID, or grant the credentials iam:projects:listProjects (system policy IAM \
                 ReadOnlyAccess)"
            }
            Self::GrantListUsers => {
                "grant the credentials iam:users:listUsers (system policy IAM ReadOnlyAccess), or set \
                 user_quotas.names to false"
            }
            Self::GrantMetaStudio => {
                "grant the IAM user the right to read MetaStudio in this project (system policy MetaStudio FullAccess, \
                 or a custom policy), and check that the project ID belongs to this account"
            }
            Self::InstallCertificates => "check the system's certificates (package ca-certificates)",
            Self::LookUpErrorCode => "look up the error code in MetaStudio's API reference",
            Self::LookUpIamErrorCode => "look up the error in IAM's API reference",
            Self::LowerRequestRate => "lower --poll.requests-per-second, or poll less often",
            Self::RaiseOpenFiles => {
                "raise the limit on open files: ulimit -Hn, or LimitNOFILE= in the systemd unit"
            }
            Self::ReachIam => "check iam_endpoint, DNS, the proxy and the firewall",
            Self::ReachSts => "check sts_endpoint, DNS, the proxy and the firewall",
            Self::RenewToken => {
                "get a new token (they expire after 24 hours), or use credentials of another kind"
            }
            Self::ReportBug => "report the log line with its place to the exporter's project",
            Self::ReportShortList => {
                "check again; if the problem persists, metrics have metastudio_snapshot_consistent 0: report the list \
                 to Huawei Cloud"
            }
            Self::ReportToSupport => "if the problem persists, report the request ID to Huawei Cloud",
            Self::RunInPod => "run in a CCE pod with an identity, or configure other credentials",
            Self::RunOnEcs => {
                "run on an ECS that has an agency, or configure other credentials, such as HUAWEICLOUD_SDK_AK and \
                 HUAWEICLOUD_SDK_SK"
            }
            Self::SetClock => "set this machine's clock (NTP)",
            Self::SetFinalEndpoint => "set the endpoint to an address that does not redirect",
            Self::SetFinalIamEndpoint => "set iam_endpoint to an address that does not redirect",
            Self::SetProjectId => "set project_id in the configuration file, or HUAWEICLOUD_SDK_PROJECT_ID",
            Self::UseRootAccount => {
                "only the root account may list user quotas: use its credentials for this project, or remove \
                 user_quotas from the project's collectors"
            }
        }
    }
}
