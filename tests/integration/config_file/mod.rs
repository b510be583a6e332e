//! The configuration file: what a good one means, and what is said of bad ones.

mod bad;
mod credentials;
mod good;
mod secrets;
mod several;
mod yaml;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use metastudio_exporter::config::{Config, Environment, file};

use crate::common::POLL;

/// A directory for one test, with files that configurations name: `sk` (and others) with a secret, `ca.pem`, `empty`.
pub(super) struct Directory(PathBuf);

impl Directory {
    pub(super) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("metastudio-exporter-config-{}-{count}", std::process::id());
        let directory = Self(std::env::temp_dir().join(name));
        fs::create_dir_all(directory.path("directory")).unwrap();
        for name in ["ak", "sk", "token", "password"] {
            directory.write(name, " of-a-file\n");
        }
        directory.write("ca.pem", include_str!("../../fixtures/ca.pem"));
        directory.write("empty", " \n");
        directory
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Loads a text as the file `c.yml` here, where the environment has nothing to tell.
    pub(super) fn load(&self, text: &str) -> Result<Config, Vec<String>> {
        self.load_with(text, &Environment::default())
    }

    pub(super) fn load_with(&self, text: &str, environment: &Environment) -> Result<Config, Vec<String>> {
        let path = self.write("c.yml", text);
        file::load(&path, environment, POLL).map_err(|errors| self.without_directory(errors))
    }

    pub(super) fn without_directory(&self, errors: file::Errors) -> Vec<String> {
        let directory = format!("{}/", self.0.display());
        errors.0.into_iter().map(|line| line.replace(&directory, "")).collect()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

/// The example that is shipped.
pub(super) const EXAMPLE: &str = include_str!("../../../deploy/metastudio-exporter.yml");
