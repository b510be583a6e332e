//! IAM tokens in exchange for a password: `POST {iam}/v3/auth/tokens?nocatalog=true`.

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::guard::{Guard, KeyVerdict};
use super::issued::{Authentication, IssuedCredentials};
use super::source::{Password, Scope, Secret};
use crate::cloud::error::{Error, Issuer};
use crate::cloud::http::{self, Response};
use crate::cloud::http_clients::HttpClient;
use crate::cloud::json::decode_as;

#[derive(Deserialize)]
struct TokenResponse {
    token: TokenBody,
}

#[derive(Deserialize)]
struct TokenBody {
    /// Both by the clock of IAM.
    expires_at: Timestamp,
    issued_at: Option<Timestamp>,
}

impl Password {
    /// Requests a token, which is valid for 24 hours. `now` is the cloud's time, as well as it is known.
    pub(super) async fn issue(
        &self,
        client: &HttpClient,
        password: Secret,
        guard: &Arc<Guard>,
        now: Timestamp,
    ) -> Result<IssuedCredentials, Error> {
        let url = http::join(&self.iam_endpoint, "v3/auth/tokens", "nocatalog=true");
        let body = self.body(&password).to_string();
        let request = client.post(url).header("content-type", "application/json").body(body);
        let paused = |remaining| Error::Paused { principal: format!("user {}", self.user), remaining };
        let admission = guard.admit(&http::host(&self.iam_endpoint)).await.map_err(paused)?;
        let response = guard.call(admission, http::send_and_close(request), verdict).await;
        response
            .and_then(|response| read_token(&response, &password, now))
            .map_err(|error| Error::issuer(Issuer::Iam, error))
    }

    fn body(&self, password: &Secret) -> serde_json::Value {
        let project = match &self.scope {
            Scope::ProjectId(id) => json!({"id": id}),
            Scope::Region(name) => json!({"name": name}),
        };
        json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": self.user,
                "password": password.expose(),
                "domain": {"name": self.domain},
            }}},
            "scope": {"project": project},
        }})
    }
}

fn verdict(result: &Result<Response, Error>) -> KeyVerdict {
    match result.as_ref().map(|response| response.status) {
        Ok(status) if status.is_success() => KeyVerdict::Accepted,
        Ok(StatusCode::UNAUTHORIZED) => KeyVerdict::Rejected,
        Ok(_) | Err(_) => KeyVerdict::Unknown,
    }
}

fn read_token(response: &Response, password: &Secret, now: Timestamp) -> Result<IssuedCredentials, Error> {
    response.check(&[password.expose()])?;
    let token = response.headers.get("x-subject-token").and_then(|token| token.to_str().ok());
    let token = token.ok_or_else(|| response.decode_error("it has no X-Subject-Token"))?;
    let cause = "its token has no valid expires_at";
    let body: TokenResponse = response.read(|body| decode_as(body, cause))?;
    let (authentication, expires_at) = (Authentication::Token(token.into()), body.token.expires_at.into());
    Ok(IssuedCredentials::temporary(authentication, expires_at, body.token.issued_at.unwrap_or(now)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::HeaderMap;
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_lifetime_of_a_token_is_that_of_its_own_stamps() {
        let minute = Duration::from_secs(60);
        for (issued_at, lifetime) in
            [(r#","issued_at":"2026-01-01T12:00:00.000000Z""#, 60 * minute), ("", 10 * minute)]
        {
            let body = format!(r#"{{"token":{{"expires_at":"2026-01-01T13:00:00.000000Z"{issued_at}}}}}"#);
            let header = |(name, value): (&str, &str)| (name.parse().unwrap(), value.parse().unwrap());
            let headers = [("x-subject-token", "t"), ("date", "Thu, 01 Jan 2026 11:00:00 GMT")].map(header);
            let response = Response { headers: HeaderMap::from_iter(headers), ..Response::new(201, &body) };
            let now = "2026-01-01T12:50:00Z".parse().unwrap();
            let issued = read_token(&response, &"p".into(), now).unwrap();
            assert_eq!(issued.expiry, Some(Instant::now() + lifetime));
        }
    }
}
