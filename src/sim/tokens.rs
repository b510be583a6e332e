//! IAM tokens: issued for a project, good for a day unless set otherwise.

use std::collections::{HashMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

/// How long a token that expired is still told from one that never was.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// The tokens issued so far.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    issued: HashMap<String, Token>,
    /// Oldest first.
    order: VecDeque<String>,
}

#[derive(Debug)]
struct Token {
    project_id: String,
    expires: Timestamp,
    /// Uses while `expired-token` holds.
    uses: u32,
}

/// Why a token is refused, in the gateway's words.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("decrypt token fail")]
    Unknown,
    #[error("token expires")]
    Expired,
}

impl Tokens {
    /// A new token for a project, and when it expires.
    pub(super) fn issue(
        &mut self,
        project_id: &str,
        now: Timestamp,
        lifetime: SignedDuration,
    ) -> (String, Timestamp) {
        self.forget_the_long_dead(now);
        let expires = now.checked_add(lifetime).unwrap_or(Timestamp::MAX);
        let token = format!("MIISimulated{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..));
        self.issued.insert(token.clone(), Token { project_id: project_id.to_owned(), expires, uses: 0 });
        self.order.push_back(token.clone());
        (token, expires)
    }

    fn forget_the_long_dead(&mut self, now: Timestamp) {
        let forgotten = |token: &Token| now.duration_since(token.expires) >= REMEMBERED;
        while let Some(token) = self.order.front()
            && self.issued.get(token).is_none_or(forgotten)
        {
            self.issued.remove(token);
            self.order.pop_front();
        }
    }

    /// The project of a token that is good at `now` and, under a limit, was used less than `max_uses` times.
    pub(super) fn use_up(
        &mut self,
        token: &str,
        now: Timestamp,
        max_uses: Option<u32>,
    ) -> Result<String, Refused> {
        let token = self.issued.get_mut(token).ok_or(Refused::Unknown)?;
        if token.expires <= now || max_uses.is_some_and(|max| token.uses >= max) {
            return Err(Refused::Expired);
        }
        token.uses += u32::from(max_uses.is_some());
        Ok(token.project_id.clone())
    }

    /// Ends all tokens.
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
    fn a_token_is_good_for_a_day_and_a_stranger_never() {
        let mut tokens = Tokens::default();
        let (token, expires) = tokens.issue("p", at("2026-01-01T00:00:00Z"), DAY);
        assert_eq!(expires, at("2026-01-02T00:00:00Z"));
        assert_eq!(tokens.use_up(&token, at("2026-01-01T23:59:59Z"), None), Ok("p".to_owned()));
        assert_eq!(tokens.use_up(&token, expires, None), Err(Refused::Expired));
        assert_eq!(tokens.use_up("MIIStranger", expires, None), Err(Refused::Unknown));
        assert_eq!(Refused::Expired.to_string(), "token expires");
        assert_eq!(Refused::Unknown.to_string(), "decrypt token fail");
    }

    #[test]
    fn uses_count_only_under_a_limit() {
        let mut tokens = Tokens::default();
        let now = at("2026-01-01T00:00:00Z");
        let (token, _) = tokens.issue("p", now, DAY);
        let mut good = |limit| tokens.use_up(&token, now, limit).is_ok();
        assert!((0..10).all(|_| good(None)));
        assert_eq!([(); 4].map(|()| good(Some(3))), [true, true, true, false]);
        assert!(good(None));
    }

    #[test]
    fn a_revoked_token_is_dead_at_once() {
        let mut tokens = Tokens::default();
        let now = at("2026-01-01T00:00:00Z");
        let (token, _) = tokens.issue("p", now, DAY);
        tokens.revoke(now);
        assert_eq!(tokens.use_up(&token, now, None), Err(Refused::Expired));
        let (token, _) = tokens.issue("p", now, DAY);
        assert_eq!(tokens.use_up(&token, now, None), Ok("p".to_owned()));
    }

    #[test]
    fn the_long_dead_are_forgotten() {
        let mut tokens = Tokens::default();
        let (old, _) = tokens.issue("p", at("2026-01-01T00:00:00Z"), DAY);
        tokens.issue("p", at("2026-01-02T12:00:00Z"), DAY);
        assert_eq!(tokens.use_up(&old, at("2026-01-02T12:00:00Z"), None), Err(Refused::Expired));
        tokens.issue("p", at("2026-01-03T00:00:00Z"), DAY);
        assert_eq!(tokens.use_up(&old, at("2026-01-03T00:00:00Z"), None), Err(Refused::Unknown));
    }
}
