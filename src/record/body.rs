//! A body without what is the account's own. All else stays byte for byte: numbers, the order of keys, keys that are
//! there twice, white space, what is wrong with its JSON.

use serde_json::value::RawValue;

use super::field::{Field, has_amounts, safe_key};
use super::stand_ins::StandIns;
use super::text;
use crate::cloud::repair::repaired;

/// A body that is JSON, also if only after a repair of single characters, keeps its structure; any other is a text.
pub(super) fn safe(body: &str, stand_ins: &mut StandIns) -> String {
    let is_json = |json: &[u8]| serde_json::from_slice::<&RawValue>(json).is_ok();
    if is_json(body.as_bytes()) || repaired(body.as_bytes()).is_some_and(|body| is_json(&body)) {
        return safe_json(body, stand_ins);
    }
    text::of_escaped(body, stand_ins)
}

/// An object or a list that is open.
struct Open {
    is_object: bool,
    /// The last key; that of the list for its elements.
    key: Option<String>,
    /// Whether it has amounts by product.
    has_amounts: bool,
    expects_key: bool,
}

/// Reads without recursion: the cloud decides about the depth.
fn safe_json(json: &str, stand_ins: &mut StandIns) -> String {
    let mut safe = String::with_capacity(json.len());
    let mut open: Vec<Open> = Vec::new();
    let mut rest = json;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => text_length(rest),
            '-' | '0'..='9' => rest
                .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
                .unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, others) = rest.split_at_checked(length).unwrap_or((rest, ""));
        rest = others;
        let (key, is_amount) =
            open.last().map_or((None, false), |open| (open.key.as_deref(), open.has_amounts));
        match first {
            '{' | '[' => {
                let is_object = first == '{';
                let key = key.map(str::to_owned);
                open.push(Open {
                    is_object,
                    has_amounts: is_object && has_amounts(key.as_deref()),
                    key,
                    expects_key: is_object,
                });
            }
            '}' | ']' => drop(open.pop()),
            ',' => {
                if let Some(open) = open.last_mut() {
                    open.expects_key = open.is_object;
                }
            }
            '"' if open.last().is_some_and(|open| open.expects_key) => {
                let value = rest.trim_start().strip_prefix(':').unwrap_or_default().trim_start();
                let is_amount = is_amount && !value.starts_with(['{', '[']);
                let key = decoded(token);
                safe.push_str(&match &key {
                    Some(key) => encoded(token, key, &safe_key(key, is_amount, stand_ins)),
                    None => text::of_escaped(token, stand_ins),
                });
                if let Some(open) = open.last_mut() {
                    open.expects_key = false;
                    open.key = Some(key.unwrap_or_default());
                }
                continue;
            }
            '"' => {
                let field = Field::of(key, is_amount);
                safe.push_str(&match decoded(token) {
                    Some(value) => encoded(token, &value, &field.safe_text(&value, stand_ins)),
                    None => text::of_escaped(token, stand_ins),
                });
                continue;
            }
            '-' | '0'..='9' => {
                safe.push_str(&Field::of(key, is_amount).safe_number(token, stand_ins));
                continue;
            }
            _ => {}
        }
        safe.push_str(token);
    }
    safe
}

/// The length of the text with its quotes at the beginning.
pub(super) fn text_length(rest: &str) -> usize {
    let mut after_backslash = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !after_backslash => return at + 1,
            b'\\' => after_backslash = !after_backslash,
            _ => after_backslash = false,
        }
    }
    rest.len()
}

/// A text without its quotes and escapes; `None` if it has control characters or half a surrogate pair.
fn decoded(token: &str) -> Option<String> {
    serde_json::from_str(token).ok()
}

