//! The credentials of one project of the configuration file.

use reqwest::Url;

use super::{Context, format};
use crate::cloud::credentials::{
    Agency, KeyPair, Oidc, Password, PodIdentity, Scope, Secret, SecretValue, Source,
};
use crate::config::problems::{Node, Setting};
use crate::config::{chain, url, values};

/// What credentials need to know about their project. `None` is for values with a recorded problem.
pub(super) struct CredentialsContext<'a> {
    pub(super) region: &'a str,
    pub(super) scope: Option<Scope>,
    pub(super) iam_endpoint: Option<Url>,
}

/// The one kind that is set.
pub(super) fn source(
    context: &Context<'_>,
    facts: CredentialsContext<'_>,
    node: &Node<'_>,
    found: format::CredentialsSection,
) -> Option<Source> {
    let kinds = [
        ("access_key", found.access_key.is_set()),
        ("token", found.token.is_set()),
        ("password", found.password.is_set()),
        ("agency", found.agency.is_set()),
        ("oidc", found.oidc.is_set()),
        ("pod_identity", found.pod_identity.is_set()),
    ];
    let region = facts.region;
    // All kinds are read, to record all their problems.
    let sources = [
        node.read("access_key", found.access_key, |node, found| access_key(context, node, &found)),
        node.read("token", found.token, |node, found| token(context, node, &found)),
        node.read("password", found.password, |node, found| password(context, facts, node, &found)),
        node.read("agency", found.agency, |node, found| agency(context, node, &found)),
        node.read("oidc", found.oidc, |node, found| oidc(context, region, node, &found)),
        node.read("pod_identity", found.pod_identity, |node, found| pod_identity(context, node, &found)),
    ];
    let set: Vec<_> = kinds.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| *name).collect();
    match set.len() {
        1 => return sources.into_iter().flatten().next(),
        0 => {
            let known = kinds.map(|(name, _)| name).join(", ");
            node.record(format!(
                "has no kind: write one of {known} below it, or remove it to use the environment's"
            ));
        }
        _ => node.record(format!("has several kinds ({}): keep one", set.join(", "))),
    }
    None
}

fn secret(
    context: &Context<'_>,
    node: &Node<'_>,
    names: [&str; 2],
    [text, file]: [&Setting<String>; 2],
    check: fn(&str) -> Result<Secret, String>,
) -> Option<SecretValue> {
    let check_text = |text: &String| check(text).map(SecretValue::Inline);
    let check_file = |file: &String| values::secret_file(context.directory, file).map(SecretValue::File);
    node.text_or_file(names, text, file, check_text, check_file)
}

fn access_key(context: &Context<'_>, node: &Node<'_>, found: &format::AccessKeySection) -> Option<Source> {
    let read = |names, settings| secret(context, node, names, settings, values::header_secret);
    let (ak, sk) = ([&found.ak, &found.ak_file], [&found.sk, &found.sk_file]);
    let ak = node.required("ak", &ak, read(["ak", "ak_file"], ak), "write ak or ak_file");
    let sk = node.required("sk", &sk, read(["sk", "sk_file"], sk), "write sk_file or sk");
    let security_token =
        read(["security_token", "security_token_file"], [&found.security_token, &found.security_token_file]);
    Some(Source::AccessKey(KeyPair { ak: ak?, sk: sk?, security_token }))
}

fn token(context: &Context<'_>, node: &Node<'_>, found: &format::TokenSection) -> Option<Source> {
    let settings = [&found.value, &found.file];
    let token = secret(context, node, ["value", "file"], settings, values::header_secret);
    node.required("file", &settings, token, "write file or value").map(Source::Token)
}

/// A line of text, or `None` after recording that it is missing or wrong.
fn required_line(node: &Node<'_>, name: &str, setting: &Setting<String>, what: &str) -> Option<String> {
    let line = node.check(name, setting, |text| values::line(text));
    node.required(name, &[setting], line, &format!("write {what}"))
}

