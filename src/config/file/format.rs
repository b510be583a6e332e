//! The format of the file, before anything is checked. The JSON Schema is made from these types and their comments.
//!
//! All keys may be missing here, so that one that is missing hides no other error. What else the schema demands
//! stands beside the types; who checks it is `project` and `credentials`.

#![expect(clippy::struct_field_names, reason = "the names are those of the keys")]

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::values::{CONCURRENCY, DURATION, ITEM, LONGEST_NAME, MAX_USERS, PLAIN, RATE};
use crate::config::yaml::Field;
use crate::config::{UserQuotasConfig as Defaults, chain};
use crate::snapshot::Collector;

/// What metastudio-exporter polls, and how. Relative paths begin at the directory of this file.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "Configuration of metastudio-exporter", extend("required" = ["projects"]))]
pub(super) struct File {
    /// When and how to poll. Here or on the command line: what stands here counts.
    pub(super) poll: Field<Poll>,
    /// The MetaStudio projects to poll.
    #[schemars(length(min = 1))]
    pub(super) projects: Field<Vec<Field<Project>>>,
}

/// When and how to poll.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Poll {
    /// Time from one poll to the next, a year at most. Default: --poll.interval, which is 5m where it is not given.
    #[schemars(extend("pattern" = DURATION, "examples" = ["5m"]))]
    pub(super) interval: Field<String>,
    /// Time for all pages of one API, a year at most. Default: --poll.timeout, which is 2m where it is not given.
    #[schemars(extend("pattern" = DURATION, "examples" = ["2m"]))]
    pub(super) timeout: Field<String>,
    /// Age at which numbers that could not be renewed are no longer shown, a year at most. Default:
    /// --poll.max-staleness, which is 30m where it is not given.
    #[schemars(extend("pattern" = DURATION, "examples" = ["30m"]))]
    pub(super) max_staleness: Field<String>,
    /// Pages of one list asked for at a time. Default: --poll.concurrency, which is 4 where it is not given.
    #[schemars(extend("minimum" = CONCURRENCY.start(), "maximum" = CONCURRENCY.end()))]
    pub(super) concurrency: Field<i64>,
    /// The most requests a second for one project. Default: --poll.requests-per-second, which is 10 where it is not
    /// given.
    #[schemars(extend("minimum" = RATE.start(), "maximum" = RATE.end()))]
    pub(super) requests_per_second: Field<f64>,
}

/// A MetaStudio project.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["region"]}, {"required": ["endpoint"]}]))]
pub(super) struct Project {
    /// Label `project` of its metrics; no two have the same. Default: the project ID, or the region where IAM is
    /// asked for the ID.
    #[schemars(length(min = 1), extend("maxLength" = LONGEST_NAME))]
    pub(super) name: Field<String>,
    /// The region, which gives the endpoints. May be missing where `project_id` and `endpoint` are there.
    #[schemars(extend("pattern" = PLAIN, "examples" = ["cn-north-4", "cn-east-3"]))]
    pub(super) region: Field<String>,
    /// The project ID, as the console shows it under My Credentials. Default: IAM is asked for the project of the
    /// region.
    #[schemars(extend("pattern" = PLAIN))]
    pub(super) project_id: Field<String>,
    /// The URL of MetaStudio. Default: that of the region.
    #[schemars(extend("format" = "uri"))]
    pub(super) endpoint: Field<String>,
    /// The URL of IAM, which tells project IDs, tokens and names of users. Default: that of the region.
    #[schemars(extend("format" = "uri"))]
    pub(super) iam_endpoint: Field<String>,
    /// A PEM file with certificate authorities to trust beside the system's.
    #[schemars(length(min = 1))]
    pub(super) ca_file: Field<String>,
    /// Where the credentials come from: one of the kinds. Default: what the environment has first of access keys,
    /// token, OIDC, pod identity, the SDKs' profile file, and the agency of the ECS.
    pub(super) credentials: Field<Credentials>,
    /// The APIs to poll. Default: both.
    #[schemars(
        length(min = 1),
        extend("items" = {"enum": collectors()}, "uniqueItems" = true, "default" = collectors())
    )]
    pub(super) collectors: Field<Vec<Field<String>>>,
    /// Which users are shown, and what of them.
    pub(super) user_quotas: Field<UserQuotas>,
}

/// Where the credentials come from: one of the kinds.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("minProperties" = 1, "maxProperties" = 1))]
pub(super) struct Credentials {
    /// An access key, which signs each request.
    pub(super) access_key: Field<AccessKey>,
    /// An IAM token as it stands.
    pub(super) token: Field<Token>,
    /// An IAM user who logs in.
    pub(super) password: Field<Password>,
    /// The agency of the ECS that the exporter runs on.
    pub(super) agency: Field<Agency>,
    /// An OIDC identity token, exchanged for temporary keys.
    pub(super) oidc: Field<Oidc>,
    /// The identity of the CCE pod that the exporter runs in.
    pub(super) pod_identity: Field<PodIdentity>,
}

