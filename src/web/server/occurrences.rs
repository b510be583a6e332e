//! Events that clients can cause at any rate, and that are logged at most once a minute.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The shortest time between two log lines.
const INTERVAL: Duration = Duration::from_secs(60);

/// Events since the last log line.
#[derive(Debug, Default)]
pub(super) struct Occurrences(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    count: u64,
    logged: Option<Instant>,
}

impl Occurrences {
    /// Counts an event. Returns the number of events since the last line if a line is due; the first event is logged at
    /// once.
    pub(super) fn add(&self) -> Option<u64> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.count += 1;
        if state.logged.is_some_and(|logged| logged.elapsed() < INTERVAL) {
            return None;
        }
        state.logged = Some(Instant::now());
        Some(std::mem::take(&mut state.count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_line_is_due_once_a_minute_with_the_number_of_events() {
        let occurrences = Occurrences::default();
        assert_eq!(occurrences.add(), Some(1));
        assert_eq!(occurrences.add(), None);
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(occurrences.add(), None);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(occurrences.add(), Some(3));
        assert_eq!(occurrences.add(), None);
    }
}
