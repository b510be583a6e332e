//! IAM's list of projects: `GET {iam}/v3/projects?name=REGION`, as it is on the wire.

use serde::Deserialize;

use super::error::Error;
use super::http::{self, Answer};
use super::json::{self, Raw};

/// The path below IAM's endpoint.
pub(crate) const PATH: &str = "v3/projects";

#[derive(Deserialize)]
struct Wire<'a> {
    /// Array of [`Project`].
    #[serde(borrow)]
    projects: Raw<'a>,
}

#[derive(Deserialize)]
struct Project<'a> {
    /// String.
    #[serde(borrow)]
    id: Raw<'a>,
    /// String: the region, where it is a region's own project.
    #[serde(borrow)]
    name: Raw<'a>,
}

/// The ID of the one project called `region` that the answer lists.
pub(crate) fn the_one(answer: &Answer, region: &str) -> Result<String, Error> {
    let unreadable = |cause: &str| Error::Decode {
        cause: format!("IAM's list of projects {cause}"),
        request_id: answer.request_id(),
    };
    let wire: Wire = serde_json::from_slice(&answer.body).map_err(|_| unreadable("is no JSON object"))?;
    let projects = json::list(wire.projects).ok().flatten().ok_or_else(|| unreadable("is missing"))?;
    let ids: Vec<String> = projects.into_iter().filter_map(|raw| id_of(raw, region)).collect();
    match ids.as_slice() {
        [id] => Ok(id.clone()),
        [] => Err(Error::Project(format!("IAM lists no project called {region} to these credentials"))),
        _ => Err(Error::Project(format!(
            "IAM lists {} projects called {region}: {}",
            ids.len(),
            ids.iter().take(10).cloned().collect::<Vec<_>>().join(", ")
        ))),
    }
}

fn id_of(raw: &serde_json::value::RawValue, region: &str) -> Option<String> {
    let project: Project = json::parse(Some(raw)).ok()??;
    let name = json::text(project.name).ok().flatten()?;
    // Its place is in a URL: what no ID looks like is none.
    json::text(project.id).ok().flatten().filter(|id| name == region && http::is_plain(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &'static str) -> Result<String, String> {
        let answer = Answer {
            status: reqwest::StatusCode::OK,
            headers: reqwest::header::HeaderMap::default(),
            body: body.into(),
        };
        the_one(&answer, "cn-north-4").map_err(|error| error.to_string())
    }

    #[test]
    fn one_project_of_the_name_is_the_one() {
        let body = r#"{"projects":[{"id":"a1","name":"cn-north-4"},{"id":"b2","name":"cn-north-4_sub"},7]}"#;
        assert_eq!(found(body), Ok("a1".to_owned()));
    }

    #[test]
    fn none_or_several_are_an_error_that_lists_them() {
        let none = "IAM lists no project called cn-north-4 to these credentials";
        assert_eq!(found(r#"{"projects":[{"id":"b2","name":"cn-east-3"}]}"#), Err(none.to_owned()));
        assert_eq!(found(r#"{"projects":[{"id":"../x","name":"cn-north-4"}]}"#), Err(none.to_owned()));
        let several = r#"{"projects":[{"id":"a1","name":"cn-north-4"},{"id":"a2","name":"cn-north-4"}]}"#;
        assert_eq!(found(several), Err("IAM lists 2 projects called cn-north-4: a1, a2".to_owned()));
        let missing = "the answer cannot be read: IAM's list of projects is missing";
        assert_eq!(found("{}"), Err(missing.to_owned()));
        assert_eq!(found(r#"{"projects":null}"#), Err(missing.to_owned()));
    }
}
