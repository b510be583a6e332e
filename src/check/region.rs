//! Whether a project is the region's, according to IAM.

use std::time::Duration;

use reqwest::Url;
use tokio::time::Instant;

use super::report::{Check, Step};
use crate::advice::Advice;
use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::config::ProjectConfig;

/// The time for IAM to answer an optional question.
const IAM_TIMEOUT: Duration = Duration::from_secs(10);

/// Checks that IAM lists the configured project ID for the region. Credentials without the right to ask are fine.
pub(super) async fn check_region(checks: &mut [Check], project: &ProjectConfig, client: &Client) {
    let Some(id) = project.id.as_ref().filter(|_| !project.region.is_empty()) else { return };
    if !are_of_one_cloud(&project.iam_endpoint, &project.endpoint) {
        return;
    }
    let call = Call { deadline: Instant::now() + IAM_TIMEOUT, observe: &|_| {} };
    let ids = match client.region_project_ids(call).await {
        Ok(ids) => ids,
        Err(error) => {
            let request_id = error.request_id();
            tracing::debug!(project = project.name, request_id, %error, "IAM does not list the region's projects");
            return;
        }
    };
    let region = &project.region;
    let message = match ids.as_slice() {
        ids if ids.contains(id) => None,
        [other] => Some(format!("IAM does not list project {id} of region {region}, only {other}")),
        _ => Some(Error::Project { region: region.clone(), ids }.to_string()),
    };
    for check in checks {
        match &message {
            None => check.pass(Step::Project),
            // Not a failure: sub-projects are not listed under the region's name.
            Some(message) => check.warn(Step::Project, message.clone(), Advice::CheckProjectAndRegion),
        }
    }
}

/// Whether IAM and MetaStudio have the same domain. If only the endpoint of a private cloud is configured, its token must
/// not be sent to the public cloud's IAM.
fn are_of_one_cloud(iam: &Url, metastudio: &Url) -> bool {
    if iam.host_str() == metastudio.host_str() {
        return true;
    }
    // An address has no domain.
    let (Some(iam), Some(metastudio)) = (iam.domain(), metastudio.domain()) else { return false };
    let Some((_, parent)) = iam.split_once('.') else { return false };
    metastudio.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iam_is_asked_only_if_it_has_the_same_domain() {
        for (iam, metastudio, expected) in [
            ("iam.cn-north-4.myhuaweicloud.com", "metastudio.cn-north-4.myhuaweicloud.com", true),
            ("iam.myhuaweicloud.com", "metastudio.cn-north-4.myhuaweicloud.com", true),
            ("iam.cn-north-4.myhuaweicloud.com", "metastudio.private.example.com", false),
            ("iam.cn-north-4.myhuaweicloud.com", "127.0.0.1:8480", false),
            ("iam.example.com", "metastudio.bad-example.com", false),
            ("iam.example.com", "example.com", false),
            ("127.0.0.1:1", "127.0.0.1:2", true),
            ("127.0.0.1", "127.0.0.2", false),
            ("gateway.example.com", "gateway.example.com", true),
            ("gateway", "gateway", true),
            ("iam", "metastudio", false),
        ] {
            let url = |host: &str| Url::parse(&format!("https://{host}")).unwrap();
            assert_eq!(are_of_one_cloud(&url(iam), &url(metastudio)), expected, "{iam} {metastudio}");
        }
    }
}
