//! `ListTenantResources`: `GET /v1/{project_id}/tenants/resources`: the wire types.

use super::json::{self, DecodeError, Raw, Tally};

/// The path after `/v1/{project_id}/`.
pub(crate) const PATH: &str = "tenants/resources";

/// The end of the query. The vendor's page says that `resource_source` is mandatory, so it names all documented sources.
pub(crate) const QUERY: &str = "&resource_source=ADMIN_ALLOCATED%2CPURCHASED%2CSP_ALLOCATED";

pub(crate) struct ListTenantResourcesResponse<'a> {
    /// Float: resources in the whole list.
    pub(crate) count: Raw<'a>,
    /// Array of [`TenantResource`].
    pub(crate) resources: Raw<'a>,
}

impl<'a> ListTenantResourcesResponse<'a> {
    pub(crate) fn decode(body: &'a [u8], tally: &mut Tally) -> Result<Self, DecodeError> {
        let [count, resources] = json::decode(body, ["count", "resources"], tally)?;
        Ok(Self { count, resources })
    }
}

/// An element of the list. `bound_asset` and `is_sub_resource` say nothing that the other fields do not.
pub(crate) struct TenantResource<'a> {
    /// That of the parent for a sub-resource.
    pub(crate) resource_id: Raw<'a>,
    /// Empty in most cases.
    pub(crate) order_id: Raw<'a>,
    /// String, RFC 3339.
    pub(crate) resource_expire_time: Raw<'a>,
    pub(crate) resource_type: Raw<'a>,
    pub(crate) business_type: Raw<'a>,
    /// Only in Flexus packages.
    pub(crate) sub_resource_type: Raw<'a>,
    pub(crate) charging_mode: Raw<'a>,
    pub(crate) resource_source: Raw<'a>,
    /// Float: in all.
    pub(crate) amount: Raw<'a>,
    /// Float: used.
    pub(crate) usage: Raw<'a>,
    /// Integer: 0 or 1.
    pub(crate) status: Raw<'a>,
    pub(crate) unit: Raw<'a>,
}

impl<'a> TenantResource<'a> {
    pub(crate) fn read(raw: Raw<'a>, tally: &mut Tally) -> Option<Self> {
        let names = [
            "resource_id",
            "order_id",
            "resource_expire_time",
            "resource_type",
            "business_type",
            "sub_resource_type",
            "charging_mode",
            "resource_source",
            "amount",
            "usage",
            "status",
            "unit",
        ];
        let [
            resource_id,
            order_id,
            resource_expire_time,
            resource_type,
            business_type,
            sub_resource_type,
            charging_mode,
            resource_source,
            amount,
            usage,
            status,
            unit,
        ] = json::fields(raw, names, tally)?;
        Some(Self {
            resource_id,
            order_id,
            resource_expire_time,
            resource_type,
            business_type,
            sub_resource_type,
            charging_mode,
            resource_source,
            amount,
            usage,
            status,
            unit,
        })
    }
}
