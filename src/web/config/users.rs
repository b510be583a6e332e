//! `basic_auth_users`: names and bcrypt hashes.

use std::collections::BTreeMap;
use std::fmt;

use crate::config::yaml::{Field, Problems};

/// Who may ask. Hashes are not printed.
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

    /// A hash that takes as long to check as any: what is checked for users that there are not, so that time does not
    /// tell who there is.
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// None where something was noted.
pub(super) fn users(problems: &Problems, found: BTreeMap<String, Field<String>>) -> Option<Users> {
    let checked = found.into_iter().map(|(name, hash)| (name, hash.check(problems, bcrypt_hash)));
    // All are checked before the first bad one ends it.
    let checked: Vec<_> = checked.collect();
    checked.into_iter().map(|(name, hash)| Some((name, hash.into_good()?))).collect()
}

/// `$2y$`, two digits of cost from 04 to 31, `$`, 53 characters of bcrypt's base64. Not repeated in the error: whoever
/// takes it for the password writes that.
fn bcrypt_hash(text: String) -> Result<String, String> {
    let is_version = ["$2a$", "$2b$", "$2y$"].iter().any(|version| text.starts_with(version));
    let is_base64 = |c: u8| c.is_ascii_alphanumeric() || c == b'.' || c == b'/';
    let bytes = text.as_bytes();
    if is_version
        && bytes.len() == 60
        && cost(&text).is_some_and(|cost| (4..=31).contains(&cost))
        && bytes[6] == b'$'
        && bytes[7..].iter().all(|&c| is_base64(c))
    {
        return Ok(text);
    }
    Err("is no bcrypt hash: write what `htpasswd -nBC 10 \"\"` prints behind its colon".to_owned())
}

fn cost(hash: &str) -> Option<u32> {
    hash.get(4..6)?.parse().ok()
}