/// An access key; the files are read whenever it is needed anew.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("allOf" = [one_of("ak", "ak_file"), one_of("sk", "sk_file"), one_at_most("security_token")]))]
pub(super) struct AccessKey {
    /// The access key ID.
    #[schemars(length(min = 1))]
    pub(super) ak: Field<String>,
    /// A file with the access key ID.
    #[schemars(length(min = 1))]
    pub(super) ak_file: Field<String>,
    /// The secret access key. Better keep it in a file of its own: `sk_file`.
    #[schemars(length(min = 1))]
    pub(super) sk: Field<String>,
    /// A file with the secret access key.
    #[schemars(length(min = 1))]
    pub(super) sk_file: Field<String>,
    /// The security token of temporary keys. Better keep it in a file of its own: `security_token_file`.
    #[schemars(length(min = 1))]
    pub(super) security_token: Field<String>,
    /// A file with the security token of temporary keys.
    #[schemars(length(min = 1))]
    pub(super) security_token_file: Field<String>,
}

/// An IAM token as it stands; the file is read whenever it is needed anew.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("allOf" = [one_of("value", "file")]))]
pub(super) struct Token {
    /// The token. Better keep it in a file of its own: `file`.
    #[schemars(length(min = 1))]
    pub(super) value: Field<String>,
    /// A file with the token.
    #[schemars(length(min = 1))]
    pub(super) file: Field<String>,
}

/// An IAM user who logs in.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["domain", "user"], "allOf" = [one_of("password", "password_file")]))]
pub(super) struct Password {
    /// The name of the account.
    #[schemars(length(min = 1))]
    pub(super) domain: Field<String>,
    /// The name of the user.
    #[schemars(length(min = 1))]
    pub(super) user: Field<String>,
    /// The user's password. Better keep it in a file of its own: `password_file`.
    #[schemars(length(min = 1))]
    pub(super) password: Field<String>,
    /// A file with the user's password.
    #[schemars(length(min = 1))]
    pub(super) password_file: Field<String>,
}

/// The agency of the ECS that the exporter runs on.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Agency {
    /// The URL of the metadata service. Default: `METASTUDIO_METADATA_ENDPOINT`, or that of every ECS.
    #[schemars(extend("format" = "uri", "examples" = [chain::METADATA]))]
    pub(super) endpoint: Field<String>,
}

/// An OIDC identity token, exchanged for temporary keys.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["provider_urn", "agency_urn", "token_file"]))]
pub(super) struct Oidc {
    /// The URN of the identity provider in IAM.
    #[schemars(length(min = 1))]
    pub(super) provider_urn: Field<String>,
    /// The URN of the agency to assume.
    #[schemars(length(min = 1))]
    pub(super) agency_urn: Field<String>,
    /// A file with the identity token, read anew for each exchange.
    #[schemars(length(min = 1))]
    pub(super) token_file: Field<String>,
    /// How the cloud's audit log calls this program.
    #[schemars(length(min = 1), extend("default" = chain::SESSION_NAME))]
    pub(super) session_name: Field<String>,
    /// How long the temporary keys are good, from 15m to 12h.
    #[schemars(extend("pattern" = DURATION, "default" = "1h"))]
    pub(super) duration: Field<String>,
    /// The URL of STS. Default: that of the region.
    #[schemars(extend("format" = "uri"))]
    pub(super) sts_endpoint: Field<String>,
}

/// The identity of the CCE pod that the exporter runs in. Default: `HC_CONTAINER_CREDENTIALS_FULL_URI` and
/// `HC_CONTAINER_AUTHORIZATION_TOKEN_FILE`.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("dependencies" = {"uri": ["token_file"], "token_file": ["uri"]}))]
pub(super) struct PodIdentity {
    /// Where the credentials are given out.
    #[schemars(extend("format" = "uri"))]
    pub(super) uri: Field<String>,
    /// A file with the pod's token, read anew for each exchange.
    #[schemars(length(min = 1))]
    pub(super) token_file: Field<String>,
}

/// Which users are shown, and what of them.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UserQuotas {
    /// The most users to show; those with the highest utilisation stay.
    #[schemars(
        extend("minimum" = MAX_USERS.start(), "maximum" = MAX_USERS.end(), "default" = Defaults::default().max_users)
    )]
    pub(super) max_users: Field<i64>,
    /// Users to show: regular expressions of the whole ID or name. All where it is empty.
    #[schemars(inner(length(min = 1)))]
    pub(super) include: Field<Vec<Field<String>>>,
    /// Users to leave out: regular expressions of the whole ID or name; stronger than `include`.
    #[schemars(inner(length(min = 1)))]
    pub(super) exclude: Field<Vec<Field<String>>>,
    /// Items to show, as the API calls its fields, for example `voice_clone_basic`. All where it is empty.
    #[schemars(inner(regex(pattern = ITEM)))]
    pub(super) items: Field<Vec<Field<String>>>,
    /// Whether IAM is asked for the users' names, which needs the right to list users.
    #[schemars(extend("default" = Defaults::default().names))]
    pub(super) names: Field<bool>,
}

fn collectors() -> [&'static str; 2] {
    Collector::ALL.map(Collector::as_str)
}

/// Exactly one of two keys.
fn one_of(a: &str, b: &str) -> serde_json::Value {
    json!({"oneOf": [{"required": [a]}, {"required": [b]}]})
}

/// Not both a key and its file.
fn one_at_most(key: &str) -> serde_json::Value {
    json!({"not": {"required": [key, format!("{key}_file")]}})
}
