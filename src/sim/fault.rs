//! The names of the faults that the simulated cloud can be told to have, and their spelling on a command line.

use std::fmt;
use std::str::FromStr;

/// One of the two MetaStudio APIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Api {
    /// `ShowVoiceTrainingQuotas`, `voice_training`.
    VoiceTraining,
    /// `ListUserQuotas`, `user_quotas`.
    UserQuotas,
}

impl Api {
    /// Both.
    pub const ALL: [Api; 2] = [Api::VoiceTraining, Api::UserQuotas];

    /// The name behind the `@` of a fault.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Api::VoiceTraining => "voice_training",
            Api::UserQuotas => "user_quotas",
        }
    }
}

/// A fault, and where it shows. Written `failing-page`; with `@user_quotas` behind it for one API, and then with
/// `#production` for one project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// The only API that has it; none for both.
    pub api: Option<Api>,
    /// The only project that has it, by name or ID; none for all.
    pub project: Option<String>,
}

/// What goes wrong. [`FaultKind::IamForbidden`] and [`FaultKind::IamError`] are IAM's alone; of the others all but
/// [`FaultKind::SkewedClock`] leave IAM, and what else issues credentials, alone.
///
/// "First try" is the first request for a page, by offset and limit: once the page was answered it starts afresh, so
/// that every walk of a list meets the fault. A walk starts with offset 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// 429 `APIG.0308` with `Retry-After: 1` on each page's first try.
    Throttled,
    /// 500 `MSS.00000004` for the page that holds the last row, always.
    FailingPage,
    /// 500 `MSS.00000004`, always.
    ServerError,
    /// 503 on each page's first try.
    Flaky,
    /// The connection breaks after half of the body on each page's first try.
    CutBody,
    /// Rows come and go at the front of the list, for ever.
    MovingList,
    /// Rows come and go at the front of the list, during the first walk only.
    SettlingList,
    /// Each token dies after three uses: 401 "token expires".
    ExpiredToken,
    /// Each temporary access key dies after three uses: 401 "token expires".
    ExpiredKey,
    /// `count` is ten more than there is.
    WrongCount,
    /// `count` is absent.
    NoCount,
    /// Unusual, unknown and wrong-typed fields; `odd.rs` says which rows have what.
    OddFields,
    /// 403 `MSS.00000005`, always.
    Forbidden,
    /// 302 to a port where nobody listens.
    Redirect,
    /// A body of more than 9 MiB of valid JSON.
    TooLarge,
    /// The server's clock, `Date` included, is 20 minutes ahead.
    SkewedClock,
    /// Never more than 10 rows a page.
    ShortPages,
    /// The second page of each walk comes back empty on its first try.
    EmptyPage,
    /// Every page is the first page.
    DuplicatePage,
    /// 200 with an HTML page.
    NotJson,
    /// Status and headers, and then never a body.
    Stalled,
    /// 403 for lists of IAM's projects and users, always.
    IamForbidden,
    /// 500 of IAM, STS, the metadata server and the pod identity, always.
    IamError,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 23] = [
        FaultKind::Throttled,
        FaultKind::FailingPage,
        FaultKind::ServerError,
        FaultKind::Flaky,
        FaultKind::CutBody,
        FaultKind::MovingList,
        FaultKind::SettlingList,
        FaultKind::ExpiredToken,
        FaultKind::ExpiredKey,
        FaultKind::WrongCount,
        FaultKind::NoCount,
        FaultKind::OddFields,
        FaultKind::Forbidden,
        FaultKind::Redirect,
        FaultKind::TooLarge,
        FaultKind::SkewedClock,
        FaultKind::ShortPages,
        FaultKind::EmptyPage,
        FaultKind::DuplicatePage,
        FaultKind::NotJson,
        FaultKind::Stalled,
        FaultKind::IamForbidden,
        FaultKind::IamError,
    ];

    /// The name on a command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            FaultKind::Throttled => "throttled",
            FaultKind::FailingPage => "failing-page",
            FaultKind::ServerError => "server-error",
            FaultKind::Flaky => "flaky",
            FaultKind::CutBody => "cut-body",
            FaultKind::MovingList => "moving-list",
            FaultKind::SettlingList => "settling-list",
            FaultKind::ExpiredToken => "expired-token",
            FaultKind::ExpiredKey => "expired-key",
            FaultKind::WrongCount => "wrong-count",
            FaultKind::NoCount => "no-count",
            FaultKind::OddFields => "odd-fields",
            FaultKind::Forbidden => "forbidden",
            FaultKind::Redirect => "redirect",
            FaultKind::TooLarge => "too-large",
            FaultKind::SkewedClock => "skewed-clock",
            FaultKind::ShortPages => "short-pages",
            FaultKind::EmptyPage => "empty-page",
            FaultKind::DuplicatePage => "duplicate-page",
            FaultKind::NotJson => "not-json",
            FaultKind::Stalled => "stalled",
            FaultKind::IamForbidden => "iam-forbidden",
            FaultKind::IamError => "iam-error",
        }
    }

    /// Whether it is a fault of IAM, which knows neither API nor project.
    fn is_iams(self) -> bool {
        matches!(self, FaultKind::IamForbidden | FaultKind::IamError)
    }
}

