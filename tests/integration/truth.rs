//! The expected series of a simulated project, from the cloud's own data and without the exporter's code.

use std::collections::BTreeMap;

use metastudio_exporter::sim::Cloud;
use metastudio_exporter::sim::data::{ItemAmount, SimulatedProduct, SimulatedResource, SimulatedUser};

/// Series to value.
pub(crate) type Series = BTreeMap<String, f64>;

fn series(name: &str, labels: &str, value: f64) -> (String, f64) {
    (format!("metastudio_{name}{{project=\"production\"{labels}}}"), value)
}

/// Every data series of the voice training resources.
pub(crate) fn voice_training(cloud: &Cloud, project_id: &str) -> Series {
    let resources = cloud.resources(project_id);
    let available = cloud.available(project_id).into_iter().map(|(key, number)| {
        series("voice_training_available", &format!(",resource_type=\"{key}\""), f64::from(number))
    });
    let listed = series("voice_training_resources", "", resources.len() as f64);
    available.chain([listed]).chain(resources.iter().flat_map(resource_series)).collect()
}

fn resource_series(resource: &SimulatedResource) -> Vec<(String, f64)> {
    let SimulatedResource { id, asset_id, resource_type, charge_mode, source, operation, .. } = resource;
    let labels = format!(",resource_id=\"{id}\",resource_type=\"{resource_type}\"");
    let info = format!(
        "{labels},asset_id=\"{asset_id}\",charge_mode=\"{charge_mode}\",resource_source=\"{source}\",\
         operation_type=\"{operation}\""
    );
    let expiry = resource.expires.map(|expires| {
        series("voice_training_resource_expiry_timestamp_seconds", &labels, expires.as_second() as f64)
    });
    let always = [
        series("voice_training_resource_models", &labels, f64::from(resource.nums)),
        series("voice_training_resource_models_available", &labels, f64::from(resource.available)),
        series("voice_training_resource_status", &labels, f64::from(resource.status)),
        series("voice_training_resource_info", &info, 1.0),
    ];
    always.into_iter().chain(expiry).collect()
}

/// Every data series of the tenant resources.
pub(crate) fn tenant_resources(cloud: &Cloud, project_id: &str) -> Series {
    let products = cloud.products(project_id);
    let listed = series("resources", "", products.len() as f64);
    [listed].into_iter().chain(products.iter().flat_map(product_series)).collect()
}

fn product_series(product: &SimulatedProduct) -> Vec<(String, f64)> {
    let SimulatedProduct { id, resource_type, business_type, charging_mode, source, order_id, .. } = product;
    let sub_resource_type = product.sub_resource_type.unwrap_or_default();
    let labels = format!(
        ",resource_id=\"{id}\",resource_type=\"{resource_type}\",business_type=\"{business_type}\",\
         sub_resource_type=\"{sub_resource_type}\""
    );
    let info = format!(
        "{labels},charging_mode=\"{charging_mode}\",resource_source=\"{source}\",order_id=\"{order_id}\""
    );
    let (unit, factor) = match product.unit {
        "NUM" => ("count", 1.0),
        "MIN" => ("seconds", 60.0),
        "HOUR" => ("seconds", 3600.0),
        "CHANNEL" => ("channels", 1.0),
        "GB" => ("gigabytes", 1.0),
        "MILLION_WORDS" => ("words", 1e6),
        "TEN_THOUSAND_WORDS" => ("words", 1e4),
        "TIME" => ("times", 1.0),
        other => panic!("{other}"),
    };
    let in_unit = format!("{labels},unit=\"{unit}\"");
    let amount = product.amount.map(|amount| {
        let amount = if amount == -1.0 { f64::INFINITY } else { amount * factor };
        series("resource_amount", &in_unit, amount)
    });
    let expiry = product
        .expires
        .map(|expires| series("resource_expiry_timestamp_seconds", &labels, expires.as_second() as f64));
    let always = [
        series("resource_usage", &in_unit, product.usage * factor),
        series("resource_status", &labels, f64::from(product.status)),
        series("resource_info", &info, 1.0),
    ];
    always.into_iter().chain(amount).chain(expiry).collect()
}

/// Every data series of the users' quotas.
pub(crate) fn user_quotas(cloud: &Cloud, project_id: &str) -> Series {
    let users = cloud.users(project_id);
    some_users(users.len(), 0, &users)
}

/// Every data series of a list of `listed` users of which `users` are exported and `omitted` are left out.
pub(crate) fn some_users(listed: usize, omitted: usize, users: &[SimulatedUser]) -> Series {
    let listed = [series("users", "", listed as f64), series("users_omitted", "", omitted as f64)];
    listed.into_iter().chain(users.iter().flat_map(user_series)).collect()
}

/// The series with the names of `users`.
pub(crate) fn names(users: &[SimulatedUser]) -> Series {
    let info = |user: &SimulatedUser| {
        let labels = format!(",user_id=\"{}\",user_name=\"{}\"", user.id, user.name);
        series("user_info", &labels, 1.0)
    };
    users.iter().map(info).collect()
}

fn user_series(user: &SimulatedUser) -> Vec<(String, f64)> {
    let mut all = Vec::new();
    for quota in user.quotas {
        let (unit, seconds) = match quota.limit {
            ItemAmount::Count(_) => ("count", 1.0),
            ItemAmount::Minutes(_) => ("seconds", 60.0),
        };
        let labels = format!(",user_id=\"{}\",item=\"{}\",unit=\"{unit}\"", user.id, quota.item);
        let limit = quota.limit.value();
        let limit = if limit == -1.0 { f64::INFINITY } else { limit * seconds };
        all.push(series("user_quota_limit", &labels, limit));
        if let Some(usage) = quota.usage {
            all.push(series("user_quota_usage", &labels, usage.value() * seconds));
        }
    }
    all
}

/// Fails with a few differences, not with thousands of series.
pub(crate) fn assert_same(shown: &Series, expected: &Series, what: &str) {
    let missing = expected.iter().filter(|(series, value)| shown.get(*series) != Some(value));
    let extra = shown.iter().filter(|(series, _)| !expected.contains_key(*series));
    let differences: Vec<_> = missing
        .map(|(series, _)| (series, shown.get(series), expected.get(series)))
        .chain(extra.map(|(series, value)| (series, Some(value), None)))
        .collect();
    assert!(
        differences.is_empty(),
        "{what}: {} differences (series, shown, expected), such as {:?}",
        differences.len(),
        &differences[..differences.len().min(3)]
    );
}

/// The samples of `text` whose metric has one of the prefixes.
pub(crate) fn shown(text: &str, prefixes: &[&str]) -> Series {
    let has_prefix =
        |series: &String| prefixes.iter().any(|prefix| series.starts_with(&format!("metastudio_{prefix}")));
    crate::common::samples(text).into_iter().filter(|(series, _)| has_prefix(series)).collect()
}

/// The data series of the voice training resources in `text`.
pub(crate) fn shown_voice_training(text: &str) -> Series {
    shown(text, &["voice_training_"])
}

/// The data series of the users' quotas in `text`.
pub(crate) fn shown_user_quotas(text: &str) -> Series {
    shown(text, &["users", "user_"])
}

/// The data series of the tenant resources in `text`.
pub(crate) fn shown_tenant_resources(text: &str) -> Series {
    shown(text, &["resource"])
}
