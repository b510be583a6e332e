//! The projects that IAM has under one name, which is their region's.

use reqwest::Url;
use serde::Deserialize;

use super::read::decode;
use crate::cloud::client::{Call, Client};
use crate::cloud::error::Error;
use crate::cloud::json::{self, Raw};
use crate::cloud::{http, sign};

/// The path below IAM's endpoint.
const PATH: &str = "v3/projects";

/// The answer, as it is on the wire.
#[derive(Deserialize)]
struct Answer<'a> {
    /// Array of [`Project`].
    #[serde(borrow)]
    projects: Raw<'a>,
}

/// One project of the account.
#[derive(Deserialize)]
struct Project<'a> {
    /// String.
    #[serde(borrow)]
    id: Raw<'a>,
}

/// The IDs of the account's projects of `region`, as IAM lists them. Sub-projects have names of their own.
///
/// # Errors
/// When IAM does not tell.
pub(crate) async fn projects(
    client: &Client,
    iam_endpoint: &Url,
    region: &str,
    call: Call<'_>,
) -> Result<Vec<String>, Error> {
    let url = http::join(iam_endpoint, PATH, &format!("name={}", sign::encode(region)));
    let answer = client.get(&url, call).await?;
    read(&answer.body).map_err(|cause| Error::Decode { cause, request_id: answer.request_id() })
}

fn read(body: &[u8]) -> Result<Vec<String>, String> {
    let answer: Answer = decode(body)?;
    let projects = json::list(answer.projects).ok().flatten().ok_or("it has no list `projects`")?;
    let ids = projects.into_iter().filter_map(|raw| {
        let project: Project = json::parse(Some(raw)).ok()??;
        json::text(project.id).ok()?
    });
    Ok(ids.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_without_an_id_is_passed_over() {
        let body = br#"{"projects":[{"id":"a","name":"cn-north-4"},{"name":"cn-north-4"},null,7]}"#;
        assert_eq!(read(body), Ok(vec!["a".to_owned()]));
        assert_eq!(read(br#"{"users":[]}"#), Err("it has no list `projects`".to_owned()));
    }
}
