//! Whether a project is its region's, by IAM's word.

use std::time::Duration;

use reqwest::Url;
use tokio::time::Instant;

use super::report::{Check, Finding, State, Step};
use crate::cloud::client::{Call, Client, Event};
use crate::cloud::error::Error;
use crate::cloud::{http, iam_projects, sign};
use crate::config::ProjectConfig;

/// The time that IAM has for a question whose answer is an extra.
const IAM_TIMEOUT: Duration = Duration::from_secs(10);

/// Asks IAM whether the project is the region's. Who may not ask loses nothing by it.
pub(super) async fn ask(checks: &mut [Check], project: &ProjectConfig, client: &Client) {
    let Some(id) = project.id.as_ref().filter(|_| !project.region.is_empty()) else { return };
    if !are_of_one_cloud(&project.iam_endpoint, &project.endpoint) {
        return;
    }
    let silent = |_: Event| {};
    let call = Call { deadline: Instant::now() + IAM_TIMEOUT, observe: &silent };
    let query = format!("name={}", sign::encode(&project.region));
    let url = http::join(&project.iam_endpoint, iam_projects::PATH, &query);
    let answer = client.get(&url, call).await;
    let other = match answer.and_then(|answer| iam_projects::the_one(&answer, &project.region)) {
        Ok(own) if own == *id => None,
        Ok(own) => Some(format!("IAM does not list project {id} of region {}, only {own}", project.region)),
        // It says which ones there are, and this one may be among several.
        Err(Error::Project(sentence)) => Some(sentence).filter(|sentence| !sentence.contains(id)),
        Err(error) => {
            tracing::debug!(project = project.name, %error, "IAM does not tell the region's project");
            return;
        }
    };
    for check in checks {
        match &other {
            None => check.is_good(Step::Project),
            Some(sentence) => check.found(another_project(sentence)),
        }
    }
}

/// Whether IAM's domain is MetaStudio's, too. The endpoint of a private cloud may be all that is configured, and its
/// token is not for the public cloud's IAM to see.
fn are_of_one_cloud(iam: &Url, metastudio: &Url) -> bool {
    if iam.host_str() == metastudio.host_str() {
        return true;
    }
    // An address has no domain.
    let (Some(iam), Some(metastudio)) = (iam.domain(), metastudio.domain()) else { return false };
    let Some((_, parent)) = iam.split_once('.') else { return false };
    metastudio.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
}

/// A warning and no failure: sub-projects are not listed under the region's name, and whether the project works is for
/// the pages to say.
fn another_project(sentence: &str) -> Finding {
    Finding {
        step: Step::Project,
        result: State::Warning,
        reason: None,
        message: sentence.to_owned(),
        advice: "check project ID and region; a sub-project is not listed, and may be right".to_owned(),
        request_id: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iam_is_asked_only_where_it_is_of_the_same_cloud() {
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
