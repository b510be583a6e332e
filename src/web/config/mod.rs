//! The web configuration file: TLS, users, headers and the rate of requests, in the format of Prometheus'
//! exporter-toolkit, read as strictly as the other file.
//!
//! text -> `yaml` -> `format` -> one file a part (checked, ready to use) -> `live` (read anew when it changes).

mod client_auth;
mod clients;
mod context;
mod duration;
mod files;
mod format;
mod headers;
mod live;
mod names;
mod pem;
mod sans;
mod tls;
mod users;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use rustls::ServerConfig;
use serde::Deserialize;

use crate::config::yaml::{self, Errors, Place, Problems, Unread, Value};
use context::Context;
use files::Files;
pub use live::Live;
pub(crate) use users::Users;

/// What the file says, ready to use.
#[derive(Debug, Clone)]
pub(crate) struct WebConfig {
    /// None: plain HTTP.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// Whether HTTP/2 is offered, where there is TLS.
    pub(crate) http2: bool,
    /// What every answer has.
    pub(crate) headers: HeaderMap,
    /// Who may ask; everybody where it is empty.
    pub(crate) users: Users,
    /// How many requests are answered.
    pub(crate) rate_limit: Option<RateLimit>,
}

/// A bucket of `burst` tokens that gets one every `interval`. Each request takes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateLimit {
    pub(crate) interval: Duration,
    pub(crate) burst: u32,
}

impl Default for WebConfig {
    /// What is served without a file.
    fn default() -> Self {
        let (headers, users) = (HeaderMap::new(), Users::default());
        Self { tls: None, http2: true, headers, users, rate_limit: None }
    }
}

/// Reads the file, and notes in `files` what it was read from.
fn load(path: &Path, files: &Files) -> Result<WebConfig, Errors> {
    let bytes = files.read_configuration(path)?;
    let problems = Problems::default();
    let directory = path.parent().unwrap_or(Path::new(""));
    let config = read(&bytes, &Context { problems: &problems, directory, files });
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(problems.into_errors(path)),
    }
}

/// None where something was noted.
fn read(bytes: &[u8], context: &Context<'_>) -> Option<WebConfig> {
    let problems = context.problems;
    // An empty file asks for nothing.
    let Some(document) = yaml::document(bytes, problems).ok()? else { return Some(WebConfig::default()) };
    let root = Value { node: &document, place: Place::whole(), problems };
    let file = format::File::deserialize(root).ok()?;

    let http = file.http_server_config.read(|_, found| {
        let headers = found.headers.read(|_, found| headers::headers(problems, found));
        Some((found.http2.or(true), headers.or(HeaderMap::new())))
    });
    let (http2, headers) = http.or((Some(true), Some(HeaderMap::new())))?;
    let has_http2 = http2.unwrap_or(true);
    let tls = file.tls_server_config.read(|place, found| tls::tls(context, place, found, has_http2).ok());
    let users = file.basic_auth_users.read(|_, found| users::users(problems, found));
    let rate_limit = file.rate_limit.read(|place, found| rate_limit(problems, place, found).ok());
    Some(WebConfig {
        tls: tls.or(None)?,
        http2: http2?,
        headers: headers?,
        users: users.or(Users::default())?,
        rate_limit: rate_limit.or(None)?,
    })
}

/// None where nothing is limited; the error has been noted.
fn rate_limit(
    problems: &Problems,
    place: &Place,
    found: format::RateLimit,
) -> Result<Option<RateLimit>, Unread> {
    let missing_at = found.burst.place().cloned().unwrap_or_else(|| place.under("burst"));
    let interval = found.interval.check(problems, |text| duration::duration(&text));
    let burst = found.burst.check(problems, |burst| {
        let sentence = "must be a whole number from 1 to 1000000";
        u32::try_from(burst).ok().filter(|burst| *burst <= 1_000_000).ok_or(sentence.to_owned())
    });
    let (interval, burst) = (interval.or(Duration::ZERO).ok_or(Unread)?, burst.or(0).ok_or(Unread)?);
    if interval.is_zero() {
        return Ok(None);
    }
    if burst == 0 {
        problems
            .note(missing_at, "is missing or 0, so that every request would be refused: write one like 20");
        return Err(Unread);
    }
    Ok(Some(RateLimit { interval, burst }))
}
