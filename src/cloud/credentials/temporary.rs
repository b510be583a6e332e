//! Temporary access keys, which three services issue: STS for an OIDC identity token, the metadata service of an ECS
//! for its agency, and CCE for the identity of a pod.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::issued::{AccessKey, Authentication, IssuedCredentials};
use super::source::{Agency, Oidc, PodIdentity, Secret, read_file};
use crate::cloud::error::{Error, Issuer};
use crate::cloud::http::{self, Response, secret_header};
use crate::cloud::http_clients::HttpClient;
use crate::cloud::json::decode_as;

/// Short, because the metadata service is on the same machine or does not exist.
const METADATA_TIMEOUT: Duration = Duration::from_secs(3);

/// Short, because the service is on the same machine or does not exist.
const POD_IDENTITY_TIMEOUT: Duration = Duration::from_secs(5);

/// `{"credential": …}` of ECS, `{"credentials": …}` of STS and CCE.
#[derive(Deserialize)]
struct TemporaryKeyResponse {
    #[serde(alias = "credentials")]
    credential: TemporaryKey,
}

#[derive(Deserialize)]
struct TemporaryKey {
    #[serde(alias = "accessKeyId", alias = "access_key_id")]
    access: String,
    #[serde(alias = "secretAccessKey", alias = "secret_access_key")]
    secret: String,
    #[serde(alias = "securityToken", alias = "security_token")]
    securitytoken: String,
    #[serde(alias = "expiration")]
    expires_at: Timestamp,
}

impl Oidc {
    /// `POST {sts}/v5/agencies/assume-with-oidc`
    pub(super) async fn issue(
        &self,
        client: &HttpClient,
        now: Timestamp,
    ) -> Result<IssuedCredentials, Error> {
        let token = read_file(&self.token_file, "identity token").await?;
        let body = json!({
            "provider_urn": self.provider_urn,
            "agency_urn": self.agency_urn,
            "agency_session_name": self.session_name,
            "id_token": token.expose(),
            "duration_seconds": self.duration.as_secs(),
        });
        let url = http::join(&self.sts_endpoint, "v5/agencies/assume-with-oidc", "");
        let request = client.post(url).header("content-type", "application/json").body(body.to_string());
        request_key(request, &[token.expose()], now).await.map_err(|error| Error::issuer(Issuer::Sts, error))
    }
}

impl PodIdentity {
    /// `POST` with `{}` to the address in the pod's environment.
    pub(super) async fn issue(
        &self,
        client: &HttpClient,
        now: Timestamp,
    ) -> Result<IssuedCredentials, Error> {
        let token = read_file(&self.token_file, "pod token").await?;
        let request = client
            .post(self.uri.clone())
            .timeout(POD_IDENTITY_TIMEOUT)
            // The service expects the token without "Bearer".
            .header("authorization", secret_header(token.expose(), "pod token")?)
            .header("content-type", "application/json")
            .body("{}");
        let key = request_key(request, &[token.expose()], now).await;
        key.map_err(|error| Error::issuer(Issuer::PodIdentity, error))
    }
}

impl Agency {
    /// `GET {metadata}/openstack/latest/securitykey`
    pub(super) async fn issue(
        &self,
        client: &HttpClient,
        now: Timestamp,
    ) -> Result<IssuedCredentials, Error> {
        self.request_key(client, now).await.map_err(|error| Error::issuer(Issuer::Metadata, error))
    }

    /// The session token is not kept, since it expires before the key.
    async fn request_key(&self, client: &HttpClient, now: Timestamp) -> Result<IssuedCredentials, Error> {
        let token = self.session_token(client).await?;
        let url = http::join(&self.metadata_endpoint, "openstack/latest/securitykey", "");
        let mut request = client.get(url).timeout(METADATA_TIMEOUT);
        if let Some(token) = &token {
            request = request.header("x-metadata-token", secret_header(token.expose(), "session token")?);
        }
        let secrets: Vec<_> = token.iter().map(Secret::expose).collect();
        request_key(request, &secrets, now).await
    }

