//! What polls of a project leave behind for scrapes. It outlives a poller that only gets other settings.

use std::sync::Arc;

use tokio::sync::watch;

use super::State;
use crate::config::ProjectConfig;
use crate::telemetry::{self, Telemetry};

/// What is known of a project, and what was counted for it. Clones are the same record.
#[derive(Debug, Clone)]
pub struct Record {
    pub(super) state: watch::Sender<State>,
    pub(super) telemetry: Arc<telemetry::ProjectMetrics>,
}

impl Record {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(project: &ProjectConfig, telemetry: &Telemetry) -> Self {
        Self {
            state: watch::Sender::new(State::nothing(&project.collectors)),
            telemetry: telemetry.project(&project.name, &project.collectors),
        }
    }

    /// What is known now. Hold it for a moment only: a poll that has ended waits for it.
    #[must_use]
    pub fn state(&self) -> watch::Ref<'_, State> {
        self.state.borrow()
    }

    /// What was counted.
    #[must_use]
    pub fn telemetry(&self) -> &telemetry::ProjectMetrics {
        &self.telemetry
    }
}
