//! IAM tokens from a password: `POST {iam}/v3/auth/tokens?nocatalog=true`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::{StatusCode, Url};
use serde::Deserialize;
use serde_json::json;

use super::guard::{Guard, Verdict};
use super::issued::{Issued, Proof};
use super::source::{Password, Scope, Secret};
use crate::cloud::error::{Error, Issuer};
use crate::cloud::http::{self, Answer};
use crate::cloud::refusal::Refusal;

const ISSUER: Issuer = Issuer {
    name: "IAM",
    advice: "check the account's and the user's name, the password, and the project",
    unreachable: "check iam_endpoint, DNS, the proxy and the firewall",
};

#[derive(Deserialize)]
struct Wire {
    token: Token,
}

#[derive(Deserialize)]
struct Token {
    expires_at: jiff::Timestamp,
}

/// The standing of each user who logs in.
#[derive(Debug, Default)]
pub(super) struct Logins(Mutex<HashMap<Login, Arc<Guard>>>);

/// A user with a password, whatever project the token is for.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Login {
    iam_endpoint: Url,
    domain: String,
    user: String,
    password: Secret,
}

impl Logins {
    fn guard(&self, user: &Password, password: &Secret) -> Arc<Guard> {
        let login = Login {
            iam_endpoint: user.iam_endpoint.clone(),
            domain: user.domain.clone(),
            user: user.user.clone(),
            password: password.clone(),
        };
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(login).or_default())
    }
}

impl Password {
    /// A new token, good for 24 hours. A password that IAM refuses rests, since IAM locks users too.
    pub(super) async fn issue(&self, client: &reqwest::Client, logins: &Logins) -> Result<Issued, Error> {
        let password = self.password.read("password").await?;
        let url = http::join(&self.iam_endpoint, "v3/auth/tokens", "nocatalog=true");
        let body = self.body(&password).to_string();
        let request = client.post(url).header("content-type", "application/json").body(body);
        let guard = logins.guard(self, &password);
        let host = http::host(&self.iam_endpoint);
        let outcome = guard.watch(&host, http::send(request), verdict).await;
        let outcome = outcome.map_err(|rest| Error::Resting { who: format!("user {}", self.user), rest })?;
        outcome.and_then(|answer| read(&answer, &password)).map_err(|error| error.of(ISSUER))
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

fn verdict(outcome: &Result<Answer, Error>) -> Verdict {
    match outcome.as_ref().map(|answer| answer.status) {
        Ok(StatusCode::CREATED) => Verdict::Good,
        Ok(StatusCode::UNAUTHORIZED) => Verdict::Refused,
        Ok(_) | Err(_) => Verdict::Nothing,
    }
}

fn read(answer: &Answer, password: &Secret) -> Result<Issued, Error> {
    if answer.status != StatusCode::CREATED {
        let secrets = [password.expose()];
        return Err(Error::Refused(Refusal::read(answer.status, &answer.headers, &answer.body, &secrets)));
    }
    let unreadable = |cause: &str| Error::Decode { cause: cause.to_owned(), request_id: answer.request_id() };
    let token = answer.headers.get("x-subject-token").and_then(|token| token.to_str().ok());
    let token: Secret = token.ok_or_else(|| unreadable("it has no X-Subject-Token"))?.into();
    let wire: Wire = serde_json::from_slice(&answer.body)
        .map_err(|_| unreadable("its token has no readable expires_at"))?;
    Ok(Issued::until(Proof::Token(token), wire.token.expires_at.into(), answer.date()))
}
