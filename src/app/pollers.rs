//! The running pollers, one task for each project, and the list of projects that scrapes read. A reload changes both.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::Error;
use crate::cloud::client::{Client, ClientOptions};
use crate::cloud::http_clients::ClientError;
use crate::cloud::pool::ClientPool;
use crate::cloud::proxies::Proxies;
use crate::config::{Config, PollConfig, ProjectConfig};
use crate::poll::{PollPermits, PolledProject, PolledProjects, Poller};
use crate::telemetry::Telemetry;

/// The running pollers, and what they share.
pub(super) struct Pollers {
    pub(super) telemetry: Telemetry,
    clients: ClientPool,
    permits: PollPermits,
    /// `None` before the first configuration.
    settings: Option<PollConfig>,
    /// By name.
    running: HashMap<String, RunningPoller>,
    projects: watch::Sender<Arc<PolledProjects>>,
    shutdown: CancellationToken,
    panicked: CancellationToken,
}

struct RunningPoller {
    project: PolledProject,
    task: JoinHandle<()>,
}

/// What a configuration means for each project.
pub(super) struct Plan {
    pub(super) projects: Vec<PolledProject>,
    /// The pollers to start. Projects without one keep theirs.
    pub(super) pollers: Vec<Poller>,
    changes: Changes,
}

/// What a reload changed, by project name.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Changes {
    pub(super) added: Vec<String>,
    pub(super) removed: Vec<String>,
    pub(super) changed: Vec<String>,
    pub(super) kept: usize,
}

impl Pollers {
    /// No pollers. Those that `apply` starts run until `shutdown`, and cancel `panicked` if they panic.
    pub(super) fn new(
        proxies: Proxies,
        shutdown: CancellationToken,
        panicked: CancellationToken,
    ) -> Result<Self, Error> {
        Ok(Self {
            telemetry: Telemetry::new()?,
            clients: ClientPool::new(proxies),
            permits: PollPermits::default(),
            settings: None,
            running: HashMap::new(),
            projects: watch::Sender::default(),
            shutdown,
            panicked,
        })
    }

    pub(super) fn projects(&self) -> watch::Receiver<Arc<PolledProjects>> {
        self.projects.subscribe()
    }

    /// Applies a configuration completely, or not at all if a client cannot be created. Unchanged projects are not
    /// interrupted. If only the settings of polls change, a project gets a new poller and keeps its data.
    pub(super) async fn apply(&mut self, config: Config) -> Result<Changes, Error> {
        let settings = config.poll;
        let Plan { projects, pollers, changes } = self.plan(config)?;
        let starting = pollers.iter().map(|poller| &poller.project.config.name);
        self.stop(starting.chain(&changes.removed).collect()).await;
        let was_ready = self.settings.is_some() && self.projects.borrow().is_ready();
        let projects = PolledProjects::new(projects, settings.max_staleness, was_ready);
        self.projects.send_replace(Arc::new(projects));
        self.settings = Some(settings);
        self.telemetry.set_settings(settings);
        for poller in pollers {
            let project = poller.project.clone();
            let task = tokio::spawn(poller.run(self.shutdown.clone(), self.panicked.clone()));
            self.running.insert(project.config.name.clone(), RunningPoller { project, task });
        }
        Ok(changes)
    }

    /// Creates the pollers that a configuration needs, without starting them.
    pub(super) fn plan(&mut self, config: Config) -> Result<Plan, Error> {
        let same_settings = self.settings.is_some_and(|before| {
            // Only scrapes read `max_staleness`.
            PollConfig { max_staleness: config.poll.max_staleness, ..before } == config.poll
        });
        let (mut projects, mut pollers, mut changes) = (Vec::new(), Vec::new(), Changes::default());
        for new in config.projects {
            let running = self.running.get(&new.name);
            let unchanged = running.filter(|running| *running.project.config == new);
            let project = if let Some(running) = unchanged {
                changes.kept += 1;
                running.project.clone()
            } else {
                let names = if running.is_some() { &mut changes.changed } else { &mut changes.added };
                names.push(new.name.clone());
                PolledProject::new(new, &self.telemetry)
            };
            let client_error = |cause| Error::Client { project: project.config.name.clone(), cause };
            if unchanged.is_some() && same_settings {
                // Its client takes the new content of the file by itself, unless that is bad.
                let ca_file = project.config.ca_file.as_deref();
                self.clients.check(&project.config.endpoint, ca_file).map_err(client_error)?;
            } else {
                let client = client(&project.config, config.poll, &self.clients).map_err(client_error)?;
                let permits = self.permits.get(&project.config);
                pollers.push(Poller::new(project.clone(), client, config.poll, permits));
            }
            projects.push(project);
        }
        let names: HashSet<&str> = projects.iter().map(|project| project.config.name.as_str()).collect();
        changes.removed =
            self.running.keys().filter(|name| !names.contains(name.as_str())).cloned().collect();
        changes.removed.sort();
        Ok(Plan { projects, pollers, changes })
    }

