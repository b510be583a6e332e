//! `ListUserQuotas`: `GET /v1/{project_id}/user/quotas`: the wire types.

use serde::Deserialize;

use super::json::Raw;

/// The path after `/v1/{project_id}/`.
pub(crate) const PATH: &str = "user/quotas";

/// The documented fields of `ListUserQuotaDetail`; other fields are accepted too.
pub(crate) const ITEMS: [&str; 8] = [
    "modeling_count_2d_model",
    "modeling_count_2d_model_flexus",
    "video_time_2d_model",
    "video_time_flexus_2d_model",
    "voice_clone_advance",
    "voice_clone_basic",
    "voice_clone_flexus",
    "voice_clone_middle",
];

#[derive(Deserialize)]
pub(crate) struct ListUserQuotasResponse<'a> {
    /// Integer: sub-accounts in the whole list.
    #[serde(borrow)]
    pub(crate) count: Raw<'a>,
    /// Array of [`UserQuotaInfo`]; not "users".
    #[serde(borrow)]
    pub(crate) assets: Raw<'a>,
}

/// One sub-account.
#[derive(Deserialize)]
pub(crate) struct UserQuotaInfo<'a> {
    #[serde(borrow)]
    pub(crate) user_id: Raw<'a>,
    /// `ListUserQuotaDetail`: numbers by item, -1 for unlimited.
    #[serde(borrow)]
    pub(crate) quota: Raw<'a>,
    /// `ListUserQuotaDetail`, may be absent.
    #[serde(borrow)]
    pub(crate) usage: Raw<'a>,
}
