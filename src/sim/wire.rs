//! Rows in the words of the documentation.

use serde_json::{Map, Value, json};

use super::answer;
use super::rows::Rows;
use super::world::{Amount, Quota, Resource, User};

/// A row of `resources`.
pub(super) fn resource(resource: &Resource) -> Value {
    let mut row = json!({
        "operation_type": resource.operation,
        "resource_source": resource.source,
        "asset_id": resource.asset_id,
        "resource_id": resource.id,
        "resource_nums": resource.nums,
        "resource_available_nums": resource.available,
        "resource_type": resource.resource_type,
        "charge_mode": resource.charge_mode,
        "status": resource.status,
    });
    if let Some(expires) = resource.expires {
        row["expire_time"] = json!(answer::seconds(expires));
    }
    row
}

/// `resource_available_nums` beside `resources`.
pub(super) fn available(rows: &Rows) -> Map<String, Value> {
    rows.available().into_iter().map(|(key, number)| (key.to_owned(), json!(number))).collect()
}

/// A row of `assets`.
pub(super) fn user(user: &User) -> Value {
    let detail = |amount: fn(&Quota) -> Option<Amount>| -> Map<String, Value> {
        let told = user.quotas.iter().filter_map(|quota| amount(quota).map(|amount| (quota.item, amount)));
        told.map(|(item, number)| (item.to_owned(), self::amount(number))).collect()
    };
    let usage = detail(|quota| quota.usage);
    let mut row = json!({"user_id": user.id, "quota": detail(|quota| Some(quota.limit))});
    if !usage.is_empty() {
        row["usage"] = Value::Object(usage);
    }
    row
}

fn amount(amount: Amount) -> Value {
    match amount {
        Amount::Count(count) => json!(count),
        Amount::Minutes(minutes) => json!(minutes),
    }
}
