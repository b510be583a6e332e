//! The credentials of all projects: who has the same source shares one set, one renewal, and one standing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Credentials;
use super::password::Logins;
use super::source::Source;
use crate::cloud::http::{Clients, Unusable};

/// Gives out credentials and the HTTP clients they are fetched with.
#[derive(Debug, Default)]
pub struct Keyring {
    clients: Clients,
    held: Mutex<HashMap<Wanted, Weak<Credentials>>>,
    logins: Arc<Logins>,
}

/// What tells credentials apart.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Wanted {
    source: Source,
    ca_file: Option<PathBuf>,
}

impl Keyring {
    /// The clients of all projects.
    #[must_use]
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// The credentials of `source`; the same for all who ask while one of them holds them. `ca_file` is trusted when
    /// they are fetched.
    ///
    /// # Errors
    /// When no client can be made to fetch them with.
    pub fn credentials(&self, source: &Source, ca_file: Option<&Path>) -> Result<Arc<Credentials>, Unusable> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = Wanted { source: source.clone(), ca_file: ca_file.map(Path::to_owned) };
        if let Some(credentials) = held.get(&wanted).and_then(Weak::upgrade) {
            return Ok(credentials);
        }
        let http = match source.endpoint() {
            None => None,
            Some(endpoint) => Some(self.clients.of(endpoint, ca_file)?),
        };
        let credentials = Arc::new(Credentials::new(source.clone(), http, Arc::clone(&self.logins)));
        held.retain(|_, credentials| credentials.strong_count() > 0);
        held.insert(wanted, Arc::downgrade(&credentials));
        Ok(credentials)
    }
}
