//! Notices when files change. Contents are compared, not times: so the swap of a `ConfigMap` is seen, which changes
//! links and need not change times.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// More than any file that is read here may have.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// A hash of a file's content, which may hold secrets. `None` if it cannot be read.
type Content = Option<[u8; 32]>;

/// Files, and the contents that they had at the last look.
#[derive(Debug, Clone, Default)]
pub struct WatchedFiles(Vec<(PathBuf, Content)>);

impl WatchedFiles {
    /// Adds a file. Add it before you read it, so that no change in between is missed.
    pub(crate) fn add(&mut self, path: &Path) {
        self.0.push((path.to_owned(), content(path)));
    }

    /// Looks at the files again. Returns whether any of them changed since the last look.
    fn look(&mut self) -> bool {
        let mut has_changed = false;
        for (path, last) in &mut self.0 {
            let now = content(path);
            has_changed |= *last != now;
            *last = now;
        }
        has_changed
    }

    /// Looks at the files at this interval until one of them has changed.
    pub(crate) async fn changed(&mut self, interval: Duration) {
        loop {
            tokio::time::sleep(interval).await;
            let mut files = self.clone();
            let looked = tokio::task::spawn_blocking(move || (files.look(), files)).await;
            match looked {
                Ok((has_changed, files)) => {
                    *self = files;
                    if has_changed {
                        return;
                    }
                }
                Err(error) => tracing::error!(%error, "cannot look for changed files; please report this"),
            }
        }
    }
}

fn content(path: &Path) -> Content {
    // Opening a pipe blocks until something writes to it.
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    Some(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn watch(path: &Path) -> WatchedFiles {
        let mut files = WatchedFiles::default();
        files.add(path);
        files
    }

    #[test]
    fn every_change_of_the_content_is_seen_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.yml");
        std::fs::write(&path, "a").unwrap();
        let mut files = watch(&path);
        assert!(!files.look());
        std::fs::write(&path, "b").unwrap();
        assert!(files.look());
        std::fs::write(&path, "b").unwrap();
        assert!(!files.look(), "the same content again");
        std::fs::remove_file(&path).unwrap();
        assert!(files.look());
        assert!(!files.look(), "still gone");
    }

    #[test]
    fn the_swap_of_a_config_map_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        for (version, content) in [("..1", "old"), ("..2", "new")] {
            std::fs::create_dir(at(version)).unwrap();
            std::fs::write(at(version).join("config.yml"), content).unwrap();
        }
        symlink("..1", at("..data")).unwrap();
        symlink("..data/config.yml", at("config.yml")).unwrap();
        let mut files = watch(&at("config.yml"));
        symlink("..2", at("..data_tmp")).unwrap();
        std::fs::rename(at("..data_tmp"), at("..data")).unwrap();
        assert!(files.look());
    }

    #[tokio::test]
    async fn a_change_of_any_file_ends_the_wait() {
        let directory = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|name| directory.path().join(name));
        let mut files = WatchedFiles::default();
        for path in &paths {
            files.add(path);
        }
        for path in &paths {
            std::fs::write(path, "new").unwrap();
            files.changed(Duration::from_millis(1)).await;
        }
        assert!(!files.look());
    }
}
