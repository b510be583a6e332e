//! The MetaStudio APIs: access to a page, and the page in the field names of the vendor's documentation.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::data::{ItemAmount, ItemQuota, RESERVED_SLOTS, SimulatedResource, SimulatedUser};
use super::edits::ProjectRows;
use super::fault::MetaStudioApi;
use super::faults::{ListView, PageRequest, ProjectApi};
use super::messages::{CloudResponse, Delivery, EndpointResult, ReceivedRequest, seconds};
use super::product_list::{ProductFilter, product_json};
use super::{Inner, auth, locked};

const MAX_OFFSET: usize = 2_147_483_647;
const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

/// The rows that a request asks for.
enum Selection {
    All,
    User(String),
    Products(ProductFilter),
}

/// `GET /v1/{project_id}/voice-training-manage/quotas`, `.../user/quotas` and `.../tenants/resources`.
pub(super) fn show_page(inner: &Inner, list: ProjectApi, request: &ReceivedRequest) -> EndpointResult {
    let rows = authorize(inner, &list, request)?;
    let (page, selection) = parse_query(list, request)?;
    let view = locked(&inner.faults).apply(&page, &request.id)?;
    let spec = &rows.project.spec;
    let selected = |slots: Vec<usize>| {
        let in_view = slots.iter().skip(view.offset).take(view.limit).copied();
        (slots.len(), in_view.collect())
    };
    let (total, slots) = match (page.list.api, selection) {
        (_, Selection::User(user_id)) => selected(rows.project.user_slot(&user_id).into_iter().collect()),
        (_, Selection::Products(filter)) => {
            let slots = (0..spec.products).map(|row| RESERVED_SLOTS + row);
            selected(slots.filter(|slot| filter.matches(&rows.product(*slot))).collect())
        }
        (MetaStudioApi::VoiceTraining, Selection::All) => slots_in_view(spec.resources, view),
        (MetaStudioApi::UserQuotas, Selection::All) => slots_in_view(spec.users, view),
        (MetaStudioApi::TenantResources, Selection::All) => slots_in_view(spec.products, view),
    };
    locked(&inner.faults).check_last_page(&page, view, total)?;
    // Making the rows takes most of the time, so nothing is locked here.
    let mut body = match page.list.api {
        MetaStudioApi::VoiceTraining => json!({
            "count": total,
            "resource_available_nums": available_json(&rows),
            "resources": slots.iter().map(|slot| resource_json(&rows.resource(*slot))).collect::<Vec<_>>(),
        }),
        MetaStudioApi::UserQuotas => json!({
            "count": total,
            "assets": slots.iter().map(|slot| user_json(&rows.user(*slot))).collect::<Vec<_>>(),
        }),
        MetaStudioApi::TenantResources => json!({
            // A float, as documented.
            "count": total as f64,
            "resources": slots.iter().map(|slot| product_json(&rows.product(*slot))).collect::<Vec<_>>(),
        }),
    };
    let mut faults = locked(&inner.faults);
    faults.change_body(&page, view.offset, &mut body);
    if view.delivery == Delivery::Complete {
        faults.page_answered(&page);
    }
    Ok(CloudResponse { delivery: view.delivery, ..CloudResponse::json(StatusCode::OK, &body) })
}

/// The rows of the project, if the caller may read them. Credentials are checked before parameters, as in the real
/// cloud.
fn authorize<'a>(
    inner: &'a Inner,
    list: &ProjectApi,
    request: &ReceivedRequest,
) -> Result<ProjectRows<'a>, CloudResponse> {
    let caller = auth::authenticate(inner, request, Some(list))?;
    if request.header("x-project-id").is_some_and(|sent| sent != list.project_id) {
        return Err(CloudResponse::invalid_parameter("X-Project-Id is not the project of the path"));
    }
    let rows = inner.rows(&list.project_id).filter(|rows| caller.owns(&rows.project.spec));
    let may_read = caller.administrator || list.api != MetaStudioApi::UserQuotas;
    rows.filter(|_| may_read).ok_or_else(CloudResponse::forbidden)
}

