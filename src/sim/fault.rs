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

/// A fault, and where it shows. Written `failing-page`, or `failing-page@user_quotas` for one API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// The only API that has it; none for both.
    pub api: Option<Api>,
}

/// What goes wrong. All but [`FaultKind::SkewedClock`] leave IAM alone.
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
}

impl FaultKind {
    /// All of them.
    pub const ALL: [FaultKind; 20] = [
        FaultKind::Throttled,
        FaultKind::FailingPage,
        FaultKind::ServerError,
        FaultKind::Flaky,
        FaultKind::CutBody,
        FaultKind::MovingList,
        FaultKind::SettlingList,
        FaultKind::ExpiredToken,
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
        }
    }
}

impl From<FaultKind> for Fault {
    fn from(kind: FaultKind) -> Self {
        Fault { kind, api: None }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        self.api.map_or(Ok(()), |api| write!(f, "@{}", api.name()))
    }
}

/// Why a text names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// The part before the `@`.
    #[error("there is no fault \"{0}\"; the faults are {names}", names = fault_names())]
    Kind(String),
    /// The part behind the `@`.
    #[error("there is no API \"{0}\"; the APIs are {names}", names = Api::ALL.map(Api::name).join(", "))]
    Api(String),
}

fn fault_names() -> String {
    FaultKind::ALL.map(FaultKind::name).join(", ")
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (kind, api) = match text.split_once('@') {
            Some((kind, api)) => (kind, Some(api)),
            None => (text, None),
        };
        Ok(Fault {
            kind: FaultKind::ALL
                .into_iter()
                .find(|known| known.name() == kind)
                .ok_or_else(|| FaultError::Kind(kind.to_owned()))?,
            api: api.map(api_named).transpose()?,
        })
    }
}

fn api_named(name: &str) -> Result<Api, FaultError> {
    Api::ALL.into_iter().find(|known| known.name() == name).ok_or_else(|| FaultError::Api(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_read_as_it_is_written() {
        for kind in FaultKind::ALL {
            for api in [None, Some(Api::VoiceTraining), Some(Api::UserQuotas)] {
                let fault = Fault { kind, api };
                assert_eq!(fault.to_string().parse(), Ok(fault));
            }
        }
        let fault = Fault { kind: FaultKind::FailingPage, api: Some(Api::UserQuotas) };
        assert_eq!(fault.to_string(), "failing-page@user_quotas");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "slow".parse::<Fault>().unwrap_err().to_string();
        assert!(
            error.starts_with("there is no fault \"slow\"; the faults are throttled, failing-page, "),
            "{error}"
        );
        assert!(error.ends_with(", not-json, stalled"), "{error}");
        assert_eq!(
            "flaky@users".parse::<Fault>().unwrap_err().to_string(),
            "there is no API \"users\"; the APIs are voice_training, user_quotas"
        );
    }
}
