//! Rows of products: the most pressing ones, and all of them.

use std::cmp::Ordering;
use std::collections::HashSet;

use jiff::Timestamp;

use super::facts::{Facts, ProjectFacts};
use super::format;
use super::paging::{Paged, paginate};
use super::resource_state::{ResourceProblem, ResourceState};
use super::sort_order::SortOrder;
use crate::snapshot::{Level, TenantResource, Utilisation};

/// The sort keys of products; the first is the default.
pub(super) const KEYS: &[&str] = &["state", "resource", "project", "type", "-utilisation", "expiry"];

/// The charging mode of what has no amount: each use is paid.
const ON_DEMAND: &str = "ON_DEMAND";

/// A product and its problems.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ProductRow<'a> {
    pub(super) project: &'a str,
    pub(super) product: &'a TenantResource,
    pub(super) utilisation: Utilisation,
    /// Nothing is lost with a product that is pay-per-use or has no amount, or with a package besides its sub-resources.
    pub(super) state: ResourceState,
    /// Whether another product of the same type can be used instead.
    pub(super) is_replaced: bool,
    /// Whether the list of voice training resources has it too.
    pub(super) is_voice_training: bool,
}

impl<'a> ProductRow<'a> {
    pub(super) fn is_on_demand(&self) -> bool {
        self.product.charging_mode == ON_DEMAND
    }

    /// The API's texts for its types and how it is billed, besides the business type.
    pub(super) fn types(&self) -> impl Iterator<Item = &str> {
        let TenantResource { resource_type, sub_resource_type, charging_mode, .. } = self.product;
        let types = [resource_type, sub_resource_type, charging_mode];
        types.into_iter().map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The cloud's own text for the unit, if a number needs it and it has no word in the pages.
    pub(super) fn own_unit(&self) -> Option<&str> {
        let unit = &*self.product.unit;
        let numbers = [self.product.usage, self.product.amount];
        let has_number = numbers.into_iter().flatten().any(f64::is_finite);
        (has_number && !format::has_word(unit)).then_some(unit)
    }

    /// Whether it can be used up.
    pub(super) fn has_amount(&self) -> bool {
        has_amount(self.product)
    }

    /// The filled width of a bar of 100; `None` if there is no ratio to draw.
    pub(super) fn bar(&self) -> Option<String> {
        format::bar(self.utilisation).filter(|_| self.has_amount())
    }

    /// The class of the bar.
    pub(super) fn level(&self) -> Level {
        if self.is_on_demand() { Level::Fine } else { self.utilisation.level() }
    }

    /// Whether it is used up, and no other can be used instead. What expired is history.
    pub(super) fn is_missing(&self) -> bool {
        let state = &self.state;
        state.has(ResourceProblem::UsedUp) && !state.has(ResourceProblem::Expired) && !self.is_replaced
    }

    /// Its type, by which one product replaces another.
    fn kind(&self) -> (&'a str, &'a str) {
        (&self.product.resource_type, &self.product.sub_resource_type)
    }
}

/// A row for every product.
pub(super) fn all(facts: &Facts) -> Vec<ProductRow<'_>> {
    facts.projects.iter().flat_map(|project| of_project(project, facts.now)).collect()
}

fn of_project<'a>(project: &'a ProjectFacts, now: Timestamp) -> Vec<ProductRow<'a>> {
    let Some(list) = project.products() else { return Vec::new() };
    let voice = project.voice().into_iter().flat_map(|voice| &voice.resources);
    let voice: HashSet<&str> = voice.map(|resource| resource.id.as_str()).collect();
    let is_part = |product: &&TenantResource| !product.sub_resource_type.is_empty() && has_amount(product);
    let packages: HashSet<&str> =
        list.resources.iter().filter(is_part).map(|product| product.id.as_str()).collect();
    let row = |product: &'a TenantResource| {
        let TenantResource { id, sub_resource_type, .. } = product;
        // Its own amount is a number of packages.
        let is_package = sub_resource_type.is_empty() && packages.contains(id.as_str());
        row(&project.name, product, is_package, voice.contains(id.as_str()), now)
    };
    let mut rows: Vec<_> = list.resources.iter().map(row).collect();
    let usable: HashSet<_> = rows.iter().filter(|row| row.state.is_usable()).map(ProductRow::kind).collect();
    for row in &mut rows {
        row.is_replaced = usable.contains(&row.kind());
    }
    rows
}

