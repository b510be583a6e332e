//! Products: their levels, their order, what needs a person, and their numbers in words.

use super::attention::{in_chinese, lines};
use super::*;

const WEEK: i64 = 7 * DAY;
const MONTH: i64 = 30 * DAY;

fn of_products(rows: Vec<TenantResource>) -> Facts {
    facts(vec![ProjectFacts { tenant_resources: Some(products(rows)), ..project("p") }])
}

/// One product for each problem, and one without.
pub(super) fn with_every_problem() -> Facts {
    of_products(vec![
        product("a-gone", 1.0, Some(0), 0.0),
        product("b-frozen", 1.0, None, 1.0),
        product("c-used-up", 100.0, None, 0.0),
        product("d-running-out", 95.0, None, 0.0),
        product("e-7d", 1.0, Some(WEEK - 1), 0.0),
        product("f-high", 80.0, None, 0.0),
        product("g-30d", 1.0, Some(MONTH - 1), 0.0),
        product("h-status", 1.0, None, 7.0),
        product("i-fine", 79.9, Some(MONTH), 0.0),
    ])
}

fn page(facts: &Facts, query: &[(&str, &str)]) -> String {
    found(pages::products(context(facts, "/products", query), facts))
}

fn ids(facts: &Facts, query: &[(&str, &str)]) -> String {
    attributes(&page(facts, query), "data-resource").join(" ")
}

/// The cells of the column with this label, without markup.
fn cells(page: &str, label: &str) -> Vec<String> {
    let cell = regex_lite::Regex::new(&format!("(?s)data-label=\"{label}\"[^>]*>(.*?)</td>")).unwrap();
    let markup = regex_lite::Regex::new("<[^>]*>").unwrap();
    let text = |found: regex_lite::Captures<'_>| markup.replace_all(&found[1], "").trim().to_owned();
    cell.captures_iter(page).map(text).collect()
}

#[test]
fn products_have_the_levels_of_their_problems() {
    let facts = with_every_problem();
    for (level, expected) in [
        ("expired", "a-gone"),
        ("frozen", "b-frozen"),
        ("expires-7d", "e-7d"),
        ("expires-30d", "e-7d g-30d"),
        ("used-up", "c-used-up"),
        ("running-out", "d-running-out"),
        ("high", "f-high"),
        ("ok", "i-fine"),
    ] {
        assert_eq!(ids(&facts, &[("level", level)]), expected, "{level}");
    }
    let all = "c-used-up a-gone b-frozen d-running-out e-7d f-high g-30d h-status i-fine";
    assert_eq!(ids(&facts, &[]), all);
    assert_eq!(ids(&facts, &[("level", "critical")]), all);
    assert_eq!(
        filters::tabs(&page(&facts, &[("level", "high")])),
        "=9 expired=1 frozen=1 expires-7d=1 expires-30d=2 used-up=1 running-out=1 *high=1 ok=1"
    );
}

#[test]
fn each_problem_is_a_line_with_the_severity_of_its_alert() {
    let facts = with_every_problem();
    assert_eq!(
        lines(&facts),
        [
            "Critical 1 product is used up, with no other of the same type.",
            "Critical 1 product expired in the last 30 days with something left.",
            "Critical 1 product has been used to 95 % or more.",
            "Critical 1 product expires in 6 days.",
            "Warning 1 product is frozen.",
            "Warning 1 product has been used to 80 % to 95 %.",
            "Warning 1 product expires in 29 days.",
        ]
    );
    assert_eq!(
        in_chinese(&facts),
        [
            "紧急 1 个产品资源已用完，且没有同类型的其他资源可用。",
            "紧急 1 个产品资源在最近 30 天内过期，尚有余量。",
            "紧急 1 个产品资源即将用完（使用率 95 % 及以上）。",
            "紧急 1 个产品资源将在 6 天后到期。",
            "警告 1 个产品资源已冻结。",
            "警告 1 个产品资源的使用率为 80 % 至 95 %。",
            "警告 1 个产品资源将在 29 天后到期。",
        ]
    );
    let twice = |row: TenantResource| vec![TenantResource { id: "z".to_owned(), ..row.clone() }, row];
    for (row, line) in [
        (
            product("a", 1.0, Some(0), 0.0),
            "Critical 2 products expired in the last 30 days with something left.",
        ),
        (product("a", 1.0, None, 1.0), "Warning 2 products are frozen."),
        (product("a", 100.0, None, 0.0), "Critical 2 products are used up, with no other of the same type."),
        (product("a", 95.0, None, 0.0), "Critical 2 products have been used to 95 % or more."),
        (product("a", 80.0, None, 0.0), "Warning 2 products have been used to 80 % to 95 %."),
        (
            product("a", 1.0, Some(WEEK - 1), 0.0),
            "Critical 2 products expire within 7 days, the first in 6 days.",
        ),
        (
            product("a", 1.0, Some(MONTH - 1), 0.0),
            "Warning 2 products expire in 7 to 30 days, the first in 29 days.",
        ),
    ] {
        assert_eq!(lines(&of_products(twice(row))), [line]);
    }
}

