//! The style sheet and the icon: compiled in, under paths that change with their content, so that browsers may keep them.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};

/// The path of the style sheet.
pub(super) const PATH: &str = "/-/overview.css";
/// The path of the icon.
pub(super) const ICON_PATH: &str = "/-/icon.svg";

const SHEET: &str = include_str!("../../../templates/overview/overview.css");
const ICON: &str = include_str!("../../../templates/overview/icon.svg");
const FOR_EVER: &str = "public, max-age=31536000, immutable";
const FOR_A_DAY: &str = "public, max-age=86400";

/// The style sheet's path with its version.
pub(super) fn link() -> String {
    format!("{PATH}?v={:08x}", const { version(SHEET.as_bytes()) })
}

pub(super) async fn sheet() -> Response {
    asset("text/css; charset=utf-8", FOR_EVER, SHEET)
}

pub(super) async fn icon() -> Response {
    asset("image/svg+xml", FOR_A_DAY, ICON)
}

fn asset(kind: &'static str, kept: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, kept), (X_CONTENT_TYPE_OPTIONS, "nosniff")], text).into_response()
}

/// FNV-1a: tells one content from the next, no more is needed.
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
    fn another_content_has_another_version() {
        assert_eq!(version(b""), 0x811c_9dc5);
        assert_eq!(version(b"foobar"), 0xbf9c_f968);
        assert!(link().starts_with("/-/overview.css?v="));
    }
}
