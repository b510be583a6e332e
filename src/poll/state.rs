//! What polls have found so far, as scrapes see it.

use std::sync::Arc;
use std::time::SystemTime;

use tokio::time::Instant;

use super::Failure;
use crate::exposition::{PollState, Rendered};
use crate::snapshot::{Collector, ProjectInfo, Snapshot, UserQuotas, VoiceTraining};

/// What is known of one project, as scrapes see it.
#[derive(Debug, Clone)]
pub struct State {
    /// The project and its own lines; none before a poll has ended that knew the project's ID.
    pub(super) project: Option<(Arc<ProjectInfo>, Arc<Rendered>)>,
    /// Its voice training resources; none where they are not polled.
    pub(super) voice_training: Option<Polled<VoiceTraining>>,
    /// Its user quotas; none where they are not polled.
    pub(super) user_quotas: Option<Polled<UserQuotas>>,
}

/// What is known from one API.
#[derive(Debug, Clone)]
pub(super) struct Polled<T> {
    /// How the last poll went; none before the first has ended.
    pub(super) last: Option<Last>,
    /// The last whole answer, however old.
    pub(super) held: Option<Held<T>>,
}

/// How a poll went, with its text.
#[derive(Debug, Clone)]
pub(super) struct Last {
    pub(super) state: PollState,
    pub(super) rendered: Arc<Rendered>,
    pub(super) ended: Ended,
}

/// The end of a poll, for people.
#[derive(Debug, Clone)]
pub struct Ended {
    /// When that was.
    pub at: SystemTime,
    /// Why it failed; none where it succeeded.
    pub failure: Option<Arc<Failure>>,
}

/// How one API stands.
#[derive(Debug, Clone)]
pub struct Standing<T> {
    /// The end of the last poll; none before the first has ended.
    pub last: Option<Ended>,
    /// The last whole answer, however old, and when it came, on the clock that no one sets.
    pub answer: Option<(Arc<Snapshot<T>>, Instant)>,
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
        self.last.iter().map(|last| &last.rendered).chain(fresh.map(|held| &held.rendered))
    }

    fn has_ended(&self) -> bool {
        self.last.is_some()
    }

    fn is_up(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.state.up)
    }

    fn standing(&self) -> Standing<T> {
        Standing {
            last: self.last.as_ref().map(|last| last.ended.clone()),
            answer: self.held.as_ref().map(|held| (Arc::clone(&held.snapshot), held.fetched)),
        }
    }
}

impl State {
    /// Nothing is known of `collectors`, and the others are never asked.
    pub(super) fn nothing(collectors: &[Collector]) -> Self {
        Self {
            project: None,
            voice_training: collectors.contains(&Collector::VoiceTraining).then_some(Polled::NOTHING),
            user_quotas: collectors.contains(&Collector::UserQuotas).then_some(Polled::NOTHING),
        }
    }

    /// The parts to show: data not fetched since `oldest` is left out.
    pub fn parts(&self, oldest: Option<Instant>) -> impl Iterator<Item = &Arc<Rendered>> {
        let voice_training = self.voice_training.iter().flat_map(move |polled| polled.parts(oldest));
        let user_quotas = self.user_quotas.iter().flat_map(move |polled| polled.parts(oldest));
        self.project.iter().map(|(_, rendered)| rendered).chain(voice_training).chain(user_quotas)
    }

    /// The project's ID, once a poll has ended that knew it.
    #[must_use]
    pub fn project_id(&self) -> Option<&str> {
        self.project.as_ref().map(|(project, _)| project.id.as_str())
    }

    /// How the voice training resources stand; none where they are not polled.
    #[must_use]
    pub fn voice_training(&self) -> Option<Standing<VoiceTraining>> {
        self.voice_training.as_ref().map(Polled::standing)
    }

    /// How the user quotas stand; none where they are not polled.
    #[must_use]
    pub fn user_quotas(&self) -> Option<Standing<UserQuotas>> {
        self.user_quotas.as_ref().map(Polled::standing)
    }

    /// Whether each API that is polled has been once, well or badly.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.voice_training.iter().all(Polled::has_ended) && self.user_quotas.iter().all(Polled::has_ended)
    }

    /// Whether the last poll of each API that is polled succeeded.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.voice_training.iter().all(Polled::is_up) && self.user_quotas.iter().all(Polled::is_up)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn last(up: bool) -> Last {
        let state = PollState { up, last_success: None, duration: Duration::ZERO };
        let ended = Ended { at: SystemTime::UNIX_EPOCH, failure: None };
        Last { state, rendered: Arc::default(), ended }
    }

    #[tokio::test(start_paused = true)]
    async fn data_is_shown_until_it_is_too_old_and_the_polls_state_for_ever() {
        let snapshot = Snapshot {
            data: UserQuotas::default(),
            fetched_at: SystemTime::UNIX_EPOCH,
            consistent: true,
            invalid_values: 0,
        };
        let held = Held { snapshot: Arc::new(snapshot), rendered: Arc::default(), fetched: Instant::now() };
        let user_quotas = Some(Polled { last: Some(last(false)), held: Some(held) });
        let state = State { user_quotas, ..State::nothing(&Collector::ALL) };

        let max_staleness = Duration::from_secs(1800);
        tokio::time::advance(max_staleness).await;
        assert_eq!(state.parts(Instant::now().checked_sub(max_staleness)).count(), 2);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(state.parts(Instant::now().checked_sub(max_staleness)).count(), 1);
    }

    #[test]
    fn it_is_ready_when_all_its_apis_have_been_polled_and_up_when_all_worked() {
        fn ended<T>(up: bool) -> Polled<T> {
            Polled { last: Some(last(up)), held: None }
        }
        let nothing = State::nothing(&Collector::ALL);
        assert!(!nothing.is_ready() && !nothing.is_up());
        let half = State { voice_training: Some(ended(true)), ..nothing };
        assert!(!half.is_ready() && !half.is_up());
        let badly = State { user_quotas: Some(ended(false)), ..half.clone() };
        assert!(badly.is_ready() && !badly.is_up());
        let well = State { user_quotas: Some(ended(true)), ..half };
        assert!(well.is_ready() && well.is_up());

        let one = State::nothing(&[Collector::VoiceTraining]);
        assert!(!one.is_ready() && !one.is_up());
        let one = State { voice_training: Some(ended(true)), ..one };
        assert!(one.is_ready() && one.is_up());
    }
}
