//! `ShowVoiceTrainingQuotas`: `GET /v1/{project_id}/voice-training-manage/quotas`: the wire types.

use super::json::{self, DecodeError, Raw, Tally};

/// The path after `/v1/{project_id}/`.
pub(crate) const PATH: &str = "voice-training-manage/quotas";

pub(crate) struct ShowVoiceTrainingQuotasResponse<'a> {
    /// Integer: resources in the whole list.
    pub(crate) count: Raw<'a>,
    /// Object of integers: available resources by type.
    pub(crate) resource_available_nums: Raw<'a>,
    /// Array of [`VoiceTrainingResource`].
    pub(crate) resources: Raw<'a>,
}

impl<'a> ShowVoiceTrainingQuotasResponse<'a> {
    pub(crate) fn decode(body: &'a [u8], tally: &mut Tally) -> Result<Self, DecodeError> {
        let [count, resource_available_nums, resources] =
            json::decode(body, ["count", "resource_available_nums", "resources"], tally)?;
        Ok(Self { count, resource_available_nums, resources })
    }
}

/// An element of the list.
pub(crate) struct VoiceTrainingResource<'a> {
    pub(crate) resource_id: Raw<'a>,
    pub(crate) resource_type: Raw<'a>,
    pub(crate) asset_id: Raw<'a>,
    pub(crate) charge_mode: Raw<'a>,
    pub(crate) resource_source: Raw<'a>,
    pub(crate) operation_type: Raw<'a>,
    /// Integer: models that can be trained.
    pub(crate) resource_nums: Raw<'a>,
    /// Integer, unlike the object of the same name next to the list.
    pub(crate) resource_available_nums: Raw<'a>,
    /// String, RFC 3339; empty or absent if the resource does not expire.
    pub(crate) expire_time: Raw<'a>,
    /// Integer, 0 or 1.
    pub(crate) status: Raw<'a>,
}

impl<'a> VoiceTrainingResource<'a> {
    pub(crate) fn read(raw: Raw<'a>, tally: &mut Tally) -> Option<Self> {
        let names = [
            "resource_id",
            "resource_type",
            "asset_id",
            "charge_mode",
            "resource_source",
            "operation_type",
            "resource_nums",
            "resource_available_nums",
            "expire_time",
            "status",
        ];
        let [
            resource_id,
            resource_type,
            asset_id,
            charge_mode,
            resource_source,
            operation_type,
            resource_nums,
            resource_available_nums,
            expire_time,
            status,
        ] = json::fields(raw, names, tally)?;
        Some(Self {
            resource_id,
            resource_type,
            asset_id,
            charge_mode,
            resource_source,
            operation_type,
            resource_nums,
            resource_available_nums,
            expire_time,
            status,
        })
    }
}
