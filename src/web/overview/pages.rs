//! The pages: from the facts and a query to what the templates show.

use askama::Template;

use super::apis::{self, ApiRow, ApiState};
use super::cards::{self, Card};
use super::details::{self, Detail};
use super::facts::{Facts, Project, timestamp};
use super::frame::{Frame, Heading, Pager};
use super::model::{Available, Overview, coverage};
use super::order::Order;
use super::resources::{self, ResourceRow};
use super::say;
use super::users::{self, QuotaRow, UserRow};
use crate::snapshot::{Collector, User};

/// Users, or resources, on one page.
const ROWS: usize = 50;

/// `/`
#[derive(Template)]
#[template(path = "overview/overview.html")]
struct OverviewPage<'a> {
    f: Frame,
    /// The project that the page is about, where it is about one.
    project: Option<&'a Project>,
    cards: Vec<Card>,
    api_headings: Vec<Heading>,
    apis: Vec<ApiView<'a>>,
    api_pager: Option<Pager>,
    resource_gap: Option<String>,
    has_resources: bool,
    available: Vec<AvailableView<'a>>,
    resource_headings: Vec<Heading>,
    resources: Vec<ResourceRow<'a>>,
    user_gap: Option<String>,
    has_users: bool,
    user_headings: Vec<Heading>,
    users: Vec<UserRow<'a>>,
}

/// `/users`
#[derive(Template)]
#[template(path = "overview/users.html")]
struct UsersPage<'a> {
    f: Frame,
    user_gap: Option<String>,
    has_users: bool,
    omitted: Option<String>,
    user_headings: Vec<Heading>,
    users: Vec<UserRow<'a>>,
    pager: Option<Pager>,
}

/// `/resources`
#[derive(Template)]
#[template(path = "overview/resources.html")]
struct ResourcesPage<'a> {
    f: Frame,
    resource_gap: Option<String>,
    has_resources: bool,
    resource_headings: Vec<Heading>,
    resources: Vec<ResourceRow<'a>>,
    pager: Option<Pager>,
}

/// `/user`
#[derive(Template)]
#[template(path = "overview/user.html")]
struct UserPage<'a> {
    f: Frame,
    project: &'a str,
    user: &'a User,
    fetched: jiff::Timestamp,
    quota_headings: Vec<Heading>,
    quotas: Vec<QuotaRow<'a>>,
}

/// `/user` of somebody who is not there.
#[derive(Template)]
#[template(path = "overview/missing.html")]
struct MissingPage {
    f: Frame,
    sentence: &'static str,
}

struct ApiView<'a> {
    row: ApiRow<'a>,
    collector: &'static str,
    state: &'static str,
    details: Vec<Detail>,
}

struct AvailableView<'a> {
    of: Available<'a>,
    term: Option<&'static str>,
    number: String,
    more: Option<String>,
}

/// The overview.
pub(super) fn overview(mut f: Frame, facts: &Facts) -> askama::Result<String> {
    let w = f.w;
    let order = Order::of(&f.query.sort, apis::KEYS);
    let Overview { totals, apis, available, expiring, nearest } = Overview::of(facts, order, f.query.page);
    let api_pager = f.pager(&apis);
    w.overview.clone_into(&mut f.title);
    let page = OverviewPage {
        project: facts.projects.first().filter(|_| f.query.project.is_some() && !f.unknown_project),
        cards: cards::of(w, &totals),
        api_headings: vec![
            f.sorted(w.project, "project", order),
            Heading::plain(w.api),
            f.sorted(w.state, "state", order),
            f.sorted(w.age, "age", order),
            Heading::plain(w.details),
        ],
        apis: apis.rows.into_iter().map(|row| api(&f, row)).collect(),
        api_pager,
        resource_gap: cards::gap(w, totals.voice_training),
        has_resources: totals.voice_training.fresh > 0,
        available: available.into_iter().map(|of| available_view(&f, of)).collect(),
        resource_headings: resource_headings(&f, None),
        resources: expiring,
        user_gap: cards::gap(w, totals.user_quotas),
        has_users: totals.user_quotas.fresh > 0,
        user_headings: user_headings(&f, None),
        users: nearest,
        f,
    };
    page.render()
}

