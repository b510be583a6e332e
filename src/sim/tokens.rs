//! IAM tokens, each issued for one project.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

/// The gateway's message for a token that it does not know.
pub(super) const UNKNOWN_TOKEN: &str = "decrypt token fail";
/// The gateway's message for a token that has expired.
pub(super) const EXPIRED_TOKEN: &str = "token expires";
/// How long an expired token is still recognized as expired.
const EXPIRED_RETENTION: SignedDuration = SignedDuration::from_hours(24);

/// All tokens, by their text.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    issued: HashMap<String, TokenRecord>,
}

#[derive(Debug)]
struct TokenRecord {
    project_id: String,
    expires: Timestamp,
    /// Uses while the fault `expired-token` is active.
    uses: u32,
}

impl Tokens {
    /// Issues a token for a project; returns it and its expiry.
    pub(super) fn issue(
        &mut self,
        project_id: &str,
        now: Timestamp,
        lifetime: SignedDuration,
    ) -> (String, Timestamp) {
        self.issued.retain(|_, token| now.duration_since(token.expires) < EXPIRED_RETENTION);
        let expires = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
        let token = format!("MIISimulated{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..));
        self.issued
            .insert(token.clone(), TokenRecord { project_id: project_id.to_owned(), expires, uses: 0 });
        (token, expires)
    }

    /// Uses a token at `now`; returns its project, or the gateway's message if the token is unknown, has expired, or
    /// was used `max_uses` times.
    pub(super) fn use_at(
        &mut self,
        token: &str,
        now: Timestamp,
        max_uses: Option<u32>,
    ) -> Result<String, &'static str> {
        let token = self.issued.get_mut(token).ok_or(UNKNOWN_TOKEN)?;
        if token.expires <= now || max_uses.is_some_and(|max| token.uses >= max) {
            return Err(EXPIRED_TOKEN);
        }
        token.uses += u32::from(max_uses.is_some());
        Ok(token.project_id.clone())
    }

    /// Revokes all tokens.
    pub(super) fn revoke(&mut self, now: Timestamp) {
        for token in self.issued.values_mut() {
            token.expires = token.expires.min(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn a_token_is_valid_for_its_lifetime_and_an_unknown_one_never() {
        let mut tokens = Tokens::default();
        let (token, expires) = tokens.issue("p", at("2026-01-01T00:00:00Z"), DAY);
        assert_eq!(expires, at("2026-01-02T00:00:00Z"));
        assert_eq!(tokens.use_at(&token, at("2026-01-01T23:59:59Z"), None), Ok("p".to_owned()));
        assert_eq!(tokens.use_at(&token, expires, None), Err("token expires"));
        assert_eq!(tokens.use_at("MIIUnknown", expires, None), Err("decrypt token fail"));
    }

    #[test]
    fn only_uses_under_a_limit_count() {
        let mut tokens = Tokens::default();
        let now = at("2026-01-01T00:00:00Z");
        let (token, _) = tokens.issue("p", now, DAY);
        let mut use_token = |limit| tokens.use_at(&token, now, limit).is_ok();
        assert!((0..10).all(|_| use_token(None)));
        assert_eq!([(); 4].map(|()| use_token(Some(3))), [true, true, true, false]);
        assert!(use_token(None));
    }

    #[test]
    fn a_revoked_token_has_expired() {
        let mut tokens = Tokens::default();
        let now = at("2026-01-01T00:00:00Z");
        let (token, _) = tokens.issue("p", now, DAY);
        tokens.revoke(now);
        assert_eq!(tokens.use_at(&token, now, None), Err(EXPIRED_TOKEN));
        let (token, _) = tokens.issue("p", now, DAY);
        assert_eq!(tokens.use_at(&token, now, None), Ok("p".to_owned()));
    }

    #[test]
    fn an_expired_token_is_recognized_for_a_day() {
        let mut tokens = Tokens::default();
        let (old, _) = tokens.issue("p", at("2026-01-01T00:00:00Z"), DAY);
        tokens.issue("p", at("2026-01-02T12:00:00Z"), DAY);
        assert_eq!(tokens.use_at(&old, at("2026-01-02T12:00:00Z"), None), Err(EXPIRED_TOKEN));
        tokens.issue("p", at("2026-01-03T00:00:00Z"), DAY);
        assert_eq!(tokens.use_at(&old, at("2026-01-03T00:00:00Z"), None), Err(UNKNOWN_TOKEN));
    }
}
