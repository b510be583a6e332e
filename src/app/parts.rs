//! How a project's poller is built, from what all projects share. What is shared outlives reloads.

use std::sync::Arc;

use crate::cloud::client::{Client, ClientOptions};
use crate::cloud::http::ClientError;
use crate::cloud::pool::ClientPool;
use crate::config::{self, ProjectConfig};
use crate::poll::{Poller, Record, Turns};
use crate::telemetry::Telemetry;

/// Why a project has no poller.
#[derive(Debug, thiserror::Error)]
#[error("project {project}: {cause}")]
pub struct Unbuilt {
    project: String,
    cause: ClientError,
}

/// What all projects share.
pub(super) struct Parts {
    pub(super) telemetry: Telemetry,
    clients: ClientPool,
    turns: Turns,
}

impl Parts {
    pub(super) fn new() -> prometheus::Result<Self> {
        Ok(Self { telemetry: Telemetry::new()?, clients: ClientPool::default(), turns: Turns::default() })
    }

    /// A poller that has not polled and goes on with `record`.
    pub(super) fn poller(
        &mut self,
        project: &Arc<ProjectConfig>,
        settings: config::PollConfig,
        record: Record,
    ) -> Result<Poller, Unbuilt> {
        let client = client(project, settings, &self.clients)
            .map_err(|cause| Unbuilt { project: project.name.clone(), cause })?;
        let turns = self.turns.of(&project.endpoint);
        Ok(Poller::new(Arc::clone(project), client, settings, turns, record))
    }
}

/// The client of a project, with the credentials and connections that all projects share.
pub(crate) fn client(
    project: &ProjectConfig,
    settings: config::PollConfig,
    clients: &ClientPool,
) -> Result<Client, ClientError> {
    let options = ClientOptions {
        endpoint: project.endpoint.clone(),
        iam_endpoint: project.iam_endpoint.clone(),
        project_id: project.id.clone(),
        region: project.region.clone(),
        requests_per_second: settings.requests_per_second,
    };
    clients.client(&project.credentials, project.ca_file.as_deref(), options)
}
