//! [`Cloud`]'s methods to read, issue and revoke credentials.

use std::time::Duration;

use jiff::SignedDuration;

use super::access_keys::{IssuedKey, PermanentKey};
use super::temporary_keys::{self, MetadataMode};
use super::{Account, Cloud, locked};

/// The number of an account that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no account {0}")]
pub struct UnknownAccount(usize);

impl Cloud {
    /// Account 0's access key ID.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.inner.accounts[0].access_key
    }

    /// Account 0's secret access key.
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.inner.accounts[0].secret_key
    }

    /// Account 0's name, for tokens by password.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.inner.accounts[0].domain
    }

    /// The name of account 0's IAM user, for tokens by password.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.inner.accounts[0].user
    }

    /// The password of that IAM user.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.inner.accounts[0].password
    }

    /// All accounts, by number.
    #[must_use]
    pub fn accounts(&self) -> &[Account] {
        &self.inner.accounts
    }

    fn check_account(&self, number: usize) -> Result<(), UnknownAccount> {
        if number < self.accounts().len() { Ok(()) } else { Err(UnknownAccount(number)) }
    }

    /// Creates a permanent access key of an account.
    pub(super) fn create_access_key(&self, account: usize) -> Result<PermanentKey, UnknownAccount> {
        self.check_account(account)?;
        Ok(locked(&self.inner.access_keys).create(account))
    }

    /// Deletes an access key by its ID; returns whether it existed.
    pub(super) fn delete_access_key(&self, id: &str) -> bool {
        locked(&self.inner.access_keys).delete(id)
    }

    /// Issues a token for a project, with the current lifetime of IAM tokens.
    #[must_use]
    pub fn issue_token(&self, project_id: &str) -> String {
        let lifetime = locked(&self.inner.issuers).token_lifetime;
        locked(&self.inner.tokens).issue(project_id, self.inner.clock.now(), lifetime).0
    }

    /// Issues a temporary access key for an account's agency, with the current lifetime of temporary keys.
    ///
    /// # Errors
    ///
    /// For an account that does not exist.
    pub fn issue_temporary_key(&self, account: usize) -> Result<IssuedKey, UnknownAccount> {
        self.check_account(account)?;
        let lifetime = locked(&self.inner.issuers).default_key_lifetime();
        Ok(locked(&self.inner.access_keys).issue(account, self.inner.clock.now(), lifetime))
    }

    /// Revokes all temporary access keys.
    pub(super) fn revoke_temporary_keys(&self) {
        locked(&self.inner.access_keys).revoke_temporary(self.inner.clock.now());
    }

    /// Revokes all IAM tokens.
    pub(super) fn revoke_tokens(&self) {
        locked(&self.inner.tokens).revoke(self.inner.clock.now());
    }

    /// Sets the lifetime of IAM tokens issued from now on; 24 hours by default.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        locked(&self.inner.issuers).token_lifetime = to_signed(lifetime);
    }

    /// Sets the lifetime of temporary access keys issued from now on; 6 hours by default. STS never exceeds the
    /// lifetime that its client requests.
    pub fn set_temporary_key_lifetime(&self, lifetime: Duration) {
        locked(&self.inner.issuers).key_lifetime = Some(to_signed(lifetime));
    }

    /// The identity token that STS accepts.
    #[must_use]
    pub fn id_token(&self) -> String {
        locked(&self.inner.issuers).id_token.clone()
    }

    /// Replaces the identity token that STS accepts.
    pub(super) fn rotate_id_token(&self) {
        locked(&self.inner.issuers).id_token = temporary_keys::new_id_token();
    }

    /// The pod's token, which the pod identity accepts.
    #[must_use]
    pub fn pod_token(&self) -> String {
        locked(&self.inner.issuers).pod_token.clone()
    }

    /// Replaces the pod's token.
    pub(super) fn rotate_pod_token(&self) {
        locked(&self.inner.issuers).pod_token = temporary_keys::new_pod_token();
    }

    /// Sets how the metadata server behaves from now on.
    pub fn set_metadata_mode(&self, mode: MetadataMode) {
        locked(&self.inner.issuers).metadata_mode = mode;
    }

    /// Sets the account whose agency the machine and the pod have; 0 by default.
    pub(super) fn set_machine_account(&self, account: usize) -> Result<(), UnknownAccount> {
        self.check_account(account)?;
        locked(&self.inner.issuers).machine_account = account;
        Ok(())
    }
}

fn to_signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
