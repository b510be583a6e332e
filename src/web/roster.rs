//! The projects that are shown, as one value: a scrape sees those of one configuration, never half of a change.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::config::ProjectConfig;
use crate::poll::Record;

/// The projects of one configuration, in its order.
#[derive(Debug)]
pub struct Roster {
    pub(super) projects: Vec<Listed>,
    /// Each API's data is shown as long as it is younger.
    pub(super) max_staleness: Duration,
    /// Places in `projects`: with a target a project, each scrape looks one up.
    by_name: HashMap<String, usize>,
    was_ready: bool,
}

/// A project, and what is known of it.
#[derive(Debug)]
pub struct Listed {
    /// What it is configured to be.
    pub project: Arc<ProjectConfig>,
    /// What its polls told.
    pub record: Record,
}

impl Roster {
    /// Lists `projects`. `was_ready` says whether the roster before was ready.
    #[must_use]
    pub fn new(projects: Vec<Listed>, max_staleness: Duration, was_ready: bool) -> Self {
        let names = projects.iter().enumerate().map(|(at, listed)| (listed.project.name.clone(), at));
        Self { by_name: names.collect(), projects, max_staleness, was_ready }
    }

    /// Whether every project has been polled once. What was ready stays so: a project that a reload adds is no reason
    /// to take the numbers of all others out of service, as Kubernetes would.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.was_ready || self.projects.iter().all(|listed| listed.record.state().is_ready())
    }

    /// Whether the last poll of every API of every project succeeded.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.projects.iter().all(|listed| listed.record.state().is_up())
    }

    /// The project of this name.
    pub(super) fn get(&self, name: &str) -> Option<&Listed> {
        self.projects.get(*self.by_name.get(name)?)
    }
}
