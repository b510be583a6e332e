//! Texts of the configuration, wherever they stand.

use std::path::Path;

use super::issued::AccessKey;
use super::source::{KeyPair, Secret, SecretValue};
use crate::cloud::error::Error;

impl KeyPair {
    /// The pair as it is now.
    pub(super) async fn read(&self) -> Result<AccessKey, Error> {
        let security_token = match &self.security_token {
            Some(token) => Some(token.read("security token").await?),
            None => None,
        };
        let id = self.ak.read("access key ID").await?.expose().to_owned();
        Ok(AccessKey { id, secret: self.sk.read("secret access key").await?, security_token })
    }

    pub(super) fn is_given(&self) -> bool {
        [Some(&self.ak), Some(&self.sk), self.security_token.as_ref()]
            .into_iter()
            .flatten()
            .all(SecretValue::is_inline)
    }
}

impl SecretValue {
    /// The text as it is now. `name` is what a sentence about its file calls it.
    pub(super) async fn read(&self, name: &str) -> Result<Secret, Error> {
        match self {
            Self::Inline(secret) => Ok(secret.clone()),
            Self::File(path) => read(path, name).await,
        }
    }

    pub(super) fn is_inline(&self) -> bool {
        matches!(self, Self::Inline(_))
    }
}

/// What a file holds, without the white space around it.
pub(super) async fn read(path: &Path, name: &str) -> Result<Secret, Error> {
    let unusable = |why: String| Error::Credentials(format!("the {name} file {} {why}", path.display()));
    let text = tokio::fs::read_to_string(path)
        .await
        .map_err(|error| unusable(format!("cannot be read: {error}")))?;
    match text.trim() {
        "" => Err(unusable("is empty".to_owned())),
        text => Ok(text.into()),
    }
}
