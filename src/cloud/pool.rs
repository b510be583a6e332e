//! The clients of all projects: those with the same source of credentials share the credentials, those that reach their
//! endpoints alike share the HTTP client.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::client::{Client, ClientOptions};
use super::credentials::{Credentials, LoginGuards, Source};
use super::http::{ClientError, HttpClients};

/// Builds clients from what they share.
#[derive(Debug, Default)]
pub struct ClientPool {
    http: HttpClients,
    /// Kept while a client uses them.
    credentials: Mutex<HashMap<CredentialsKey, Weak<Credentials>>>,
    login_guards: Arc<LoginGuards>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct CredentialsKey {
    source: Source,
    ca_file: Option<PathBuf>,
}

impl ClientPool {
    /// Builds the client of a project. It trusts the certificates in `ca_file` besides the system's.
    ///
    /// # Errors
    /// When certificates cannot be used.
    pub fn client(
        &self,
        source: &Source,
        ca_file: Option<&Path>,
        options: ClientOptions,
    ) -> Result<Client, ClientError> {
        let http = self.http.get(&options.endpoint, ca_file)?;
        let issuer_http = match source.endpoint() {
            Some(endpoint) => self.http.get(endpoint, ca_file)?,
            None => http.clone(),
        };
        let key = CredentialsKey { source: source.clone(), ca_file: ca_file.map(Path::to_owned) };
        let mut pool = self.credentials.lock().unwrap_or_else(PoisonError::into_inner);
        let credentials = pool.get(&key).and_then(Weak::upgrade).unwrap_or_else(|| {
            let guards = Arc::clone(&self.login_guards);
            let credentials = Arc::new(Credentials::new(source.clone(), issuer_http, guards));
            pool.retain(|_, credentials| credentials.strong_count() > 0);
            pool.insert(key, Arc::downgrade(&credentials));
            credentials
        });
        Ok(Client::new(http, credentials, options))
    }
}
