//! IAM tokens from a password: `POST {iam}/v3/auth/tokens?nocatalog=true`.

use std::time::SystemTime;

use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::{Issued, Password, Proof, Scope, Secret};
use crate::cloud::error::Error;
use crate::cloud::http;
use crate::cloud::refusal::Refusal;

#[derive(Deserialize)]
struct Answer {
    token: Token,
}

#[derive(Deserialize)]
struct Token {
    expires_at: jiff::Timestamp,
}

impl Password {
    /// A new token, good for 24 hours.
    pub(super) async fn issue(&self, client: &reqwest::Client) -> Result<Issued, Error> {
        let url = http::join(&self.iam_endpoint, "v3/auth/tokens", "nocatalog=true");
        let password = self.password.read("password").await?;
        let body = self.body(&password).to_string();
        let request = client.post(url).header("content-type", "application/json").body(body);
        let answer = http::send(request).await?;
        if answer.status != StatusCode::CREATED {
            let secrets = [password.expose()];
            return Err(Error::Refused(Refusal::read(
                answer.status,
                &answer.headers,
                &answer.body,
                &secrets,
            )));
        }
        let unreadable =
            |cause: &str| Error::Decode { cause: format!("IAM's {cause}"), request_id: answer.request_id() };
        let token = answer.headers.get("x-subject-token").and_then(|token| token.to_str().ok());
        let token: Secret = token.ok_or_else(|| unreadable("answer has no X-Subject-Token"))?.into();
        let body: Answer = serde_json::from_slice(&answer.body)
            .map_err(|_| unreadable("token has no readable expires_at"))?;
        Ok(Issued::until(Proof::Token(token), body.token.expires_at.into(), SystemTime::now()))
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
