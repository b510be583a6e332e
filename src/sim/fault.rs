//! The faults that the simulated cloud can have, and their spelling on the command line.

use std::str::FromStr;

use clap::ValueEnum;

/// One of the MetaStudio APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum MetaStudioApi {
    /// `ShowVoiceTrainingQuotas`, `voice_training`.
    VoiceTraining,
    /// `ListUserQuotas`, `user_quotas`.
    UserQuotas,
    /// `ListTenantResources`, `tenant_resources`.
    TenantResources,
}

/// A fault and where it occurs. Written as `failing-page`, then optionally `@user_quotas` for one API, then optionally
/// `#production` for one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub(super) kind: FaultKind,
    /// The only API with this fault; `None` for all.
    pub(super) api: Option<MetaStudioApi>,
    /// The name or ID of the only project with this fault; `None` for all.
    pub(super) project: Option<String>,
}

/// What goes wrong. [`Self::IamForbidden`] and [`Self::IamError`] concern the services that issue
/// credentials; all others but [`Self::SkewedClock`] concern MetaStudio only.
///
/// "First try" is the first request for a page, by offset and limit. An answered page starts over, so each walk of a
/// list meets the fault. A walk starts with offset 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub(super) enum FaultKind {
    /// 429 `APIG.0308` with `Retry-After: 1` on each page's first try.
    Throttled,
    /// 500 `MSS.00000004` for the page with the last row, always.
    FailingPage,
    /// 500 `MSS.00000004`, always.
    ServerError,
    /// 503 on each page's first try.
    Flaky,
    /// The connection breaks after half of the body on each page's first try.
    CutBody,
    /// Rows appear and disappear at the front of the list, always.
    MovingList,
    /// Rows appear and disappear at the front of the list, during the first walk only.
    SettlingList,
    /// Each token expires after three uses: 401 "token expires".
    ExpiredToken,
    /// Each temporary access key expires after three uses: 401 "token expires".
    ExpiredKey,
    /// `count` is too high by ten.
    WrongCount,
    /// `count` is absent.
    NoCount,
    /// Unusual, unknown and wrongly typed fields: see `odd_fields.rs`.
    OddFields,
    /// 403 `MSS.00000005`, always.
    Forbidden,
    /// 302 to a closed port.
    Redirect,
    /// A valid JSON body of more than 9 MiB.
    TooLarge,
    /// Server time, and with it `Date`, is 20 minutes ahead.
    SkewedClock,
    /// At most 10 rows per page.
    ShortPages,
    /// The second page of each walk is empty on its first try.
    EmptyPage,
    /// Every page is the first page.
    DuplicatePage,
    /// 200 with an HTML page.
    NotJson,
    /// Status and headers, but never a body.
    Stalled,
    /// 403 for IAM's lists of projects and users, always.
    IamForbidden,
    /// 500 of IAM, STS, the metadata server and the pod identity, always.
    IamError,
}

/// Why a text does not name a fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The part before `@` and `#` is unknown.
    #[error("there is no fault \"{0}\"; the faults are {names}", names = fault_names())]
    Kind(String),
    /// The part after `@` is unknown.
    #[error("there is no API \"{0}\"; the APIs are voice_training, user_quotas, tenant_resources")]
    Api(String),
    /// The part after `#` is not a project of the cloud.
    #[error("there is no project \"{0}\"")]
    Project(String),
    /// A fault of IAM has an API or a project.
    #[error("{0} is a fault of IAM and applies to no single API or project: write {0}")]
    Iam(String),
}

fn fault_names() -> String {
    let values = FaultKind::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    values.map(|value| value.get_name().to_owned()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rest, project) = split_suffix(text, '#');
        let (name, api) = split_suffix(rest, '@');
        let kind = FaultKind::from_str(name, false).map_err(|_| FaultError::Kind(name.to_owned()))?;
        let is_of_iam = matches!(kind, FaultKind::IamForbidden | FaultKind::IamError);
        if is_of_iam && (api.is_some() || project.is_some()) {
            return Err(FaultError::Iam(name.to_owned()));
        }
        let api = match api {
            None => None,
            Some("voice_training") => Some(MetaStudioApi::VoiceTraining),
            Some("user_quotas") => Some(MetaStudioApi::UserQuotas),
            Some("tenant_resources") => Some(MetaStudioApi::TenantResources),
            Some(api) => return Err(FaultError::Api(api.to_owned())),
        };
        Ok(Fault { kind, api, project: project.map(str::to_owned) })
    }
}

/// The parts before and after the first `separator`.
fn split_suffix(text: &str, separator: char) -> (&str, Option<&str>) {
    text.split_once(separator).map_or((text, None), |(before, after)| (before, Some(after)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_parsed_with_and_without_api_and_project() {
        for kind in FaultKind::value_variants() {
            let (kind, name) = (*kind, kind.to_possible_value().unwrap().get_name().to_owned());
            for (at, api) in [
                ("", None),
                ("@voice_training", Some(MetaStudioApi::VoiceTraining)),
                ("@user_quotas", Some(MetaStudioApi::UserQuotas)),
            ] {
                for (hash, project) in [("", None), ("#a@b#c", Some("a@b#c".to_owned()))] {
                    let fault = Fault { kind, api, project };
                    let expected = match (kind, &fault) {
                        (_, Fault { api: None, project: None, .. }) => Ok(fault),
                        (FaultKind::IamForbidden | FaultKind::IamError, _) => {
                            Err(FaultError::Iam(name.clone()))
                        }
                        _ => Ok(fault),
                    };
                    assert_eq!(format!("{name}{at}{hash}").parse(), expected);
                }
            }
        }
        let (kind, api) = (FaultKind::FailingPage, Some(MetaStudioApi::UserQuotas));
        let project = Some("production".to_owned());
        for (text, fault) in [
            ("failing-page@user_quotas", Fault { kind, api, project: None }),
            ("failing-page@user_quotas#production", Fault { kind, api, project: project.clone() }),
            ("failing-page#production", Fault { kind, api: None, project }),
        ] {
            assert_eq!(text.parse(), Ok(fault));
        }
    }

    #[test]
    fn the_error_for_an_unknown_name_lists_the_known_ones() {
        let error = "slow".parse::<Fault>().unwrap_err().to_string();
        assert_eq!(
            error,
            "there is no fault \"slow\"; the faults are throttled, failing-page, server-error, flaky, cut-body, \
             moving-list, settling-list, expired-token, expired-key, wrong-count, no-count, odd-fields, forbidden, \
             redirect, too-large, skewed-clock, short-pages, empty-page, duplicate-page, not-json, stalled, \
             iam-forbidden, iam-error"
        );
        assert_eq!(
            "flaky@users".parse::<Fault>().unwrap_err().to_string(),
            "there is no API \"users\"; the APIs are voice_training, user_quotas, tenant_resources"
        );
        assert_eq!(
            "iam-error#production".parse::<Fault>().unwrap_err().to_string(),
            "iam-error is a fault of IAM and applies to no single API or project: write iam-error"
        );
    }
}