fn row<'a>(
    project: &'a str,
    product: &'a TenantResource,
    is_package: bool,
    is_voice_training: bool,
    now: Timestamp,
) -> ProductRow<'a> {
    let utilisation = Utilisation::new(product.usage, product.amount);
    let is_valuable = product.charging_mode != ON_DEMAND && has_amount(product) && !is_package;
    let level = if is_valuable { utilisation.level() } else { Level::Fine };
    let state = ResourceState::new(product.expiry, product.status, level, is_valuable, now);
    ProductRow { project, product, utilisation, state, is_replaced: false, is_voice_training }
}

fn has_amount(product: &TenantResource) -> bool {
    product.amount.is_some_and(|amount| amount > 0.0)
}

/// At most `count` of the most pressing products that have a problem. Those of voice training have a list of their own.
pub(super) fn most_pressing<'a>(rows: &[ProductRow<'a>], count: usize) -> Vec<ProductRow<'a>> {
    let is_shown = |row: &&ProductRow<'_>| severity(row) < NOTHING_LOST && !row.is_voice_training;
    let shown: Vec<_> = rows.iter().filter(is_shown).collect();
    paginate(shown, 1, count, |a, b| by_severity(a, b)).rows.into_iter().cloned().collect()
}

/// A page of all products.
pub(super) fn page(
    rows: Vec<ProductRow<'_>>,
    order: SortOrder,
    page: usize,
    size: usize,
) -> Paged<ProductRow<'_>> {
    let compare = |a: &ProductRow<'_>, b: &ProductRow<'_>| match order.key {
        "resource" => order.apply(a.product.id.cmp(&b.product.id)),
        "project" => order.apply(a.project.cmp(b.project)),
        "type" => order.apply(type_of(a).cmp(&type_of(b))),
        "utilisation" => order.apply(a.utilisation.rank().total_cmp(&b.utilisation.rank())),
        "expiry" => order.apply_known(a.state.expires, b.state.expires, Ord::cmp),
        _ => order.apply(severity(a).cmp(&severity(b))),
    };
    paginate(rows, page, size, |a, b| compare(a, b).then_with(|| by_severity(a, b)))
}

fn type_of<'a>(row: &ProductRow<'a>) -> (&'a str, &'a str, &'a str) {
    let TenantResource { business_type, resource_type, sub_resource_type, .. } = row.product;
    (business_type, resource_type, sub_resource_type)
}

/// The [`severity`] from which on nothing is lost.
const NOTHING_LOST: u8 = 8;

/// Smaller is worse; rows without problems come last.
fn severity(row: &ProductRow<'_>) -> u8 {
    let worst = row.state.problems.first();
    match worst {
        _ if row.is_missing() => 0,
        None => NOTHING_LOST + 1,
        Some(_) if !row.state.has_something_left => NOTHING_LOST,
        Some(ResourceProblem::Expired) => 1,
        Some(ResourceProblem::Frozen) => 2,
        Some(ResourceProblem::RunningOut) => 3,
        Some(ResourceProblem::ExpiresVerySoon) => 4,
        Some(ResourceProblem::High) => 5,
        Some(ResourceProblem::ExpiresSoon) => 6,
        Some(ResourceProblem::Status(_)) => 7,
        // Nothing is left of it.
        Some(ResourceProblem::UsedUp) => NOTHING_LOST,
    }
}

/// No two products are equal in this order.
fn by_severity(a: &ProductRow<'_>, b: &ProductRow<'_>) -> Ordering {
    let soonest = SortOrder::natural("expiry");
    severity(a)
        .cmp(&severity(b))
        .then_with(|| b.utilisation.rank().total_cmp(&a.utilisation.rank()))
        .then_with(|| soonest.apply_known(a.state.expires, b.state.expires, Ord::cmp))
        .then_with(|| (a.project, &a.product.id, type_of(a)).cmp(&(b.project, &b.product.id, type_of(b))))
}
