//! A simulated cloud: MetaStudio's two quota APIs and the part of IAM that leads to them, over a world that lives.
//!
//! It stands for the real cloud in demonstrations and tests, so it is written from the vendor's documentation alone
//! and knows nothing of the exporter: never the client's wire types, or one misspelt field would pass on both sides.
//! Only the signature is shared, which has vectors of its own.

mod account;
mod answer;
mod api;
mod auth;
mod call;
mod clock;
mod fault;
mod faults;
mod http;
mod iam;
mod odd;
mod options;
#[cfg(test)]
mod tests;
mod tokens;
pub mod world;

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use fault::{Api, Fault, FaultError, FaultKind};
pub use options::{Options, Project};

use account::Account;
use clock::Clock;
use faults::Faults;
use tokens::Tokens;
use world::{NEWCOMERS, Resource, User, World};

/// How many requests [`Cloud::requests`] remembers.
const REMEMBERED: usize = 10_000;
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
    account: Account,
    projects: Vec<Project>,
    /// One a project, in the same order.
    worlds: Vec<World>,
    clock: Clock,
    tokens: Mutex<Tokens>,
    faults: Mutex<Faults>,
    seen: Mutex<VecDeque<Seen>>,
}

/// A request that was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// `GET`, `POST`.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query as sent, without its `?`.
    pub query: String,
    /// The status of the answer.
    pub status: u16,
    /// What the request had to show for itself.
    pub authorization: Authorization,
}

/// How a request shows who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Authorization {
    /// Not at all.
    None,
    /// `Authorization`, a signature by an access key.
    Signature,
    /// `X-Auth-Token`.
    Token,
}

impl Cloud {
    /// A cloud that runs from now on.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let mut next_number = 1;
        let worlds = options.projects.iter().map(|project| {
            let world = World::new(options.seed, project, options.epoch, next_number);
            next_number += NEWCOMERS + project.users;
            world
        });
        Cloud {
            inner: Arc::new(Inner {
                latency: options.latency,
                account: Account::new(options.seed),
                worlds: worlds.collect(),
                projects: options.projects,
                clock: Clock::new(options.epoch, options.speed),
                tokens: Mutex::default(),
                faults: Mutex::default(),
                seen: Mutex::default(),
            }),
        }
    }

    /// All of the cloud's endpoints: MetaStudio and IAM.
    pub fn router(&self) -> Router {
        Router::new().fallback(http::handle).with_state(self.clone())
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

    /// The access key ID that signs requests.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.inner.account.access_key
    }

    /// The secret access key to it.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.inner.account.secret_key
    }

    /// The account name, for tokens by password.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.inner.account.domain
    }

    /// The IAM user's name, for tokens by password.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.inner.account.user
    }

    /// The IAM user's password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.inner.account.password
    }

    /// A token for a project, good for 24 hours.
    #[must_use]
    pub fn issue_token(&self, project_id: &str) -> String {
        locked(&self.inner.tokens).issue(project_id, self.inner.clock.now()).0
    }

    /// Has these faults, and no others, from now on; they start afresh even if they held before.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        *locked(&self.inner.faults) = Faults::new(faults);
    }

    /// Stops the server's clock, and with it the world, at `at`; call again to move it.
    pub fn stop_clock(&self, at: Timestamp) {
        self.inner.clock.stop(at);
    }

    /// The requests answered so far, oldest first; the last 10,000.
    #[must_use]
    pub fn requests(&self) -> Vec<Seen> {
        locked(&self.inner.seen).iter().cloned().collect()
    }

    /// The truth about a project's users now, in list order; empty for an unknown project.
    #[must_use]
    pub fn users(&self, project_id: &str) -> Vec<User> {
        let at = self.inner.clock.world();
        let Some(world) = self.inner.world(project_id) else { return Vec::new() };
        (0..world.user_count()).map(|row| world.user(NEWCOMERS + row, at)).collect()
    }

    /// The truth about a project's resources now, in list order; empty for an unknown project.
    #[must_use]
    pub fn resources(&self, project_id: &str) -> Vec<Resource> {
        let at = self.inner.clock.world();
        let Some(world) = self.inner.world(project_id) else { return Vec::new() };
        (0..world.resource_count()).map(|row| world.resource(NEWCOMERS + row, at)).collect()
    }

    /// The truth about a project's `resource_available_nums` now, by key; empty for an unknown project.
    #[must_use]
    pub fn available(&self, project_id: &str) -> Vec<(&'static str, u32)> {
        let at = self.inner.clock.world();
        self.inner.world(project_id).map(|world| world.available(at)).unwrap_or_default()
    }
}

impl Inner {
    fn world(&self, project_id: &str) -> Option<&World> {
        let index = self.projects.iter().position(|project| project.id == project_id)?;
        self.worlds.get(index)
    }

    fn remember(&self, request: Seen) {
        let mut seen = locked(&self.seen);
        if seen.len() == REMEMBERED {
            seen.pop_front();
        }
        seen.push_back(request);
    }
}

/// Locks; what a panicking holder left behind is still whole, as every change here is a single step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
