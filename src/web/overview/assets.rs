//! The style sheet and the icon, compiled in. The path of the style sheet changes with its content, so that browsers can
//! cache it.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};

/// The path of the style sheet.
pub(super) const PATH: &str = "/-/overview.css";
/// The path of the icon.
pub(super) const ICON_PATH: &str = "/-/icon.svg";

const SHEET: &str = include_str!("../../../templates/overview/overview.css");
const ICON: &str = include_str!("../../../templates/overview/icon.svg");
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
const ONE_DAY: &str = "public, max-age=86400";

/// A relative link to the style sheet with its version.
pub(super) fn link() -> String {
    format!(".{PATH}?v={:08x}", const { version(SHEET.as_bytes()) })
}

pub(super) async fn sheet() -> Response {
    asset("text/css; charset=utf-8", IMMUTABLE, SHEET)
}

pub(super) async fn icon() -> Response {
    asset("image/svg+xml", ONE_DAY, ICON)
}

fn asset(content_type: &'static str, caching: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, content_type), (CACHE_CONTROL, caching), (X_CONTENT_TYPE_OPTIONS, "nosniff")], text)
        .into_response()
}

/// FNV-1a, which is enough to tell versions apart.
const fn version(bytes: &[u8]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_a_hash_of_the_content() {
        assert_eq!(version(b""), 0x811c_9dc5);
        assert_eq!(version(b"foobar"), 0xbf9c_f968);
        assert!(link().starts_with("./-/overview.css?v="));
    }
}