impl From<FaultKind> for Fault {
    fn from(kind: FaultKind) -> Self {
        Fault { kind, api: None, project: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if let Some(api) = self.api {
            write!(f, "@{}", api.name())?;
        }
        self.project.as_ref().map_or(Ok(()), |project| write!(f, "#{project}"))
    }
}

/// Why there is no such fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The part before `@` and `#`.
    #[error("there is no fault \"{0}\"; the faults are {names}", names = fault_names())]
    Kind(String),
    /// The part behind the `@`.
    #[error("there is no API \"{0}\"; the APIs are {names}", names = Api::ALL.map(Api::name).join(", "))]
    Api(String),
    /// The part behind the `#`, where the cloud does not have it.
    #[error("there is no project \"{0}\"")]
    Project(String),
    /// The fault, where more than its name was given.
    #[error("{name} is a fault of IAM, which has neither @ nor #: write {name}", name = .0.name())]
    Iams(FaultKind),
}

fn fault_names() -> String {
    FaultKind::ALL.map(FaultKind::name).join(", ")
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (rest, project) = split(text, '#');
        let (kind, api) = split(rest, '@');
        let kind = FaultKind::ALL
            .into_iter()
            .find(|known| known.name() == kind)
            .ok_or_else(|| FaultError::Kind(kind.to_owned()))?;
        if kind.is_iams() && (api.is_some() || project.is_some()) {
            return Err(FaultError::Iams(kind));
        }
        Ok(Fault { kind, api: api.map(api_named).transpose()?, project: project.map(str::to_owned) })
    }
}

/// The parts before and behind the first `sign`.
fn split(text: &str, sign: char) -> (&str, Option<&str>) {
    text.split_once(sign).map_or((text, None), |(before, behind)| (before, Some(behind)))
}

fn api_named(name: &str) -> Result<Api, FaultError> {
    Api::ALL.into_iter().find(|known| known.name() == name).ok_or_else(|| FaultError::Api(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_as_it_is_written() {
        let everywhere = [None, Some(Api::VoiceTraining), Some(Api::UserQuotas)];
        let places = everywhere.into_iter().flat_map(|api| [(api, None), (api, Some("a@b#c".to_owned()))]);
        let places: Vec<_> = places.collect();
        for kind in FaultKind::ALL {
            for (api, project) in places.clone() {
                let fault = Fault { kind, api, project };
                let expected = match (kind, &fault) {
                    (_, Fault { api: None, project: None, .. }) => Ok(fault.clone()),
                    (FaultKind::IamForbidden | FaultKind::IamError, _) => Err(FaultError::Iams(kind)),
                    _ => Ok(fault.clone()),
                };
                assert_eq!(fault.to_string().parse(), expected);
            }
        }
        let api = Some(Api::UserQuotas);
        let mut fault = Fault { api, ..FaultKind::FailingPage.into() };
        assert_eq!(fault.to_string(), "failing-page@user_quotas");
        fault.project = Some("production".to_owned());
        assert_eq!(fault.to_string(), "failing-page@user_quotas#production");
        fault.api = None;
        assert_eq!(fault.to_string(), "failing-page#production");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "slow".parse::<Fault>().unwrap_err().to_string();
        assert!(
            error.starts_with("there is no fault \"slow\"; the faults are throttled, failing-page, "),
            "{error}"
        );
        assert!(error.ends_with(", not-json, stalled, iam-forbidden, iam-error"), "{error}");
        assert_eq!(
            "flaky@users".parse::<Fault>().unwrap_err().to_string(),
            "there is no API \"users\"; the APIs are voice_training, user_quotas"
        );
        assert_eq!(
            "iam-error#production".parse::<Fault>().unwrap_err().to_string(),
            "iam-error is a fault of IAM, which has neither @ nor #: write iam-error"
        );
    }
}
