//! What polls have found so far, as scrapes see it.

use std::sync::Arc;

use tokio::time::Instant;

use crate::exposition::{PollState, Rendered};
use crate::snapshot::{Snapshot, UserQuotas, VoiceTraining};

/// What is known of one project, as scrapes see it.
#[derive(Debug, Clone)]
pub struct State {
    /// The project's own lines; none before its first poll has ended.
    pub(super) project: Option<Arc<Rendered>>,
    /// Its voice training resources.
    pub voice_training: Polled<VoiceTraining>,
    /// Its user quotas.
    pub user_quotas: Polled<UserQuotas>,
}

/// What is known from one API.
#[derive(Debug, Clone)]
pub struct Polled<T> {
    /// How the last poll went; none before the first has ended.
    pub(super) last: Option<(PollState, Arc<Rendered>)>,
    /// The last whole answer, however old.
    pub(super) held: Option<Held<T>>,
}

/// An answer with its text.
#[derive(Debug, Clone)]
pub(super) struct Held<T> {
    pub(super) snapshot: Arc<Snapshot<T>>,
    pub(super) rendered: Arc<Rendered>,
    /// On the clock that no one sets.
    pub(super) fetched: Instant,
}

impl<T> Polled<T> {
    pub(super) const NOTHING: Self = Self { last: None, held: None };

    fn parts(&self, oldest: Option<Instant>) -> impl Iterator<Item = &Arc<Rendered>> {
        let fresh = self.held.iter().filter(move |held| oldest.is_none_or(|oldest| held.fetched >= oldest));
        self.last.iter().map(|(_, rendered)| rendered).chain(fresh.map(|held| &held.rendered))
    }

    fn has_ended(&self) -> bool {
        self.last.is_some()
    }

    fn is_up(&self) -> bool {
        self.last.as_ref().is_some_and(|(state, _)| state.up)
    }
}

impl State {
    /// Nothing yet.
    pub(super) const NOTHING: Self =
        Self { project: None, voice_training: Polled::NOTHING, user_quotas: Polled::NOTHING };

    /// The parts to show: data not fetched since `oldest` is left out.
    pub fn parts(&self, oldest: Option<Instant>) -> impl Iterator<Item = &Arc<Rendered>> {
        let polled = self.voice_training.parts(oldest).chain(self.user_quotas.parts(oldest));
        self.project.iter().chain(polled)
    }

    /// Whether each API has been polled once, well or badly.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.voice_training.has_ended() && self.user_quotas.has_ended()
    }

    /// Whether the last poll of each API succeeded.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.voice_training.is_up() && self.user_quotas.is_up()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn data_is_shown_until_it_is_too_old_and_the_polls_state_for_ever() {
        let snapshot = Snapshot {
            data: UserQuotas::default(),
            fetched_at: SystemTime::UNIX_EPOCH,
            consistent: true,
            invalid_values: 0,
        };
        let held = Held { snapshot: Arc::new(snapshot), rendered: Arc::default(), fetched: Instant::now() };
        let last = PollState { up: false, last_success: None, duration: Duration::ZERO };
        let user_quotas = Polled { last: Some((last, Arc::default())), held: Some(held) };
        let state = State { user_quotas, ..State::NOTHING };

        let max_staleness = Duration::from_secs(1800);
        tokio::time::advance(max_staleness).await;
        assert_eq!(state.parts(Instant::now().checked_sub(max_staleness)).count(), 2);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(state.parts(Instant::now().checked_sub(max_staleness)).count(), 1);
    }

    #[test]
    fn it_is_ready_when_both_apis_have_been_polled_and_up_when_both_worked() {
        fn ended<T>(up: bool) -> Polled<T> {
            let last = PollState { up, last_success: None, duration: Duration::ZERO };
            Polled { last: Some((last, Arc::default())), held: None }
        }
        let half = State { voice_training: ended(true), ..State::NOTHING };
        assert!(!half.is_ready() && !half.is_up());
        let badly = State { user_quotas: ended(false), ..half.clone() };
        assert!(badly.is_ready() && !badly.is_up());
        let well = State { user_quotas: ended(true), ..half };
        assert!(well.is_ready() && well.is_up());
    }
}
