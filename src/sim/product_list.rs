//! `ListTenantResources`: its filters, and its rows in the field names of the vendor's documentation.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::data::{SOURCES, SimulatedProduct};
use super::messages::{CloudResponse, seconds};

/// The rows that a request asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ProductFilter {
    /// `resource`: resource types.
    resource: Option<Vec<String>>,
    /// `business`: business types.
    business: Option<Vec<String>>,
    resource_source: Option<Vec<String>>,
    resource_id: Option<String>,
    order_id: Option<String>,
    charging_mode: Option<String>,
    /// `sub_resource`: a sub-resource type.
    sub_resource: Option<String>,
    /// `resource_expire_start_time`
    expires_from: Option<Timestamp>,
    /// `resource_expire_end_time`
    expires_until: Option<Timestamp>,
    status: Option<u8>,
}

impl ProductFilter {
    /// Reads the query parameters.
    pub(super) fn parse(parameters: &[(String, String)]) -> Result<Self, CloudResponse> {
        let mut filter = Self::default();
        for (name, value) in parameters {
            let invalid = || CloudResponse::invalid_parameter(name);
            let text = || Some(value.clone());
            let list = || Some(value.split(',').map(str::to_owned).collect());
            let time = || value.parse().map(Some).map_err(|_| invalid());
            match name.as_str() {
                "resource" => filter.resource = list(),
                "business" => filter.business = list(),
                "resource_source" => filter.resource_source = list(),
                "resource_id" => filter.resource_id = text(),
                "order_id" => filter.order_id = text(),
                "charging_mode" => filter.charging_mode = text(),
                "sub_resource" => filter.sub_resource = text(),
                "resource_expire_start_time" => filter.expires_from = time()?,
                "resource_expire_end_time" => filter.expires_until = time()?,
                "status" => filter.status = Some(value.parse().map_err(|_| invalid())?),
                _ => {}
            }
        }
        // The only one that is mandatory.
        let is_named = filter
            .resource_source
            .as_ref()
            .is_some_and(|sources| sources.iter().all(|source| !source.is_empty()));
        if is_named { Ok(filter) } else { Err(CloudResponse::invalid_parameter("resource_source")) }
    }

    /// Whether the filter names every source and nothing else.
    pub(super) fn selects_all(&self) -> bool {
        let names = |source: &str| self.resource_source.iter().flatten().any(|named| named == source);
        let others = Self { resource_source: None, ..self.clone() };
        SOURCES.iter().all(|source| names(source)) && others == Self::default()
    }

    pub(super) fn matches(&self, product: &SimulatedProduct) -> bool {
        let one_of = |allowed: &Option<Vec<String>>, value: &str| {
            allowed.as_ref().is_none_or(|allowed| allowed.iter().any(|allowed| allowed == value))
        };
        let is = |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| wanted == value);
        one_of(&self.resource, product.resource_type)
            && one_of(&self.business, product.business_type)
            && one_of(&self.resource_source, product.source)
            && is(&self.resource_id, &product.id)
            && is(&self.order_id, &product.order_id)
            && is(&self.charging_mode, product.charging_mode)
            && is(&self.sub_resource, product.sub_resource_type.unwrap_or_default())
            && self.expires_from.is_none_or(|from| product.expires.is_some_and(|at| at >= from))
            && self.expires_until.is_none_or(|until| product.expires.is_some_and(|at| at <= until))
            && self.status.is_none_or(|status| product.status == status)
    }
}

/// A row of `resources`.
pub(super) fn product_json(product: &SimulatedProduct) -> Value {
    let mut row = json!({
        "resource_id": product.id,
        "order_id": product.order_id,
        "resource_type": product.resource_type,
        "business_type": product.business_type,
        "is_sub_resource": product.sub_resource_type.is_some(),
        "charging_mode": product.charging_mode,
        "resource_source": product.source,
        "usage": product.usage,
        "status": product.status,
        "unit": product.unit,
    });
    if let Some(amount) = product.amount {
        row["amount"] = json!(amount);
    }
    if let Some(sub_resource_type) = product.sub_resource_type {
        row["sub_resource_type"] = json!(sub_resource_type);
    }
    if let Some(asset_id) = &product.asset_id {
        row["bound_asset"] = json!({"asset_id": asset_id});
    }
    if let Some(expires) = product.expires {
        row["resource_expire_time"] = json!(seconds(expires));
    }
    row
}

#[cfg(test)]
mod tests {
    use super::super::data::RESERVED_SLOTS;
    use super::super::{ProjectSpec, data::ProjectData};
    use super::*;

    const ALL: (&str, &str) = ("resource_source", "PURCHASED,SP_ALLOCATED,ADMIN_ALLOCATED");

    fn matched(query: &[(&str, &str)]) -> Result<usize, u16> {
        let epoch: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let data = ProjectData::new(1, ProjectSpec::new("test", "cn-north-4", 0, 0), epoch, 0);
        let all = (0..data.spec.products).map(|row| data.product(RESERVED_SLOTS + row, epoch));
        let parameters: Vec<_> =
            query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let filter = ProductFilter::parse(&parameters).map_err(|refusal| refusal.status.as_u16())?;
        Ok(all.filter(|product| filter.matches(product)).count())
    }

    #[test]
    fn each_filter_selects_its_rows() {
        for (query, expected) in [
            (&[][..], Ok(30)),
            (&[("limit", "5"), ("new", "x")], Ok(30)),
            (&[("business", "VIDEO_2D")], Ok(2)),
            (&[("business", "VIDEO_2D,FLEXUS_2D")], Ok(8)),
            (&[("resource", "ASSET_STORAGE")], Ok(2)),
            (&[("resource_id", "none")], Ok(0)),
            (&[("charging_mode", "ON_DEMAND")], Ok(2)),
            (&[("sub_resource", "voice_clone_flexus")], Ok(2)),
            (&[("status", "1")], Ok(2)),
            (&[("status", "frozen")], Err(400)),
            (&[("resource_expire_end_time", "2026-01-06T00:00:00Z")], Ok(2)),
            (
                &[
                    ("resource_expire_start_time", "2026-01-01T00:00:00Z"),
                    ("resource_expire_end_time", "2026-01-06T00:00:00Z"),
                ],
                Ok(1),
            ),
            (&[("resource_expire_start_time", "soon")], Err(400)),
        ] {
            assert_eq!(matched(&[query, &[ALL]].concat()), expected, "{query:?}");
        }
        for (sources, expected) in [
            (&[][..], Err(400)),
            (&[("resource_source", "")], Err(400)),
            (&[("resource_source", "PURCHASED,")], Err(400)),
            (&[("resource_source", "SP_ALLOCATED")], Ok(13)),
            (&[("resource_source", "SP_ALLOCATED,PURCHASED")], Ok(30)),
            (&[("resource_source", "new")], Ok(0)),
        ] {
            assert_eq!(matched(sources), expected, "{sources:?}");
        }
    }
}
