//! What the exporter is told to do: plain, validated data.
//!
//! Does not read the environment or flags; whoever does hands the texts in, and gets sentences back.

use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;

use crate::cloud::credentials::{AccessKey, Source};

/// All there is to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// When and how to poll.
    pub poll: Poll,
    /// What to poll.
    pub projects: Vec<Project>,
}

/// When and how to poll.
#[derive(Debug, Clone, Copy)]
pub struct Poll {
    /// From the start of a poll to the start of the next.
    pub interval: Duration,
    /// The time for all pages of one API.
    pub timeout: Duration,
    /// The age at which data is no longer shown.
    pub max_staleness: Duration,
    /// Pages of one list asked for at a time.
    pub concurrency: usize,
    /// The most requests a second for one project.
    pub requests_per_second: f64,
}

/// One MetaStudio project.
#[derive(Debug, Clone)]
pub struct Project {
    /// Label `project`, unique.
    pub name: String,
    /// The project ID.
    pub id: String,
    /// The region; empty where only the endpoint is known.
    pub region: String,
    /// The base URL of MetaStudio.
    pub endpoint: Url,
    /// Where the credentials come from.
    pub credentials: Source,
    /// IAM, where users' names are to be looked up.
    pub names_from: Option<Url>,
}

/// A configuration that cannot be used: a sentence that says what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct Invalid(String);

/// The texts that describe one project without a file; empty ones count as absent.
#[derive(Debug, Default, Clone)]
pub struct Environment {
    /// `--project.id` or `HUAWEICLOUD_SDK_PROJECT_ID`
    pub project_id: Option<String>,
    /// `--project.region` or `METASTUDIO_REGION`
    pub region: Option<String>,
    /// `--project.endpoint` or `METASTUDIO_ENDPOINT`
    pub endpoint: Option<String>,
    /// `HUAWEICLOUD_SDK_AK`
    pub access_key: Option<String>,
    /// `HUAWEICLOUD_SDK_SK`
    pub secret_key: Option<SecretString>,
    /// `HUAWEICLOUD_SDK_SECURITY_TOKEN`
    pub security_token: Option<SecretString>,
    /// `METASTUDIO_AUTH_TOKEN`
    pub auth_token: Option<SecretString>,
    /// `METASTUDIO_AUTH_TOKEN_FILE`
    pub auth_token_file: Option<PathBuf>,
}

impl Project {
    /// The one project that the environment describes.
    ///
    /// # Errors
    /// A sentence that names the variable to set or to mend.
    pub fn from_environment(environment: Environment) -> Result<Self, Invalid> {
        let credentials = credentials(&environment)?;
        let id = environment.project_id.ok_or_else(|| {
            invalid("no project: set HUAWEICLOUD_SDK_PROJECT_ID (or --project.id) to the ID of a MetaStudio project")
        })?;
        if !is_plain(&id) {
            return Err(invalid(
                "the project ID may have letters, digits, - and _ only: set HUAWEICLOUD_SDK_PROJECT_ID (or \
                 --project.id) to the ID that the console shows under My Credentials",
            ));
        }
        let region = environment.region.unwrap_or_default();
        if !is_plain(&region) {
            return Err(invalid(
                "the region may have letters, digits, - and _ only: set METASTUDIO_REGION (or --project.region) to \
                 one like cn-north-4",
            ));
        }
        let endpoint = match environment.endpoint {
            Some(endpoint) => base_url("METASTUDIO_ENDPOINT (or --project.endpoint)", &endpoint)?,
            None if region.is_empty() => {
                return Err(invalid(
                    "no region: set METASTUDIO_REGION (or --project.region), for example to cn-north-4, or \
                     METASTUDIO_ENDPOINT (or --project.endpoint) to a URL",
                ));
            }
            None => base_url("the region", &format!("https://metastudio.{region}.myhuaweicloud.com"))?,
        };
        Ok(Self { name: id.clone(), id, region, endpoint, credentials, names_from: None })
    }
}

/// An access key first, then a token, then a token file: the first that is there.
fn credentials(environment: &Environment) -> Result<Source, Invalid> {
    match (environment.access_key.clone(), environment.secret_key.clone()) {
        (Some(id), Some(secret)) => {
            let security_token = environment.security_token.clone();
            return Ok(Source::AccessKey(AccessKey { id, secret, security_token }));
        }
        (Some(_), None) => {
            return Err(invalid("half a key pair: HUAWEICLOUD_SDK_AK is set, so set HUAWEICLOUD_SDK_SK too"));
        }
        (None, Some(_)) => {
            return Err(invalid("half a key pair: HUAWEICLOUD_SDK_SK is set, so set HUAWEICLOUD_SDK_AK too"));
        }
        (None, None) => {}
    }
    if let Some(token) = environment.auth_token.clone() {
        return Ok(Source::Token(token));
    }
    if let Some(path) = environment.auth_token_file.clone() {
        return Ok(Source::TokenFile(path));
    }
    Err(invalid(
        "no credentials: set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or METASTUDIO_AUTH_TOKEN, or \
         METASTUDIO_AUTH_TOKEN_FILE",
    ))
}

