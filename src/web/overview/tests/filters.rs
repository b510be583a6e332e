//! Searches, levels, and the order of the lists.

use super::*;

/// Facts about project p with these users.
fn of_users(some: Vec<User>) -> Facts {
    facts(vec![ProjectFacts { user_quotas: Some(fresh(users(some))), ..project("p") }])
}

/// A user whose items have these utilisations in percent.
fn used(id: &str, percents: &[f64]) -> User {
    let quotas = percents.iter().zip(["x", "y", "z"]).map(|(percent, item)| quota(item, *percent, 100.0));
    user(id, quotas.collect())
}

fn named(name: &str, user: User) -> User {
    User { name: Some(name.to_owned()), ..user }
}

fn users_page(facts: &Facts, query: &[(&str, &str)]) -> String {
    found(pages::users(context(facts, "/users", query), facts))
}

fn user_ids(facts: &Facts, query: &[(&str, &str)]) -> String {
    attributes(&users_page(facts, query), "data-user").join(" ")
}

fn resource_page(facts: &Facts, query: &[(&str, &str)]) -> String {
    found(pages::resources(context(facts, "/resources", query), facts))
}

fn resource_ids(facts: &Facts, query: &[(&str, &str)]) -> String {
    attributes(&resource_page(facts, query), "data-resource").join(" ")
}

/// The filters of a page with their numbers; `*` marks the current one.
pub(super) fn tabs(page: &str) -> String {
    let tab = regex_lite::Regex::new(
        "data-filter=\"([^\"]*)\"( aria-current=\"true\")?>[^<]*<span class=\"count\">([^<]*)</span>",
    );
    let tabs = tab.unwrap();
    let text = |found: regex_lite::Captures<'_>| {
        format!("{}{}={}", if found.get(2).is_some() { "*" } else { "" }, &found[1], &found[3])
    };
    tabs.captures_iter(page).map(text).collect::<Vec<_>>().join(" ")
}

#[test]
fn every_user_has_one_level() {
    let facts = of_users(vec![
        used("a-79.9", &[79.9, 1.0]),
        used("b-80", &[80.0]),
        used("c-94.9", &[94.9]),
        used("d-95", &[95.0, 95.0]),
        used("e-99.9", &[99.9]),
        used("f-100", &[100.0]),
        used("g-120", &[120.0]),
        user("h-no-quota", vec![quota("x", 1.0, 0.0)]),
        user("i-unlimited", vec![quota("x", 1e9, f64::INFINITY)]),
        user("j-none", vec![]),
    ]);
    for (level, ids) in [
        ("used-up", "h-no-quota g-120 f-100"),
        ("running-out", "e-99.9 d-95"),
        ("high", "c-94.9 b-80"),
        ("ok", "a-79.9 i-unlimited j-none"),
    ] {
        let page = users_page(&facts, &[("level", level)]);
        assert_eq!(attributes(&page, "data-user").join(" "), ids, "{level}");
        let numbers = "=10 used-up=3 running-out=2 high=2 ok=3";
        assert_eq!(tabs(&page), numbers.replace(&format!(" {level}="), &format!(" *{level}=")));
    }
    let all = users_page(&facts, &[]);
    assert_eq!(tabs(&all), "*=10 used-up=3 running-out=2 high=2 ok=3");
    for unknown in ["", "critical", "USED-UP", "used-up "] {
        assert_eq!(users_page(&facts, &[("level", unknown)]), all, "{unknown}");
    }
}

#[test]
fn a_user_at_96_percent_is_not_behind_pages_of_users_at_100() {
    let mut some: Vec<_> = (0..120).map(|n| used(&format!("{n:03}"), &[100.0])).collect();
    some.push(used("almost", &[96.0]));
    let facts = of_users(some);
    assert_eq!(user_ids(&facts, &[("level", "running-out")]), "almost");
    let second = users_page(&facts, &[("level", "used-up"), ("page", "3")]);
    assert_eq!(attributes(&second, "data-user").len(), 20);
    assert!(second.contains("101 to 120 of 120"), "{second}");
}

