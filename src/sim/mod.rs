//! A simulated Huawei Cloud: MetaStudio's list APIs and the services that issue credentials for them.
//!
//! Demonstrations and tests use it in place of the real cloud. It follows the vendor's documentation alone and must
//! not know the exporter's wire types: a misspelt field in shared types would pass on both sides. It shares only the
//! signature, which has test vectors of its own.
//!
//! It can change while it runs: with the methods of [`Cloud`], or over HTTP below `/simulation/` (`control.rs`).

mod access_keys;
mod accounts;
mod auth;
mod clock;
mod control;
mod credentials;
pub mod data;
mod edits;
mod fault;
mod faults;
mod http;
mod iam;
mod messages;
mod odd_fields;
mod product_change;
mod product_list;
mod quota_lists;
pub mod replay;
mod request_log;
mod server;
mod temporary_keys;
#[cfg(test)]
mod tests;
mod tokens;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;

pub use access_keys::IssuedKey;
pub use accounts::Account;
pub use credentials::UnknownAccount;
pub use fault::{Fault, FaultError};
pub use request_log::LoggedRequest;
pub use temporary_keys::MetadataMode;

use access_keys::AccessKeys;
use accounts::ProjectList;
use clock::Clock;
use data::{SimulatedProduct, SimulatedResource, SimulatedUser};
use edits::{Edit, EditError, Edits, ProjectRows};
use faults::ActiveFaults;
use request_log::RequestLog;
use temporary_keys::KeyIssuers;
use tokens::Tokens;

/// How a simulated cloud is set up.
#[derive(Debug, Clone)]
pub struct CloudOptions {
    /// Determines keys, IDs, limits and rates.
    pub seed: u64,
    /// All projects. They define the number of accounts, which is at least one.
    pub projects: Vec<ProjectSpec>,
    /// The delay before every response.
    pub latency: Duration,
    /// Simulated seconds per real second; 0 stops simulated time.
    pub speed: f64,
    /// Simulated time at the start; expiry times count from here.
    pub epoch: Timestamp,
}

impl Default for CloudOptions {
    fn default() -> Self {
        CloudOptions {
            seed: 1,
            projects: vec![ProjectSpec::new("production", "cn-north-4", 250, 30)],
            latency: Duration::ZERO,
            speed: 1.0,
            epoch: Timestamp::now(),
        }
    }
}

/// A simulated project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectSpec {
    /// A name for people. In IAM, the name of a project is its region.
    pub name: String,
    /// `project_id` of the APIs: 32 hexadecimal digits.
    pub id: String,
    /// The region, such as `cn-north-4`.
    pub region: String,
    /// The number of sub-accounts with quotas.
    pub users: usize,
    /// The number of voice training resources.
    pub resources: usize,
    /// The number of rows of `ListTenantResources`.
    pub products: usize,
    /// The number of the account that owns the project, from 0.
    pub account: usize,
}

impl ProjectSpec {
    /// A project of account 0 whose ID is a hash of its name.
    #[must_use]
    pub fn new(name: &str, region: &str, users: usize, resources: usize) -> Self {
        let id = hex::encode(&Sha256::digest(format!("project {name}"))[..16]);
        ProjectSpec {
            name: name.to_owned(),
            id,
            region: region.to_owned(),
            users,
            resources,
            products: 30,
            account: 0,
        }
    }

    /// The same project in another account.
    #[must_use]
    pub fn in_account(self, account: usize) -> Self {
        ProjectSpec { account, ..self }
    }
}

/// The simulated cloud. Clones are the same cloud.
#[derive(Debug, Clone)]
pub struct Cloud {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    latency: Duration,
    accounts: Vec<Account>,
    projects: ProjectList,
    clock: Clock,
    access_keys: Mutex<AccessKeys>,
    tokens: Mutex<Tokens>,
    issuers: Mutex<KeyIssuers>,
    faults: Mutex<ActiveFaults>,
    /// Shared with the requests in flight.
    edits: Mutex<Arc<Edits>>,
    log: Mutex<RequestLog>,
}

