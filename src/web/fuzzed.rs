//! What the web server reads of a request, for [`crate::fuzzed`].

use axum::extract::Query;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::server::credentials;
use super::{SiteAddress, gzip, overview, scrape};

/// Reads a request as all routes do.
///
/// # Panics
/// If a link leads to another site, or does not mean what it is made of.
pub(crate) fn read_request(uri: &Uri, headers: &[(&str, &[u8])], address: &SiteAddress) {
    let header = |(name, value): &(&str, &[u8])| {
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    let headers: HeaderMap = headers.iter().filter_map(header).collect();
    let _ = credentials(&headers);
    let _ = gzip::accepts_gzip(&headers);
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let path = address.path_at(host, "/metrics");
    assert!(path.starts_with('/') && path.ends_with("/metrics"), "{path}");
    let Ok(Query(parameters)) = Query::<Vec<(String, String)>>::try_from_uri(uri) else { return };
    let _ = scrape::selected(&parameters);
    overview::check_links(&parameters, &headers);
}
