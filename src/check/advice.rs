//! What to do about a failure: the failure says it in general, the API and the credentials more exactly.

use super::report::Step;
use crate::cloud::error::Error;
use crate::cloud::reason::Reason;
use crate::snapshot::Collector;

/// What to do when `step` fails. `kind` is the credentials', as the configuration file calls it.
pub(super) fn on(step: Step, error: &Error, kind: &str, collector: Collector) -> &'static str {
    match (step, error.reason(), error) {
        (Step::Credentials, _, Error::Credentials(_)) => "put it there, and let this program read it",
        (_, _, Error::Issuer { .. } | Error::Project(_)) => error.advice(),
        (_, Reason::Auth, _) => on_refused_credentials(kind).unwrap_or_else(|| error.advice()),
        (Step::Project, Reason::Forbidden, _) => {
            "set the project's ID, or grant the credentials iam:projects:listProjects (system policy IAM \
             ReadOnlyAccess)"
        }
        (_, Reason::Forbidden, _) => on_missing_right(collector),
        _ => error.advice(),
    }
}

fn on_missing_right(collector: Collector) -> &'static str {
    match collector {
        Collector::VoiceTraining => {
            "grant the IAM user the right to read MetaStudio in this project (system policy MetaStudio FullAccess, or \
             a custom policy), and check that the project ID is this account's"
        }
        Collector::UserQuotas => {
            "only the root account may list user quotas: use its credentials for this project, or take user_quotas out \
             of the project's collectors"
        }
    }
}

/// None for credentials that were given out for the moment: nothing about them is for a person to mend.
fn on_refused_credentials(kind: &str) -> Option<&'static str> {
    match kind {
        "access_key" => Some(
            "check that access key and secret key are a pair, the key is enabled, and its security token, if it has \
             one, is not over",
        ),
        "profile" => Some("check ak, sk and security_token in section [basic] of the profile file"),
        "token" => {
            Some("get a new token (one is good for 24 hours), or use credentials that renew themselves")
        }
        _ => None,
    }
}
