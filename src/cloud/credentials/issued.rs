//! Credentials as their source issued them, with their lifetime.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use tokio::time::Instant;

use super::guard::Guard;
use super::source::Secret;

/// Temporary credentials are renewed this long before they expire, or at two thirds of their lifetime if that is later.
const RENEW_BEFORE_EXPIRY: Duration = Duration::from_secs(40 * 60);

/// The lifetime of credentials that have expired when they are issued. Issuers do not issue such, so this machine's clock
/// is wrong. The credentials are used, since the cloud's response to a signature corrects the clock.
const ASSUMED_LIFETIME: Duration = Duration::from_secs(5 * 60);

/// How long configured credentials are used before their files are read again.
const REREAD_INTERVAL: Duration = Duration::from_secs(5);

/// An access key to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessKey {
    /// The access key ID (AK).
    pub(crate) id: String,
    /// The secret access key (SK).
    pub(crate) secret: Secret,
    /// The security token of temporary keys.
    pub(crate) security_token: Option<Secret>,
}

impl AccessKey {
    /// The access key ID without its middle: enough to recognize it.
    pub(crate) fn masked_id(&self) -> String {
        let chars: Vec<char> = self.id.chars().collect();
        if chars.len() < 12 {
            return "****".to_owned();
        }
        let (head, tail): (String, String) =
            (chars[..4].iter().collect(), chars[chars.len() - 4..].iter().collect());
        format!("{head}…{tail}")
    }
}

/// What authenticates a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Authentication {
    /// A signature with this key.
    AccessKey(AccessKey),
    /// `X-Auth-Token`.
    Token(Secret),
}

#[derive(Debug)]
pub(crate) struct IssuedCredentials {
    pub(crate) authentication: Authentication,
    /// By the cloud's clock, if they expire.
    pub(crate) expires_at: Option<SystemTime>,
    /// The same on the monotonic clock.
    pub(super) expiry: Option<Instant>,
    pub(super) renew_at: Option<Instant>,
    /// Prevents the key from being locked.
    pub(crate) guard: Arc<Guard>,
}

impl IssuedCredentials {
    /// Credentials from the configuration or from the files that it names.
    pub(super) fn configured(authentication: Authentication) -> Self {
        let renew_at = Some(Instant::now() + REREAD_INTERVAL);
        let guard = Arc::new(Guard::new(1));
        Self { authentication, expires_at: None, expiry: None, renew_at, guard }
    }

    /// Credentials that expire. `issued_at` is by the same clock as `expires_at`, as well as it is known.
    pub(super) fn temporary(
        authentication: Authentication,
        expires_at: SystemTime,
        issued_at: Timestamp,
    ) -> Self {
        let lifetime = expires_at.duration_since(issued_at.into()).unwrap_or_default();
        let lifetime = if lifetime.is_zero() { ASSUMED_LIFETIME } else { lifetime };
        let now = Instant::now();
        Self {
            expires_at: Some(expires_at),
            // `None`, so that they never expire, for a lifetime that the clock cannot represent.
            expiry: now.checked_add(lifetime),
            renew_at: now.checked_add(lifetime.saturating_sub((lifetime / 3).min(RENEW_BEFORE_EXPIRY))),
            ..Self::configured(authentication)
        }
    }

    pub(super) fn is_due(&self) -> bool {
        self.renew_at.is_some_and(|at| at <= Instant::now())
    }

    pub(super) fn has_expired(&self) -> bool {
        self.expiry.is_some_and(|expiry| expiry <= Instant::now())
    }

    /// The secrets that a request contains, and the key behind its signature.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match &self.authentication {
            Authentication::Token(token) => vec![token.expose()],
            Authentication::AccessKey(key) => {
                let token = key.security_token.as_ref().map(Secret::expose);
                token.into_iter().chain([key.secret.expose()]).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(expires_at: SystemTime, issued_at: SystemTime) -> IssuedCredentials {
        IssuedCredentials::temporary(
            Authentication::Token("t".into()),
            expires_at,
            issued_at.try_into().unwrap(),
        )
    }

    #[tokio::test(start_paused = true)]
    async fn temporary_credentials_are_renewed_40_minutes_or_a_third_of_their_lifetime_before_they_expire() {
        let issued_at = SystemTime::UNIX_EPOCH;
        for (minutes, renewed_before_the_end) in [(24 * 60, 40), (121, 40), (120, 40), (90, 30), (3, 1)] {
            let life = Duration::from_secs(minutes * 60);
            let issued = token(issued_at + life, issued_at);
            assert_eq!(issued.expires_at, Some(issued_at + life));
            let renewed = Instant::now() + life - Duration::from_secs(renewed_before_the_end * 60);
            assert_eq!(issued.renew_at, Some(renewed), "{minutes} minutes");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_that_seem_expired_when_they_are_issued_are_used_for_minutes() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(3600);
        for expires_at in [now, SystemTime::UNIX_EPOCH] {
            let issued = token(expires_at, now);
            assert_eq!(issued.expires_at, Some(expires_at));
            assert_eq!(issued.expiry, Some(Instant::now() + ASSUMED_LIFETIME));
        }
        let issued = token(now + Duration::from_secs(1), now);
        assert_eq!(issued.expiry, Some(Instant::now() + Duration::from_secs(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn credentials_become_due_and_expire_at_their_exact_time() {
        let issued_at = SystemTime::now();
        let life = Duration::from_secs(90 * 60);
        let issued = token(issued_at + life, issued_at);
        let moment = Duration::from_millis(1);
        tokio::time::advance(Duration::from_secs(60 * 60).saturating_sub(moment)).await;
        assert!(!issued.is_due());
        tokio::time::advance(moment).await;
        assert!(issued.is_due() && !issued.has_expired());
        tokio::time::advance(Duration::from_secs(30 * 60).saturating_sub(moment)).await;
        assert!(!issued.has_expired());
        tokio::time::advance(moment).await;
        assert!(issued.has_expired());
        assert!(!IssuedCredentials::configured(Authentication::Token("t".into())).is_due());
    }

    #[test]
    fn debug_output_hides_secrets() {
        let key = AccessKey {
            id: "AK".to_owned(),
            secret: "hidden-sk".into(),
            security_token: Some("hidden-token".into()),
        };
        let shown = format!("{:?}", IssuedCredentials::configured(Authentication::AccessKey(key)));
        assert!(shown.contains("AK") && !shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn an_access_key_id_is_shown_without_its_middle_and_a_short_one_not_at_all() {
        let masked =
            |id: &str| AccessKey { id: id.to_owned(), secret: "s".into(), security_token: None }.masked_id();
        assert_eq!(masked("FAKEACCESSKEY0000001"), "FAKE…0001");
        assert_eq!(masked("ABCDEFGHIJKL"), "ABCD…IJKL");
        assert_eq!(masked("ABCDEFGHIJK"), "****");
    }
}
