//! `basic_auth_users`: names and bcrypt hashes.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::problems::{Node, Setting};

/// The users that may log in.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Users(BTreeMap<String, String>);

impl Users {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The hash of a user's password.
    pub(crate) fn hash(&self, user: &str) -> Option<&str> {
        self.0.get(user).map(String::as_str)
    }

    /// The hash that takes longest to check. It is checked for unknown users, so that the time of a response does not
    /// reveal which users exist.
    pub(crate) fn costliest(&self) -> Option<&str> {
        self.0.values().map(String::as_str).max_by_key(|hash| cost(hash))
    }
}

impl FromIterator<(String, String)> for Users {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(users: T) -> Self {
        Self(users.into_iter().collect())
    }
}

impl fmt::Debug for Users {
    /// Shows no hashes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The users with good hashes.
pub(super) fn users(node: &Node<'_>, found: BTreeMap<String, Setting<String>>) -> Users {
    let checked = found.into_iter().filter_map(|(name, hash)| {
        let hash = node.child_if_showable(&name, &hash).checked(bcrypt_hash(hash.value()?))?;
        Some((name, hash))
    });
    checked.collect()
}

/// `$2y$`, two digits of cost from 04 to 31, `$`, 53 characters of bcrypt's base64. The error does not repeat it: a
/// password may have been written in its place.
fn bcrypt_hash(text: &str) -> Result<String, String> {
    let is_version = ["$2a$", "$2b$", "$2y$"].iter().any(|version| text.starts_with(version));
    let is_base64 = |c: u8| c.is_ascii_alphanumeric() || c == b'.' || c == b'/';
    let bytes = text.as_bytes();
    if is_version
        && bytes.len() == 60
        && cost(text).is_some_and(|cost| (4..=31).contains(&cost))
        && bytes[6] == b'$'
        && bytes[7..].iter().all(|&c| is_base64(c))
    {
        return Ok(text.to_owned());
    }
    Err("is not a bcrypt hash: write what `htpasswd -nBC 10 \"\"` prints after the colon".to_owned())
}

fn cost(hash: &str) -> Option<u32> {
    hash.get(4..6)?.parse().ok()
}
