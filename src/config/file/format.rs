//! The format of the configuration file, before its values are checked. The tests generate the JSON Schema from these
//! types and their comments.
//!
//! All keys are optional here, so that a missing key hides no other error. `project` and `credentials` check what the
//! attributes for the schema demand.

#[cfg(test)]
use schemars::JsonSchema;
use serde::Deserialize;

#[cfg(test)]
use super::schema::{DURATION, ITEM, PLAIN, collectors, default_collectors, one_at_most, one_of};
use crate::config::problems::Setting;
#[cfg(test)]
use crate::config::{
    PollConfig, UserQuotasConfig, chain,
    values::{MAX_NAME_LENGTH, MAX_USERS},
};

/// What metastudio-exporter polls, and how. Relative paths begin at the directory of this file.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(title = "Configuration of metastudio-exporter", extend("required" = ["projects"])))]
pub(super) struct ConfigFile {
    /// When and how to poll. Overrides the flags.
    pub(super) poll: Setting<PollSection>,
    /// The MetaStudio projects to poll.
    #[cfg_attr(test, schemars(length(min = 1)))]
    pub(super) projects: Setting<Vec<Setting<ProjectSection>>>,
}

/// When and how to poll.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(super) struct PollSection {
    /// Time from one poll to the next, at most a year. Default: --poll.interval, which is 5m by default.
    #[cfg_attr(test, schemars(extend("pattern" = DURATION, "examples" = ["5m"])))]
    pub(super) interval: Setting<String>,
    /// Time for all pages of one API, at most a year. Default: --poll.timeout, which is 2m by default.
    #[cfg_attr(test, schemars(extend("pattern" = DURATION, "examples" = ["2m"])))]
    pub(super) timeout: Setting<String>,
    /// Age at which data that could not be renewed is dropped, at most a year. Default: --poll.max-staleness, which is
    /// 30m by default.
    #[cfg_attr(test, schemars(extend("pattern" = DURATION, "examples" = ["30m"])))]
    pub(super) max_staleness: Setting<String>,
    /// Pages of one list requested concurrently. Default: --poll.concurrency, which is 4 by default.
    #[cfg_attr(test, schemars(extend("minimum" = PollConfig::CONCURRENCY.start(), "maximum" = PollConfig::CONCURRENCY.end())))]
    pub(super) concurrency: Setting<i128>,
    /// Limit on requests per second for one project. Default: --poll.requests-per-second, which is 10 by default.
    #[cfg_attr(test, schemars(extend("minimum" = PollConfig::REQUESTS_PER_SECOND.start(), "maximum" = PollConfig::REQUESTS_PER_SECOND.end())))]
    pub(super) requests_per_second: Setting<f64>,
}

/// A MetaStudio project.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("anyOf" = [{"required": ["region"]}, {"required": ["endpoint"]}])))]
pub(super) struct ProjectSection {
    /// Label `project` of its metrics, unique. Default: the project ID, or the region if IAM looks the ID up.
    #[cfg_attr(test, schemars(extend("maxLength" = MAX_NAME_LENGTH)))]
    pub(super) name: Setting<String>,
    /// The region, which determines the endpoints. Optional if `project_id` and `endpoint` are set.
    #[cfg_attr(test, schemars(extend("pattern" = PLAIN, "examples" = ["cn-north-4", "cn-east-3"])))]
    pub(super) region: Setting<String>,
    /// The project ID, as the console shows it under My Credentials. Default: IAM looks up the project of the region.
    #[cfg_attr(test, schemars(extend("pattern" = PLAIN)))]
    pub(super) project_id: Setting<String>,
    /// The URL of MetaStudio. Default: that of the region.
    #[cfg_attr(test, schemars(extend("format" = "uri")))]
    pub(super) endpoint: Setting<String>,
    /// The URL of IAM, which issues tokens and looks up project IDs and names of users. Default: that of the region.
    #[cfg_attr(test, schemars(extend("format" = "uri")))]
    pub(super) iam_endpoint: Setting<String>,
    /// A PEM file with certificate authorities to trust in addition to the system's.
    pub(super) ca_file: Setting<String>,
    /// Where the credentials come from: one of the kinds. Default: the first that the environment has of access key,
    /// token, OIDC, pod identity, the SDKs' profile file, and the agency of the ECS.
    pub(super) credentials: Setting<CredentialsSection>,
    /// The APIs to poll. Default: those of voice training and of user quotas.
    #[cfg_attr(test, schemars(
        length(min = 1),
        extend("items" = {"enum": collectors()}, "uniqueItems" = true, "default" = default_collectors())
    ))]
    pub(super) collectors: Setting<Vec<Setting<String>>>,
    /// Which users and items are shown.
    pub(super) user_quotas: Setting<UserQuotasSection>,
}

/// Where the credentials come from: one of the kinds.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("minProperties" = 1, "maxProperties" = 1)))]
pub(super) struct CredentialsSection {
    /// An access key, which signs each request.
    pub(super) access_key: Setting<AccessKeySection>,
    /// An IAM token.
    pub(super) token: Setting<TokenSection>,
    /// An IAM user, whose password is exchanged for tokens.
    pub(super) password: Setting<PasswordSection>,
    /// The agency of the ECS that the exporter runs on.
    pub(super) agency: Setting<AgencySection>,
    /// An OIDC identity token, exchanged for temporary keys.
    pub(super) oidc: Setting<OidcSection>,
    /// The identity of the CCE pod that the exporter runs in.
    pub(super) pod_identity: Setting<PodIdentitySection>,
}

