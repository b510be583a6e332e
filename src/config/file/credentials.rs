//! One kind of credentials from what the file says.

use reqwest::Url;

use super::context::Context;
use super::{format, values};
use crate::cloud::credentials::{self as sources, KeyPair, Scope, Source};
use crate::config::yaml::Place;
use crate::config::{chain, url};

/// What credentials need to know of their project. What is none could not be read, which has been noted.
pub(super) struct Owner<'a> {
    pub(super) region: &'a str,
    pub(super) scope: Option<Scope>,
    pub(super) iam_endpoint: Option<Url>,
}

/// The one kind that is there.
pub(super) fn source(
    context: &Context<'_>,
    owner: Owner<'_>,
    place: &Place,
    found: format::Credentials,
) -> Option<Source> {
    let region = owner.region;
    // All are read, so that all that is wrong is told.
    let kinds = [
        ("access_key", found.access_key.read(|place, found| access_key(context, place, found))),
        ("token", found.token.read(|place, found| token(context, place, found))),
        ("password", found.password.read(|place, found| password(context, owner, place, found))),
        ("agency", found.agency.read(|place, found| agency(context, place, found))),
        ("oidc", found.oidc.read(|place, found| oidc(context, region, place, found))),
        ("pod_identity", found.pod_identity.read(|place, found| pod_identity(context, place, found))),
    ];
    let known = kinds.each_ref().map(|(name, _)| *name).join(", ");
    let there: Vec<_> = kinds.into_iter().filter(|(_, source)| !source.is_absent()).collect();
    let names: Vec<_> = there.iter().map(|(name, _)| *name).collect();
    let sentence = match names.len() {
        1 => return there.into_iter().find_map(|(_, source)| source.into_good()),
        0 => format!("has no kind: write one of {known} below it, or take it away for the environment's"),
        _ => format!("has several kinds ({}): keep one", names.join(", ")),
    };
    context.problems.note(place.clone(), sentence);
    None
}

fn access_key(context: &Context<'_>, place: &Place, found: format::AccessKey) -> Option<Source> {
    let check = values::header_secret;
    let ak = context.text_or_file(place, ["ak", "ak_file"], found.ak, found.ak_file, check);
    let sk = context.text_or_file(place, ["sk", "sk_file"], found.sk, found.sk_file, check);
    let names = ["security_token", "security_token_file"];
    let security_token =
        context.text_or_file(place, names, found.security_token, found.security_token_file, check);
    let ak = ak.required(context.problems, place.under("ak"), "is missing: write ak or ak_file");
    let sk = sk.required(context.problems, place.under("sk"), "is missing: write sk_file or sk");
    let security_token = security_token.read(|_, text| Some(Some(text))).or(None);
    Some(Source::AccessKey(KeyPair { ak: ak?, sk: sk?, security_token: security_token? }))
}

fn token(context: &Context<'_>, place: &Place, found: format::Token) -> Option<Source> {
    let names = ["value", "file"];
    let token = context.text_or_file(place, names, found.value, found.file, values::header_secret);
    token
        .required(context.problems, place.under("file"), "is missing: write file or value")
        .map(Source::Token)
}

fn password(
    context: &Context<'_>,
    owner: Owner<'_>,
    place: &Place,
    found: format::Password,
) -> Option<Source> {
    let domain = context.required_line(place, "domain", found.domain, "the name of the account");
    let user = context.required_line(place, "user", found.user, "the name of the IAM user");
    let names = ["password", "password_file"];
    let password = context.text_or_file(place, names, found.password, found.password_file, values::secret);
    let missing = "is missing: write password_file or password";
    let password = password.required(context.problems, place.under("password_file"), missing);
    Some(Source::Password(sources::Password {
        domain: domain?,
        user: user?,
        password: password?,
        iam_endpoint: owner.iam_endpoint?,
        scope: owner.scope?,
    }))
}

fn agency(context: &Context<'_>, place: &Place, found: format::Agency) -> Option<Source> {
    let endpoint = found.endpoint.check(context.problems, values::base_url);
    // The service is the machine's, and so is the variable.
    let default = context.environment.metadata_endpoint.as_deref().unwrap_or(chain::METADATA);
    let metadata_endpoint =
        context
            .url_or(place, "endpoint", endpoint, "METASTUDIO_METADATA_ENDPOINT", || url::base_url(default));
    Some(Source::Agency(sources::Agency { metadata_endpoint: metadata_endpoint? }))
}

fn oidc(context: &Context<'_>, region: &str, place: &Place, found: format::Oidc) -> Option<Source> {
    let problems = context.problems;
    let provider = "the URN of the identity provider in IAM";
    let provider_urn = context.required_line(place, "provider_urn", found.provider_urn, provider);
    let agency = "the URN of the agency to assume";
    let agency_urn = context.required_line(place, "agency_urn", found.agency_urn, agency);
    let missing = "is missing: write the path of the file with the identity token";
    let token_file = found.token_file.check(problems, |text| values::secret_file(context.directory, &text));
    let token_file = token_file.required(problems, place.under("token_file"), missing);
    let session_name = found.session_name.check(problems, values::line).or(chain::SESSION_NAME.to_owned());
    let duration = found.duration.check(problems, |text| values::sts_duration(&text)).or(chain::DURATION);
    let sts_endpoint = found.sts_endpoint.check(problems, values::base_url);
    let sts_endpoint =
        context.url_or(place, "sts_endpoint", sts_endpoint, "the region's", || url::sts(region));
    Some(Source::Oidc(sources::Oidc {
        provider_urn: provider_urn?,
        agency_urn: agency_urn?,
        token_file: token_file?,
        session_name: session_name?,
        duration: duration?,
        sts_endpoint: sts_endpoint?,
    }))
}

fn pod_identity(context: &Context<'_>, place: &Place, found: format::PodIdentity) -> Option<Source> {
    let problems = context.problems;
    if found.uri.is_absent() && found.token_file.is_absent() {
        let sentence = match chain::pod_identity(context.environment) {
            Ok(Some(source)) => return Some(source),
            Ok(None) => {
                "has no uri and no token_file: write both, or set HC_CONTAINER_CREDENTIALS_FULL_URI and \
                         HC_CONTAINER_AUTHORIZATION_TOKEN_FILE"
                    .to_owned()
            }
            Err(invalid) => format!("has no uri and no token_file, and the environment's: {invalid}"),
        };
        problems.note(place.clone(), sentence);
        return None;
    }
    let uri = found.uri.check(problems, values::base_url);
    let token_file = found.token_file.check(problems, |text| values::secret_file(context.directory, &text));
    let uri = uri.required(problems, place.under("uri"), "is missing: token_file is there, so write both");
    let missing = "is missing: uri is there, so write both";
    let token_file = token_file.required(problems, place.under("token_file"), missing);
    Some(Source::PodIdentity(sources::PodIdentity { uri: uri?, token_file: token_file? }))
}
