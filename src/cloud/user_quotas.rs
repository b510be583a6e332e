//! `ListUserQuotas`: `GET /v1/{project_id}/user/quotas`: the wire types.

use serde::Deserialize;

use super::json::{self, DecodeError, Documented, Object, Raw, Tally};

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

/// Of the documented form, which nearly every page has.
#[derive(Deserialize)]
pub(crate) struct ListUserQuotasResponse<'a> {
    /// Integer: sub-accounts in the whole list.
    #[serde(borrow)]
    pub(crate) count: Raw<'a>,
    /// Not "users".
    #[serde(borrow)]
    pub(crate) assets: Vec<Documented<UserQuotaInfo<'a>>>,
}

/// Of any form.
pub(crate) struct OtherListUserQuotasResponse<'a> {
    pub(crate) count: Raw<'a>,
    /// Array of [`UserQuotaInfo`].
    pub(crate) assets: Raw<'a>,
}

impl<'a> OtherListUserQuotasResponse<'a> {
    pub(crate) fn decode(body: &'a [u8], tally: &mut Tally) -> Result<Self, DecodeError> {
        let [count, assets] = json::decode(body, ["count", "assets"], tally)?;
        Ok(Self { count, assets })
    }
}

/// One sub-account.
#[derive(Deserialize)]
pub(crate) struct UserQuotaInfo<'a> {
    #[serde(borrow)]
    pub(crate) user_id: Raw<'a>,
    /// `ListUserQuotaDetail`: numbers by item, -1 for unlimited.
    #[serde(borrow)]
    pub(crate) quota: Option<Object<'a>>,
    /// `ListUserQuotaDetail`, may be absent.
    #[serde(borrow)]
    pub(crate) usage: Option<Object<'a>>,
}

impl<'a> UserQuotaInfo<'a> {
    /// Reads one of any form.
    pub(crate) fn read(raw: Raw<'a>, tally: &mut Tally) -> Option<Self> {
        let [user_id, quota, usage] = json::fields(raw, ["user_id", "quota", "usage"], tally)?;
        Some(Self { user_id, quota: json::object(quota, tally), usage: json::object(usage, tally) })
    }
}
