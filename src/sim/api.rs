//! The two MetaStudio APIs: who may read which page, and the page in the words of the documentation.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::answer::Answer;
use super::call::Call;
use super::fault::Api;
use super::faults::{Page, Target, View};
use super::rows::Rows;
use super::world::NEWCOMERS;
use super::{Inner, auth, locked, wire};

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

/// Answers a request to an API for a project.
pub(super) fn answer(inner: &Inner, target: Target, call: &Call) -> Answer {
    admitted(inner, target, call)
        .and_then(|(rows, query)| page(inner, &rows, query, target, call))
        .unwrap_or_else(|refusal| refusal)
}

/// The checks in the order of the real cloud: who calls, for which project, and only then what for.
fn admitted<'a>(inner: &'a Inner, target: Target, call: &Call) -> Result<(Rows<'a>, Query), Answer> {
    let caller = auth::authenticate(inner, call, Some(target))?;
    if call.header("x-project-id").is_some_and(|sent| sent != target.project_id) {
        return Err(Answer::invalid_parameter("X-Project-Id is not the project of the path"));
    }
    let owned = inner.projects.get(target.project_id).filter(|place| caller.owns(&place.project));
    let place = owned.ok_or_else(Answer::forbidden)?;
    if target.api == Api::UserQuotas && !caller.administrator {
        return Err(Answer::forbidden());
    }
    Ok((inner.rows_of(place), query(call)?))
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
    rows: &Rows,
    query: Query,
    Target { api, project_id }: Target,
    call: &Call,
) -> Result<Answer, Answer> {
    let page = Page { api, project_id: project_id.to_owned(), offset: query.offset, limit: query.limit };
    let view = locked(&inner.faults).meet(&page, &call.id)?;
    let slots = match (api, query.user_id) {
        (Api::VoiceTraining, _) => Slots::of_list(rows.world.resource_count(), view),
        (Api::UserQuotas, None) => Slots::of_list(rows.world.user_count(), view),
        (Api::UserQuotas, Some(user_id)) => Slots::of_one(rows.world.user_slot(&user_id), view),
    };
    locked(&inner.faults).meet_in_list(&page, view, slots.total)?;
    // Nothing is locked while the rows are made: that is where the time goes.
    let mut body = match api {
        Api::VoiceTraining => voice_training(rows, &slots),
        Api::UserQuotas => user_quotas(rows, &slots),
    };
    locked(&inner.faults).spoil(&page, view.offset, &mut body);
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

fn voice_training(rows: &Rows, slots: &Slots) -> Value {
    let page = slots.page.iter().map(|slot| wire::resource(&rows.resource(*slot)));
    json!({
        "count": slots.total,
        "resource_available_nums": wire::available(rows),
        "resources": page.collect::<Vec<_>>(),
    })
}

fn user_quotas(rows: &Rows, slots: &Slots) -> Value {
    let page = slots.page.iter().map(|slot| wire::user(&rows.user(*slot)));
    json!({"count": slots.total, "assets": page.collect::<Vec<_>>()})
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
