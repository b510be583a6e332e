//! Credentials as a source gave them out: what proves a request, and until when.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::guard::Guard;
use super::source::Secret;

/// Temporary credentials are renewed this long before their end, or at a third of their life if that is less.
const AHEAD: Duration = Duration::from_secs(40 * 60);

/// How long what was read from files counts before they are looked at again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// An access key to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessKey {
    /// The access key ID (AK).
    pub id: String,
    /// The secret access key (SK).
    pub secret: Secret,
    /// The security token of temporary keys.
    pub security_token: Option<Secret>,
}

/// What proves one request.
#[derive(Debug, PartialEq, Eq)]
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
    /// When it ends by the cloud's clock, where that is known.
    pub expires_at: Option<SystemTime>,
    /// The same on the clock that no one sets.
    pub(super) ends: Option<Instant>,
    /// When to look for other credentials.
    pub(super) renew_at: Option<Instant>,
    /// Keeps a refused key from being locked.
    pub(crate) guard: Guard,
}

impl Issued {
    /// Credentials that are good until somebody changes the configuration.
    pub(super) fn lasting(proof: Proof) -> Self {
        Self { proof, expires_at: None, ends: None, renew_at: None, guard: Guard::default() }
    }

    /// Credentials that are good until somebody changes a file.
    pub(super) fn from_files(proof: Proof) -> Self {
        Self { renew_at: Some(Instant::now() + LOOK_AGAIN), ..Self::lasting(proof) }
    }

    /// Temporary credentials. `issued_at` is the time that the issuer's clock showed, since ours may be wrong.
    pub(super) fn until(proof: Proof, expires_at: SystemTime, issued_at: SystemTime) -> Self {
        let life = expires_at.duration_since(issued_at).unwrap_or_default();
        let now = Instant::now();
        Self {
            expires_at: Some(expires_at),
            // A life that no clock can hold has no end.
            ends: now.checked_add(life),
            renew_at: now.checked_add(life.saturating_sub((life / 3).min(AHEAD))),
            ..Self::lasting(proof)
        }
    }

    pub(super) fn is_due(&self) -> bool {
        self.renew_at.is_some_and(|at| at <= Instant::now())
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ends.is_some_and(|end| end <= Instant::now())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn temporary_credentials_are_renewed_at_a_third_of_their_life_or_40_minutes() {
        let issued_at = SystemTime::UNIX_EPOCH;
        for (minutes, renewed_before_the_end) in
            [(24 * 60, 40), (121, 40), (120, 40), (90, 30), (3, 1), (0, 0)]
        {
            let life = Duration::from_secs(minutes * 60);
            let issued = Issued::until(Proof::Token("t".into()), issued_at + life, issued_at);
            assert_eq!(issued.expires_at, Some(issued_at + life));
            let renewed = Instant::now() + life - Duration::from_secs(renewed_before_the_end * 60);
            assert_eq!(issued.renew_at, Some(renewed), "{minutes} minutes");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn due_and_ended_are_reached_to_the_moment() {
        let issued_at = SystemTime::now();
        let life = Duration::from_secs(90 * 60);
        let issued = Issued::until(Proof::Token("t".into()), issued_at + life, issued_at);
        let moment = Duration::from_millis(1);
        tokio::time::advance(Duration::from_secs(60 * 60).saturating_sub(moment)).await;
        assert!(!issued.is_due());
        tokio::time::advance(moment).await;
        assert!(issued.is_due() && !issued.has_ended());
        tokio::time::advance(Duration::from_secs(30 * 60).saturating_sub(moment)).await;
        assert!(!issued.has_ended());
        tokio::time::advance(moment).await;
        assert!(issued.has_ended());
        assert!(!Issued::lasting(Proof::Token("t".into())).is_due());
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
