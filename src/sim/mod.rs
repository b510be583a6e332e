//! A simulated cloud: MetaStudio's two quota APIs and the services that issue credentials for them, over a world that
//! lives.
//!
//! It stands for the real cloud in demonstrations and tests, so it is written from the vendor's documentation alone
//! and knows nothing of the exporter: never the client's wire types, or one misspelt field would pass on both sides.
//! Only the signature is shared, which has vectors of its own.
//!
//! Whoever runs it can change it while it runs: with [`Cloud::edit`], [`Cloud::set_edits`], [`Cloud::set_faults`] and
//! the methods of `credentials.rs`, or over HTTP below `/simulation/`, which asks for no credentials and is no part of
//! the real cloud (`control/`).

mod account;
mod answer;
mod api;
mod auth;
mod call;
mod clock;
mod control;
mod credentials;
mod edits;
mod fault;
mod faults;
mod http;
mod iam;
mod in_flight;
mod keys;
mod lock;
mod metadata;
mod odd;
mod options;
mod pod_identity;
mod projects;
mod rows;
mod seen;
mod settings;
mod sts;
#[cfg(test)]
mod tests;
mod tokens;
mod wire;
pub mod world;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use account::Account;
pub use credentials::UnknownAccount;
pub use edits::{Change, Edit, EditError};
pub use fault::{Api, Fault, FaultError, FaultKind};
pub use keys::{AccessKey, TemporaryKey};
pub use options::{Options, ProjectSpec};
pub use seen::{Authorization, RequestKind, Seen};
pub use settings::{MetadataMode, UnknownMode};

use clock::Clock;
use edits::Edits;
use faults::Faults;
use in_flight::InFlight;
use keys::Keys;
use lock::Locks;
use metadata::Metadata;
use projects::{Place, Projects};
use rows::Rows;
use seen::Log;
use settings::Settings;
use tokens::Tokens;
use world::{Resource, User};

/// How long requests in flight may go on after the end was asked for.
const GRACE: Duration = Duration::from_secs(1);

/// The simulated cloud. Clones are the same cloud.
#[derive(Debug, Clone)]
pub struct Cloud {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    latency: Duration,
    accounts: Vec<Account>,
    projects: Projects,
    clock: Clock,
    keys: Mutex<Keys>,
    locks: Mutex<Locks>,
    tokens: Mutex<Tokens>,
    metadata: Mutex<Metadata>,
    settings: Mutex<Settings>,
    faults: Mutex<Faults>,
    /// Shared with the requests that are being answered.
    edits: Mutex<Arc<Edits>>,
    log: Mutex<Log>,
    in_flight: Arc<InFlight>,
}

