//! What asks for a reload from outside: SIGHUP, and a configuration file that changed.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::signal::unix::Signal;
use tokio::time::{MissedTickBehavior, interval};

use crate::web::Reload;

/// Reloads whenever the signal comes, for ever.
pub(super) async fn reload_on_hangup(mut hangups: Signal, reload: Reload) {
    while hangups.recv().await.is_some() {
        // The log tells the outcome.
        let _ = reload().await;
    }
}

/// Reloads whenever the file's content is not what it was, for ever. A content that is not taken is not tried again.
pub(super) async fn reload_on_change(mut file: Watched, every: Duration, reload: Reload) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if file.has_changed().await {
            // The log tells the outcome.
            let _ = reload().await;
        }
    }
}

/// A file and the content it last had. Contents are compared, not times: so the swap of a `ConfigMap` is seen,
/// whose links change and whose times need not.
pub(super) struct Watched {
    path: PathBuf,
    content: Content,
}

/// The content's hash, because it may hold secrets; none where it cannot be read.
type Content = Option<[u8; 32]>;

impl Watched {
    /// The file as it is now.
    pub(super) async fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), content: content(path).await }
    }

    /// Whether the content is another than at the last look.
    async fn has_changed(&mut self) -> bool {
        let before = std::mem::replace(&mut self.content, content(&self.path).await);
        before != self.content
    }
}

async fn content(path: &Path) -> Content {
    let bytes = tokio::fs::read(path).await.ok()?;
    Some(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn every_change_of_the_content_is_seen_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.yml");
        std::fs::write(&path, "a").unwrap();
        let mut file = Watched::new(&path).await;
        assert!(!file.has_changed().await);
        std::fs::write(&path, "b").unwrap();
        assert!(file.has_changed().await);
        std::fs::write(&path, "b").unwrap();
        assert!(!file.has_changed().await, "the same content again");
        std::fs::remove_file(&path).unwrap();
        assert!(file.has_changed().await);
        assert!(!file.has_changed().await, "still gone");
    }

    #[tokio::test]
    async fn the_swap_of_a_config_map_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for (version, content) in [("..1", "old"), ("..2", "new")] {
            std::fs::create_dir(at(version)).unwrap();
            std::fs::write(at(version).join("config.yml"), content).unwrap();
        }
        symlink("..1", at("..data")).unwrap();
        symlink("..data/config.yml", at("config.yml")).unwrap();
        let mut file = Watched::new(&at("config.yml")).await;
        symlink("..2", at("..data_tmp")).unwrap();
        std::fs::rename(at("..data_tmp"), at("..data")).unwrap();
        assert!(file.has_changed().await);
    }

    #[tokio::test]
    async fn a_changed_file_is_reloaded_once_even_if_it_is_not_taken() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.yml");
        std::fs::write(&path, "good").unwrap();
        let (reloads, mut requests) = tokio::sync::mpsc::unbounded_channel();
        let reload: Reload = std::sync::Arc::new(move || {
            reloads.send(()).unwrap();
            Box::pin(async { Err("bad".to_owned()) })
        });
        let file = Watched::new(&path).await;
        tokio::spawn(reload_on_change(file, Duration::from_millis(1), reload));
        for content in ["bad", "good again"] {
            std::fs::write(&path, content).unwrap();
            requests.recv().await.unwrap();
        }
        // The next request can only be for the next content: one of its own is asked for after it.
        for _ in 0..50 {
            tokio::time::sleep(Duration::from_millis(1)).await;
            assert!(requests.try_recv().is_err(), "asked for again");
        }
    }
}
