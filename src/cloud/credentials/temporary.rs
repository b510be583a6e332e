//! Temporary access keys, as three services spell them.

use reqwest::StatusCode;
use serde::Deserialize;

use super::issued::{AccessKey, Issued, Proof};
use crate::cloud::error::{Error, Issuer};
use crate::cloud::http::{self, Answer};
use crate::cloud::refusal::Refusal;

/// `{"credential": …}` of ECS, `{"credentials": …}` of STS and CCE.
#[derive(Deserialize)]
struct Wire {
    #[serde(alias = "credentials")]
    credential: Key,
}

#[derive(Deserialize)]
struct Key {
    #[serde(alias = "accessKeyId", alias = "access_key_id")]
    access: String,
    #[serde(alias = "secretAccessKey", alias = "secret_access_key")]
    secret: String,
    #[serde(alias = "securityToken", alias = "security_token")]
    securitytoken: String,
    #[serde(alias = "expiration")]
    expires_at: jiff::Timestamp,
}

/// Asks `issuer` for a temporary key. No text of `secrets` gets into an error.
pub(super) async fn issue(
    request: reqwest::RequestBuilder,
    issuer: Issuer,
    secrets: &[&str],
) -> Result<Issued, Error> {
    let answer = http::send(request).await.map_err(|error| error.of(issuer))?;
    read(&answer, secrets).map_err(|error| error.of(issuer))
}

fn read(answer: &Answer, secrets: &[&str]) -> Result<Issued, Error> {
    if answer.status != StatusCode::OK {
        return Err(Error::Refused(Refusal::read(answer.status, &answer.headers, &answer.body, secrets)));
    }
    // The parser's own sentence would repeat what it found there.
    let wire: Wire = serde_json::from_slice(&answer.body).map_err(|_| Error::Decode {
        cause: "it is no temporary access key with its security token and end".to_owned(),
        request_id: answer.request_id(),
    })?;
    let Key { access, secret, securitytoken, expires_at } = wire.credential;
    let key = AccessKey { id: access, secret: secret.into(), security_token: Some(securitytoken.into()) };
    Ok(Issued::until(Proof::Signature(key), expires_at.into(), answer.date()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: StatusCode, body: &'static str) -> Answer {
        Answer { status, headers: reqwest::header::HeaderMap::default(), body: body.into() }
    }

    #[test]
    fn each_service_spells_it_its_own_way() {
        for body in [
            r#"{"credential":{"access":"A","secret":"S","securitytoken":"T","expires_at":"2100-01-08T02:56:19.587000Z"}}"#,
            r#"{"credentials":{"access_key_id":"A","secret_access_key":"S","security_token":"T","expiration":"2100-01-08T02:56:19.587Z"},"assumed_agency":{}}"#,
            r#"{"credentials":{"accessKeyId":"A","secretAccessKey":"S","securityToken":"T","expiration":"2100-01-08T02:56:19.587Z"}}"#,
        ] {
            let issued = read(&answer(StatusCode::OK, body), &[]).unwrap();
            let key = AccessKey { id: "A".to_owned(), secret: "S".into(), security_token: Some("T".into()) };
            assert_eq!(issued.proof, Proof::Signature(key), "{body}");
            let end: jiff::Timestamp = "2100-01-08T02:56:19.587Z".parse().unwrap();
            assert_eq!(issued.expires_at, Some(end.into()), "{body}");
        }
    }

    #[test]
    fn what_is_no_key_is_said_without_its_text() {
        for body in ["", "{}", r#"{"credential":{"access":"A","secret":"hidden"}}"#, "<html>"] {
            let error = read(&answer(StatusCode::OK, body), &[]).unwrap_err().to_string();
            let expected =
                "the answer cannot be read: it is no temporary access key with its security token and end";
            assert_eq!(error, expected, "{body}");
        }
        let refused = answer(StatusCode::UNAUTHORIZED, r#"{"error_msg":"not with hidden"}"#);
        assert_eq!(read(&refused, &["hidden"]).unwrap_err().to_string(), "401 not with <redacted>");
    }
}
