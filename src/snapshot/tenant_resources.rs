//! The data of `ListTenantResources`: every product of the account.

use std::borrow::Cow;

/// The data of `ListTenantResources`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TenantResources {
    /// Number of rows listed by the API, including those without a readable ID.
    pub(crate) listed: u64,
    /// The rows that have an ID, sorted by ID, resource type and sub-resource type.
    pub(crate) resources: Vec<TenantResource>,
}

/// One resource or sub-resource. Texts are the API's own, and empty if it gives none.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TenantResource {
    /// `resource_id`, that of the parent for a sub-resource.
    pub(crate) id: String,
    /// `resource_type`: the product.
    pub(crate) resource_type: String,
    /// `business_type`: `VIDEO_2D`, `LIVE_2D`, or another one.
    pub(crate) business_type: String,
    /// `sub_resource_type`: only in Flexus packages.
    pub(crate) sub_resource_type: String,
    /// `charging_mode`: `PERIODIC`, `ONE_TIME`, `ON_DEMAND`.
    pub(crate) charging_mode: String,
    /// `resource_source`: `PURCHASED`, `SP_ALLOCATED`, `ADMIN_ALLOCATED`.
    pub(crate) resource_source: String,
    /// `order_id`
    pub(crate) order_id: String,
    /// The unit of the numbers: a base unit, or the API's own in lower case.
    pub(crate) unit: Cow<'static, str>,
    /// `amount`: how much there is in all; infinite if it is unlimited.
    pub(crate) amount: Option<f64>,
    /// `usage`: how much is used.
    pub(crate) usage: Option<f64>,
    /// `resource_expire_time` in seconds since the Unix epoch.
    pub(crate) expiry: Option<f64>,
    /// `status` as sent: 0 normal, 1 frozen.
    pub(crate) status: Option<f64>,
}
