//! What `benches/` measures and `tests/acceptance/signatures.rs` compares: the work of a poll, as functions of plain data.
//! Both see only public items; other programs have no use for these.

use std::sync::Arc;

use crate::cloud::sign::Request;
use crate::collect;
use crate::exposition::{self, BodyText, Part, RenderedPart, ScrapeBody};
use crate::snapshot::Snapshot;

/// The level at which text is compressed.
pub const COMPRESSION_LEVEL: u32 = exposition::COMPRESSION_LEVEL;

/// The name of the project.
const PROJECT: &str = "production";

/// The value of `Authorization` of a `GET` of a page.
#[must_use]
pub fn authorization(access_key: &str, secret_key: &str, date: &str, path: &str, query: &str) -> String {
    let headers = [("host", "metastudio.example"), ("x-sdk-date", date)];
    let request = Request { method: "GET", path, query, headers: &headers, body: b"" };
    request.authorization(access_key, &request.signature(secret_key, date))
}

/// The signature of any request, to compare it with the vendor's.
#[must_use]
pub fn signature(
    secret_key: &str,
    date: &str,
    (method, path, query): (&str, &str, &str),
    headers: &[(&str, &str)],
    body: &[u8],
) -> String {
    Request { method, path, query, headers, body }.signature(secret_key, date)
}

/// Reads a page of `ListUserQuotas` to packed rows. Returns their number, or `None` for a body that is no such page.
#[must_use]
pub fn decode_users(body: &[u8]) -> Option<u64> {
    collect::decode_users(body).ok()
}

/// A list of users, as the exporter holds it.
pub struct Users(Snapshot);

impl Users {
    /// Reads all pages of `ListUserQuotas`. Shares memory with the list before, as a poll does. `None` if a body is no
    /// such page.
    pub async fn read(pages: &[impl AsRef<[u8]>], before: Option<&Self>) -> Option<Self> {
        collect::users_of_pages(pages, before.map(|before| &before.0)).await.ok().map(Self)
    }
}

/// Writes the samples of users without compressing them. Returns the length of the text, in bytes.
#[must_use]
pub fn write(users: &Users) -> usize {
    users.0.user_quotas().map_or(0, |quotas| exposition::write_users(PROJECT, quotas))
}

/// The samples of users, as the exporter holds them.
pub struct Text(Arc<RenderedPart>);

impl Text {
    /// Renders the samples of users. Uses those of the users before again, as a poll does.
    #[must_use]
    pub fn render(users: &Users, before: Option<(&Users, &Self)>) -> Self {
        let before = before.map(|(users, text)| (&users.0, &*text.0));
        Self(Arc::new(exposition::render(PROJECT, Part::Answer(&users.0), before)))
    }

    /// The text without compression.
    #[must_use]
    pub fn plain(&self) -> Vec<u8> {
        ScrapeBody::new(vec![Arc::clone(&self.0)], BodyText::new()).blocks().flatten().collect()
    }
}