/// All users.
pub(super) fn users(mut f: Frame, facts: &Facts) -> askama::Result<String> {
    let order = Order::of(&f.query.sort, users::KEYS);
    let users = users::page(facts, order, f.query.page, ROWS);
    let omitted: u64 =
        facts.projects.iter().filter_map(|project| project.users()).map(|users| users.omitted).sum();
    f.w.users.clone_into(&mut f.title);
    let known = coverage(facts, Collector::UserQuotas);
    let page = UsersPage {
        user_gap: cards::gap(f.w, known),
        has_users: known.fresh > 0,
        omitted: (omitted > 0).then(|| (f.w.omitted_note)(omitted)),
        user_headings: user_headings(&f, Some(order)),
        pager: f.pager(&users),
        users: users.rows,
        f,
    };
    page.render()
}

/// All voice training resources.
pub(super) fn resources(mut f: Frame, facts: &Facts) -> askama::Result<String> {
    let order = Order::of(&f.query.sort, resources::KEYS);
    let resources = resources::page(resources::all(facts), order, f.query.page, ROWS);
    f.w.resources.clone_into(&mut f.title);
    let known = coverage(facts, Collector::VoiceTraining);
    let page = ResourcesPage {
        resource_gap: cards::gap(f.w, known),
        has_resources: known.fresh > 0,
        resource_headings: resource_headings(&f, Some(order)),
        pager: f.pager(&resources),
        resources: resources.rows,
        f,
    };
    page.render()
}

/// One user; an error is the page that says that there is none.
pub(super) fn user(mut f: Frame, facts: &Facts) -> askama::Result<Result<String, String>> {
    let project = facts.projects.first().filter(|_| f.query.project.is_some() && !f.unknown_project);
    let data = project.and_then(|project| Some((project, project.user_quotas.as_ref()?.fresh()?)));
    let w = f.w;
    let Some((project, snapshot)) = data else {
        w.not_found.clone_into(&mut f.title);
        return MissingPage { f, sentence: w.user_not_known }.render().map(Err);
    };
    let list = snapshot.user_quotas().map_or(&[][..], |quotas| &quotas.users);
    let Ok(place) = list.binary_search_by(|user| user.id.as_str().cmp(&f.query.id)) else {
        w.not_found.clone_into(&mut f.title);
        return MissingPage { f, sentence: w.no_such_user }.render().map(Err);
    };
    let user = &list[place];
    // A title has no markup to isolate directions with, only characters.
    f.title = format!("\u{2068}{}\u{2069}", say::plain(user.name.as_deref().unwrap_or(&user.id)));
    let page = UserPage {
        project: &project.name,
        user,
        fetched: timestamp(snapshot.fetched_at),
        quota_headings: vec![
            Heading::plain(w.item),
            Heading::plain(w.usage).of_numbers(),
            Heading::plain(w.limit).of_numbers(),
            Heading::plain(w.utilisation),
        ],
        quotas: user.quotas.iter().map(users::quota).collect(),
        f,
    };
    page.render().map(Ok)
}

fn api<'a>(f: &Frame, row: ApiRow<'a>) -> ApiView<'a> {
    ApiView {
        collector: (f.w.collector)(row.collector),
        state: match row.state {
            ApiState::Waiting => f.w.waiting,
            ApiState::Works => f.w.works,
            ApiState::Fails => f.w.fails,
        },
        details: details::of(f.w, &row),
        row,
    }
}

fn available_view<'a>(f: &Frame, of: Available<'a>) -> AvailableView<'a> {
    AvailableView {
        term: f.w.terms.resource_type(of.resource_type),
        number: say::number(of.number),
        more: (of.none_more > 0).then(|| (f.w.and_more)(of.none_more)),
        of,
    }
}

/// Without an order the table cannot be sorted.
fn user_headings(f: &Frame, order: Option<Order>) -> Vec<Heading> {
    let column = |label, key| order.map_or(Heading::plain(label), |order| f.sorted(label, key, order));
    vec![
        column(f.w.user, "user"),
        column(f.w.project, "project"),
        Heading::plain(f.w.fullest_item),
        Heading::plain(f.w.usage).of_numbers(),
        Heading::plain(f.w.limit).of_numbers(),
        column(f.w.utilisation, "-utilisation"),
    ]
}

/// Without an order the table cannot be sorted.
fn resource_headings(f: &Frame, order: Option<Order>) -> Vec<Heading> {
    let column = |label, key| order.map_or(Heading::plain(label), |order| f.sorted(label, key, order));
    vec![
        column(f.w.resource, "resource"),
        column(f.w.project, "project"),
        column(f.w.resource_type, "type"),
        column(f.w.left, "left").of_numbers(),
        column(f.w.expires, "expiry"),
        column(f.w.state, "state"),
        Heading::plain(f.w.charging),
    ]
}
