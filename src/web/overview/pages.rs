//! The pages: fills the templates from the facts and a query.

use askama::Template;
use axum::http::StatusCode;

use super::apis::{self, ApiRow};
use super::attention_lines::AttentionSection;
use super::attention_texts;
use super::cards::{self, Card};
use super::facts::{Facts, ProjectFacts, timestamp};
use super::format;
use super::language::Text;
use super::model::{AvailableModels, Overview, coverage};
use super::page_context::{Heading, PageContext, Pager};
use super::products::{self, ProductRow};
use super::resource_levels::{ProblemCounts, ResourceLevel};
use super::resources::{self, ResourceRow};
use super::search::Search;
use super::sort_order::SortOrder;
use super::tabs::{self, Tab};
use super::texts;
use super::user_list::{self, UserLists};
use super::users::{self, QuotaRow, UserRow};
use crate::snapshot::{Collector, TenantResource, User};

/// Users or resources on one page.
const ROWS: usize = 50;

/// The status and the text of a page.
pub(super) type RenderedPage = askama::Result<(StatusCode, String)>;

/// `/`
#[derive(Template)]
#[template(path = "overview/overview.html")]
struct OverviewPage<'a> {
    page: PageContext,
    /// The project that the page is about, if it is about one.
    project: Option<&'a ProjectFacts>,
    attention: AttentionSection<'a>,
    cards: Vec<Card>,
    api_headings: Vec<Heading>,
    apis: Vec<ApiRow<'a>>,
    api_pager: Option<Pager>,
    missing_resources: Option<String>,
    has_resources: bool,
    available_headings: Vec<Heading>,
    available: Vec<AvailableModels<'a>>,
    resource_headings: Vec<Heading>,
    resources: Vec<ResourceRow<'a>>,
    missing_products: Option<String>,
    has_products: bool,
    product_headings: Vec<Heading>,
    products: Vec<ProductRow<'a>>,
    missing_users: Option<String>,
    has_users: bool,
    user_headings: Vec<Heading>,
    users: Vec<UserRow<'a>>,
}

/// `/users`
#[derive(Template)]
#[template(path = "overview/users.html")]
struct UsersPage<'a> {
    page: PageContext,
    missing_users: Option<String>,
    has_users: bool,
    omitted: Option<String>,
    tabs: Vec<Tab>,
    user_headings: Vec<Heading>,
    users: Vec<UserRow<'a>>,
    pager: Option<Pager>,
}

/// `/resources`
#[derive(Template)]
#[template(path = "overview/resources.html")]
struct ResourcesPage<'a> {
    page: PageContext,
    missing_resources: Option<String>,
    has_resources: bool,
    tabs: Vec<Tab>,
    resource_headings: Vec<Heading>,
    resources: Vec<ResourceRow<'a>>,
    pager: Option<Pager>,
}

/// `/products`
#[derive(Template)]
#[template(path = "overview/products.html")]
struct ProductsPage<'a> {
    page: PageContext,
    missing_products: Option<String>,
    has_products: bool,
    tabs: Vec<Tab>,
    product_headings: Vec<Heading>,
    products: Vec<ProductRow<'a>>,
    pager: Option<Pager>,
}

/// `/user`
#[derive(Template)]
#[template(path = "overview/user.html")]
struct UserPage<'a> {
    page: PageContext,
    project: &'a str,
    user: User,
    fetched: jiff::Timestamp,
    quota_headings: Vec<Heading>,
    quotas: Vec<QuotaRow>,
}

/// `/user` without a known user.
#[derive(Template)]
#[template(path = "overview/missing.html")]
struct MissingPage {
    page: PageContext,
    sentence: &'static Text,
}

