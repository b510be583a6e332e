//! English: why a poll failed, and what to do.

use crate::cloud::reason::Reason;
use crate::poll::{Failure, Stage};
use crate::snapshot::Collector;

pub(super) fn reason(failure: &Failure) -> &'static str {
    match (failure.stage, failure.reason) {
        (Stage::NoCredentials, _) => "There are no credentials that can be used.",
        (Stage::Resting, _) => {
            "The cloud refused the credentials again and again, so they rest for some minutes."
        }
        (Stage::Issuing, Reason::Auth) => "Whoever gives out the credentials refused to.",
        (Stage::Issuing, _) => "Whoever gives out the credentials could not be asked.",
        (Stage::Project, _) => "IAM does not tell which project is meant.",
        (Stage::Call, Reason::Auth) => "The cloud refused the credentials.",
        (Stage::Call, Reason::Forbidden) => "The credentials may not call this API.",
        (Stage::Call, Reason::Throttled) => "The cloud asked for fewer calls.",
        (Stage::Call, Reason::Timeout) => "There was no answer in time.",
        (Stage::Call, Reason::Connect) => "There was no connection, or it broke.",
        (Stage::Call, Reason::Server) => "The cloud failed.",
        (Stage::Call, Reason::Decode) => "The answer could not be read.",
        (Stage::Call, Reason::TooLarge) => "The answer was too large.",
        (Stage::Call, Reason::ClockSkew) => "The clocks of this machine and of the cloud are too far apart.",
        (Stage::Call, Reason::Redirect) => "The endpoint redirects, which is never followed.",
        (Stage::Call, Reason::Other) => "The cloud refused the call.",
    }
}

pub(super) fn advice(failure: &Failure, collector: Collector) -> &'static str {
    match (failure.stage, failure.reason) {
        (Stage::NoCredentials, _) => {
            "Put them where the configuration says, and let the exporter read them; the log names the place."
        }
        (Stage::Resting, _) => "Check that the access key, or user and password, are right and enabled.",
        (Stage::Issuing, Reason::Auth) => {
            "Check the identity that asks for credentials, and what it may do; the log says who refused."
        }
        (Stage::Issuing, Reason::Connect | Reason::Timeout) => {
            "Check that this machine reaches whoever gives out the credentials; the log says who that is."
        }
        (Stage::Project, _) => "Set the project's ID in the configuration.",
        (_, Reason::Auth) => "Check the access key and its secret key, or renew the token.",
        (_, Reason::Forbidden) => match collector {
            Collector::VoiceTraining => {
                "Grant the credentials the right to read MetaStudio in this project, and check the project ID."
            }
            Collector::UserQuotas => {
                "Only the root account may list user quotas: use its credentials, or do not poll this API."
            }
        },
        (_, Reason::Throttled) => "Allow fewer requests a second, or poll less often.",
        (_, Reason::Timeout) => "Check the network, or give polls more time if the list is long.",
        (_, Reason::Connect) => "Check the endpoint, DNS, the proxy and the firewall.",
        (_, Reason::Server) => "If it goes on, report the request ID to Huawei Cloud.",
        (_, Reason::Decode | Reason::TooLarge) => {
            "Check that the endpoint is MetaStudio's, and that no proxy answers for it."
        }
        (_, Reason::ClockSkew) => "Set this machine's clock (NTP).",
        (_, Reason::Redirect) => "Set the endpoint to the address that answers itself.",
        (_, Reason::Other) => "Look the error code up in MetaStudio's API reference.",
    }
}
