//! Products of every documented business type, unit, charging mode and source, with the sub-resources of packages.
//!
//! The values of `resource_type` are made up: the documented list of them is long and grows.

use jiff::{SignedDuration, Timestamp};

use super::{ProjectData, RESERVED_SLOTS};

/// Business type, resource type, unit and amount of the rows before those of a package.
const PRODUCTS: [(&str, &str, &str, f64); 12] = [
    ("VIDEO_2D", "VIDEO_2D_TIME", "MIN", 600.0),
    ("VOICE_CLONE", "VOICE_CLONE_PACKAGE", "NUM", 20.0),
    ("LIVE_2D", "LIVE_2D_CHANNEL", "CHANNEL", 5.0),
    ("ASSET_MANAGER", "ASSET_STORAGE", "GB", 100.0),
    ("MODELING_2D", "MODELING_2D_PACKAGE", "NUM", 10.0),
    ("CHAT_2D", "CHAT_2D_TIME", "HOUR", 200.0),
    ("SYNTHETICS_SOUND", "SYNTHETICS_SOUND_WORDS", "TEN_THOUSAND_WORDS", 500.0),
    ("PICTURE_2D", "PICTURE_2D_USES", "TIME", 1_000.0),
    ("BUSINESS_CARD_2D", "BUSINESS_CARD_2D_USES", "TIME", 300.0),
    ("MODELING_3D", "MODELING_3D_PACKAGE", "NUM", 3.0),
    ("VDS_3D", "VDS_3D_TIME", "MIN", 1_200.0),
    ("TTSA_3D", "TTSA_3D_WORDS", "MILLION_WORDS", 12.0),
];

/// The rows of a Flexus package: sub-resource type, unit and amount.
const PACKAGE: [(Option<&str>, &str, f64); 4] = [
    (None, "NUM", 1.0),
    (Some("voice_clone_flexus"), "NUM", 10.0),
    (Some("modeling_count_2d_model_flexus"), "NUM", 5.0),
    (Some("video_time_flexus_2d_model"), "MIN", 300.0),
];

/// Rows after which the products repeat.
const CYCLE: usize = PRODUCTS.len() + PACKAGE.len();

/// The values of `resource_source`.
pub(in crate::sim) const SOURCES: [&str; 3] = ["PURCHASED", "SP_ALLOCATED", "ADMIN_ALLOCATED"];

const DAY: i64 = 24 * 60 * 60;

/// A resource or sub-resource: a row of `ListTenantResources`.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedProduct {
    /// `resource_id`, 32 hexadecimal digits; that of the package for a sub-resource.
    pub id: String,
    /// `order_id`, empty in most cases.
    pub order_id: String,
    /// `asset_id` of `bound_asset`.
    pub asset_id: Option<String>,
    /// `resource_type`.
    pub resource_type: &'static str,
    /// `business_type`.
    pub business_type: &'static str,
    /// `sub_resource_type`.
    pub sub_resource_type: Option<&'static str>,
    /// `charging_mode`.
    pub charging_mode: &'static str,
    /// `resource_source`.
    pub source: &'static str,
    /// `amount` in the unit; `None` for an on-demand resource.
    pub amount: Option<f64>,
    /// `usage` in the unit.
    pub usage: f64,
    /// `unit`.
    pub unit: &'static str,
    /// `resource_expire_time`; only periodic resources have one.
    pub expires: Option<Timestamp>,
    /// `status`: 0 normal, 1 frozen.
    pub status: u8,
}

impl SimulatedProduct {
    /// What tells the row from others: its ID, and `/SUB_RESOURCE_TYPE` for a sub-resource.
    #[must_use]
    pub fn row_id(&self) -> String {
        match self.sub_resource_type {
            Some(sub_resource_type) => format!("{}/{sub_resource_type}", self.id),
            None => self.id.clone(),
        }
    }
}

impl ProjectData {
    /// Whether the project has a product with this [`SimulatedProduct::row_id`].
    pub(in crate::sim) fn has_product(&self, row_id: &str) -> bool {
        let id = row_id.split('/').next().unwrap_or_default();
        let Some(first) = self.product_ids.slot(id).filter(|slot| *slot >= RESERVED_SLOTS) else {
            return false;
        };
        let end = self.spec.products + RESERVED_SLOTS;
        (first..end.min(first + PACKAGE.len())).any(|slot| self.product(slot, self.epoch).row_id() == row_id)
    }

