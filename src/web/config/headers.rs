//! `http_server_config.headers`: what is added to every answer.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::format;
use crate::config::yaml::{Field, Problems};

/// None where something was noted. A blank value is none, as in the toolkit.
pub(super) fn headers(problems: &Problems, found: format::Headers) -> Option<HeaderMap> {
    let read = |field: Field<String>, allowed: &'static [&'static str]| {
        field.check(problems, |text| value(&text, allowed)).or(None)
    };
    let rows: [(HeaderName, Option<Option<HeaderValue>>); 5] = [
        (header::CONTENT_SECURITY_POLICY, read(found.content_security_policy, &[])),
        (header::X_FRAME_OPTIONS, read(found.x_frame_options, &["deny", "sameorigin"])),
        (header::X_CONTENT_TYPE_OPTIONS, read(found.x_content_type_options, &["nosniff"])),
        (header::X_XSS_PROTECTION, read(found.x_xss_protection, &[])),
        (header::STRICT_TRANSPORT_SECURITY, read(found.strict_transport_security, &[])),
    ];
    let mut headers = HeaderMap::new();
    for (name, value) in rows {
        if let Some(value) = value? {
            headers.insert(name, value);
        }
    }
    Some(headers)
}

fn value(text: &str, allowed: &[&str]) -> Result<Option<HeaderValue>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    if !allowed.is_empty() && !allowed.contains(&text) {
        return Err(format!("must be {}", allowed.join(" or ")));
    }
    let value = HeaderValue::from_str(text);
    value.map(Some).map_err(|_| "must be one line without control characters".to_owned())
}
