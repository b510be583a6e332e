//! Makes a body readable that a strict JSON parser rejects as a whole because of a few characters.
//!
//! Used only after a body was rejected, so that good bodies cost nothing. Knows nothing of fields.

use std::fmt::Write;

/// Stands for bytes that are not UTF-8; Unicode has no character here. A text with it is invalid.
pub(super) const UNREADABLE: char = '\u{ffff}';

const BYTE_ORDER_MARK: char = '\u{feff}';

/// The same body without a byte-order mark, with control characters inside of texts escaped, and with [`UNREADABLE`]
/// for bytes that are not UTF-8; `None` if there is nothing to repair.
pub(crate) fn repaired(body: &[u8]) -> Option<Vec<u8>> {
    let mut decoded = String::with_capacity(body.len());
    for chunk in body.utf8_chunks() {
        decoded.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            decoded.push(UNREADABLE);
        }
    }
    let repaired = with_escaped_controls(decoded.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&decoded));
    (repaired.as_bytes() != body).then(|| repaired.into_bytes())
}

fn with_escaped_controls(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    let (mut in_text, mut after_backslash) = (false, false);
    for c in json.chars() {
        if in_text && c.is_ascii_control() && c != '\x7f' {
            // Writing to a String cannot fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(c));
        } else {
            escaped.push(c);
        }
        if c == '"' && !after_backslash {
            in_text = !in_text;
        }
        after_backslash = in_text && c == '\\' && !after_backslash;
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(body: &[u8]) -> Option<String> {
        repaired(body).map(|body| String::from_utf8(body).unwrap())
    }

    #[test]
    fn what_a_parser_rejects_is_repaired_and_the_rest_stays() {
        for (body, expected) in [
            (&b"{\"a\":\"x\"}"[..], None),
            (b"\xef\xbb\xbf{}", Some("{}")),
            (b"{\"a\":\"x\xff\xfey\"}", Some("{\"a\":\"x\u{ffff}\u{ffff}y\"}")),
            (b"{\"a\":\"x\ty\nz\x01\"}", Some("{\"a\":\"x\\u0009y\\u000az\\u0001\"}")),
            // Between texts they are white space.
            (b"{\n\t\"a\":\"\\\"\",\n\"b\":1}", None),
            (b"{\"a\":\"\\\\\",\n\"b\":\"\n\"}", Some("{\"a\":\"\\\\\",\n\"b\":\"\\u000a\"}")),
        ] {
            assert_eq!(shown(body).as_deref(), expected, "{}", body.escape_ascii());
        }
    }
}