    /// The product in a slot at simulated time `now`.
    pub(in crate::sim) fn product(&self, slot: usize, now: Timestamp) -> SimulatedProduct {
        let mut rng = self.product_ids.rng(slot);
        // A product in a reserved slot looks like an ordinary later row.
        let row = slot.checked_sub(RESERVED_SLOTS).unwrap_or(slot + 40);
        let in_package = (row % CYCLE).checked_sub(PRODUCTS.len());
        let (business_type, resource_type, unit, amount) =
            PRODUCTS.get(row % CYCLE).copied().unwrap_or(("FLEXUS_2D", "FLEXUS_2D_PACKAGE", "NUM", 1.0));
        let (sub_resource_type, unit, amount) = match in_package {
            Some(part) => PACKAGE[part],
            None => (None, unit, amount),
        };
        let charging_mode = charging_mode(row);
        let started = started(row, rng.f64() * 0.5);
        let used = started + self.age(now) as f64 / (rng.i64(60..600) * DAY) as f64;
        let days_to_expiry = expiry_days(row, rng.i64(30..400));
        // The sub-resources of a package have its ID.
        let first_slot = slot - in_package.unwrap_or(0);
        SimulatedProduct {
            id: self.product_ids.id(first_slot),
            order_id: if row % 5 == 1 { format!("CS{:013}", 2_601_010_000_000 + row) } else { String::new() },
            asset_id: (business_type == "MODELING_2D").then(|| self.asset_ids.id(0)),
            resource_type,
            business_type,
            sub_resource_type,
            charging_mode,
            source: if charging_mode == "ON_DEMAND" {
                SOURCES[0]
            } else {
                SOURCES[row / CYCLE % SOURCES.len()]
            },
            amount: (charging_mode != "ON_DEMAND").then_some(amount),
            // Two decimals, like the minutes of users.
            usage: (amount * used.min(1.0) * 100.0).floor() / 100.0,
            unit,
            expires: (charging_mode == "PERIODIC")
                .then(|| self.epoch.checked_add(SignedDuration::from_secs(days_to_expiry * DAY)).ok())
                .flatten(),
            status: u8::from(row % 23 == 6),
        }
    }
}

/// Mostly periodic.
fn charging_mode(row: usize) -> &'static str {
    match row % CYCLE {
        7 => "ON_DEMAND",
        8 | 9 => "ONE_TIME",
        _ => "PERIODIC",
    }
}

/// The part that is used at the start. The first rows show each urgency, even in a small project.
fn started(row: usize, default: f64) -> f64 {
    match row {
        0 => 0.97,
        1 => 0.85,
        2 => 1.0,
        _ => default,
    }
}

/// Days from the epoch to the expiry.
fn expiry_days(row: usize, default: i64) -> i64 {
    match row {
        3 => -3,
        4 => 5,
        5 => 20,
        _ => default,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::super::ProjectSpec;
    use super::*;

    fn epoch() -> Timestamp {
        "2026-01-01T00:00:00Z".parse().unwrap()
    }

    fn products(at: Timestamp) -> Vec<SimulatedProduct> {
        let data = ProjectData::new(1, ProjectSpec::new("test", "cn-north-4", 0, 0), epoch(), 0);
        (0..data.spec.products).map(|row| data.product(RESERVED_SLOTS + row, at)).collect()
    }

    #[test]
    fn thirty_products_show_every_documented_value() {
        let all = products(epoch());
        assert_eq!(all.len(), 30);
        let values =
            |field: fn(&SimulatedProduct) -> &'static str| all.iter().map(field).collect::<BTreeSet<_>>();
        assert_eq!(values(|product| product.business_type).len(), 13);
        assert_eq!(
            values(|product| product.unit),
            BTreeSet::from([
                "NUM",
                "MIN",
                "HOUR",
                "CHANNEL",
                "GB",
                "MILLION_WORDS",
                "TEN_THOUSAND_WORDS",
                "TIME"
            ])
        );
        assert_eq!(
            values(|product| product.charging_mode),
            BTreeSet::from(["ON_DEMAND", "ONE_TIME", "PERIODIC"])
        );
        assert_eq!(values(|product| product.source), BTreeSet::from(["PURCHASED", "SP_ALLOCATED"]));
        let subs: BTreeSet<_> = all.iter().filter_map(|product| product.sub_resource_type).collect();
        assert_eq!(subs.len(), 3);
        assert_eq!(all.iter().filter(|product| product.status == 1).count(), 2);
        assert_eq!(all.iter().filter(|product| product.amount.is_none()).count(), 2);
    }

    #[test]
    fn a_package_and_its_sub_resources_have_one_id() {
        let all = products(epoch());
        let package: BTreeSet<_> = all[12..16].iter().map(|product| &product.id).collect();
        assert_eq!(package.len(), 1);
        assert_eq!(all.iter().map(|product| &product.id).collect::<BTreeSet<_>>().len(), 30 - 3 - 1);
    }

    #[test]
    fn usage_grows_and_never_exceeds_the_amount() {
        let (first, later) = (products(epoch()), products(epoch() + SignedDuration::from_hours(24 * 90)));
        for (first, later) in first.iter().zip(&later) {
            assert!(first.usage <= later.usage);
            assert!(later.amount.is_none_or(|amount| later.usage <= amount));
        }
        assert_eq!((first[0].usage, first[1].usage, first[2].usage), (582.0, 17.0, 5.0));
    }
}
