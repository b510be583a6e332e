//! A list with one page, for [`crate::fuzzed`].

use std::future::ready;

use futures_util::FutureExt;

use super::{api, decode, snapshot, user_quotas};
use crate::cloud::error::Error;
use crate::cloud::pages;
use crate::snapshot::{Collector, Snapshot};

/// Reads a list whose only page has this body. The error is what is wrong with it.
///
/// # Panics
/// If the reader of documented pages and that of all others differ.
pub(crate) fn snapshot_of_page(collector: Collector, body: &[u8]) -> Result<Snapshot, String> {
    if collector == Collector::UserQuotas {
        let read = |read: fn(&[u8], u64) -> _| read(body, 0);
        assert_eq!(read(user_quotas::API.read_page), read(user_quotas::other_page));
    }
    let api = api(collector);
    let page = |offset| {
        let body = if offset == 0 { body } else { br#"{"count":0}"# };
        ready(decode(api, body, offset).map_err(|error| Error::Decode {
            cause: error.cause,
            request_id: None,
            is_incomplete: error.is_incomplete,
        }))
    };
    let walk = pages::walk_until_consistent(page, 1).now_or_never();
    let walk = walk.ok_or("a walk waits for nothing")?.map_err(|error| error.to_string())?;
    Ok(snapshot(api, &walk, None))
}