    /// Returns when these pollers have ended, so that polls of a project never overlap.
    async fn stop(&mut self, names: Vec<&String>) {
        let stopped: Vec<_> = names.into_iter().filter_map(|name| self.running.remove(name)).collect();
        for poller in &stopped {
            poller.task.abort();
        }
        for poller in stopped {
            // An error says that the task was aborted; the guard reports a panic.
            let _ = poller.task.await;
        }
    }
}

/// The client of a project, with the credentials and connections that all projects share.
pub(crate) fn client(
    project: &ProjectConfig,
    settings: PollConfig,
    clients: &ClientPool,
) -> Result<Client, ClientError> {
    let options = ClientOptions {
        endpoint: project.endpoint.clone(),
        iam_endpoint: project.iam_endpoint.clone(),
        project_id: project.id.clone(),
        region: project.region.clone(),
        requests_per_second: settings.requests_per_second,
        total_shards: settings.total_shards,
    };
    clients.client(&project.credentials, project.ca_file.as_deref(), options)
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use super::*;
    use crate::config::tests::project;

    pub(in crate::app) fn config(projects: Vec<ProjectConfig>) -> Config {
        let hour = Duration::from_secs(3600);
        let poll = PollConfig {
            interval: hour,
            timeout: hour,
            max_staleness: hour,
            concurrency: 1,
            requests_per_second: 1.0,
            shard: 0,
            total_shards: 1,
        };
        Config { poll, projects, proxies: Proxies::default() }
    }

    fn other(name: &str) -> ProjectConfig {
        ProjectConfig { region: "cn-north-4".to_owned(), ..project(name) }
    }

    async fn pollers(projects: Vec<ProjectConfig>) -> Pollers {
        let mut pollers =
            Pollers::new(Proxies::default(), CancellationToken::new(), CancellationToken::new()).unwrap();
        pollers.apply(config(projects)).await.unwrap();
        pollers
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn started(plan: &Plan) -> Vec<&str> {
        plan.pollers.iter().map(|poller| poller.project.config.name.as_str()).collect()
    }

    #[tokio::test]
    async fn a_plan_starts_pollers_of_added_and_changed_projects_only() {
        let mut pollers = pollers(["a", "b", "d", "c"].map(project).to_vec()).await;
        let plan = pollers.plan(config(vec![other("b"), project("e"), project("a")])).unwrap();
        let expected =
            Changes { added: names(&["e"]), removed: names(&["c", "d"]), changed: names(&["b"]), kept: 1 };
        assert_eq!(plan.changes, expected);
        assert_eq!(started(&plan), ["b", "e"]);
        let planned = plan.projects.iter().map(|project| project.config.name.as_str());
        assert_eq!(planned.collect::<Vec<_>>(), ["b", "e", "a"], "in the order of the configuration");
    }

    #[tokio::test]
    async fn other_settings_of_polls_start_new_pollers_that_keep_the_data() {
        let mut pollers = pollers(vec![project("a")]).await;
        let mut config = config(vec![project("a")]);
        config.poll.max_staleness *= 2;
        let plan = pollers.plan(config.clone()).unwrap();
        assert_eq!((plan.changes.kept, started(&plan).len()), (1, 0));

        config.poll.interval *= 2;
        let plan = pollers.plan(config).unwrap();
        assert_eq!(plan.changes, Changes { kept: 1, ..Changes::default() });
        assert_eq!(started(&plan), ["a"]);
        let (before, after) = (&pollers.running["a"].project, &plan.pollers[0].project);
        assert!(Arc::ptr_eq(&before.metrics, &after.metrics));
    }

    #[tokio::test]
    async fn a_client_that_cannot_be_created_changes_nothing() {
        let mut pollers = pollers(vec![project("a"), project("b")]).await;
        let broken = ProjectConfig { ca_file: Some("/nowhere.pem".into()), ..project("b") };
        let error = pollers.apply(config(vec![project("c"), broken])).await.unwrap_err();
        assert!(error.to_string().starts_with("project b: "), "{error}");
        let mut running: Vec<_> = pollers.running.keys().cloned().collect();
        running.sort();
        assert_eq!(running, names(&["a", "b"]));
        assert!(pollers.running.values().all(|poller| !poller.task.is_finished()));
        assert_eq!(pollers.projects().borrow().projects.len(), 2);
    }

    #[tokio::test]
    async fn no_project_is_ready_at_once_and_stays_ready() {
        let mut pollers = pollers(vec![]).await;
        assert!(pollers.projects().borrow().is_ready());
        pollers.apply(config(vec![project("a")])).await.unwrap();
        assert!(pollers.projects().borrow().is_ready());
    }
}
