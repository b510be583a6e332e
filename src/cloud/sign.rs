//! Huawei Cloud's request signature, `SDK-HMAC-SHA256`: pure functions from a request to the value of its
//! `Authorization` header.
//!
//! No clock, no network, no credentials store: the time is the request's own `X-Sdk-Date`. The three steps are separate
//! functions, so that a test names the one that broke, and so that a server can verify a signature.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sha2::{Digest, Sha256};

pub(crate) const ALGORITHM: &str = "SDK-HMAC-SHA256";

/// The `strftime` format of `X-Sdk-Date`, always in UTC.
pub(crate) const DATE_FORMAT: &str = "%Y%m%dT%H%M%SZ";

/// The header with a hash of the body, or `UNSIGNED-PAYLOAD`.
const CONTENT_HASH: &str = "x-sdk-content-sha256";

/// Everything except `A-Z a-z 0-9 - _ . ~`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The parts of a request that its signature covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// `GET`, `POST`, in capitals.
    pub(crate) method: &'a str,
    /// The path, percent-encoded or not.
    pub(crate) path: &'a str,
    /// The query without its `?`, percent-encoded or not; may be empty.
    pub(crate) query: &'a str,
    /// The headers to sign, in any order and case. `Host` is as sent, with the port unless it is the scheme's default.
    pub(crate) headers: &'a [(&'a str, &'a str)],
    /// The body; empty for a `GET`.
    pub(crate) body: &'a [u8],
}

impl Request<'_> {
    /// The signature of this request, signed at `date` (its `X-Sdk-Date`): all three steps.
    pub(crate) fn signature(&self, secret_key: &str, date: &str) -> String {
        signature(secret_key, &string_to_sign(date, &self.canonical()))
    }

    /// The value of `Authorization` that carries a signature of this request.
    pub(crate) fn authorization(&self, access_key: &str, signature: &str) -> String {
        let signed = self.signed_headers();
        format!("{ALGORITHM} Access={access_key}, SignedHeaders={signed}, Signature={signature}")
    }

    /// First step: the canonical request, which both sides hash.
    pub(crate) fn canonical(&self) -> String {
        let headers: Vec<_> =
            self.sorted_headers().iter().map(|(name, value)| format!("{name}:{value}")).collect();
        format!(
            "{}\n{}\n{}\n{}\n\n{}\n{}",
            self.method,
            canonical_path(self.path),
            canonical_query(self.query),
            headers.join("\n"),
            self.signed_headers(),
            self.content_hash(),
        )
    }

    /// The hash of the body, or what the request has in place of it: the SDKs do not sign every kind of body.
    fn content_hash(&self) -> String {
        let own = self.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(CONTENT_HASH));
        own.map_or_else(|| hex::encode(Sha256::digest(self.body)), |(_, value)| value.trim().to_owned())
    }

    /// The value of `SignedHeaders`: the names in lower case, sorted, joined by `;`.
    pub(crate) fn signed_headers(&self) -> String {
        let headers = self.sorted_headers();
        headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";")
    }

    fn sorted_headers(&self) -> Vec<(String, &str)> {
        let mut headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.to_lowercase(), value.trim())).collect();
        headers.sort_unstable();
        headers
    }
}

/// Second step: the string to sign.
pub(crate) fn string_to_sign(date: &str, canonical_request: &str) -> String {
    format!("{ALGORITHM}\n{date}\n{}", hex::encode(Sha256::digest(canonical_request)))
}

/// Third step: the signature, in hexadecimal.
pub(crate) fn signature(secret_key: &str, string_to_sign: &str) -> String {
    // HMAC accepts keys of every length, so the default is never used.
    Hmac::<Sha256>::new_from_slice(secret_key.as_bytes())
        .map(|mac| hex::encode(mac.chain_update(string_to_sign).finalize().into_bytes()))
        .unwrap_or_default()
}

/// The query as it is signed and has to be sent: sorted, encoded, with `=` in every pair.
pub(crate) fn canonical_query(query: &str) -> String {
    let mut pairs: Vec<(String, String)> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect();
    pairs.sort_unstable();
    pairs
        .iter()
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect::<Vec<_>>()
        .join("&")
}