/// A URL that paths can be put behind, and that carries no secret into labels and logs.
fn base_url(name: &str, text: &str) -> Result<Url, Invalid> {
    let wanted = "for example https://metastudio.cn-north-4.myhuaweicloud.com";
    // The text itself is not repeated: it may hold a password.
    let url = Url::parse(text)
        .map_err(|error| invalid(&format!("{name} is no URL ({error}): set it to one, {wanted}")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(invalid(&format!("{name} must begin with https:// or http://: set it so, {wanted}")));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(invalid(&format!("{name} must not hold a user or password: take them out, {wanted}")));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid(&format!("{name} must end before any ? or #: cut it there, {wanted}")));
    }
    Ok(url)
}

fn is_plain(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

fn invalid(sentence: &str) -> Invalid {
    Invalid(sentence.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> Environment {
        Environment {
            project_id: Some("0123456789abcdef0123456789abcdef".to_owned()),
            region: Some("cn-north-4".to_owned()),
            access_key: Some("AK".to_owned()),
            secret_key: Some("very-secret".into()),
            ..Environment::default()
        }
    }

    fn error(change: impl FnOnce(&mut Environment)) -> String {
        let mut environment = complete();
        change(&mut environment);
        Project::from_environment(environment).unwrap_err().to_string()
    }

    #[test]
    fn a_region_gives_the_endpoint_and_an_endpoint_needs_no_region() {
        let project = Project::from_environment(complete()).unwrap();
        assert_eq!(project.endpoint.as_str(), "https://metastudio.cn-north-4.myhuaweicloud.com/");
        assert_eq!(project.name, "0123456789abcdef0123456789abcdef");

        let endpoint = Some("http://127.0.0.1:8480/prefix".to_owned());
        let project =
            Project::from_environment(Environment { endpoint, region: None, ..complete() }).unwrap();
        assert_eq!(
            (project.endpoint.as_str(), project.region.as_str()),
            ("http://127.0.0.1:8480/prefix", "")
        );
    }

    #[test]
    fn an_access_key_goes_before_a_token_and_a_token_before_its_file() {
        let token = |environment: &mut Environment| {
            environment.auth_token = Some("token".into());
            environment.auth_token_file = Some("/run/token".into());
        };
        let mut environment = complete();
        token(&mut environment);
        assert!(matches!(credentials(&environment), Ok(Source::AccessKey(_))));
        (environment.access_key, environment.secret_key) = (None, None);
        assert!(matches!(credentials(&environment), Ok(Source::Token(_))));
        environment.auth_token = None;
        assert!(matches!(credentials(&environment), Ok(Source::TokenFile(_))));
    }

    #[test]
    fn what_is_missing_is_named() {
        assert_eq!(
            error(|e| (e.access_key, e.secret_key) = (None, None)),
            "no credentials: set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, or METASTUDIO_AUTH_TOKEN, or \
             METASTUDIO_AUTH_TOKEN_FILE"
        );
        assert_eq!(
            error(|e| e.secret_key = None),
            "half a key pair: HUAWEICLOUD_SDK_AK is set, so set HUAWEICLOUD_SDK_SK too"
        );
        assert_eq!(
            error(|e| e.access_key = None),
            "half a key pair: HUAWEICLOUD_SDK_SK is set, so set HUAWEICLOUD_SDK_AK too"
        );
        assert!(error(|e| e.project_id = None).starts_with("no project: set HUAWEICLOUD_SDK_PROJECT_ID"));
        assert!(error(|e| e.region = None).starts_with("no region: set METASTUDIO_REGION"));
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_repeated() {
        assert!(
            error(|e| e.project_id = Some("../x".to_owned())).starts_with("the project ID may have letters")
        );
        assert!(error(|e| e.region = Some("x/y".to_owned())).starts_with("the region may have letters"));
        for (endpoint, expected) in [
            ("metastudio.example.com", "is no URL (relative URL without a base)"),
            ("ftp://metastudio.example.com", "must begin with https:// or http://"),
            ("https://user:hunter2@example.com", "must not hold a user or password"),
            ("https://example.com/?key=hunter2", "must end before any ? or #"),
        ] {
            let error = error(|e| e.endpoint = Some(endpoint.to_owned()));
            assert!(
                error.starts_with(&format!("METASTUDIO_ENDPOINT (or --project.endpoint) {expected}")),
                "{error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?} {:?}", complete(), Project::from_environment(complete()).unwrap());
        assert!(!shown.contains("very-secret"), "{shown}");
    }
}
