//! The two MetaStudio APIs: who may read which page, and the page in the words of the documentation.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::call::Call;
use super::fault::Api;
use super::faults::{Page, View};
use super::world::{Amount, NEWCOMERS, Quota, Resource, User, World};
use super::{Inner, auth, locked};

const MAX_OFFSET: usize = 2_147_483_647;
const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

/// What a query asks for.
#[derive(Debug, PartialEq, Eq)]
struct Query {
    offset: usize,
    limit: usize,
    user_id: Option<String>,
}

/// Answers a request to `api` for a project.
pub(super) fn answer(inner: &Inner, api: Api, project_id: &str, call: &Call) -> Answer {
    admitted(inner, api, project_id, call)
        .and_then(|(world, query)| page(inner, world, query, api, project_id, call))
        .unwrap_or_else(|refusal| refusal)
}

/// The checks in the order of the real cloud: who calls, for which project, and only then what for.
fn admitted<'a>(
    inner: &'a Inner,
    api: Api,
    project_id: &str,
    call: &Call,
) -> Result<(&'a World, Query), Answer> {
    let caller = auth::authenticate(inner, call, Some(api))?;
    if call.header("x-project-id").is_some_and(|sent| sent != project_id) {
        return Err(Answer::invalid_parameter("X-Project-Id is not the project of the path"));
    }
    let world = inner.world(project_id).filter(|_| caller.owns(project_id)).ok_or_else(Answer::forbidden)?;
    Ok((world, query(call)?))
}

fn query(call: &Call) -> Result<Query, Answer> {
    let parameters = call.parameters().ok_or_else(|| Answer::invalid_parameter("query"))?;
    let value = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let number = |name: &str, default: usize, min: usize, max: usize| match value(name).map(str::parse) {
        None => Ok(default),
        Some(Ok(number)) if (min..=max).contains(&number) => Ok(number),
        Some(_) => Err(Answer::invalid_parameter(name)),
    };
    Ok(Query {
        offset: number("offset", 0, 0, MAX_OFFSET)?,
        limit: number("limit", DEFAULT_LIMIT, 1, MAX_LIMIT)?,
        user_id: value("user_id").map(str::to_owned),
    })
}

fn page(
    inner: &Inner,
    world: &World,
    query: Query,
    api: Api,
    project_id: &str,
    call: &Call,
) -> Result<Answer, Answer> {
    let page = Page { api, project_id: project_id.to_owned(), offset: query.offset, limit: query.limit };
    let view = locked(&inner.faults).meet(&page, &call.id)?;
    let slots = match (api, query.user_id) {
        (Api::VoiceTraining, _) => Slots::of_list(world.resource_count(), view),
        (Api::UserQuotas, None) => Slots::of_list(world.user_count(), view),
        (Api::UserQuotas, Some(user_id)) => Slots::of_one(world.user_slot(&user_id), view),
    };
    locked(&inner.faults).meet_in_list(&page, view, slots.total)?;
    // Nothing is locked while the rows are made: that is where the time goes.
    let at = inner.clock.world();
    let mut body = match api {
        Api::VoiceTraining => voice_training(world, &slots, at),
        Api::UserQuotas => user_quotas(world, &slots, at),
    };
    locked(&inner.faults).spoil(api, view.offset, &mut body);
    let answer = Answer::json(StatusCode::OK, &body);
    if view.cut {
        return Ok(answer.cut());
    }
    locked(&inner.faults).answered(&page);
    Ok(answer)
}

/// The rows of a page by their slots in the world.
#[derive(Debug, PartialEq, Eq)]
struct Slots {
    /// Rows of the whole list: `count`.
    total: usize,
    page: Vec<usize>,
}

impl Slots {
    fn of_list(rows: usize, view: View) -> Self {
        let total = rows + view.newcomers;
        let first = NEWCOMERS - view.newcomers.min(NEWCOMERS);
        let end = total.min(view.offset.saturating_add(view.limit));
        Slots { total, page: (view.offset..end).map(|row| first + row).collect() }
    }

    fn of_one(slot: Option<usize>, view: View) -> Self {
        let page = slot.into_iter().skip(view.offset).take(view.limit).collect();
        Slots { total: usize::from(slot.is_some()), page }
    }
}

fn voice_training(world: &World, slots: &Slots, at: Timestamp) -> Value {
    let available = world.available(at).into_iter().map(|(key, number)| (key.to_owned(), json!(number)));
    let rows = slots.page.iter().map(|slot| resource_json(&world.resource(*slot, at)));
    json!({
        "count": slots.total,
        "resource_available_nums": available.collect::<Map<_, _>>(),
        "resources": rows.collect::<Vec<_>>(),
    })
}

fn resource_json(resource: &Resource) -> Value {
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
        row["expire_time"] = json!(expires.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    }
    row
}

fn user_quotas(world: &World, slots: &Slots, at: Timestamp) -> Value {
    let rows = slots.page.iter().map(|slot| user_json(&world.user(*slot, at)));
    json!({"count": slots.total, "assets": rows.collect::<Vec<_>>()})
}

fn user_json(user: &User) -> Value {
    let detail = |amount: fn(&Quota) -> Option<Amount>| -> Map<String, Value> {
        let told = user.quotas.iter().filter_map(|quota| amount(quota).map(|amount| (quota.item, amount)));
        told.map(|(item, amount)| (item.to_owned(), amount_json(amount))).collect()
    };
    let usage = detail(|quota| quota.usage);
    let mut row = json!({"user_id": user.id, "quota": detail(|quota| Some(quota.limit))});
    if !usage.is_empty() {
        row["usage"] = Value::Object(usage);
    }
    row
}

fn amount_json(amount: Amount) -> Value {
    match amount {
        Amount::Count(count) => json!(count),
        Amount::Minutes(minutes) => json!(minutes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(rows: usize, newcomers: usize, offset: usize, limit: usize) -> (usize, Vec<usize>) {
        let slots = Slots::of_list(rows, View { newcomers, offset, limit, cut: false });
        (slots.total, slots.page)
    }

    #[test]
    fn newcomers_shift_the_rows_behind_them() {
        assert_eq!(slots(3, 0, 0, 2), (3, vec![2, 3]));
        assert_eq!(slots(3, 0, 2, 2), (3, vec![4]));
        assert_eq!(slots(3, 1, 0, 2), (4, vec![1, 2]));
        assert_eq!(slots(3, 2, 2, 2), (5, vec![2, 3]));
    }

    #[test]
    fn beyond_the_end_there_is_nothing() {
        assert_eq!(slots(3, 0, 3, 2), (3, vec![]));
        assert_eq!(slots(0, 0, 0, 100), (0, vec![]));
        assert_eq!(slots(3, 0, MAX_OFFSET, MAX_LIMIT), (3, vec![]));
    }
}
