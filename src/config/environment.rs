//! The environment: a lookup of variables by name, and the one project that they describe.

use std::collections::BTreeMap;
use std::fmt;

use reqwest::Url;

use super::{ProjectConfig, UserQuotasConfig, chain, url};
use crate::cloud::credentials::Secret;
use crate::snapshot::Collector;

/// Variables by name. A variable that is set to nothing counts as not set.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The value of a variable, without the white space around it.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    pub(super) fn secret(&self, name: &str) -> Option<Secret> {
        self.get(name).map(Secret::from)
    }

    /// The URL in a variable.
    pub(super) fn url(&self, name: &'static str) -> Result<Option<Url>, EnvironmentError> {
        let parse = |text| url::base_url(text).map_err(|problem| EnvironmentError::Url { name, problem });
        self.get(name).map(parse).transpose()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    /// Shows the names only: values may be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why variables cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvironmentError {
    /// A region or project ID has characters that a URL cannot carry.
    #[error("{0} has characters other than letters, digits, - and _")]
    NotPlain(&'static str),
    /// Neither a project ID nor a region is set.
    #[error("neither a project ID nor a region is set")]
    NoProject,
    /// Neither a region nor an endpoint is set.
    #[error("neither a region nor an endpoint is set")]
    NoRegion,
    /// The region gives no URL.
    #[error("the region {0}")]
    Region(String),
    /// A variable has no base URL. The problem is the rest of a sentence that begins with the name.
    #[error("{name} {problem}")]
    Url {
        /// The variable, or the key of the profile file.
        name: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// A variable has no URL of a proxy. The problem is the rest of a sentence that begins with the name.
    #[error("{name} {problem}")]
    Proxy {
        /// The variable.
        name: &'static str,
        /// What is wrong, without the value.
        problem: &'static str,
    },
    /// Variables that are set together are set in part.
    #[error("{set} is set and {missing} is not")]
    Incomplete {
        /// The one that is set.
        set: &'static str,
        /// The one that is not.
        missing: &'static str,
    },
    /// The lifetime of temporary keys is not one that STS offers.
    #[error("{0} is not a whole number from 900 to 43200")]
    StsDuration(&'static str),
    /// The SDKs' profile file cannot be used.
    #[error("{0}")]
    Profile(String),
}

pub(crate) const PROJECT_ID: &str = "HUAWEICLOUD_SDK_PROJECT_ID";
pub(crate) const REGION: &str = "METASTUDIO_REGION";
pub(crate) const ENDPOINT: &str = "METASTUDIO_ENDPOINT";
pub(crate) const IAM_ENDPOINT: &str = "HUAWEICLOUD_SDK_IAM_ENDPOINT";

impl ProjectConfig {
    /// The one project that the environment describes.
    ///
    /// # Errors
    /// The first variable that cannot be used, or is missing.
    pub fn from_environment(environment: &Environment) -> Result<Self, EnvironmentError> {
        let region = environment.get(REGION).unwrap_or_default();
        if !url::is_plain(region) {
            return Err(EnvironmentError::NotPlain(REGION));
        }
        let of_region =
            |endpoint: fn(&str) -> Result<Url, String>| endpoint(region).map_err(EnvironmentError::Region);
        let chain::Found { source, profile } = chain::credentials(environment, region)?;
        let profile_id = profile.as_ref().and_then(|profile| profile.project_id.as_deref());
        let id = environment.get(PROJECT_ID).or(profile_id).map(str::to_owned);
        match &id {
            Some(id) if !url::is_plain(id) => return Err(EnvironmentError::NotPlain(PROJECT_ID)),
            None if region.is_empty() => return Err(EnvironmentError::NoProject),
            _ => {}
        }
        let endpoint = match environment.url(ENDPOINT)? {
            Some(endpoint) => endpoint,
            None if region.is_empty() => return Err(EnvironmentError::NoRegion),
            None => of_region(url::metastudio)?,
        };
        let iam_endpoint = match environment.url(IAM_ENDPOINT)? {
            Some(endpoint) => endpoint,
            None => match profile.and_then(|profile| profile.iam_endpoint) {
                Some(endpoint) => url::base_url(&endpoint).map_err(|problem| EnvironmentError::Url {
                    name: "iam_endpoint of the SDKs' profile file",
                    problem,
                })?,
                None => of_region(url::iam)?,
            },
        };
        Ok(Self {
            name: id.clone().unwrap_or_else(|| region.to_owned()),
            id,
            region: region.to_owned(),
            endpoint,
            iam_endpoint,
            ca_file: None,
            credentials: source,
            collectors: Collector::DEFAULT.to_vec(),
            user_quotas: UserQuotasConfig::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::credentials::Source;

    /// The variables of a project, and changes of them: an empty value removes one.
    fn environment(changes: &[(&str, &str)]) -> Environment {
        let complete = [
            (PROJECT_ID, "0123456789abcdef0123456789abcdef"),
            (REGION, "cn-north-4"),
            ("HUAWEICLOUD_SDK_AK", "AK"),
            ("HUAWEICLOUD_SDK_SK", "very-secret"),
        ];
        complete.iter().chain(changes).copied().collect()
    }

    fn project(changes: &[(&str, &str)]) -> ProjectConfig {
        ProjectConfig::from_environment(&environment(changes)).unwrap()
    }

    fn error(changes: &[(&str, &str)]) -> EnvironmentError {
        ProjectConfig::from_environment(&environment(changes)).unwrap_err()
    }

    #[test]
    fn a_variable_set_to_nothing_counts_as_not_set() {
        let environment: Environment = [("A", ""), ("B", " \n"), ("C", " c ")].into_iter().collect();
        assert_eq!(["A", "B", "C", "D"].map(|name| environment.get(name)), [None, None, Some("c"), None]);
    }

    #[test]
    fn a_region_gives_the_endpoints_and_an_endpoint_needs_no_region() {
        let regional = project(&[]);
        assert_eq!(regional.endpoint.as_str(), "https://metastudio.cn-north-4.myhuaweicloud.com/");
        assert_eq!(regional.iam_endpoint.as_str(), "https://iam.cn-north-4.myhuaweicloud.com/");
        assert_eq!(regional.name, "0123456789abcdef0123456789abcdef");

        let global = project(&[(ENDPOINT, "http://127.0.0.1:8480/prefix"), (REGION, "")]);
        assert_eq!((global.endpoint.as_str(), global.region.as_str()), ("http://127.0.0.1:8480/prefix", ""));
        assert_eq!(global.iam_endpoint.as_str(), "https://iam.myhuaweicloud.com/");
    }

    #[test]
    fn without_an_id_the_region_is_the_name_and_iam_looks_the_id_up() {
        let project = project(&[(PROJECT_ID, "")]);
        assert_eq!((project.name.as_str(), project.id), ("cn-north-4", None));
        assert!(matches!(project.credentials, Source::AccessKey(_)));
    }

    #[test]
    fn a_missing_variable_is_an_error() {
        assert_eq!(error(&[(PROJECT_ID, ""), (REGION, "")]), EnvironmentError::NoProject);
        assert_eq!(error(&[(REGION, "")]), EnvironmentError::NoRegion);
    }

    #[test]
    fn a_bad_variable_is_named_and_no_secret_repeated() {
        assert_eq!(error(&[(PROJECT_ID, "../x")]), EnvironmentError::NotPlain(PROJECT_ID));
        assert_eq!(error(&[(REGION, "x/y")]), EnvironmentError::NotPlain(REGION));
        for (endpoint, expected) in [
            ("metastudio.example.com", "is not a URL (relative URL without a base)"),
            ("ftp://metastudio.example.com", "must begin with https:// or http://"),
            ("https://user:hunter2@example.com", "must not hold a user or password"),
            ("https://example.com/?key=hunter2", "must end before any ? or #"),
        ] {
            for name in [ENDPOINT, IAM_ENDPOINT] {
                let error = error(&[(name, endpoint)]).to_string();
                assert!(error.starts_with(&format!("{name} {expected}")), "{error}");
                assert!(!error.contains("hunter2"), "{error}");
            }
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?} {:?}", environment(&[]), project(&[]));
        assert!(shown.contains("HUAWEICLOUD_SDK_SK") && !shown.contains("very-secret"), "{shown}");
    }
}