#[test]
fn a_search_finds_a_part_of_a_name_or_id_and_the_filters_count_what_it_finds() {
    let facts = facts(vec![
        ProjectFacts {
            user_quotas: Some(fresh(users(vec![
                named("Anna", used("id-1", &[100.0])),
                named("Bert", used("id-2-ann", &[81.0])),
                named("张三", used("id-3", &[1.0])),
            ]))),
            ..project("p")
        },
        ProjectFacts { user_quotas: Some(fresh(users(vec![used("joANNa", &[96.0])]))), ..project("q") },
    ]);
    for (q, ids, numbers) in [
        ("ann", "id-1 joANNa id-2-ann", "*=3 used-up=1 running-out=1 high=1 ok=0"),
        (" ANNA\t", "id-1 joANNa", "*=2 used-up=1 running-out=1 high=0 ok=0"),
        ("三", "id-3", "*=1 used-up=0 running-out=0 high=0 ok=1"),
        ("  ", "id-1 joANNa id-2-ann id-3", "*=4 used-up=1 running-out=1 high=1 ok=1"),
        ("zz", "", "*=0 used-up=0 running-out=0 high=0 ok=0"),
    ] {
        let page = users_page(&facts, &[("q", q)]);
        assert_eq!(
            (attributes(&page, "data-user").join(" "), tabs(&page)),
            (ids.to_owned(), numbers.to_owned()),
            "{q}"
        );
    }
    assert_eq!(user_ids(&facts, &[("q", "ann"), ("level", "high")]), "id-2-ann");
    let none = users_page(&facts, &[("q", "三"), ("level", "high"), ("sort", "user"), ("page", "2")]);
    assert!(
        none.contains(
            "Nothing matches the search and the filters. <a href=\"./users?sort=user\">Show all</a>"
        ),
        "{none}"
    );
    assert!(none.contains("name=\"q\" type=\"search\" dir=\"auto\" value=\"三\">"), "{none}");
}

#[test]
fn equal_users_are_ordered_by_used_up_items_then_by_the_second_item_then_by_name() {
    let facts = of_users(vec![
        named("z", used("1", &[100.0, 20.0])),
        named("b", used("2", &[100.0, 90.0])),
        named("a", used("3", &[100.0, 90.0, 5.0])),
        named("y", used("4", &[100.0, 0.0, 100.0])),
        named("x", used("5", &[99.0, 99.0])),
        named("zz", used("8", &[100.0, 100.0, 100.0])),
        named("w", used("6", &[100.0])),
        named("c", user("7", vec![])),
    ]);
    assert_eq!(user_ids(&facts, &[]), "8 4 3 2 1 6 5 7");
    assert_eq!(user_ids(&facts, &[("sort", "utilisation")]), "7 5 8 4 3 2 1 6");
    assert_eq!(user_ids(&facts, &[("sort", "-used-up")]), "8 4 3 2 1 6 5 7");
    assert_eq!(user_ids(&facts, &[("sort", "used-up")]), "5 7 3 2 1 6 4 8");
    assert_eq!(user_ids(&facts, &[("sort", "project")]), "8 4 3 2 1 6 5 7");
    let page = users_page(&facts, &[]);
    let used_up = regex_lite::Regex::new("data-label=\"Items used up\" class=\"number\">([^<]*)<").unwrap();
    let used_up: Vec<_> = used_up.captures_iter(&page).map(|found| found[1].to_owned()).collect();
    assert_eq!(used_up, ["3 of 3", "2 of 3", "1 of 3", "1 of 2", "1 of 2", "1 of 1", "0 of 2"]);
}

/// A resource that expires after seconds, with a status and a number of models left.
fn row(id: &str, seconds: Option<i64>, status: f64, left: f64) -> VoiceResource {
    VoiceResource {
        expiry: seconds.map(|seconds| (NOW + seconds) as f64),
        ..resource(id, None, status, left)
    }
}

fn of_resources(resources: Vec<VoiceResource>) -> Facts {
    let voice = VoiceTraining { listed: resources.len() as u64, resources, ..VoiceTraining::default() };
    facts(vec![ProjectFacts { voice_training: Some(fresh(voice)), ..project("p") }])
}