#[test]
fn products_are_listed_within_the_bounds_of_the_alerts() {
    let soon = |text| Some(format!("Critical 1 product expires in {text}."));
    let expired = || Some("Critical 1 product expired in the last 30 days with something left.".to_owned());
    for (used, seconds, expected) in [
        (79.9, None, None),
        (80.0, None, Some("Warning 1 product has been used to 80 % to 95 %.".to_owned())),
        (94.9, None, Some("Warning 1 product has been used to 80 % to 95 %.".to_owned())),
        (95.0, None, Some("Critical 1 product has been used to 95 % or more.".to_owned())),
        (99.9, None, Some("Critical 1 product has been used to 95 % or more.".to_owned())),
        (100.0, None, Some("Critical 1 product is used up, with no other of the same type.".to_owned())),
        (100.0, Some(1), Some("Critical 1 product is used up, with no other of the same type.".to_owned())),
        (100.0, Some(0), None),
        (0.0, Some(-MONTH), None),
        (0.0, Some(1 - MONTH), expired()),
        // It cannot be used anyway.
        (96.0, Some(0), expired()),
        (0.0, Some(1), soon("1 second")),
        (0.0, Some(WEEK - 1), soon("6 days")),
        (0.0, Some(WEEK), Some("Warning 1 product expires in 7 days.".to_owned())),
        (0.0, Some(MONTH), None),
    ] {
        let shown = lines(&of_products(vec![product("a", used, seconds, 0.0)]));
        assert_eq!(shown, expected.into_iter().collect::<Vec<_>>(), "{used} {seconds:?}");
    }
}

#[test]
fn a_product_without_an_amount_or_on_demand_needs_no_person() {
    let bad = |id: &str| product(id, 100.0, Some(1), 1.0);
    let on_demand = |row: TenantResource| TenantResource { charging_mode: "ON_DEMAND".to_owned(), ..row };
    let facts = of_products(vec![
        TenantResource { amount: None, ..bad("a") },
        TenantResource { amount: Some(0.0), ..bad("b") },
        on_demand(bad("c")),
        on_demand(TenantResource { amount: None, ..bad("d") }),
    ]);
    assert!(lines(&facts).is_empty(), "{:?}", lines(&facts));
    assert_eq!(
        filters::tabs(&page(&facts, &[])),
        "*=4 expired=0 frozen=0 expires-7d=0 expires-30d=0 used-up=0 running-out=0 high=0 ok=0"
    );
    let page = page(&facts, &[("sort", "resource")]);
    assert_eq!(
        cells(&page, "Used"),
        ["1 h 40 min", "1 h 40 min of 0 s", "1 h 40 min of 1 h 40 min", "1 h 40 min (pay-per-use)"]
    );
    assert_eq!(cells(&page, "Utilisation"), ["–", "–", "100.0 %", "–"]);
    assert_eq!(page.matches("<span class=\"badge muted\">Frozen</span>").count(), 4, "it is shown, muted");
    // An unlimited one can be lost.
    let unlimited = TenantResource { amount: Some(f64::INFINITY), ..product("a", 1e9, Some(1), 0.0) };
    assert_eq!(lines(&of_products(vec![unlimited])), ["Critical 1 product expires in 1 second."]);
}