impl Cloud {
    /// A cloud that runs from now on.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let projects = Projects::new(options.seed, options.epoch, options.projects);
        let accounts: Vec<_> =
            (0..projects.accounts()).map(|number| Account::new(options.seed, number)).collect();
        Cloud {
            inner: Arc::new(Inner {
                latency: options.latency,
                keys: Mutex::new(Keys::of(&accounts)),
                accounts,
                projects,
                clock: Clock::new(options.epoch, options.speed),
                locks: Mutex::default(),
                tokens: Mutex::default(),
                metadata: Mutex::default(),
                settings: Mutex::new(Settings::new()),
                faults: Mutex::default(),
                edits: Mutex::default(),
                log: Mutex::default(),
                in_flight: Arc::default(),
            }),
        }
    }

    /// All of the cloud's endpoints: MetaStudio, IAM, STS, the metadata server, the pod identity, and `/simulation/`.
    pub fn router(&self) -> Router {
        let router = Router::new().nest("/simulation", control::router()).fallback(http::handle);
        router.with_state(self.clone())
    }

    /// Serves [`Cloud::router`] until `shutdown`; requests in flight get a second to end.
    ///
    /// # Errors
    ///
    /// When the listener fails for good.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY");
            }
        });
        let stop = CancellationToken::new();
        let server =
            axum::serve(listener, self.router()).with_graceful_shutdown(stop.clone().cancelled_owned());
        let end = async {
            shutdown.await;
            stop.cancel();
            // A stalled answer never ends by itself.
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            result = server.into_future() => result,
            () = end => Ok(()),
        }
    }

    /// Has these faults, and no others, from now on; they start afresh even if they held before.
    ///
    /// # Errors
    ///
    /// For the first fault of a project that the cloud does not have; nothing changes then.
    pub fn set_faults(&self, mut faults: Vec<Fault>) -> Result<(), FaultError> {
        for project in faults.iter_mut().filter_map(|fault| fault.project.as_mut()) {
            let id = self.inner.projects.id_of(project).map(str::to_owned);
            *project = id.ok_or_else(|| FaultError::Project(project.clone()))?;
        }
        *locked(&self.inner.faults) = Faults::new(faults);
        Ok(())
    }

    /// Has `edit` from now on, beside those before it.
    ///
    /// # Errors
    ///
    /// Where the project does not have the row, or the row has no such field.
    pub fn edit(&self, edit: Edit) -> Result<(), EditError> {
        self.inner.check(&edit)?;
        Arc::make_mut(&mut locked(&self.inner.edits)).insert(edit);
        Ok(())
    }

    /// Has these edits, and no others, from now on: a caller sees all of them or none.
    ///
    /// # Errors
    ///
    /// As [`Cloud::edit`], for the first edit that cannot be; nothing changes then.
    pub fn set_edits(&self, edits: Vec<Edit>) -> Result<(), EditError> {
        let mut all = Edits::default();
        for edit in edits {
            self.inner.check(&edit)?;
            all.insert(edit);
        }
        *locked(&self.inner.edits) = Arc::new(all);
        Ok(())
    }

    /// Stops the server's clock, and with it the world, at `at`; call again to move it.
    pub fn stop_clock(&self, at: Timestamp) {
        self.inner.clock.stop(at);
    }

    /// The requests answered so far, oldest first; the last 10,000.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        locked(&self.inner.log).last()
    }

    /// How many requests of each kind were answered so far.
    #[must_use]
    pub fn request_counts(&self) -> BTreeMap<RequestKind, u64> {
        locked(&self.inner.log).counts()
    }

    /// The largest number of requests that were being answered at once, since the start or
    /// [`Cloud::reset_most_in_flight`].
    #[must_use]
    pub fn most_in_flight(&self) -> usize {
        self.inner.in_flight.most()
    }

    /// Has [`Cloud::most_in_flight`] start again from the requests that are being answered now.
    pub fn reset_most_in_flight(&self) {
        self.inner.in_flight.reset();
    }

    /// The truth about a project's users now, in list order; empty for an unknown project.
    #[must_use]
    pub fn users(&self, project_id: &str) -> Vec<User> {
        self.inner.rows(project_id).map(|rows| rows.users().collect()).unwrap_or_default()
    }

    /// The truth about a project's resources now, in list order; empty for an unknown project.
    #[must_use]
    pub fn resources(&self, project_id: &str) -> Vec<Resource> {
        self.inner.rows(project_id).map(|rows| rows.resources().collect()).unwrap_or_default()
    }

    /// The truth about a project's `resource_available_nums` now, by key; empty for an unknown project.
    #[must_use]
    pub fn available(&self, project_id: &str) -> Vec<(&'static str, u32)> {
        self.inner.rows(project_id).map(|rows| rows.available()).unwrap_or_default()
    }
}

impl Inner {
    fn check(&self, edit: &Edit) -> Result<(), EditError> {
        let place = self.projects.get(&edit.project_id);
        edit.check(&place.ok_or_else(|| EditError::Project(edit.project_id.clone()))?.world)
    }

    /// The rows now of the project with this ID.
    fn rows(&self, project_id: &str) -> Option<Rows<'_>> {
        self.projects.get(project_id).map(|place| self.rows_of(place))
    }

    /// A project's rows now.
    fn rows_of<'a>(&self, place: &'a Place) -> Rows<'a> {
        Rows { world: &place.world, edits: Arc::clone(&locked(&self.edits)), at: self.clock.world() }
    }
}

/// Locks; what a panicking holder left behind is still whole, as every change here is a single step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
