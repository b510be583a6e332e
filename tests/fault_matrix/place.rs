//! Where in a poll a request is: what a fault can hit.

use axum::http::{Method, Request};

/// Rows on a page of the lists of these tests.
pub(crate) const PAGE: usize = 2;
/// Rows of each list: three pages, the last of which is not full.
pub(crate) const ROWS: usize = 5;

/// A list API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Api {
    VoiceTraining,
    UserQuotas,
    TenantResources,
}

impl Api {
    pub(crate) const ALL: [Api; 3] = [Api::VoiceTraining, Api::UserQuotas, Api::TenantResources];

    /// The label `collector`.
    pub(crate) fn collector(self) -> &'static str {
        match self {
            Api::VoiceTraining => "voice_training",
            Api::UserQuotas => "user_quotas",
            Api::TenantResources => "tenant_resources",
        }
    }

    /// The field with the rows of a page.
    pub(crate) fn list(self) -> &'static str {
        match self {
            Api::UserQuotas => "assets",
            Api::VoiceTraining | Api::TenantResources => "resources",
        }
    }

    /// The field with the ID of a row.
    pub(crate) fn id(self) -> &'static str {
        match self {
            Api::UserQuotas => "user_id",
            Api::VoiceTraining | Api::TenantResources => "resource_id",
        }
    }
}

/// A stage of a poll.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Stage {
    /// IAM issues a token.
    Token,
    /// IAM looks the project ID up.
    LookUp,
    FirstPage,
    MiddlePage,
    LastPage,
    /// IAM lists the names of users.
    Names,
}

impl Stage {
    pub(crate) const ALL: [Stage; 6] =
        [Stage::Token, Stage::LookUp, Stage::FirstPage, Stage::MiddlePage, Stage::LastPage, Stage::Names];
    pub(crate) const PAGES: [Stage; 3] = [Stage::FirstPage, Stage::MiddlePage, Stage::LastPage];

    /// The words for it in the page of faults.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Stage::Token => "token",
            Stage::LookUp => "project ID",
            Stage::FirstPage => "first page",
            Stage::MiddlePage => "middle page",
            Stage::LastPage => "last page",
            Stage::Names => "names",
        }
    }

    pub(crate) fn is_of_pages(self) -> bool {
        Self::PAGES.contains(&self)
    }
}

/// The stage of a request and, for pages, the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) stage: Stage,
    pub(crate) api: Option<Api>,
}

impl Place {
    pub(crate) fn of_page(stage: Stage, api: Api) -> Self {
        Self { stage, api: Some(api) }
    }

    pub(crate) fn of_iam(stage: Stage) -> Self {
        Self { stage, api: None }
    }

    /// The place of a request; `None` after the last page.
    pub(crate) fn of<B>(request: &Request<B>) -> Option<Self> {
        let path = request.uri().path();
        let stage = match path {
            "/v3/auth/tokens" if request.method() == Method::POST => Stage::Token,
            "/v3/projects" => Stage::LookUp,
            "/v3/users" => Stage::Names,
            _ => return Self::of_list(path, request.uri().query()?),
        };
        Some(Self::of_iam(stage))
    }

    fn of_list(path: &str, query: &str) -> Option<Self> {
        let api = match path.splitn(4, '/').nth(3)? {
            "voice-training-manage/quotas" => Api::VoiceTraining,
            "user/quotas" => Api::UserQuotas,
            "tenants/resources" => Api::TenantResources,
            _ => return None,
        };
        let offset = query.split('&').find_map(|pair| pair.strip_prefix("offset="))?.parse::<usize>().ok()?;
        let stage = Stage::PAGES.get(offset / PAGE).copied()?;
        Some(Self::of_page(stage, api))
    }
}
