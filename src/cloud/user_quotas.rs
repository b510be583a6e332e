//! `ListUserQuotas`: `GET /v1/{project_id}/user/quotas`: the wire types.

use super::json::{self, DecodeError, Raw, Tally};

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

pub(crate) struct ListUserQuotasResponse<'a> {
    /// Integer: sub-accounts in the whole list.
    pub(crate) count: Raw<'a>,
    /// Array of [`UserQuotaInfo`]; not "users".
    pub(crate) assets: Raw<'a>,
}

impl<'a> ListUserQuotasResponse<'a> {
    pub(crate) fn decode(body: &'a [u8], tally: &mut Tally) -> Result<Self, DecodeError> {
        let [count, assets] = json::decode(body, ["count", "assets"], tally)?;
        Ok(Self { count, assets })
    }
}

/// One sub-account.
pub(crate) struct UserQuotaInfo<'a> {
    pub(crate) user_id: Raw<'a>,
    /// `ListUserQuotaDetail`: numbers by item, -1 for unlimited.
    pub(crate) quota: Raw<'a>,
    /// `ListUserQuotaDetail`, may be absent.
    pub(crate) usage: Raw<'a>,
}

impl<'a> UserQuotaInfo<'a> {
    pub(crate) fn read(raw: Raw<'a>, tally: &mut Tally) -> Option<Self> {
        let [user_id, quota, usage] = json::fields(raw, ["user_id", "quota", "usage"], tally)?;
        Some(Self { user_id, quota, usage })
    }
}