/// A text with quotes and escapes, as it was if it has not changed.
fn encoded(token: &str, value: &str, safe: &str) -> String {
    if safe == value { token.to_owned() } else { serde_json::Value::from(safe).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn safe(body: &str) -> String {
        super::safe(body, &mut StandIns::default())
    }

    #[track_caller]
    fn assert_stays(body: &str) {
        assert_eq!(safe(body), body);
    }

    #[track_caller]
    fn assert_form(body: &str, pattern: &str) {
        let safe = safe(body);
        assert!(regex_lite::Regex::new(pattern).unwrap().is_match(&safe), "{body} became {safe}");
    }

    #[test]
    fn what_the_documents_define_stays_byte_for_byte() {
        for body in [
            r#"{"count": 7.0, "count":1e400,"resources" :[ ] }"#,
            r#"{"count":"7","resources":[{"amount":0.30000000000000004,"usage":"-1.50","unit":"TEN_THOUSAND_WORDS"}]}"#,
            r#"{"resources":[{"business_type":"VIDEO_2D","resource_type":"VIDEO_2D_TIME","status":"1","is_sub_resource":true}]}"#,
            r#"{"resource_expire_time":"2027-01-10T08:43:17Z","expire_time":" 2021-01-10 08:43:17.5 ","resource_id":null}"#,
            r#"{"order_id":"","resource_available_nums":{"hologram":4,"video_time_4d_model":"2"}}"#,
            r#"{"error_code":"MSS.00000005","error_msg":"Forbidden"}"#,
            r#"{"error":{"code":404,"message":"Not Found","title":"Not Found"}}"#,
            "{\"count\":1,\n\"resources\":null}\n",
            "\u{feff}{}",
            "",
            "{\"unit\":\"\\u0047B\"}",
        ] {
            assert_stays(body);
        }
        assert_stays(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    }

    #[test]
    fn an_id_is_replaced_as_a_text_and_as_a_number() {
        assert_form(
            r#"{"user_id":"0b01","user_id":"BASIC"}"#,
            r#"^\{"user_id":"[0-9][a-f]\d\d","user_id":"[A-Z]{5}"\}$"#,
        );
        assert_form(r#"{"user_id":1234.0}"#, r#"^\{"user_id":[1-9]\d{3}\.0\}$"#);
        assert_form(r#"{"order_id":12e3}"#, r#"^\{"order_id":[1-9]\de3\}$"#);
        assert_form(
            r#"{"quota":{"Zhang7":1234567,"hologram":1234567}}"#,
            r#"^\{"quota":\{"[A-Z][a-z]{4}\d":[1-9]\d{6},"hologram":1234567\}\}$"#,
        );
        assert_form(r#"{"ids":["2026-01-01",17]}"#, r#"^\{"ids":\["[1-9]\d{3}-0\d-0\d",[1-9]\d\]\}$"#);
        assert_form(
            r#"{"projects":[{"id":"0b01","name":"cn-north-4_acme"}]}"#,
            r#""name":"[a-z]{2}-[a-z]{5}-\d_[a-z]{4}"#,
        );
        assert_form(r#"{"count":1234567890123456}"#, r#"^\{"count":[1-9]\d{15}\}$"#);
        assert_form(
            r#"{"count":123456789012345,"extra":1234567}"#,
            r#"^\{"count":123456789012345,"extra":[1-9]\d{6}\}$"#,
        );
        for body in
            [r#"{"user_id":"0b01"}"#, r#"{"user_id":1234.0}"#, r#"{"extra":1234567}"#, r#"{"ids":[17]}"#]
        {
            assert_ne!(safe(body), body);
        }
    }

    #[test]
    fn an_unknown_text_and_key_are_replaced_wherever_they_are() {
        assert_form(
            r#"{"note":"live video","unit":"Light_Year"}"#,
            r#"^\{"[a-z]{4}":"[a-z]{4} [a-z]{5}","unit":"[A-Z][a-z]{4}_[A-Z][a-z]{3}"\}$"#,
        );
        assert_form(
            r#"{"bound_asset":{"zhangsan":{"x":["李四"]}}}"#,
            r#"^\{"bound_asset":\{"[a-z]{8}":\{"x":\[".."\]\}\}\}$"#,
        );
        assert_form(r#"{"quota":{"zhangsan":{"a":1}}}"#, r#"^\{"quota":\{"[a-z]{8}":\{"a":1\}\}\}$"#);
        for hidden in ["zhangsan", "李四", "live video", "Light_Year"] {
            let body =
                format!(r#"{{"note":"{hidden}","description":"{hidden}","{hidden}":1,"unit":["{hidden}"]}}"#);
            assert!(!safe(&body).contains(hidden), "{hidden}");
        }
    }

    #[test]
    fn an_escape_hides_nothing() {
        assert_form(r#"{"user_\u0069d":"0b\u00301"}"#, r#"^\{"user_\\u0069d":"\d[a-f]\d\d"\}$"#);
        assert_form("{\"user_id\":\"zhang\tsan\"}", "^\\{\"user_id\":\"[a-z]{5}\t[a-z]{3}\"\\}$");
        assert_form(r#"{"user_id":"\ud800zhang"}"#, r#"^\{"user_id":"\\ud800[a-z]{5}"\}$"#);
    }

    #[test]
    fn a_body_that_is_not_json_is_a_text() {
        assert_form(r#"{"user_id":"0b01","amount":12"#, r#"^\{"user_id":"\d[a-f]\d\d","amount":[1-9]\d$"#);
        assert_form("<html>zhang\u{fffd}san</html>", "^<html>[a-z]{5}\u{fffd}[a-z]{3}</html>$");
    }
}