    /// `PUT {metadata}/meta-data/latest/api/token`; `None` if the metadata service is too old for session tokens.
    async fn session_token(&self, client: &HttpClient) -> Result<Option<Secret>, Error> {
        let url = http::join(&self.metadata_endpoint, "meta-data/latest/api/token", "");
        let request =
            client.put(url).timeout(METADATA_TIMEOUT).header("x-metadata-token-ttl-seconds", "21600");
        let response = http::send_and_close(request).await?;
        match response.status {
            StatusCode::OK => match String::from_utf8_lossy(&response.body).trim() {
                "" => Err(response.decode_error("its session token is empty")),
                token => Ok(Some(token.into())),
            },
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED | StatusCode::SERVICE_UNAVAILABLE => {
                Ok(None)
            }
            _ => Err(response.error(&[])),
        }
    }
}

/// Requests a temporary key. Errors contain none of `secrets`. `now` is the cloud's time, as well as it is known: the
/// response does not say when the key was issued.
async fn request_key(
    request: RequestBuilder,
    secrets: &[&str],
    now: Timestamp,
) -> Result<IssuedCredentials, Error> {
    read_key(&http::send_and_close(request).await?, secrets, now)
}

fn read_key(response: &Response, secrets: &[&str], now: Timestamp) -> Result<IssuedCredentials, Error> {
    response.check(secrets)?;
    let cause = "it is not a temporary access key with a security token and an expiry";
    let body: TemporaryKeyResponse = response.read(|body| decode_as(body, cause))?;
    let TemporaryKey { access, secret, securitytoken, expires_at } = body.credential;
    let key = AccessKey { id: access, secret: secret.into(), security_token: Some(securitytoken.into()) };
    let authentication = Authentication::AccessKey(key);
    Ok(IssuedCredentials::temporary(authentication, expires_at.into(), now))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use tokio::time::Instant;

    use super::*;

    #[test]
    fn the_key_is_read_in_each_services_format() {
        for body in [
            r#"{"credential":{"access":"A","secret":"S","securitytoken":"T","expires_at":"2100-01-08T02:56:19.587000Z"}}"#,
            r#"{"credentials":{"access_key_id":"A","secret_access_key":"S","security_token":"T","expiration":"2100-01-08T02:56:19.587Z"},"assumed_agency":{}}"#,
            r#"{"credentials":{"accessKeyId":"B","accessKeyId":"A","secretAccessKey":"S","securityToken":"T","expiration":"2100-01-08T02:56:19.587Z"}}"#,
        ] {
            let issued = read_key(&Response::new(200, body), &[], Timestamp::now()).unwrap();
            let key = AccessKey { id: "A".to_owned(), secret: "S".into(), security_token: Some("T".into()) };
            assert_eq!(issued.authentication, Authentication::AccessKey(key), "{body}");
            let expiry: jiff::Timestamp = "2100-01-08T02:56:19.587Z".parse().unwrap();
            assert_eq!(issued.expires_at, Some(expiry.into()), "{body}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_lifetime_of_a_key_does_not_depend_on_date() {
        let body = r#"{"credential":{"access":"A","secret":"S","securitytoken":"T","expires_at":"2026-01-01T13:00:00Z"}}"#;
        let date = ("date".parse().unwrap(), "Thu, 01 Jan 2026 11:00:00 GMT".parse().unwrap());
        let response = Response { headers: HeaderMap::from_iter([date]), ..Response::new(200, body) };
        let issued = read_key(&response, &[], "2026-01-01T12:50:00Z".parse().unwrap()).unwrap();
        assert_eq!(issued.expiry, Some(Instant::now() + Duration::from_secs(600)));
    }

    #[test]
    fn errors_do_not_repeat_the_body() {
        let no_key = "it is not a temporary access key with a security token and an expiry";
        for (body, cause) in [
            ("{}", no_key),
            (r#"{"credential":{"access":"A","secret":"hidden"}}"#, no_key),
            ("", "it is empty"),
            ("<html>", "it is not the documented JSON object from line 1, column 1 on"),
        ] {
            let error = read_key(&Response::new(200, body), &[], Timestamp::now()).unwrap_err().to_string();
            assert_eq!(error, format!("the response cannot be read: {cause}"), "{body}");
        }
        let response = Response::new(401, r#"{"error_msg":"not with hidden"}"#);
        assert_eq!(
            read_key(&response, &["hidden"], Timestamp::now()).unwrap_err().to_string(),
            "401 not with <redacted>"
        );
    }
}
