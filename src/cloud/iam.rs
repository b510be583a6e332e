//! IAM's lists of projects and of users. Neither list has pages, and their elements have an `id` and a `name`: for a
//! user, MetaStudio's `user_id`; for the default project of a region, the region.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::Instant;

use super::client::{Call, Client};
use super::error::Error;
use super::json::{self, DecodeError, Tally};
use super::{http, sign};

/// The time for all attempts of one look-up.
const LOOK_UP_TIMEOUT: Duration = Duration::from_secs(30);

/// The users that IAM lists.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ListedNames {
    /// The names by user ID.
    pub(crate) names: BTreeMap<String, String>,
    /// The number of users without a readable ID or name.
    pub(crate) unreadable: usize,
}

impl Client {
    /// The IDs of the projects that have the name of the client's region: `GET {iam}/v3/projects?name=REGION`.
    pub(crate) async fn region_project_ids(&self, call: Call<'_>) -> Result<Vec<String>, Error> {
        let region = &self.options.region;
        let query = format!("name={}", sign::encode(region));
        self.look_up("v3/projects", &query, call, |body| project_ids(body, region)).await
    }

    /// The names of the account's users: `GET {iam}/v3/users`.
    pub(crate) async fn user_names(&self, call: Call<'_>) -> Result<ListedNames, Error> {
        self.look_up("v3/users", "", call, user_names).await
    }

    /// Requests a list. The time for it is the poll's, or less. If that ends, the error names IAM and not the poll.
    async fn look_up<T>(
        &self,
        path: &str,
        query: &str,
        call: Call<'_>,
        read: impl Fn(&[u8]) -> Result<T, DecodeError>,
    ) -> Result<T, Error> {
        let url = http::join(&self.options.iam_endpoint, path, query);
        let deadline = call.deadline.min(Instant::now() + LOOK_UP_TIMEOUT);
        self.get(&url, Call { deadline, ..call }, read).await.map_err(|error| match error {
            Error::Deadline => Error::Timeout { host: http::host(&url) },
            error => error,
        })
    }
}

fn project_ids(body: &[u8], region: &str) -> Result<Vec<String>, DecodeError> {
    // The ID becomes part of a URL.
    let is_match = |(id, name): &(String, String)| name == region && http::is_plain(id);
    Ok(ids_and_names(body, "projects")?.flatten().filter(is_match).map(|(id, _)| id).collect())
}

fn user_names(body: &[u8]) -> Result<ListedNames, DecodeError> {
    let mut listed = ListedNames::default();
    for user in ids_and_names(body, "users")? {
        match user {
            Some((id, name)) => drop(listed.names.insert(id, name)),
            None => listed.unreadable += 1,
        }
    }
    Ok(listed)
}

/// `None` for an element without a readable ID or name.
fn ids_and_names(
    body: &[u8],
    list: &str,
) -> Result<impl Iterator<Item = Option<(String, String)>>, DecodeError> {
    let [elements] = json::decode(body, [list], &mut Tally::default())?;
    let elements = json::list(elements).ok().flatten();
    let elements = elements.ok_or_else(|| format!("it has no list `{list}`"))?;
    Ok(elements.into_iter().map(id_and_name))
}

fn id_and_name(element: &RawValue) -> Option<(String, String)> {
    let [id, name] = json::fields(Some(element), ["id", "name"], &mut Tally::default())?;
    Some((json::text(id).ok()??, json::text(name).ok()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> Result<Vec<String>, String> {
        project_ids(body.as_bytes(), "cn-north-4").map_err(|error| error.cause)
    }

    #[test]
    fn the_projects_with_exactly_the_regions_name_are_found() {
        let one = r#"{"projects":[{"id":"a1","name":"cn-north-4"},{"id":"b2","name":"cn-north-4_sub"},7]}"#;
        assert_eq!(found(one), Ok(vec!["a1".to_owned()]));
        assert_eq!(found(r#"{"projects":[{"id":"b2","name":"cn-east-3"}]}"#), Ok(vec![]));
        let several = r#"{"projects":[{"id":"a1","name":"cn-north-4"},{"id":"a2","name":"cn-north-4"}]}"#;
        assert_eq!(found(several), Ok(vec!["a1".to_owned(), "a2".to_owned()]));
    }

    #[test]
    fn an_id_that_would_change_the_url_is_skipped() {
        assert_eq!(found(r#"{"projects":[{"id":"../x","name":"cn-north-4"}]}"#), Ok(vec![]));
    }

    #[test]
    fn a_missing_list_is_an_error() {
        assert_eq!(found("{}"), Err("it has no list `projects`".to_owned()));
        assert_eq!(found(r#"{"projects":null}"#), Err("it has no list `projects`".to_owned()));
        assert_eq!(user_names(br#"{"users":null}"#), Err("it has no list `users`".into()));
        let html = "it is not the documented JSON object from line 1, column 1 on";
        assert_eq!(found("<html>"), Err(html.to_owned()));
    }

    #[test]
    fn a_user_without_id_or_name_is_skipped_and_counted() {
        let body = br#"{"users":[{"id":"a","name":"Studio","enabled":true},{"id":"b"},{"name":"c"},null,7]}"#;
        let names = BTreeMap::from([("a".to_owned(), "Studio".to_owned())]);
        assert_eq!(user_names(body), Ok(ListedNames { names, unreadable: 4 }));
    }
}