#[test]
fn resources_with_something_left_have_the_levels_of_their_problems() {
    let unknown = VoiceResource { models_available: None, ..row("l-unknown-left", Some(-1), 0.0, 0.0) };
    let facts = of_resources(vec![
        row("a-gone", Some(0), 0.0, 1.0),
        row("b-1s", Some(1), 0.0, 1.0),
        row("c-below-7d", Some(7 * DAY - 1), 0.0, 1.0),
        row("d-7d", Some(7 * DAY), 0.0, 1.0),
        row("e-below-30d", Some(30 * DAY - 1), 1.0, 1.0),
        row("f-30d", Some(30 * DAY), 0.0, 1.0),
        row("g-never", None, 0.0, 1.0),
        row("h-frozen", None, 1.0, 1.0),
        row("i-gone-empty", Some(-1), 1.0, 0.0),
        row("j-soon-empty", Some(1), 0.0, 0.0),
        row("k-new-status", None, 7.0, 1.0),
        unknown,
    ]);
    for (level, ids) in [
        ("expired", "l-unknown-left a-gone"),
        ("frozen", "e-below-30d h-frozen"),
        ("expires-7d", "b-1s c-below-7d"),
        ("expires-30d", "b-1s c-below-7d d-7d e-below-30d"),
        ("used-up", "i-gone-empty j-soon-empty"),
        ("ok", "f-30d g-never"),
    ] {
        assert_eq!(resource_ids(&facts, &[("level", level)]), ids, "{level}");
    }
    let page = resource_page(&facts, &[("level", "frozen")]);
    assert_eq!(tabs(&page), "=12 expired=2 *frozen=2 expires-7d=2 expires-30d=4 used-up=2 ok=2");
    assert_eq!(resource_page(&facts, &[("level", "high")]), resource_page(&facts, &[]));
}

#[test]
fn resources_are_found_by_id_and_by_type_in_the_words_of_the_page() {
    let mut flexus = resource("id-2", None, 0.0, 0.0);
    flexus.resource_type = "FLEXUS".to_owned();
    let facts = of_resources(vec![resource("id-1-Flex", None, 0.0, 1.0), flexus]);
    for (query, ids) in [
        (&[("q", "ID-")][..], "id-1-Flex id-2"),
        (&[("q", "flex")], "id-1-Flex id-2"),
        (&[("q", "flexus")], "id-2"),
        (&[("q", "basic ED")], "id-1-Flex"),
        (&[("q", "基础"), ("lang", "zh")], "id-1-Flex"),
        (&[("q", "flex"), ("level", "used-up")], "id-2"),
        (&[("q", "x-y")], ""),
    ] {
        assert_eq!(resource_ids(&facts, query), ids, "{query:?}");
    }
    assert_eq!(
        tabs(&resource_page(&facts, &[("q", "flexus")])),
        "*=1 expired=0 frozen=0 expires-7d=0 expires-30d=0 used-up=1 ok=0"
    );
}

#[test]
fn equal_resources_are_ordered_by_time_to_expiry_then_by_models_left() {
    let facts = of_resources(vec![
        resource("a", None, 0.0, 1.0),
        resource("b", Some(50), 0.0, 1.0),
        resource("c", Some(40), 0.0, 2.0),
        resource("d", Some(40), 0.0, 5.0),
        resource("e", Some(40), 0.0, 5.0),
        resource("f", Some(-2), 0.0, 0.0),
        resource("g", Some(-1), 0.0, 3.0),
    ]);
    assert_eq!(resource_ids(&facts, &[]), "f g d e c b a");
    assert_eq!(resource_ids(&facts, &[("sort", "project")]), "f g d e c b a");
    assert_eq!(resource_ids(&facts, &[("sort", "-type")]), "f g d e c b a");
    assert_eq!(resource_ids(&facts, &[("sort", "state")]), "g f d e c b a", "what is lost comes first");
    assert_eq!(resource_ids(&facts, &[("sort", "left")]), "f b a c g d e");
}