/// The path with each segment encoded, and with a final `/` that is not sent.
fn canonical_path(path: &str) -> String {
    let segments: Vec<_> = path.split('/').map(|segment| encode(&decode(segment))).collect();
    let joined = segments.join("/");
    if joined.ends_with('/') { joined } else { joined + "/" }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Percent-encodes `text` as signatures require, `/` included.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with the vendor's own signer and fake keys; see `tests/fixtures/README.md`.
    const VECTORS: &str = include_str!("../../tests/fixtures/signing-vectors.json");
    const ACCESS_KEY: &str = "FAKEACCESSKEY0000001";
    const SECRET_KEY: &str = "FakeSecretKeyForTestVectorsOnly000000001";

    #[test]
    fn every_vector_of_the_vendors_signer_step_by_step() {
        let vectors: Vec<serde_json::Value> = serde_json::from_str(VECTORS).unwrap();
        assert_eq!(vectors.len(), 6);
        for vector in &vectors {
            let name = vector["name"].as_str().unwrap();
            let text = |key: &str| vector[key].as_str().unwrap();
            let target = text("url").splitn(4, '/').nth(3).unwrap();
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let path = &format!("/{path}");
            let sent: Vec<(&str, &str)> = vector["headers"]
                .as_object()
                .unwrap()
                .iter()
                .map(|(key, value)| (key.as_str(), value.as_str().unwrap()))
                .collect();
            let header = |name: &str| sent.iter().find(|(key, _)| *key == name).unwrap().1;
            let authorization = header("Authorization");
            let signed_names =
                authorization.split_once("SignedHeaders=").unwrap().1.split(',').next().unwrap();
            let headers: Vec<_> = sent
                .iter()
                .copied()
                .filter(|(key, _)| signed_names.split(';').any(|signed| signed.eq_ignore_ascii_case(key)))
                .collect();
            let request = Request { method: "GET", path, query, headers: &headers, body: b"" };
            let date = header("X-Sdk-Date");

            assert_eq!(request.canonical(), text("canonical"), "canonical request of {name}");
            assert_eq!(string_to_sign(date, text("canonical")), text("sts"), "string to sign of {name}");
            assert_eq!(signature(SECRET_KEY, text("sts")), text("sig"), "signature of {name}");
            let signature = request.signature(SECRET_KEY, date);
            assert_eq!(request.authorization(ACCESS_KEY, &signature), authorization, "header of {name}");
        }
    }

    #[test]
    fn a_signed_hash_of_the_body_is_used_as_it_is() {
        let canonical = |headers: &[(&str, &str)]| {
            Request { method: "PUT", path: "/", query: "", headers, body: b"body" }.canonical()
        };
        assert_eq!(
            canonical(&[("X-Sdk-Content-Sha256", " UNSIGNED-PAYLOAD ")]),
            "PUT\n/\n\nx-sdk-content-sha256:UNSIGNED-PAYLOAD\n\nx-sdk-content-sha256\nUNSIGNED-PAYLOAD"
        );
        assert_eq!(
            canonical(&[("host", "h")]),
            "PUT\n/\n\nhost:h\n\nhost\n\
             230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"
        );
    }

    #[test]
    fn the_go_sdks_own_vector() {
        let date = "20060102T150405Z";
        let headers = [("X-Sdk-Date", date)];
        let request =
            Request { method: "GET", path: "/path", query: "limit=1", headers: &headers, body: b"" };
        assert_eq!(
            request.signature("SecretKey", date),
            "5a2ce64c865e0e6046321c6f3d5a77ba8413eeaf355c3166c03d58d02ac79624"
        );
    }

    #[test]
    fn a_query_is_sorted_by_key_then_value_and_every_pair_has_an_equals_sign() {
        assert_eq!(canonical_query("b=2&a=2&a=1&empty&A=x"), "A=x&a=1&a=2&b=2&empty=");
        assert_eq!(canonical_query(""), "");
    }
}
