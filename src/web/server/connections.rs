//! The open connections, their number, and which one is closed to make room for another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::activity::Activity;
use super::limits::Limits;
use super::occurrences::Occurrences;
use crate::telemetry::HttpMetrics;

/// All open connections.
pub(super) struct Connections {
    limits: Limits,
    permits: Arc<Semaphore>,
    open: Mutex<Vec<Activity>>,
    /// Notified when a connection can be closed that could not be before.
    became_idle: Arc<Notify>,
    evictions: Occurrences,
    metrics: Option<HttpMetrics>,
}

impl Connections {
    pub(super) fn new(limits: Limits, metrics: Option<HttpMetrics>) -> Arc<Self> {
        Arc::new(Self {
            limits,
            permits: Arc::new(Semaphore::new(limits.max_connections)),
            open: Mutex::default(),
            became_idle: Arc::default(),
            evictions: Occurrences::default(),
            metrics,
        })
    }

    /// Waits for a place. If there is none, closes the connection that is idle longest; waits while all have requests in
    /// progress.
    pub(super) async fn open(self: &Arc<Self>) -> Connection {
        let mut evicted: Option<Activity> = None;
        let permit = loop {
            if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
                break Some(permit);
            }
            // An evicted connection stays open if it received a request in the meantime.
            if !evicted.as_ref().is_some_and(Activity::is_evicted) {
                evicted = self.evict();
            }
            tokio::select! {
                // The semaphore is never closed.
                permit = Arc::clone(&self.permits).acquire_owned() => break permit.ok(),
                () = self.became_idle.notified() => {}
            }
        };
        let activity = Activity::new(self.limits, Arc::clone(&self.became_idle));
        self.lock().push(activity.clone());
        if let Some(metrics) = &self.metrics {
            metrics.connection_opened();
        }
        Connection { activity, connections: Arc::clone(self), _permit: permit }
    }

    fn evict(&self) -> Option<Activity> {
        let open = self.lock();
        let idle = open.iter().filter_map(|activity| Some((activity.idle_since()?, activity)));
        let (_, oldest) = idle.min_by_key(|(since, _)| *since)?;
        if !oldest.evict() {
            return None;
        }
        if let Some(evicted) = self.evictions.add() {
            tracing::warn!(
                evicted,
                max_connections = self.limits.max_connections,
                "the limit of connections is reached, closing the ones that are idle longest"
            );
        }
        Some(oldest.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Activity>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of one connection, until it is dropped.
pub(super) struct Connection {
    pub(super) activity: Activity,
    connections: Arc<Connections>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.lock().retain(|activity| !activity.is_same(&self.activity));
        if let Some(metrics) = &self.connections.metrics {
            metrics.connection_closed();
        }
    }
}