/// The overview.
pub(super) fn overview(mut page: PageContext, facts: &Facts) -> RenderedPage {
    let order = SortOrder::parse(&page.query.sort, apis::KEYS);
    let overview = Overview::new(facts, order, page.query.page);
    let totals = overview.totals;
    page.text(texts::OVERVIEW).clone_into(&mut page.title);
    let content = OverviewPage {
        project: facts.projects.first().filter(|_| page.query.project.is_some() && !page.is_project_unknown),
        attention: AttentionSection::new(&page, &overview.attention, facts.projects.len()),
        cards: cards::cards(&page, &totals),
        api_headings: vec![
            page.sortable(texts::PROJECT, "project", order),
            Heading::fixed(texts::API),
            page.sortable(texts::STATE, "state", order),
            page.sortable(texts::DATA_UPDATED, "age", order),
            Heading::fixed(texts::DETAILS),
        ],
        api_pager: page.pager(&overview.apis),
        apis: overview.apis.rows,
        missing_resources: cards::missing_data(page.language, totals.voice_training),
        has_resources: totals.voice_training.fresh > 0,
        available_headings: vec![
            Heading::fixed(texts::RESOURCE_TYPE),
            Heading::fixed(texts::AVAILABLE_NUMBER).of_numbers(),
            Heading::fixed(texts::PROJECTS_WITH_NONE),
        ],
        available: overview.available,
        resource_headings: resource_headings(&page, None),
        resources: overview.expiring,
        missing_products: cards::missing_data(page.language, totals.tenant_resources),
        has_products: totals.tenant_resources.fresh > 0,
        product_headings: product_headings(&page, None),
        products: overview.products,
        missing_users: cards::missing_data(page.language, totals.user_quotas),
        has_users: totals.user_quotas.fresh > 0,
        user_headings: user_headings(&page, None),
        users: overview.most_used,
        page,
    };
    Ok((StatusCode::OK, content.render()?))
}

/// All users.
pub(super) fn users(mut page: PageContext, facts: &Facts) -> RenderedPage {
    let order = SortOrder::parse(&page.query.sort, user_list::KEYS);
    let level = chosen_level(&mut page, &users::LEVELS);
    let search = Search::new(&page.query.search);
    let list = UserLists::new(facts).page(search, level, order, page.query.page, ROWS);
    let omitted: u64 =
        facts.projects.iter().filter_map(|project| project.users()).map(|users| users.omitted).sum();
    let coverage = coverage(facts, Collector::UserQuotas);
    page.text(texts::USERS).clone_into(&mut page.title);
    let content = UsersPage {
        missing_users: cards::missing_data(page.language, coverage),
        has_users: coverage.fresh > 0,
        omitted: (omitted > 0).then(|| texts::omitted_users(page.language, omitted)),
        tabs: tabs::of_users(&page, list.counts),
        user_headings: user_headings(&page, Some(order)),
        pager: page.pager(&list.users),
        users: list.users.rows,
        page,
    };
    Ok((StatusCode::OK, content.render()?))
}

/// All voice training resources.
pub(super) fn resources(mut page: PageContext, facts: &Facts) -> RenderedPage {
    let order = SortOrder::parse(&page.query.sort, resources::KEYS);
    let level =
        chosen_level(&mut page, &ResourceLevel::OF_VOICE_TRAINING.map(|level| (level.as_str(), level)));
    let mut search = Search::new(&page.query.search);
    let mut resources = resources::all(facts);
    resources.retain(|row| {
        let resource_type = row.resource.resource_type.as_str();
        search.finds([row.resource.id.as_str(), resource_type].into_iter().chain(page.term(resource_type)))
    });
    let (all, counts) = (resources.len(), ProblemCounts::new(resources.iter().map(|row| &row.state)));
    resources.retain(|row| level.is_none_or(|level| level.includes(&row.state)));
    let resources = resources::page(resources, order, page.query.page, ROWS);
    let coverage = coverage(facts, Collector::VoiceTraining);
    page.text(texts::RESOURCES).clone_into(&mut page.title);
    let content = ResourcesPage {
        missing_resources: cards::missing_data(page.language, coverage),
        has_resources: coverage.fresh > 0,
        tabs: tabs::of_resources(&page, all, &ResourceLevel::OF_VOICE_TRAINING, &counts),
        resource_headings: resource_headings(&page, Some(order)),
        pager: page.pager(&resources),
        resources: resources.rows,
        page,
    };
    Ok((StatusCode::OK, content.render()?))
}

