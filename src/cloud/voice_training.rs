//! `ShowVoiceTrainingQuotas`: `GET /v1/{project_id}/voice-training-manage/quotas`: the wire types.

use serde::Deserialize;

use super::json::Raw;

/// The path after `/v1/{project_id}/`.
pub(crate) const PATH: &str = "voice-training-manage/quotas";

#[derive(Deserialize)]
pub(crate) struct ShowVoiceTrainingQuotasResponse<'a> {
    /// Integer: resources in the whole list.
    #[serde(borrow)]
    pub(crate) count: Raw<'a>,
    /// Object of integers: available resources by type.
    #[serde(borrow)]
    pub(crate) resource_available_nums: Raw<'a>,
    /// Array of [`VoiceTrainingResource`].
    #[serde(borrow)]
    pub(crate) resources: Raw<'a>,
}

/// An element of the list.
#[derive(Deserialize)]
pub(crate) struct VoiceTrainingResource<'a> {
    #[serde(borrow)]
    pub(crate) resource_id: Raw<'a>,
    #[serde(borrow)]
    pub(crate) resource_type: Raw<'a>,
    #[serde(borrow)]
    pub(crate) asset_id: Raw<'a>,
    #[serde(borrow)]
    pub(crate) charge_mode: Raw<'a>,
    #[serde(borrow)]
    pub(crate) resource_source: Raw<'a>,
    #[serde(borrow)]
    pub(crate) operation_type: Raw<'a>,
    /// Integer: models that can be trained.
    #[serde(borrow)]
    pub(crate) resource_nums: Raw<'a>,
    /// Integer, unlike the object of the same name next to the list.
    #[serde(borrow)]
    pub(crate) resource_available_nums: Raw<'a>,
    /// String, RFC 3339; empty or absent if the resource does not expire.
    #[serde(borrow)]
    pub(crate) expire_time: Raw<'a>,
    /// Integer, 0 or 1.
    #[serde(borrow)]
    pub(crate) status: Raw<'a>,
}