/// The requested page of the requested rows.
fn parse_query(
    list: ProjectApi,
    request: &ReceivedRequest,
) -> Result<(PageRequest, Selection), CloudResponse> {
    let parameters = request.parameters().ok_or_else(|| CloudResponse::invalid_parameter("query"))?;
    let value = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let number = |name: &str, default: usize, min: usize, max: usize| match value(name).map(str::parse) {
        None => Ok(default),
        Some(Ok(number)) if (min..=max).contains(&number) => Ok(number),
        Some(_) => Err(CloudResponse::invalid_parameter(name)),
    };
    let offset = number("offset", 0, 0, MAX_OFFSET)?;
    let limit = number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)?;
    let selection = match (list.api, value("user_id")) {
        (MetaStudioApi::UserQuotas, Some(user_id)) => Selection::User(user_id.to_owned()),
        (MetaStudioApi::TenantResources, _) => match ProductFilter::parse(&parameters)? {
            filter if filter.selects_all() => Selection::All,
            filter => Selection::Products(filter),
        },
        _ => Selection::All,
    };
    Ok((PageRequest { list, offset, limit }, selection))
}

/// The `count` of a list of `rows` rows, and the slots of the page.
fn slots_in_view(rows: usize, view: ListView) -> (usize, Vec<usize>) {
    let total = rows + view.extra_rows;
    let first_slot = RESERVED_SLOTS - view.extra_rows.min(RESERVED_SLOTS);
    let end = total.min(view.offset.saturating_add(view.limit));
    (total, (view.offset..end).map(|row| first_slot + row).collect())
}

/// A row of `resources`.
pub(super) fn resource_json(resource: &SimulatedResource) -> Value {
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
        row["expire_time"] = json!(seconds(expires));
    }
    row
}

/// `resource_available_nums` of the whole list.
pub(super) fn available_json(rows: &ProjectRows) -> Map<String, Value> {
    rows.available().into_iter().map(|(key, number)| (key.to_owned(), json!(number))).collect()
}

/// A row of `assets`.
pub(super) fn user_json(user: &SimulatedUser) -> Value {
    let amounts = |field: fn(&ItemQuota) -> Option<ItemAmount>| -> Map<String, Value> {
        let present = user.quotas.iter().filter_map(|quota| Some((quota.item, field(quota)?)));
        present
            .map(|(item, amount)| match amount {
                ItemAmount::Count(count) => (item.to_owned(), json!(count)),
                ItemAmount::Minutes(minutes) => (item.to_owned(), json!(minutes)),
            })
            .collect()
    };
    let usage = amounts(|quota| quota.usage);
    let mut row = json!({"user_id": user.id, "quota": amounts(|quota| Some(quota.limit))});
    if !usage.is_empty() {
        row["usage"] = Value::Object(usage);
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(rows: usize, extra_rows: usize, offset: usize, limit: usize) -> (usize, Vec<usize>) {
        slots_in_view(rows, ListView { extra_rows, offset, limit, delivery: Delivery::Complete })
    }

    #[test]
    fn extra_rows_shift_the_rows_after_them() {
        assert_eq!(slots(3, 0, 0, 2), (3, vec![2, 3]));
        assert_eq!(slots(3, 0, 2, 2), (3, vec![4]));
        assert_eq!(slots(3, 1, 0, 2), (4, vec![1, 2]));
        assert_eq!(slots(3, 2, 2, 2), (5, vec![2, 3]));
    }

    #[test]
    fn there_are_no_rows_after_the_end() {
        assert_eq!(slots(3, 0, 3, 2), (3, vec![]));
        assert_eq!(slots(0, 0, 0, 100), (0, vec![]));
        assert_eq!(slots(3, 0, MAX_OFFSET, MAX_LIMIT), (3, vec![]));
    }
}
