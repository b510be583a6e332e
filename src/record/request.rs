//! The address of a request and the headers of its answer, from closed lists.

use percent_encoding::percent_decode_str;
use reqwest::Url;
use reqwest::header::HeaderMap;

use super::field::Field;
use super::stand_ins::{Kind, StandIns};
use super::{text, words};
use crate::cloud::sign;

const IAM_PATHS: [&str; 2] = ["v3/projects", "v3/users"];

/// The types of bodies that stay.
const CONTENT_TYPES: [&str; 5] =
    ["application/json", "application/xml", "text/html", "text/plain", "text/xml"];
const CHARSETS: [&str; 5] = ["utf-8", "gbk", "gb2312", "gb18030", "iso-8859-1"];

/// The path below the endpoint. The endpoint itself is not recorded.
pub(super) fn safe_path(url: &Url, stand_ins: &mut StandIns) -> String {
    let path = url.path();
    if let Some(known) = IAM_PATHS.iter().find(|known| path.ends_with(&format!("/{known}"))) {
        return format!("/{known}");
    }
    if let Some((id, list)) = path.rsplit_once("/v1/").and_then(|(_, rest)| rest.split_once('/')) {
        let id = safe_value(id, Field::Id, stand_ins);
        let list = list.split('/').map(|segment| {
            let is_known = segment.split('-').all(words::is_known);
            if is_known { segment.to_owned() } else { safe_value(segment, Field::Id, stand_ins) }
        });
        return format!("/v1/{id}/{}", list.collect::<Vec<_>>().join("/"));
    }
    let segments = path.split('/').map(|segment| safe_value(segment, Field::Id, stand_ins));
    segments.collect::<Vec<_>>().join("/")
}

pub(super) fn safe_query(url: &Url, stand_ins: &mut StandIns) -> String {
    let pairs = url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let safe = pairs.map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = safe_value(value, Field::of(Some(key), false), stand_ins);
        format!(
            "{}={value}",
            if words::is_known(key) { key.to_owned() } else { text::without_words(key, stand_ins) }
        )
    });
    safe.collect::<Vec<_>>().join("&")
}

/// The value of a part of a URL.
fn safe_value(encoded: &str, field: Field, stand_ins: &mut StandIns) -> String {
    let decoded = percent_decode_str(encoded).decode_utf8_lossy();
    let safe = field.safe_text(&decoded, stand_ins);
    if safe == decoded { encoded.to_owned() } else { sign::encode(&safe) }
}

/// The headers that a client acts on, in lower case. A value that is not of the header's form is not kept.
pub(super) fn safe_headers(headers: &HeaderMap, stand_ins: &mut StandIns) -> Vec<(&'static str, String)> {
    let value = |name: &str| headers.get(name)?.to_str().ok().map(|value| value.trim().to_owned());
    let is_date = |value: &str| jiff::fmt::rfc2822::parse(value).is_ok() && !value.contains('(');
    let is_seconds =
        |value: &str| (1..=9).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_digit());
    let request_id = value("x-request-id").filter(|id| !id.is_empty()).map(|id| {
        stand_ins.count(Kind::RequestId, &id);
        text::without_words(&id, stand_ins)
    });
    let all = [
        ("content-type", value("content-type").filter(|value| is_content_type(value))),
        ("date", value("date").filter(|value| is_date(value))),
        ("retry-after", value("retry-after").filter(|value| is_seconds(value) || is_date(value))),
        ("x-request-id", request_id),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn is_content_type(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let (kind, charset) = value.split_once(';').unwrap_or((&value, "charset=utf-8"));
    let charset = charset.trim().strip_prefix("charset=").map(|charset| charset.trim_matches('"'));
    CONTENT_TYPES.contains(&kind.trim()) && charset.is_some_and(|charset| CHARSETS.contains(&charset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> String {
        let (url, mut stand_ins) = (url.parse().unwrap(), StandIns::default());
        format!("{}?{}", safe_path(&url, &mut stand_ins), safe_query(&url, &mut stand_ins))
    }

    #[track_caller]
    fn assert_form(url: &str, pattern: &str) {
        let safe = address(url);
        assert!(regex_lite::Regex::new(pattern).unwrap().is_match(&safe), "{safe}");
    }

    #[test]
    fn an_address_is_below_its_endpoint_and_has_no_id() {
        assert_form(
            "https://acme.example.com/metastudio/v1/0b01%2D7/user/quotas?limit=100&offset=200&user_id=zhang%20san",
            r"^/v1/\d[a-f]\d\d-[1-9]/user/quotas\?limit=100&offset=200&user_id=[a-z]{5}%20[a-z]{3}$",
        );
        assert_eq!(
            address("https://iam.acme.com/x/v3/projects?name=cn-north-4"),
            "/v3/projects?name=cn-north-4"
        );
        assert_eq!(address("https://iam.acme.com/v3/users"), "/v3/users?");
        for list in ["voice-training-manage/quotas", "user/quotas", "tenants/resources"] {
            assert_form(&format!("https://acme.com/v1/0b01/{list}"), &format!(r"^/v1/\d[a-f]\d\d/{list}\?$"));
        }
        assert_form("https://acme.com/v1/0b01/user/zhang", r"^/v1/\d[a-f]\d\d/user/[a-z]{5}\?$");
        assert_form("https://iam.acme.com/v3/projects?name=acme-1", r"^/v3/projects\?name=[a-z]{4}-[1-9]$");
        assert_form(
            "https://acme.com/v9/other/zhang?limit=zhang",
            r"^/[a-z]\d/[a-z]{5}/[a-z]{5}\?limit=[a-z]{5}$",
        );
    }

    #[test]
    fn only_known_headers_of_their_form_are_kept() {
        let headers = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            safe_headers(&pairs.collect(), &mut StandIns::default())
        };
        let kept = [
            ("content-type", "application/json;charset=UTF-8"),
            ("date", "Wed, 01 Jan 2020 00:00:00 GMT"),
            ("retry-after", "120"),
        ];
        assert_eq!(headers(&kept), kept.map(|(name, value)| (name, value.to_owned())));
        let dropped = [
            ("content-type", "application/json; zhang=san"),
            ("date", "Wed, 01 Jan 2020 00:00:00 GMT (zhang)"),
            ("retry-after", "1234567890"),
            ("set-cookie", "zhang"),
            ("x-subject-token", "zhang"),
            ("server", "zhang"),
        ];
        assert_eq!(headers(&dropped), []);
        let [(_, id)] = &headers(&[("x-request-id", "0b01")])[..] else { panic!("no request ID") };
        assert!(id.len() == 4 && id != "0b01", "{id}");
    }
}