#[test]
fn a_used_up_product_needs_a_person_only_if_no_other_of_its_type_can_be_used() {
    let used_up = product("a", 100.0, None, 0.0);
    let line = ["Critical 1 product is used up, with no other of the same type."];
    let same_type = |row: TenantResource| TenantResource { resource_type: "TYPE_a".to_owned(), ..row };
    for (other, expected) in [
        (same_type(product("b", 1.0, None, 0.0)), &[][..]),
        (same_type(product("b", 1.0, Some(-MONTH), 0.0)), &line),
        (product("b", 1.0, None, 0.0), &line),
        (
            TenantResource { sub_resource_type: "s".to_owned(), ..same_type(product("b", 1.0, None, 0.0)) },
            &line,
        ),
    ] {
        assert_eq!(lines(&of_products(vec![used_up.clone(), other.clone()])), expected, "{other:?}");
    }
    let frozen = same_type(product("b", 1.0, None, 1.0));
    assert_eq!(lines(&of_products(vec![used_up, frozen])), [line[0], "Warning 1 product is frozen."]);
}

#[test]
fn a_package_is_counted_by_its_sub_resources() {
    let part = |sub: &str, used| TenantResource {
        sub_resource_type: sub.to_owned(),
        ..product("a", used, Some(DAY), 0.0)
    };
    let package = product("a", 100.0, Some(DAY), 0.0);
    let facts = of_products(vec![package.clone(), part("s", 1.0), part("t", 100.0)]);
    assert_eq!(
        lines(&facts),
        [
            "Critical 1 product is used up, with no other of the same type.",
            "Critical 1 product expires in 24 hours."
        ]
    );
    let without_amounts = TenantResource { amount: None, ..part("s", 1.0) };
    assert_eq!(
        lines(&of_products(vec![package, without_amounts])),
        ["Critical 1 product is used up, with no other of the same type."]
    );
}

#[test]
fn a_voice_training_resource_is_reported_once() {
    let both = ProjectFacts {
        voice_training: Some(super::attention::with_spare(vec![super::attention::spare(
            "a",
            DAY,
            0.0,
            Some(3.0),
        )])),
        tenant_resources: Some(products(vec![
            product("a", 1.0, Some(DAY), 0.0),
            product("b", 1.0, Some(2 * DAY), 0.0),
        ])),
        ..project("p")
    };
    let facts = facts(vec![both]);
    assert_eq!(
        lines(&facts),
        [
            "Critical 1 resource expires in 24 hours, with 3 models left.",
            "Critical 1 product expires in 2 days."
        ]
    );
    let overview = found(pages::overview(context(&facts, "/", &[]), &facts));
    let (_, section) = overview.split_once("<section id=\"tenant-resources\"").unwrap();
    assert_eq!(attributes(section, "data-resource"), ["b"]);
    assert_eq!(ids(&facts, &[]), "a b", "the list has all");
}

#[test]
fn amounts_are_in_words_in_their_unit() {
    let row = |id: &str, unit: &'static str, amount: f64, used: f64| TenantResource {
        unit: unit.into(),
        amount: Some(amount),
        usage: Some(used),
        ..product(id, 0.0, None, 0.0)
    };
    let facts = of_products(vec![
        row("a", "seconds", 7200.0, 90.0),
        row("b", "count", 10.0, 1.0),
        row("c", "channels", 5.0, 1.0),
        row("d", "gigabytes", 100.5, 1.0),
        row("e", "words", 1_200_000.0, 1.0),
        row("f", "times", 1.0, 0.0),
        row("g", "light_year", 2.0, 1.0),
        row("h", "", 2.0, 1.0),
    ]);
    let page_in = |language| page(&facts, &[("sort", "resource"), ("lang", language)]);
    assert_eq!(
        cells(&page_in("en"), "Used"),
        [
            "1 min of 2 h",
            "1 of 10",
            "1 of 5 channels",
            "1 of 100.5 GB",
            "1 of 1,200,000 words",
            "0 of 1 time",
            "1 of 2 light_year",
            "1 of 2"
        ]
    );
    assert_eq!(
        cells(&page_in("zh"), "已使用"),
        [
            "1 分钟 / 2 小时",
            "1 / 10",
            "1 / 5 路",
            "1 / 100.5 GB",
            "1 / 1,200,000 字",
            "0 / 1 次",
            "1 / 2 light_year",
            "1 / 2"
        ]
    );
}

