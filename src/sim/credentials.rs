//! The credentials that the cloud takes, and what can happen to them while it runs.

use std::time::Duration;

use jiff::SignedDuration;

use super::settings::{self, MetadataMode};
use super::{AccessKey, Account, Cloud, TemporaryKey, locked};

/// An account that the cloud does not have, by its number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no account {0}")]
pub struct UnknownAccount(pub usize);

impl Cloud {
    /// Account 0's access key ID.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.first().access_key
    }

    /// The secret access key to it.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.first().secret_key
    }

    /// Account 0's name, for tokens by password.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.first().domain
    }

    /// The name of account 0's IAM user, for tokens by password.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.first().user
    }

    /// That IAM user's password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.first().password
    }

    /// There is always one.
    fn first(&self) -> &Account {
        &self.inner.accounts[0]
    }

    /// All accounts with the secrets that they were made with; their numbers are their places here.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.inner.accounts
    }

    /// An account with the secrets that it was made with, by its number from 0.
    #[must_use]
    pub fn account(&self, number: usize) -> Option<&Account> {
        self.inner.accounts.get(number)
    }

    /// A new permanent access key of an account, good beside those before it.
    ///
    /// # Errors
    ///
    /// For an account that the cloud does not have.
    pub fn create_access_key(&self, account: usize) -> Result<AccessKey, UnknownAccount> {
        self.account(account).ok_or(UnknownAccount(account))?;
        Ok(locked(&self.inner.keys).create(account))
    }

    /// Deletes an access key by its ID: from now on it is refused. Whether it was there.
    #[must_use]
    pub fn delete_access_key(&self, id: &str) -> bool {
        locked(&self.inner.keys).delete(id)
    }

    /// A token for a project, good for as long as IAM's tokens are now.
    #[must_use]
    pub fn issue_token(&self, project_id: &str) -> String {
        let lifetime = locked(&self.inner.settings).iam_token;
        locked(&self.inner.tokens).issue(project_id, self.inner.clock.now(), lifetime).0
    }

    /// A temporary access key of an account's agency, good for as long as they are now.
    ///
    /// # Errors
    ///
    /// For an account that the cloud does not have.
    pub fn issue_temporary_key(&self, account: usize) -> Result<TemporaryKey, UnknownAccount> {
        self.account(account).ok_or(UnknownAccount(account))?;
        let lifetime = locked(&self.inner.settings).temporary_key();
        Ok(locked(&self.inner.keys).issue(account, self.inner.clock.now(), lifetime))
    }

    /// Ends all temporary access keys.
    pub fn revoke_temporary_keys(&self) {
        locked(&self.inner.keys).revoke_temporary(self.inner.clock.now());
    }

    /// Ends all IAM tokens.
    pub fn revoke_tokens(&self) {
        locked(&self.inner.tokens).revoke(self.inner.clock.now());
    }

    /// How long IAM tokens are good that are issued from now on; 24 hours at the start.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        locked(&self.inner.settings).iam_token = signed(lifetime);
    }

    /// How long temporary access keys are good that are issued from now on; 6 hours at the start. STS never gives one
    /// for longer than it was asked for.
    pub fn set_temporary_key_lifetime(&self, lifetime: Duration) {
        locked(&self.inner.settings).temporary_key = Some(signed(lifetime));
    }

    /// The identity token that STS takes.
    #[must_use]
    pub fn id_token(&self) -> String {
        locked(&self.inner.settings).id_token.clone()
    }

    /// Makes a new identity token: STS takes no other from now on.
    pub fn rotate_id_token(&self) {
        locked(&self.inner.settings).id_token = settings::new_id_token();
    }

    /// The pod's token, which the pod identity takes.
    #[must_use]
    pub fn pod_token(&self) -> String {
        locked(&self.inner.settings).pod_token.clone()
    }

    /// Makes a new token of the pod: the pod identity takes no other from now on.
    pub fn rotate_pod_token(&self) {
        locked(&self.inner.settings).pod_token = settings::new_pod_token();
    }

    /// How the metadata server behaves from now on.
    pub fn set_metadata_mode(&self, mode: MetadataMode) {
        locked(&self.inner.settings).metadata = mode;
    }

    /// The account whose agency the metadata server and the pod identity issue keys of from now on; 0 at the start.
    ///
    /// # Errors
    ///
    /// For an account that the cloud does not have.
    pub fn set_machine_account(&self, account: usize) -> Result<(), UnknownAccount> {
        self.account(account).ok_or(UnknownAccount(account))?;
        locked(&self.inner.settings).machine_account = account;
        Ok(())
    }
}

/// A longer one than there is time for ends with time itself.
fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
