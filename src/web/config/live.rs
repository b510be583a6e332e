//! The web configuration in force. Its files are looked at when somebody comes, once a second at most, and read again
//! when one of them holds something else.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::files::Files;
use super::{WebConfig, load};
use crate::config::yaml::Errors;

const LOOK: Duration = Duration::from_secs(1);

/// What is in force, for all who serve. Clones are the same.
#[derive(Clone)]
pub struct Live(Arc<State>);

struct State {
    /// None: there is no file, and nothing will change.
    path: Option<PathBuf>,
    current: Mutex<Arc<WebConfig>>,
    /// Held while somebody looks, so that only one does.
    looked: tokio::sync::Mutex<Looked>,
}

struct Looked {
    at: Instant,
    /// What was read last, whether it was taken or not.
    files: Arc<Mutex<Files>>,
}

impl Live {
    /// Without a file: plain HTTP for everybody.
    #[must_use]
    pub fn without_file() -> Self {
        Self::new(None, WebConfig::default(), Files::default())
    }

    /// Reads the file, and those that it names.
    ///
    /// # Errors
    /// All that is wrong, at once.
    pub fn load(path: &Path) -> Result<Self, Errors> {
        let files = Files::default();
        let config = load(path, &files)?;
        Ok(Self::new(Some(path.to_owned()), config, files))
    }

    fn new(path: Option<PathBuf>, config: WebConfig, files: Files) -> Self {
        let looked = Looked { at: Instant::now(), files: Arc::new(Mutex::new(files)) };
        Self(Arc::new(State {
            path,
            current: Mutex::new(Arc::new(config)),
            looked: tokio::sync::Mutex::new(looked),
        }))
    }

    /// Whether connections are TLS's, which stays as it is.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.last().tls.is_some()
    }

    /// Whether connections may be HTTP/2's.
    #[must_use]
    pub fn has_http2(&self) -> bool {
        let last = self.last();
        last.tls.is_some() && last.http2
    }

    /// What is in force now. Whoever comes first after a second waits until the files have been looked at; whoever
    /// comes meanwhile gets what was in force before.
    pub(crate) async fn current(&self) -> Arc<WebConfig> {
        if self.0.path.is_some()
            && let Ok(mut looked) = self.0.looked.try_lock()
            && looked.at.elapsed() >= LOOK
        {
            // Who has read it takes it too: whoever waits may go away.
            let (state, files) = (Arc::clone(&self.0), Arc::clone(&looked.files));
            if let Err(error) = tokio::task::spawn_blocking(move || state.look(&files)).await {
                tracing::error!(%error, "the web configuration could not be looked at; please report this");
            }
            looked.at = Instant::now();
        }
        self.last()
    }

    fn last(&self) -> Arc<WebConfig> {
        self.0.last()
    }
}

impl State {
    fn last(&self) -> Arc<WebConfig> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn look(&self, files: &Mutex<Files>) {
        if let Some(path) = &self.path
            && let Some(config) = look(path, files, &self.last())
        {
            *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        }
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").field("path", &self.0.path).finish_non_exhaustive()
    }
}

/// What the files say now, where they have changed and it is good. What is bad is told once, until it changes again.
fn look(path: &Path, files: &Mutex<Files>, last: &WebConfig) -> Option<WebConfig> {
    let mut files = files.lock().unwrap_or_else(PoisonError::into_inner);
    if files.are_unchanged() {
        return None;
    }
    let read = Files::default();
    let outcome = load(path, &read).and_then(|config| same_protocol(path, config, last));
    *files = read;
    match outcome {
        Ok(config) => {
            tracing::info!(file = %path.display(), "the web configuration has changed and was taken");
            Some(config)
        }
        Err(Errors(lines)) => {
            for error in lines {
                tracing::error!(error, "the web configuration was not taken, the last one stays in force");
            }
            None
        }
    }
}

/// A file that was emptied by mistake must not put passwords on the wire in the clear.
fn same_protocol(path: &Path, config: WebConfig, last: &WebConfig) -> Result<WebConfig, Errors> {
    if config.tls.is_some() == last.tls.is_some() {
        return Ok(config);
    }
    let sentence = "turns TLS on or off: start the exporter again for that";
    Err(Errors(vec![format!("{}: {sentence}", path.display())]))
}