#[test]
fn products_are_sorted_and_found() {
    let flexus = TenantResource {
        business_type: "FLEXUS_2D".to_owned(),
        sub_resource_type: "voice_clone_flexus".to_owned(),
        order_id: "CS77".to_owned(),
        ..product("c", 50.0, Some(400 * DAY), 0.0)
    };
    let unlimited = TenantResource { amount: Some(f64::INFINITY), ..product("d", 1.0, None, 0.0) };
    let facts = of_products(vec![
        product("b", 10.0, Some(99 * DAY), 0.0),
        product("a", 90.0, None, 0.0),
        flexus,
        unlimited,
    ]);
    for (sort, expected) in [
        ("", "a c b d"),
        ("-state", "c b d a"),
        ("resource", "a b c d"),
        ("-resource", "d c b a"),
        ("type", "c a b d"),
        ("-utilisation", "a c b d"),
        ("utilisation", "d b c a"),
        ("expiry", "b c a d"),
        ("project", "a c b d"),
    ] {
        assert_eq!(ids(&facts, &[("sort", sort)]), expected, "{sort}");
    }
    for (query, expected) in [
        (&[("q", "TYPE_a")][..], "a"),
        (&[("q", "flexus pack")], "c"),
        (&[("q", "voice_clone")], "c"),
        (&[("q", "cs77")], "c"),
        (&[("q", "视频"), ("lang", "zh")], "a b d"),
        (&[("q", "video"), ("level", "high")], "a"),
        (&[("q", "zz")], ""),
    ] {
        assert_eq!(ids(&facts, query), expected, "{query:?}");
    }
    let none = page(&facts, &[("q", "zz")]);
    assert!(none.contains("Nothing matches the search and the filters."), "{none}");
}

#[test]
fn the_overview_has_products_only_if_they_are_polled() {
    let without = facts(vec![project("p")]);
    let page = found(pages::overview(context(&without, "/", &[]), &without));
    assert!(!page.contains("roducts"), "no link, no card, no section");
    let list = super::products::page(&without, &[]);
    assert!(list.contains("This API is not polled."), "{list}");

    let facts = with_every_problem();
    let page = found(pages::overview(context(&facts, "/", &[]), &facts));
    let (_, card) = page.split_once("data-total=\"products\">").unwrap();
    let (card, _) = card.split_once("</ul>").unwrap();
    let markup = regex_lite::Regex::new("<[^>]*>").unwrap();
    let text: Vec<_> = markup.split(card).map(str::trim).filter(|text| !text.is_empty()).collect();
    assert_eq!(
        text,
        [
            "Products",
            "9",
            "1 expired",
            "1 frozen",
            "1 expiring within 7 days",
            "2 expiring within 30 days",
            "1 used to 95 % or more",
            "1 used to 80 % to 95 %",
            "1 used up"
        ]
    );
    assert_eq!(
        attributes(card, "href"),
        [
            "./products",
            "./products?level=expired",
            "./products?level=frozen",
            "./products?level=expires-7d",
            "./products?level=expires-30d",
            "./products?level=running-out",
            "./products?level=high",
            "./products?level=used-up"
        ]
    );
    let (_, section) = page.split_once("<section id=\"tenant-resources\"").unwrap();
    assert_eq!(attributes(section, "data-resource").len(), 8, "without the one that has no problem");
    let fine = of_products(vec![product("a", 1.0, None, 0.0)]);
    let page = found(pages::overview(context(&fine, "/", &[]), &fine));
    assert!(page.contains("<p>No product runs out or expires soon.</p>"), "{page}");
}

#[test]
fn the_most_pressing_of_many_products_are_shown() {
    let rows = (0..3000).map(|n| product(&format!("{n:04}"), f64::from(n % 100), None, 0.0));
    let facts = of_products(rows.collect());
    let page = found(pages::overview(context(&facts, "/", &[]), &facts));
    let (_, section) = page.split_once("<section id=\"tenant-resources\"").unwrap();
    let shown = attributes(section, "data-resource");
    assert_eq!(shown.len(), 10);
    assert_eq!(shown[..3], ["0099", "0199", "0299"]);
    assert_eq!(lines(&facts).len(), 2);
    let last = super::products::page(&facts, &[("page", "60")]);
    assert!(last.contains("2,951 to 3,000 of 3,000"), "{last}");
}
