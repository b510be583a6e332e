//! The work of [`super::collect`] without a client, for `benches/`.

use std::future::ready;

use super::{decode, snapshot, user_quotas};
use crate::cloud::error::Error;
use crate::cloud::json::DecodeError;
use crate::cloud::pages::{self, LIMIT};
use crate::snapshot::Snapshot;

/// Reads a page of users to packed rows, and returns their number.
pub(crate) fn decode_users(body: &[u8]) -> Result<u64, DecodeError> {
    decode(&user_quotas::API, body, 0).map(|page| page.rows())
}

/// Reads all pages of a list of users.
pub(crate) async fn users_of_pages(
    pages: &[impl AsRef<[u8]>],
    before: Option<&Snapshot>,
) -> Result<Snapshot, Error> {
    let api = &user_quotas::API;
    let page = |offset: u64| {
        let page = usize::try_from(offset / LIMIT).ok().and_then(|place| pages.get(place));
        let body = page.map_or(&br#"{"count":0}"#[..], AsRef::as_ref);
        ready(decode(api, body, offset).map_err(|DecodeError { cause, is_incomplete }| Error::Decode {
            cause,
            request_id: None,
            is_incomplete,
        }))
    };
    let walk = pages::walk_until_consistent(page, 1).await?;
    Ok(snapshot(api, &walk, before))
}
