//! Creates the poller of a project from what all projects share. What is shared is kept across reloads.

use crate::cloud::client::{self, Client};
use crate::cloud::credentials::Keyring;
use crate::cloud::http::Unusable;
use crate::config::{PollConfig, ProjectConfig};
use crate::poll::{PollPermits, PolledProject, Poller};
use crate::telemetry::Telemetry;

pub(super) struct PollerFactory {
    pub(super) telemetry: Telemetry,
    keyring: Keyring,
    permits: PollPermits,
}

impl PollerFactory {
    pub(super) fn new() -> prometheus::Result<Self> {
        let telemetry = Telemetry::new()?;
        Ok(Self { telemetry, keyring: Keyring::default(), permits: PollPermits::default() })
    }

    /// A poller that publishes in `project`.
    ///
    /// # Errors
    /// If the client cannot be created.
    pub(super) fn poller(
        &mut self,
        project: PolledProject,
        settings: PollConfig,
    ) -> Result<Poller, super::Error> {
        let client = client(&project.config, settings, &self.keyring)
            .map_err(|cause| super::Error::Client { project: project.config.name.clone(), cause })?;
        let permits = self.permits.get(&project.config.endpoint);
        Ok(Poller::new(project, client, settings, permits))
    }
}

/// The client of a project. Clients share the credentials and connections of the keyring.
pub(crate) fn client(
    project: &ProjectConfig,
    settings: PollConfig,
    keyring: &Keyring,
) -> Result<Client, Unusable> {
    let ca_file = project.ca_file.as_deref();
    let credentials = keyring.credentials(&project.credentials, ca_file)?;
    let options = client::Options {
        endpoint: project.endpoint.clone(),
        iam_endpoint: project.iam_endpoint.clone(),
        project_id: project.id.clone(),
        region: project.region.clone(),
        requests_per_second: settings.requests_per_second,
    };
    Ok(Client::new(keyring.clients().of(&project.endpoint, ca_file)?, credentials, options))
}