impl Cloud {
    /// A cloud whose clock starts now.
    #[must_use]
    pub fn new(options: CloudOptions) -> Self {
        let projects = ProjectList::new(options.seed, options.epoch, options.projects);
        let accounts: Vec<_> =
            (0..projects.account_count()).map(|number| Account::new(options.seed, number)).collect();
        let inner = Inner {
            latency: options.latency,
            access_keys: Mutex::new(AccessKeys::new(&accounts)),
            accounts,
            projects,
            clock: Clock::new(options.epoch, options.speed),
            tokens: Mutex::default(),
            issuers: Mutex::new(KeyIssuers::new()),
            faults: Mutex::default(),
            edits: Mutex::default(),
            log: Mutex::default(),
        };
        Cloud { inner: Arc::new(inner) }
    }

    /// All endpoints: MetaStudio, IAM, STS, the metadata server, the pod identity, and `/simulation/`.
    pub fn router(&self) -> Router {
        let router = Router::new().nest("/simulation", control::router()).fallback(http::handle);
        router.with_state(self.clone())
    }

    /// Serves [`Cloud::router`] until `shutdown`; requests in flight then have a second to finish.
    pub async fn serve(&self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        server::serve(self.router(), listener, shutdown).await;
    }

    /// Replaces all faults. Faults that were active start over.
    ///
    /// # Errors
    ///
    /// For the first fault of an unknown project; nothing changes then.
    pub fn set_faults(&self, mut faults: Vec<Fault>) -> Result<(), FaultError> {
        for project in faults.iter_mut().filter_map(|fault| fault.project.as_mut()) {
            let id = self.inner.projects.find_id(project).map(str::to_owned);
            *project = id.ok_or_else(|| FaultError::Project(project.clone()))?;
        }
        *locked(&self.inner.faults) = ActiveFaults::new(faults);
        Ok(())
    }

    /// Adds an edit to the active ones.
    fn add_edit(&self, edit: Edit) -> Result<(), EditError> {
        self.inner.check_edit(&edit)?;
        Arc::make_mut(&mut locked(&self.inner.edits)).insert(edit);
        Ok(())
    }

    /// Replaces all edits. A client sees all changes or none, and an invalid edit changes nothing.
    fn replace_edits(&self, edits: Vec<Edit>) -> Result<(), EditError> {
        let mut all = Edits::default();
        for edit in edits {
            self.inner.check_edit(&edit)?;
            all.insert(edit);
        }
        *locked(&self.inner.edits) = Arc::new(all);
        Ok(())
    }

    /// Stops server time, and with it simulated time, at `at`; call again to move it.
    pub fn stop_clock(&self, at: Timestamp) {
        self.inner.clock.stop(at);
    }

    /// The answered requests, oldest first; the last 10,000.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        locked(&self.inner.log).requests.iter().cloned().collect()
    }

    /// The users of a project now, in list order, whatever the faults; empty for an unknown project.
    #[must_use]
    pub fn users(&self, project_id: &str) -> Vec<SimulatedUser> {
        self.inner.rows(project_id).map(|rows| rows.users().collect()).unwrap_or_default()
    }

    /// The resources of a project now, in list order, whatever the faults; empty for an unknown project.
    #[must_use]
    pub fn resources(&self, project_id: &str) -> Vec<SimulatedResource> {
        self.inner.rows(project_id).map(|rows| rows.resources().collect()).unwrap_or_default()
    }

    /// The products of a project now, in list order, whatever the faults; empty for an unknown project.
    #[must_use]
    pub fn products(&self, project_id: &str) -> Vec<SimulatedProduct> {
        self.inner.rows(project_id).map(|rows| rows.products().collect()).unwrap_or_default()
    }

    /// A project's `resource_available_nums` now, by key, whatever the faults; empty for an unknown project.
    #[must_use]
    pub fn available(&self, project_id: &str) -> Vec<(&'static str, u32)> {
        self.inner.rows(project_id).map(|rows| rows.available()).unwrap_or_default()
    }
}

impl Inner {
    fn check_edit(&self, edit: &Edit) -> Result<(), EditError> {
        let project = self.projects.get(&edit.project_id);
        edit.check(project.ok_or_else(|| EditError::Project(edit.project_id.clone()))?)
    }

    /// The rows of a project now.
    fn rows(&self, project_id: &str) -> Option<ProjectRows<'_>> {
        let project = self.projects.get(project_id)?;
        let edits = Arc::clone(&locked(&self.edits));
        Some(ProjectRows { project, edits, now: self.clock.simulated_now() })
    }
}

/// Locks a mutex even if a holder panicked: every change in this module is a single step, so the value is whole.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