fn password(
    context: &Context<'_>,
    facts: CredentialsContext<'_>,
    node: &Node<'_>,
    found: &format::PasswordSection,
) -> Option<Source> {
    let domain = required_line(node, "domain", &found.domain, "the name of the account");
    let user = required_line(node, "user", &found.user, "the name of the IAM user");
    let settings = [&found.password, &found.password_file];
    let password = secret(context, node, ["password", "password_file"], settings, values::secret);
    let password = node.required("password_file", &settings, password, "write password_file or password");
    Some(Source::Password(Password {
        domain: domain?,
        user: user?,
        password: password?,
        iam_endpoint: facts.iam_endpoint?,
        scope: facts.scope?,
    }))
}

fn agency(context: &Context<'_>, node: &Node<'_>, found: &format::AgencySection) -> Option<Source> {
    let metadata_endpoint = if found.endpoint.is_set() {
        node.check("endpoint", &found.endpoint, |text| values::base_url(text))
    } else {
        // The metadata service belongs to the machine, like the variable.
        let record = |error| node.record_under("endpoint", format!("is missing, and {error}"));
        chain::metadata_endpoint(context.environment).map_err(record).ok()
    };
    Some(Source::Agency(Agency { metadata_endpoint: metadata_endpoint? }))
}

fn oidc(context: &Context<'_>, region: &str, node: &Node<'_>, found: &format::OidcSection) -> Option<Source> {
    let provider = "the URN of the identity provider in IAM";
    let provider_urn = required_line(node, "provider_urn", &found.provider_urn, provider);
    let agency_urn = required_line(node, "agency_urn", &found.agency_urn, "the URN of the agency to assume");
    let token_file =
        node.check("token_file", &found.token_file, |text| values::secret_file(context.directory, text));
    let what = "write the path of the file with the identity token";
    let token_file = node.required("token_file", &[&found.token_file], token_file, what);
    let session_name = node.check("session_name", &found.session_name, |text| values::line(text));
    let duration =
        node.check("duration", &found.duration, |text| values::sts_duration(values::duration(text)?));
    let sts_endpoint = if found.sts_endpoint.is_set() {
        node.check("sts_endpoint", &found.sts_endpoint, |text| values::base_url(text))
    } else {
        super::project::of_region(node, "sts_endpoint", url::sts(region))
    };
    Some(Source::Oidc(Oidc {
        provider_urn: provider_urn?,
        agency_urn: agency_urn?,
        token_file: token_file?,
        session_name: session_name.unwrap_or_else(|| chain::SESSION_NAME.to_owned()),
        duration: duration.unwrap_or(chain::DURATION),
        sts_endpoint: sts_endpoint?,
    }))
}

fn pod_identity(
    context: &Context<'_>,
    node: &Node<'_>,
    found: &format::PodIdentitySection,
) -> Option<Source> {
    if !found.uri.is_set() && !found.token_file.is_set() {
        match chain::pod_identity(context.environment) {
            Ok(Some(source)) => return Some(source),
            Ok(None) => node.record(
                "has no uri and no token_file: write both, or set HC_CONTAINER_CREDENTIALS_FULL_URI and \
                 HC_CONTAINER_AUTHORIZATION_TOKEN_FILE",
            ),
            Err(error) => {
                node.record(format!("has no uri and no token_file, and in the environment {error}"));
            }
        }
        return None;
    }
    let uri = node.check("uri", &found.uri, |text| values::base_url(text));
    let token_file =
        node.check("token_file", &found.token_file, |text| values::secret_file(context.directory, text));
    let uri = node.required("uri", &[&found.uri], uri, "token_file is set, so write both");
    let token_file =
        node.required("token_file", &[&found.token_file], token_file, "uri is set, so write both");
    Some(Source::PodIdentity(PodIdentity { uri: uri?, token_file: token_file? }))
}
