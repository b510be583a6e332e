//! Who we are to the cloud: where credentials come from, and when they are fetched anew.
//!
//! One file a source. Secrets are held as [`SecretString`], which neither prints nor outlives its use in memory.

mod password;
pub mod profile;
mod source;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::Mutex;

pub use source::{Agency, KeyPair, Oidc, Password, PodIdentity, Scope, Secret, Source, Text};

use super::error::Error;

/// An access key to sign with.
#[derive(Debug, Clone)]
pub struct AccessKey {
    /// The access key ID (AK).
    pub id: String,
    /// The secret access key (SK).
    pub secret: Secret,
    /// The security token of temporary keys.
    pub security_token: Option<Secret>,
}

/// What proves one request.
#[derive(Debug)]
pub enum Proof {
    /// A signature with this key.
    Signature(AccessKey),
    /// `X-Auth-Token`.
    Token(Secret),
}

/// A proof and its end.
#[derive(Debug)]
pub struct Issued {
    /// What to prove requests with.
    pub proof: Proof,
    /// When it ends, where that is known.
    pub expires_at: Option<SystemTime>,
    /// When to replace it ahead of its end.
    renew_at: Option<SystemTime>,
}

impl Issued {
    fn lasting(proof: Proof) -> Self {
        Self { proof, expires_at: None, renew_at: None }
    }

    /// Temporary credentials are replaced when less than a third of their life is left, at most 40 minutes.
    fn until(proof: Proof, expires_at: SystemTime, now: SystemTime) -> Self {
        let life = expires_at.duration_since(now).unwrap_or_default();
        let ahead = (life / 3).min(Duration::from_secs(40 * 60));
        Self { proof, expires_at: Some(expires_at), renew_at: Some(expires_at - ahead) }
    }

    /// The texts that must never be shown: those that a request carries, and the key behind its signature.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match &self.proof {
            Proof::Token(token) => vec![token.expose()],
            Proof::Signature(key) => {
                let token = key.security_token.as_ref().map(Secret::expose);
                token.into_iter().chain([key.secret.expose()]).collect()
            }
        }
    }
}

/// The credentials of one project, fetched once for all callers.
#[derive(Debug)]
pub struct Credentials {
    source: Source,
    http: reqwest::Client,
    held: Mutex<Option<Arc<Issued>>>,
}

impl Credentials {
    /// Nothing is read or fetched yet. `http` is for sources that ask a service.
    #[must_use]
    pub fn new(source: Source, http: reqwest::Client) -> Self {
        Self { source, http, held: Mutex::new(None) }
    }

    /// The kind of the source.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.source.kind()
    }

    /// The credentials in force, fetched or renewed where that is due.
    ///
    /// # Errors
    /// When the source gives none.
    pub async fn current(&self) -> Result<Arc<Issued>, Error> {
        let mut held = self.held.lock().await;
        let now = SystemTime::now();
        match held.as_ref() {
            Some(issued) if issued.renew_at.is_none_or(|at| now < at) => Ok(Arc::clone(issued)),
            _ => self.replace(&mut held).await,
        }
    }

    /// Other credentials than `refused`, or none where the source has no others. Callers who were refused together
    /// share one renewal.
    ///
    /// # Errors
    /// When the source fails.
    pub async fn renew(&self, refused: &Arc<Issued>) -> Result<Option<Arc<Issued>>, Error> {
        let mut held = self.held.lock().await;
        if let Some(issued) = held.as_ref().filter(|issued| !Arc::ptr_eq(issued, refused)) {
            return Ok(Some(Arc::clone(issued)));
        }
        if matches!(self.source, Source::Token(Text::Given(_))) {
            return Ok(None);
        }
        let renewed = self.replace(&mut held).await?;
        Ok((renewed.secrets() != refused.secrets()).then_some(renewed))
    }

    async fn replace(&self, held: &mut Option<Arc<Issued>>) -> Result<Arc<Issued>, Error> {
        let issued = match &self.source {
            Source::AccessKey(pair) => Issued::lasting(Proof::Signature(pair.read().await?)),
            Source::Token(token) => Issued::lasting(Proof::Token(token.read("token").await?)),
            Source::Password(password) => password.issue(&self.http).await?,
            _ => return Err(Error::Credentials("not yet".to_owned())),
        };
        Ok(Arc::clone(held.insert(Arc::new(issued))))
    }
}

impl KeyPair {
    async fn read(&self) -> Result<AccessKey, Error> {
        let security_token = match &self.security_token {
            Some(token) => Some(token.read("security token").await?),
            None => None,
        };
        let id = self.ak.read("access key ID").await?.expose().to_owned();
        Ok(AccessKey { id, secret: self.sk.read("secret access key").await?, security_token })
    }
}

impl Text {
    /// The text. `name` is what a sentence about its file calls it.
    async fn read(&self, name: &str) -> Result<Secret, Error> {
        let path = match self {
            Self::Given(secret) => return Ok(secret.clone()),
            Self::File(path) => path,
        };
        let unusable = |why: String| Error::Credentials(format!("the {name} file {} {why}", path.display()));
        let text = tokio::fs::read_to_string(path)
            .await
            .map_err(|error| unusable(format!("cannot be read: {error}")))?;
        match text.trim() {
            "" => Err(unusable("is empty".to_owned())),
            text => Ok(text.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn temporary_credentials_are_renewed_at_a_third_of_their_life_or_40_minutes() {
        let now = SystemTime::UNIX_EPOCH;
        for (minutes, renewed_before_the_end) in
            [(24 * 60, 40), (121, 40), (120, 40), (90, 30), (3, 1), (0, 0)]
        {
            let end = now + Duration::from_secs(minutes * 60);
            let issued = Issued::until(Proof::Token("t".into()), end, now);
            assert_eq!(issued.expires_at, Some(end));
            assert_eq!(
                issued.renew_at,
                Some(end - Duration::from_secs(renewed_before_the_end * 60)),
                "{minutes} minutes"
            );
        }
    }

    #[test]
    fn no_secret_shows_in_debug() {
        let key = AccessKey {
            id: "AK".to_owned(),
            secret: "hidden-sk".into(),
            security_token: Some("hidden-token".into()),
        };
        let shown = format!("{:?}", Issued::lasting(Proof::Signature(key)));
        assert!(shown.contains("AK") && !shown.contains("hidden"), "{shown}");
    }
}
