//! What to do about a failure: the kind of failure says it in general, the API and the credentials more exactly.

use super::report::Step;
use crate::cloud::reason::Reason;
use crate::snapshot::Collector;

/// What to do when `step` fails for `reason`. `kind` is the credentials', as the configuration file calls it.
pub(super) fn on(step: Step, reason: Reason, kind: &str, collector: Collector) -> &'static str {
    match (step, reason) {
        (_, Reason::Auth) | (Step::Credentials, Reason::Forbidden) => on_refused_credentials(kind),
        (Step::Project, Reason::Forbidden) => {
            "set project_id, or grant the credentials iam:projects:listProjects (system policy IAM ReadOnlyAccess)"
        }
        (Step::Project, Reason::Other) => {
            "set project_id to the project's ID, from My Credentials in the console"
        }
        (_, Reason::Forbidden) => on_missing_right(collector),
        (_, reason) => reason.advice(),
    }
}

fn on_missing_right(collector: Collector) -> &'static str {
    match collector {
        Collector::VoiceTraining => {
            "grant the IAM user the right to read MetaStudio in this project (system policy MetaStudio FullAccess, or a \
             custom policy), and check that the project ID is this account's"
        }
        Collector::UserQuotas => {
            "only the root account may list user quotas: use its credentials for this project, or take user_quotas out \
             of the project's collectors"
        }
    }
}

fn on_refused_credentials(kind: &str) -> &'static str {
    match kind {
        "access_key" => {
            "check that access key and secret key are a pair, the key is enabled, and its security token, if it has \
             one, is not over"
        }
        "profile" => "check ak, sk and security_token in section [basic] of the profile file",
        "token" => "get a new token (one is good for 24 hours), or use credentials that renew themselves",
        "password" => {
            "check the account's name (domain), the user, the password, and that the user may log in with it"
        }
        "agency" => {
            "give the ECS an agency that is delegated to ECS, and check that 169.254.169.254 can be reached"
        }
        "oidc" => "check provider_urn, agency_urn, the token file, and that the agency trusts the provider",
        "pod_identity" => {
            "check that the pod's service account is associated with an agency, and its token file"
        }
        _ => Reason::Auth.advice(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_quotas_are_the_root_accounts_alone() {
        let on = |collector| on(Step::Authorization, Reason::Forbidden, "access_key", collector);
        assert!(on(Collector::UserQuotas).starts_with("only the root account may list user quotas"));
        assert!(on(Collector::VoiceTraining).starts_with("grant the IAM user the right to read MetaStudio"));
    }

    #[test]
    fn every_kind_of_credentials_has_advice_of_its_own() {
        let kinds = ["access_key", "profile", "token", "password", "agency", "oidc", "pod_identity"];
        for kind in kinds {
            assert_ne!(on_refused_credentials(kind), Reason::Auth.advice(), "{kind}");
        }
    }
}
