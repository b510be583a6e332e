//! The projects that are polled: one task each, and the roster that scrapes read. Both change together, at a reload.

use std::collections::{HashMap, HashSet};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinError, JoinSet};

use super::Failure;
use super::parts::{Parts, Unbuilt};
use crate::config::{self, Config, ProjectConfig};
use crate::poll::{Poller, Record};
use crate::telemetry::Telemetry;
use crate::web::{Exposition, Listed, Roster};

/// All pollers, running.
pub(super) struct Fleet {
    parts: Parts,
    settings: config::PollConfig,
    /// By name.
    members: HashMap<String, Member>,
    polls: JoinSet<()>,
    roster: watch::Sender<Arc<Roster>>,
}

struct Member {
    project: Arc<ProjectConfig>,
    record: Record,
    task: AbortHandle,
}

/// What a new configuration means for each of its projects.
struct Plan {
    settings: config::PollConfig,
    projects: Vec<Planned>,
    changes: Changes,
}

struct Planned {
    project: Arc<ProjectConfig>,
    record: Record,
    /// None where the one that runs goes on.
    poller: Option<Poller>,
}

/// What a reload changed, by the projects' names.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) added: Vec<String>,
    pub(super) removed: Vec<String>,
    pub(super) changed: Vec<String>,
    pub(super) kept: usize,
}

impl Fleet {
    /// Starts all pollers of `config`.
    pub(super) fn start(config: Config) -> Result<(Self, Exposition), Failure> {
        let mut parts = Parts::new()?;
        let plan = Plan::new(config, &mut parts, &HashMap::new(), None)?;
        parts.telemetry.configured(SystemTime::now());
        let roster = watch::Sender::new(Arc::new(plan.roster(false)));
        let exposition = Exposition::new(roster.subscribe(), parts.telemetry.clone());
        let (members, settings) = (HashMap::new(), plan.settings);
        let mut fleet = Self { parts, settings, members, polls: JoinSet::new(), roster };
        fleet.launch(plan.projects);
        Ok((fleet, exposition))
    }

    /// Takes a new configuration, whole or not at all. Projects that it leaves as they are notice nothing; where only
    /// the settings of polls are others, a project gets a new poller and keeps its numbers.
    pub(super) async fn take(&mut self, config: Config) -> Result<Changes, Unbuilt> {
        let mut plan = Plan::new(config, &mut self.parts, &self.members, Some(self.settings))?;
        let kept: HashSet<&str> = plan.projects.iter().filter_map(Planned::goes_on).collect();
        let (kept, stopped) = self.members.drain().partition(|(name, _)| kept.contains(name.as_str()));
        self.members = kept;
        self.stop(stopped).await;
        let was_ready = self.roster.borrow().is_ready();
        self.roster.send_replace(Arc::new(plan.roster(was_ready)));
        self.settings = plan.settings;
        self.launch(std::mem::take(&mut plan.projects));
        Ok(plan.changes)
    }

    pub(super) fn telemetry(&self) -> &Telemetry {
        &self.parts.telemetry
    }

    /// Waits for ever, unless a poller panics: then the panic goes on here.
    pub(super) async fn watch(&mut self) {
        while let Some(ended) = self.polls.join_next().await {
            pass_panic_on(ended.err());
        }
        std::future::pending::<()>().await;
    }

    /// Returns when these have ended, so that no two polls of one project ever run at a time.
    async fn stop(&mut self, members: HashMap<String, Member>) {
        let mut ending = HashSet::new();
        for member in members.values() {
            member.task.abort();
            ending.insert(member.task.id());
        }
        while !ending.is_empty() {
            match self.polls.join_next_with_id().await {
                Some(Ok((id, ()))) => ending.remove(&id),
                Some(Err(error)) => {
                    let id = error.id();
                    pass_panic_on(Some(error));
                    ending.remove(&id)
                }
                None => return,
            };
        }
    }

    fn launch(&mut self, projects: Vec<Planned>) {
        for Planned { project, record, poller } in projects {
            let Some(poller) = poller else { continue };
            let task = self.polls.spawn(poller.run());
            self.members.insert(project.name.clone(), Member { project, record, task });
        }
    }
}

impl Plan {
    fn new(
        config: Config,
        parts: &mut Parts,
        members: &HashMap<String, Member>,
        before: Option<config::PollConfig>,
    ) -> Result<Self, Unbuilt> {
        let settings = config.poll;
        let same_settings = before.is_some_and(|before| polls_the_same(before, settings));
        let mut changes = Changes::default();
        let mut projects = Vec::with_capacity(config.projects.len());
        for project in config.projects {
            let member = members.get(&project.name);
            if let Some(member) = member.filter(|member| *member.project == project) {
                changes.kept += 1;
                let (project, record) = (Arc::clone(&member.project), member.record.clone());
                let poller = if same_settings {
                    None
                } else {
                    Some(parts.poller(&project, settings, record.clone())?)
                };
                projects.push(Planned { project, record, poller });
                continue;
            }
            let names = if member.is_some() { &mut changes.changed } else { &mut changes.added };
            names.push(project.name.clone());
            let project = Arc::new(project);
            let record = Record::new(&project, &parts.telemetry);
            let poller = Some(parts.poller(&project, settings, record.clone())?);
            projects.push(Planned { project, record, poller });
        }
        let names: HashSet<&str> = projects.iter().map(|planned| planned.project.name.as_str()).collect();
        changes.removed = members.keys().filter(|name| !names.contains(name.as_str())).cloned().collect();
        changes.removed.sort();
        Ok(Self { settings, projects, changes })
    }

    fn roster(&self, was_ready: bool) -> Roster {
        let listed = self.projects.iter().map(|Planned { project, record, .. }| Listed {
            project: Arc::clone(project),
            record: record.clone(),
        });
        Roster::new(listed.collect(), self.settings.max_staleness, was_ready)
    }
}

impl Planned {
    /// The name of a project whose poller goes on.
    fn goes_on(&self) -> Option<&str> {
        self.poller.is_none().then_some(self.project.name.as_str())
    }
}

/// Whether pollers need not know of the change: how long data is shown is up to scrapes.
fn polls_the_same(a: config::PollConfig, b: config::PollConfig) -> bool {
    config::PollConfig { max_staleness: b.max_staleness, ..a } == b
}

fn pass_panic_on(error: Option<JoinError>) {
    if let Some(error) = error
        && error.is_panic()
    {
        resume_unwind(error.into_panic());
    }
}
