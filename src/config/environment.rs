//! One project from the environment, for whoever has no configuration file.

use reqwest::Url;

use super::variables::{Environment, Invalid, named_url};
use super::{ProjectConfig, UserQuotasConfig, chain, url};
use crate::cloud::credentials::profile;
use crate::snapshot::Collector;

impl ProjectConfig {
    /// The one project that the environment describes.
    ///
    /// # Errors
    /// A sentence that names the variable to set or to mend.
    pub fn from_environment(environment: &Environment) -> Result<Self, Invalid> {
        let region = environment.region.clone().unwrap_or_default();
        if !url::is_plain(&region) {
            return Err(Invalid::new(
                "the region may have letters, digits, - and _ only: set METASTUDIO_REGION (or --project.region) to \
                 one like cn-north-4",
            ));
        }
        let chained = chain::credentials(environment, &region)?;
        let profile = chained.profile;
        let id = environment.project_id.clone().or_else(|| profile.as_ref()?.project_id.clone());
        let id = match id {
            Some(id) if !url::is_plain(&id) => {
                return Err(Invalid::new(
                    "the project ID may have letters, digits, - and _ only: set HUAWEICLOUD_SDK_PROJECT_ID (or \
                     --project.id) to the ID that the console shows under My Credentials",
                ));
            }
            None if region.is_empty() => {
                return Err(Invalid::new(
                    "no project: set HUAWEICLOUD_SDK_PROJECT_ID (or --project.id) to the ID of a MetaStudio project, \
                     or METASTUDIO_REGION (or --project.region) to let IAM tell the region's",
                ));
            }
            id => id,
        };
        let endpoint = match &environment.endpoint {
            Some(endpoint) => named_url("METASTUDIO_ENDPOINT (or --project.endpoint)", endpoint)?,
            None if region.is_empty() => {
                return Err(Invalid::new(
                    "no region: set METASTUDIO_REGION (or --project.region), for example to cn-north-4, or \
                     METASTUDIO_ENDPOINT (or --project.endpoint) to a URL",
                ));
            }
            None => url::metastudio(&region).map_err(|error| Invalid(format!("the region {error}")))?,
        };
        let iam_endpoint = iam_endpoint(environment, profile.as_ref(), &region)?;
        Ok(Self {
            name: id.clone().unwrap_or_else(|| region.clone()),
            id,
            region,
            endpoint,
            iam_endpoint,
            ca_file: None,
            credentials: chained.source,
            collectors: Collector::ALL.to_vec(),
            user_quotas: UserQuotasConfig::default(),
        })
    }
}

/// IAM's endpoint: the environment's, then the profile's, then the region's own.
pub(super) fn iam_endpoint(
    environment: &Environment,
    profile: Option<&profile::Profile>,
    region: &str,
) -> Result<Url, Invalid> {
    if let Some(endpoint) = &environment.iam_endpoint {
        return named_url("HUAWEICLOUD_SDK_IAM_ENDPOINT (or --project.iam-endpoint)", endpoint);
    }
    match profile.and_then(|profile| profile.iam_endpoint.as_ref()) {
        Some(endpoint) => named_url("iam_endpoint of the SDK's profile file", endpoint),
        None => url::iam(region).map_err(|error| Invalid(format!("the region {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::credentials::Source;

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
        ProjectConfig::from_environment(&environment).unwrap_err().to_string()
    }

    #[test]
    fn a_region_gives_the_endpoints_and_an_endpoint_needs_no_region() {
        let project = ProjectConfig::from_environment(&complete()).unwrap();
        assert_eq!(project.endpoint.as_str(), "https://metastudio.cn-north-4.myhuaweicloud.com/");
        assert_eq!(project.iam_endpoint.as_str(), "https://iam.cn-north-4.myhuaweicloud.com/");
        assert_eq!(project.name, "0123456789abcdef0123456789abcdef");

        let endpoint = Some("http://127.0.0.1:8480/prefix".to_owned());
        let environment = Environment { endpoint, region: None, ..complete() };
        let project = ProjectConfig::from_environment(&environment).unwrap();
        assert_eq!(
            (project.endpoint.as_str(), project.region.as_str()),
            ("http://127.0.0.1:8480/prefix", "")
        );
        assert_eq!(project.iam_endpoint.as_str(), "https://iam.myhuaweicloud.com/");
    }

    #[test]
    fn without_an_id_the_region_is_the_name_and_iam_will_tell_the_id() {
        let environment = Environment { project_id: None, ..complete() };
        let project = ProjectConfig::from_environment(&environment).unwrap();
        assert_eq!((project.name.as_str(), project.id), ("cn-north-4", None));
        assert!(matches!(project.credentials, Source::AccessKey(_)));
    }

    #[test]
    fn what_is_missing_is_named() {
        let neither = error(|e| (e.project_id, e.region) = (None, None));
        assert!(neither.starts_with("no project: set HUAWEICLOUD_SDK_PROJECT_ID"), "{neither}");
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
            let errors = [
                error(|e| e.endpoint = Some(endpoint.to_owned())),
                error(|e| e.iam_endpoint = Some(endpoint.to_owned())),
            ];
            let names = [
                "METASTUDIO_ENDPOINT (or --project.endpoint)",
                "HUAWEICLOUD_SDK_IAM_ENDPOINT (or --project.iam-endpoint)",
            ];
            for (error, name) in errors.iter().zip(names) {
                assert!(error.starts_with(&format!("{name} {expected}")), "{error}");
                assert!(!error.contains("hunter2"), "{error}");
            }
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?} {:?}", complete(), ProjectConfig::from_environment(&complete()).unwrap());
        assert!(!shown.contains("very-secret"), "{shown}");
    }
}
