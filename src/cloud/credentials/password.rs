//! IAM tokens in exchange for a password: `POST {iam}/v3/auth/tokens?nocatalog=true`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::json;

use super::guard::{Guard, KeyVerdict};
use super::issued::{Authentication, IssuedCredentials};
use super::source::{Password, Scope, Secret};
use crate::cloud::error::{Error, Issuer};
use crate::cloud::http::{self, Response};
use crate::cloud::json::DecodeError;

#[derive(Deserialize)]
struct TokenResponse {
    token: TokenBody,
}

#[derive(Deserialize)]
struct TokenBody {
    expires_at: jiff::Timestamp,
}

/// One guard per user and password, whatever project the token is for, since IAM locks users.
#[derive(Debug, Default)]
pub(crate) struct LoginGuards(Mutex<HashMap<Login, Arc<Guard>>>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Login {
    iam_endpoint: Url,
    domain: String,
    user: String,
    password: Secret,
}

impl Password {
    /// Requests a token, which is valid for 24 hours.
    pub(super) async fn issue(
        &self,
        client: &reqwest::Client,
        guards: &LoginGuards,
    ) -> Result<IssuedCredentials, Error> {
        let password = self.password.read("password").await?;
        let url = http::join(&self.iam_endpoint, "v3/auth/tokens", "nocatalog=true");
        let body = self.body(&password).to_string();
        let request = client.post(url).header("content-type", "application/json").body(body);
        let login = Login {
            iam_endpoint: self.iam_endpoint.clone(),
            domain: self.domain.clone(),
            user: self.user.clone(),
            password: password.clone(),
        };
        let guard =
            Arc::clone(guards.0.lock().unwrap_or_else(PoisonError::into_inner).entry(login).or_default());
        let host = http::host(&self.iam_endpoint);
        let result = guard.call(&host, http::send(request), verdict).await;
        let result = result
            .map_err(|remaining| Error::Paused { principal: format!("user {}", self.user), remaining })?;
        result
            .and_then(|response| read_token(&response, &password))
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
        Ok(StatusCode::CREATED) => KeyVerdict::Accepted,
        Ok(StatusCode::UNAUTHORIZED) => KeyVerdict::Rejected,
        Ok(_) | Err(_) => KeyVerdict::Unknown,
    }
}

fn read_token(response: &Response, password: &Secret) -> Result<IssuedCredentials, Error> {
    if response.status != StatusCode::CREATED {
        return Err(response.error(&[password.expose()]));
    }
    let token = response.headers.get("x-subject-token").and_then(|token| token.to_str().ok());
    let token = token.ok_or_else(|| response.decode_error("it has no X-Subject-Token"))?;
    let body: TokenResponse = response.read(|body| {
        serde_json::from_slice(body).map_err(|error| DecodeError {
            cause: "its token has no valid expires_at".to_owned(),
            is_incomplete: error.is_eof(),
        })
    })?;
    let (authentication, expires_at) = (Authentication::Token(token.into()), body.token.expires_at.into());
    Ok(IssuedCredentials::temporary(authentication, expires_at, response.date()))
}
