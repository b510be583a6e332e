//! What a person can do about a failure: every sentence that names a flag, a variable, a key of the configuration file
//! or a right in the cloud.
//!
//! The rooms below report failures as data; those above ask here for the sentence. Knows no poll, page or report.

use crate::cloud::reason::Reason;

/// What to do if user names cannot be looked up at IAM.
pub(crate) fn names(reason: Reason) -> &'static str {
    match reason {
        Reason::Forbidden => {
            "grant the credentials iam:users:listUsers (system policy IAM ReadOnlyAccess), or set user_quotas.names \
             to false"
        }
        Reason::Decode | Reason::TooLarge => "check that the IAM endpoint is one of IAM",
        other => other.advice(),
    }
}