/// All products.
pub(super) fn products(mut page: PageContext, facts: &Facts) -> RenderedPage {
    let order = SortOrder::parse(&page.query.sort, products::KEYS);
    let level = chosen_level(&mut page, &ResourceLevel::ALL.map(|level| (level.as_str(), level)));
    let mut search = Search::new(&page.query.search);
    let mut products = products::all(facts);
    products.retain(|row| {
        let TenantResource { id, resource_type, business_type, sub_resource_type, order_id, .. } =
            row.product;
        let texts = [id, resource_type, business_type, sub_resource_type, order_id].map(String::as_str);
        search.finds(texts.into_iter().chain(texts.iter().filter_map(|text| page.term(text))))
    });
    let (all, counts) = (products.len(), ProblemCounts::new(products.iter().map(|row| &row.state)));
    products.retain(|row| level.is_none_or(|level| level.includes(&row.state)));
    let products = products::page(products, order, page.query.page, ROWS);
    let coverage = coverage(facts, Collector::TenantResources);
    page.text(texts::PRODUCTS).clone_into(&mut page.title);
    let content = ProductsPage {
        missing_products: cards::missing_data(page.language, coverage),
        has_products: coverage.fresh > 0,
        tabs: tabs::of_resources(&page, all, &ResourceLevel::ALL, &counts),
        product_headings: product_headings(&page, Some(order)),
        pager: page.pager(&products),
        products: products.rows,
        page,
    };
    Ok((StatusCode::OK, content.render()?))
}

/// The level of the query, if it is one of `levels` with their texts; another one is removed from the query.
fn chosen_level<Level: Copy>(page: &mut PageContext, levels: &[(&str, Level)]) -> Option<Level> {
    let level = levels.iter().find(|(text, _)| *text == page.query.level).map(|(_, level)| *level);
    if level.is_none() {
        page.query.level.clear();
    }
    level
}

/// One user, or 404.
pub(super) fn user(mut page: PageContext, facts: &Facts) -> RenderedPage {
    let project = facts.projects.first().filter(|_| page.query.project.is_some() && !page.is_project_unknown);
    let data = project.and_then(|project| Some((project, project.user_quotas.as_ref()?.fresh()?)));
    let Some((project, snapshot)) = data else { return missing(page, texts::NO_USER_DATA) };
    let user = snapshot.user_quotas().and_then(|quotas| quotas.users.find(&page.query.id));
    let Some(user) = user else { return missing(page, texts::NO_SUCH_USER) };
    let order = SortOrder::parse(&page.query.sort, users::QUOTA_KEYS);
    // In a title only characters can isolate the direction of text.
    page.title = format!("\u{2068}{}\u{2069}", format::visible(user.name.as_deref().unwrap_or(&user.id)));
    let content = UserPage {
        project: &project.name,
        fetched: timestamp(snapshot.fetched_at),
        quota_headings: vec![
            page.sortable(texts::QUOTA_ITEM, "item", order),
            Heading::fixed(texts::USAGE).of_numbers(),
            Heading::fixed(texts::LIMIT).of_numbers(),
            page.sortable(texts::UTILISATION, "-utilisation", order),
        ],
        quotas: users::quotas(&user, order),
        user,
        page,
    };
    Ok((StatusCode::OK, content.render()?))
}

fn missing(mut page: PageContext, sentence: &'static Text) -> RenderedPage {
    page.text(texts::NOT_FOUND).clone_into(&mut page.title);
    Ok((StatusCode::NOT_FOUND, MissingPage { page, sentence }.render()?))
}

fn user_headings(page: &PageContext, order: Option<SortOrder>) -> Vec<Heading> {
    let column = |label, key| page.column(label, key, order);
    vec![
        column(texts::USER, "user"),
        column(texts::PROJECT, "project"),
        Heading::fixed(texts::MOST_USED_QUOTA),
        Heading::fixed(texts::USAGE).of_numbers(),
        Heading::fixed(texts::LIMIT).of_numbers(),
        column(texts::UTILISATION, "-utilisation"),
        column(texts::ITEMS_USED_UP, "-used-up").of_numbers(),
    ]
}

fn resource_headings(page: &PageContext, order: Option<SortOrder>) -> Vec<Heading> {
    let column = |label, key| page.column(label, key, order);
    vec![
        column(texts::RESOURCE, "resource"),
        column(texts::PROJECT, "project"),
        column(texts::RESOURCE_TYPE, "type"),
        column(texts::MODELS_LEFT, "left").of_numbers(),
        column(texts::EXPIRES, "expiry"),
        column(texts::STATE, "state"),
        Heading::fixed(texts::BILLING_MODE),
    ]
}

fn product_headings(page: &PageContext, order: Option<SortOrder>) -> Vec<Heading> {
    let column = |label, key| page.column(label, key, order);
    vec![
        column(texts::RESOURCE, "resource"),
        column(texts::PROJECT, "project"),
        column(texts::PRODUCT, "type"),
        Heading::fixed(texts::USAGE).of_numbers(),
        column(texts::UTILISATION, "-utilisation"),
        column(texts::EXPIRES, "expiry"),
        column(texts::STATE, "state"),
    ]
}
