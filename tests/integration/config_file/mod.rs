//! The configuration file: what good files mean, and the errors of bad ones.

mod bad;
mod credentials;
mod good;
mod secrets;
mod several;
mod yaml;

use std::fs;
use std::path::PathBuf;

use metastudio_exporter::config::{Config, Environment, file};
use tempfile::TempDir;

use crate::common::POLL;

/// A directory for one test, with files that configurations name: `sk` (and others) with a secret, `ca.pem`, `empty`.
pub(super) struct Directory(TempDir);

impl Directory {
    pub(super) fn new() -> Self {
        let directory = Self(tempfile::tempdir().unwrap());
        fs::create_dir(directory.path("directory")).unwrap();
        for name in ["ak", "sk", "token", "password"] {
            directory.write(name, " of-a-file\n");
        }
        directory.write("ca.pem", include_str!("../../fixtures/ca.pem"));
        directory.write("empty", " \n");
        directory
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        path
    }

    /// Loads a text as the file `c.yml` in this directory, with an empty environment.
    pub(super) fn load(&self, text: &str) -> Result<Config, Vec<String>> {
        self.load_with(text, &Environment::default())
    }

    pub(super) fn load_with(&self, text: &str, environment: &Environment) -> Result<Config, Vec<String>> {
        let path = self.write("c.yml", text);
        file::load(&path, environment, POLL).map_err(|errors| self.without_directory(errors))
    }

    pub(super) fn without_directory(&self, errors: file::Errors) -> Vec<String> {
        let directory = format!("{}/", self.0.path().display());
        errors.0.into_iter().map(|line| line.replace(&directory, "")).collect()
    }
}

/// The example that is shipped.
pub(super) const EXAMPLE: &str = include_str!("../../../deploy/metastudio-exporter.yml");