/// An access key, which signs each request. Files are read again when they change.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("allOf" = [one_of("ak", "ak_file"), one_of("sk", "sk_file"), one_at_most("security_token")])))]
pub(super) struct AccessKeySection {
    /// The access key ID.
    pub(super) ak: Setting<String>,
    /// A file with the access key ID.
    pub(super) ak_file: Setting<String>,
    /// The secret access key. Prefer a file of its own: `sk_file`.
    pub(super) sk: Setting<String>,
    /// A file with the secret access key.
    pub(super) sk_file: Setting<String>,
    /// The security token of temporary keys. Prefer a file of its own: `security_token_file`.
    pub(super) security_token: Setting<String>,
    /// A file with the security token of temporary keys.
    pub(super) security_token_file: Setting<String>,
}

/// An IAM token. The file is read again when it changes.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("allOf" = [one_of("value", "file")])))]
pub(super) struct TokenSection {
    /// The token. Prefer a file of its own: `file`.
    pub(super) value: Setting<String>,
    /// A file with the token.
    pub(super) file: Setting<String>,
}

/// An IAM user, whose password is exchanged for tokens.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("required" = ["domain", "user"], "allOf" = [one_of("password", "password_file")])))]
pub(super) struct PasswordSection {
    /// The name of the account.
    pub(super) domain: Setting<String>,
    /// The name of the user.
    pub(super) user: Setting<String>,
    /// The user's password. Prefer a file of its own: `password_file`.
    pub(super) password: Setting<String>,
    /// A file with the user's password.
    pub(super) password_file: Setting<String>,
}

/// The agency of the ECS that the exporter runs on.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(super) struct AgencySection {
    /// The URL of the metadata service. Default: `METASTUDIO_METADATA_ENDPOINT`, or the address that every ECS has.
    #[cfg_attr(test, schemars(extend("format" = "uri", "examples" = [chain::METADATA])))]
    pub(super) endpoint: Setting<String>,
}

/// An OIDC identity token, exchanged for temporary keys.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("required" = ["provider_urn", "agency_urn", "token_file"])))]
pub(super) struct OidcSection {
    /// The URN of the identity provider in IAM.
    pub(super) provider_urn: Setting<String>,
    /// The URN of the agency to assume.
    pub(super) agency_urn: Setting<String>,
    /// A file with the identity token, read again for each exchange.
    pub(super) token_file: Setting<String>,
    /// The name of this program in the cloud's audit log.
    #[cfg_attr(test, schemars(extend("default" = chain::SESSION_NAME)))]
    pub(super) session_name: Setting<String>,
    /// Lifetime of the temporary keys, from 15m to 12h.
    #[cfg_attr(test, schemars(extend("pattern" = DURATION, "default" = "1h")))]
    pub(super) duration: Setting<String>,
    /// The URL of STS. Default: that of the region.
    #[cfg_attr(test, schemars(extend("format" = "uri")))]
    pub(super) sts_endpoint: Setting<String>,
}

/// The identity of the CCE pod that the exporter runs in. Default: `HC_CONTAINER_CREDENTIALS_FULL_URI` and
/// `HC_CONTAINER_AUTHORIZATION_TOKEN_FILE`.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("dependencies" = {"uri": ["token_file"], "token_file": ["uri"]})))]
pub(super) struct PodIdentitySection {
    /// The URL that issues the credentials.
    #[cfg_attr(test, schemars(extend("format" = "uri")))]
    pub(super) uri: Setting<String>,
    /// A file with the pod's token, read again for each exchange.
    pub(super) token_file: Setting<String>,
}

/// Which users and items are shown.
#[derive(Default, Deserialize)]
#[cfg_attr(test, derive(JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub(super) struct UserQuotasSection {
    /// Limit on the users to show; those with the highest utilisation are kept.
    #[cfg_attr(test, schemars(
        extend("minimum" = MAX_USERS.start(), "maximum" = MAX_USERS.end(), "default" = UserQuotasConfig::default().max_users)
    ))]
    pub(super) max_users: Setting<i128>,
    /// Users to show: regular expressions that match the whole ID or name. Default: all.
    pub(super) include: Setting<Vec<Setting<String>>>,
    /// Users to leave out: regular expressions that match the whole ID or name. Overrides `include`.
    pub(super) exclude: Setting<Vec<Setting<String>>>,
    /// Items to show, by the names of the API's fields, for example `voice_clone_basic`. Default: all.
    #[cfg_attr(test, schemars(inner(regex(pattern = ITEM))))]
    pub(super) items: Setting<Vec<Setting<String>>>,
    /// Whether IAM looks up the users' names, which needs the right to list users.
    #[cfg_attr(test, schemars(extend("default" = UserQuotasConfig::default().names)))]
    pub(super) names: Setting<bool>,
}
