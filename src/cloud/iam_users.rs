//! IAM's list of users: `GET {iam}/v3/users`, as it is on the wire. It has no pages.

use serde::Deserialize;

use super::json::Raw;

/// The path below IAM's endpoint.
pub(crate) const PATH: &str = "v3/users";

/// The answer.
#[derive(Deserialize)]
pub(crate) struct Answer<'a> {
    /// Array of [`User`].
    #[serde(borrow)]
    pub(crate) users: Raw<'a>,
}

/// One IAM user.
#[derive(Deserialize)]
pub(crate) struct User<'a> {
    /// String: what MetaStudio calls `user_id`.
    #[serde(borrow)]
    pub(crate) id: Raw<'a>,
    /// String.
    #[serde(borrow)]
    pub(crate) name: Raw<'a>,
}
