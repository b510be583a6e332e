//! From one body to a page of rows: what the fields of an answer mean (-1, minutes, empty).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Page, Read};
use crate::cloud::json::{self, Invalid, Raw, Reading, Tally};
use crate::cloud::{user_quotas, voice_training};
use crate::snapshot::{Quota, Unit, User, VoiceResource};

/// How the API says that a quota has no end.
const UNLIMITED: f64 = -1.0;

const SECONDS_A_MINUTE: f64 = 60.0;

/// Reads one row, with its ID where it has a readable one; none for what is no row at all.
type ReadRow<T> = fn(Raw<'_>, &mut Tally) -> Option<(Option<String>, T)>;
type Quotas = BTreeMap<Cow<'static, str>, Quota>;

/// A page of `ShowVoiceTrainingQuotas`.
pub(super) fn voice_training(body: &[u8]) -> Result<Page<VoiceResource>, String> {
    let answer: voice_training::ShowVoiceTrainingQuotasResponse = json::decode(body)?;
    let mut page = read_page(answer.count, "resources", answer.resources, read_resource)?;
    let mut tally = Tally::default();
    page.extras.value = tally.keep(json::object(answer.resource_available_nums)).map(read_available);
    page.extras.invalid += tally.0;
    Ok(page)
}

/// A page of `ListUserQuotas`.
pub(super) fn user_quotas(body: &[u8]) -> Result<Page<User>, String> {
    let answer: user_quotas::ListUserQuotasResponse = json::decode(body)?;
    read_page(answer.count, "assets", answer.assets, read_user)
}

/// A page from its `count` and its list. `read` gives a row with its ID.
fn read_page<T: Default>(
    count: Raw<'_>,
    name: &str,
    list: Raw<'_>,
    read: ReadRow<T>,
) -> Result<Page<T>, String> {
    // An empty list may be null or absent, but an answer with nothing of ours is somebody else's.
    if count.is_none() && list.is_none() {
        return Err(format!("it has neither `count` nor `{name}`"));
    }
    let mut tally = Tally::default();
    let count = tally.keep(json::amount(count));
    let list = json::list(list).map_err(|Invalid| format!("its `{name}` is not a list"))?;
    let rows = list.unwrap_or_default().into_iter().map(|raw| {
        let mut tally = Tally::default();
        let (id, value) = read(Some(raw), &mut tally).unwrap_or_default();
        // A row that nothing can be called by is left out as a whole.
        let invalid = if id.is_some() { tally.0 } else { tally.0.max(1) };
        (id, Read { value, invalid })
    });
    Ok(Page {
        // Beyond 2^53 a count is nonsense, whatever it rounds to.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        count: count.map(|count| count as u64),
        rows: rows.collect(),
        extras: Read { value: None, invalid: tally.0 },
    })
}

fn read_available(fields: BTreeMap<String, Raw<'_>>) -> Read<Vec<(String, f64)>> {
    let mut tally = Tally::default();
    let value = fields
        .into_iter()
        .filter_map(|(name, raw)| tally.keep(json::amount(raw)).map(|number| (name, number)))
        .collect();
    Read { value, invalid: tally.0 }
}

fn read_resource(raw: Raw<'_>, tally: &mut Tally) -> Option<(Option<String>, VoiceResource)> {
    let resource: voice_training::VoiceTrainingResource = tally.keep(json::parse(raw))?;
    let id = tally.keep(json::text(resource.resource_id));
    let mut text = |raw| tally.keep(json::text(raw)).unwrap_or_default();
    let value = VoiceResource {
        id: id.clone().unwrap_or_default(),
        resource_type: text(resource.resource_type),
        asset_id: text(resource.asset_id),
        charge_mode: text(resource.charge_mode),
        resource_source: text(resource.resource_source),
        operation_type: text(resource.operation_type),
        models: tally.keep(json::amount(resource.resource_nums)),
        models_available: tally.keep(json::amount(resource.resource_available_nums)),
        expiry: tally.keep(json::time(resource.expire_time)),
        status: tally.keep(json::number(resource.status)),
    };
    Some((id, value))
}

fn read_user(raw: Raw<'_>, tally: &mut Tally) -> Option<(Option<String>, User)> {
    let info: user_quotas::UserQuotaInfo = tally.keep(json::parse(raw))?;
    let id = tally.keep(json::text(info.user_id));
    let mut quotas = Quotas::new();
    for (item, raw) in tally.keep(json::object(info.quota)).unwrap_or_default() {
        if let Some(limit) = tally.keep(read_limit(&item, raw)) {
            entry(&mut quotas, item).limit = Some(limit);
        }
    }
    for (item, raw) in tally.keep(json::object(info.usage)).unwrap_or_default() {
        if let Some(usage) = tally.keep(read_usage(&item, raw)) {
            entry(&mut quotas, item).usage = Some(usage);
        }
    }
    let value =
        User { id: id.clone().unwrap_or_default(), name: None, quotas: quotas.into_values().collect() };
    Some((id, value))
}

fn entry(quotas: &mut Quotas, item: String) -> &mut Quota {
    // The documented names are not held once a user.
    let known = user_quotas::ITEMS.into_iter().find(|known| *known == item);
    let item = known.map_or(Cow::Owned(item), Cow::Borrowed);
    quotas.entry(item.clone()).or_insert(Quota { item, limit: None, usage: None })
}

/// A quota in its item's unit; infinite where the API says -1.
fn read_limit(item: &str, raw: Raw<'_>) -> Reading<f64> {
    match json::number(raw)? {
        Some(UNLIMITED) => Ok(Some(f64::INFINITY)),
        Some(limit) => in_unit(item, limit),
        None => Ok(None),
    }
}

/// A usage in its item's unit; nothing where the API says -1, which is no amount.
fn read_usage(item: &str, raw: Raw<'_>) -> Reading<f64> {
    match json::number(raw)? {
        Some(UNLIMITED) | None => Ok(None),
        Some(usage) => in_unit(item, usage),
    }
}

/// Minutes become seconds. What is below zero, or too large for a number, is neither quota nor usage.
fn in_unit(item: &str, amount: f64) -> Reading<f64> {
    let amount = match Unit::of(item) {
        Unit::Seconds => amount * SECONDS_A_MINUTE,
        Unit::Count => amount,
    };
    if amount >= 0.0 && amount.is_finite() { Ok(Some(amount)) } else { Err(Invalid) }
}
