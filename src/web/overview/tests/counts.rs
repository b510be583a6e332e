//! The counts and rows of the overview.

use super::super::apis::DataSummary;
use super::*;
use crate::cloud::error::Error;
use crate::poll::UserNamesState;
use crate::snapshot::LevelCounts;

#[test]
fn the_overview_counts_what_needs_attention() {
    let a = ProjectFacts {
        voice_training: Some(fresh(VoiceTraining {
            available: vec![("basic".to_owned(), 3.0), ("flexus".to_owned(), 0.0)],
            listed: 7,
            resources: vec![
                resource("1-long-gone", Some(-31), 0.0, 1.0),
                resource("2-gone", Some(-2), 1.0, 1.0),
                resource("3-day", Some(1), 0.0, 1.0),
                resource("4-month", Some(29), 0.0, 1.0),
                resource("5-year", Some(365), 0.0, 0.0),
                resource("6-never", None, 1.0, 1.0),
            ],
        })),
        user_quotas: Some(fresh(UserQuotas {
            omitted: 4,
            listed: 10,
            users: [
                user("a", vec![quota("x", 79.0, 100.0), quota("y", 81.0, 100.0)]),
                user("b", vec![quota("x", 5.0, f64::INFINITY)]),
                user("c", vec![quota("x", 0.0, 0.0), quota("y", 1.0, 0.0)]),
                user("d", vec![quota("x", 100.0, 100.0)]),
                user("e", vec![quota("x", 0.0, 100.0)]),
                user("f", vec![]),
            ]
            .into_iter()
            .collect(),
        })),
        ..project("a")
    };
    let failure = PollFailure {
        reason: Reason::Server,
        stage: Stage::Call,
        status: None,
        code: String::new(),
        request_id: None,
        advice: Advice::ReportToSupport,
    };
    let b = ProjectFacts {
        voice_training: Some(ApiFacts { last: Some(ended(Some(failure))), data: LastData::Stale(now()) }),
        user_quotas: Some(ApiFacts { last: None, data: LastData::Missing }),
        ..project("b")
    };
    let facts = facts(vec![a, b]);
    let overview = Overview::new(&facts, default_order(), 1);
    let totals = overview.totals;
    assert_eq!((totals.projects, totals.working, totals.failing, totals.doubtful), (2, 1, 1, 0));
    assert_eq!(totals.voice_training, Coverage { polled: 2, waiting: 0, fresh: 1 });
    assert_eq!(totals.user_quotas, Coverage { polled: 2, waiting: 1, fresh: 1 });
    let problems = ResourceLevel::ALL.map(|level| totals.problems.of(level));
    assert_eq!(problems, [2, 2, 1, 2, 1, 0, 0, 0], "expired, frozen, in 7 days, in 30 days, used up");
    assert_eq!((totals.resources, totals.users, totals.omitted), (7, 10, 4));
    assert_eq!(totals.levels, LevelCounts { used_up: 2, running_out: 0, high: 1, fine: 3 }, "c and d; a");

    let ids = |rows: &[crate::web::overview::users::UserRow<'_>]| {
        rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        ids(&overview.most_used),
        ["c", "d", "a"],
        "no users without limits and none who have used nothing"
    );
    let items: Vec<_> = overview.most_used.iter().map(|row| &*row.most_used.as_ref().unwrap().item).collect();
    assert_eq!(items, ["y", "x", "y"]);
    let expiring: Vec<_> = overview.expiring.iter().map(|row| row.resource.id.as_str()).collect();
    assert_eq!(expiring, ["2-gone", "3-day", "4-month", "5-year"], "not what expired long ago");
    let available: Vec<_> = overview
        .available
        .iter()
        .map(|row| (row.resource_type, row.number, row.projects_with_some, row.projects_with_none.clone()))
        .collect();
    assert_eq!(available, [("basic", 3.0, 1, vec![]), ("flexus", 0.0, 0, vec!["a"])]);
    let apis: Vec<_> =
        overview.apis.rows.iter().map(|row| (row.project, row.collector, row.state.as_str())).collect();
    let expected = [
        ("b", "voice_training", "fails"),
        ("b", "user_quotas", "waiting"),
        ("a", "voice_training", "works"),
        ("a", "user_quotas", "works"),
    ];
    assert_eq!(apis, expected, "the most urgent comes first");
}

#[test]
fn only_the_most_recently_expired_resources_are_shown_before_renewable_ones() {
    let expired = (1..=29).map(|days| resource(&format!("old-{days:02}"), Some(-days), 0.0, 1.0));
    let upcoming = (1..=29).map(|days| resource(&format!("new-{days:02}"), Some(days), 0.0, 1.0));
    let resources: Vec<_> = expired.chain(upcoming).collect();
    let voice = VoiceTraining { listed: resources.len() as u64, resources, ..VoiceTraining::default() };
    let facts = facts(vec![ProjectFacts { voice_training: Some(fresh(voice)), ..project("a") }]);
    let overview = Overview::new(&facts, default_order(), 1);
    let ids: Vec<_> = overview.expiring.iter().map(|row| row.resource.id.as_str()).collect();
    let expected =
        ["old-03", "old-02", "old-01", "new-01", "new-02", "new-03", "new-04", "new-05", "new-06", "new-07"];
    assert_eq!(ids, expected);
}

#[test]
fn names_of_users_have_a_row_of_their_own_if_they_are_looked_up() {
    let failure = PollFailure::new(&Error::Deadline, Advice::ReachIam);
    let states = [
        (UserNamesState::default(), "waiting", DataSummary::Missing),
        (
            UserNamesState { last_look_up: Some(ended(None)), last_success: Some(now().into()) },
            "works",
            DataSummary::Fresh { fetched: now(), consistent: true, invalid_values: 0 },
        ),
        (
            UserNamesState { last_look_up: Some(ended(Some(failure))), last_success: None },
            "fails",
            DataSummary::Missing,
        ),
    ];
    for (user_names, state, data) in states {
        let facts = facts(vec![ProjectFacts { user_names: Some(user_names), ..project("p") }]);
        let overview = Overview::new(&facts, default_order(), 1);
        let rows: Vec<_> = overview.apis.rows.iter().collect();
        let [row] = rows[..] else { panic!("{} rows", rows.len()) };
        assert_eq!((row.collector, row.state.as_str(), row.data), ("user_names", state, data));
        let page = found(pages::overview(context(&facts, "/", &[]), &facts));
        assert!(page.contains("User names"), "{page}");
    }
}

#[test]
fn before_the_first_poll_there_are_no_numbers_and_no_zeros() {
    let waiting = ProjectFacts {
        voice_training: Some(ApiFacts { last: None, data: LastData::Missing }),
        user_quotas: Some(ApiFacts { last: None, data: LastData::Missing }),
        ..project("p")
    };
    let facts = facts(vec![waiting]);
    for page in &all_pages(&facts, "en")[..3] {
        assert!(page.contains("No data yet: the first poll has not finished."), "{page}");
        for table in
            ["id=\"available\"", "id=\"expiring\"", "id=\"nearest\"", "id=\"users\"", "id=\"resources\""]
        {
            assert!(!page.contains(table), "{table}");
        }
    }
    let page = found(pages::overview(context(&facts, "/", &[]), &facts));
    assert_eq!(page.matches("data-number>").count(), 1, "only the number of projects is known");
    assert_eq!(page.matches("data-state=\"waiting\"").count(), 2);
}

#[test]
fn stale_data_is_not_shown_and_reported_as_too_old() {
    let old = Timestamp::from_second(NOW - 7200).unwrap();
    let p = ProjectFacts {
        voice_training: Some(ApiFacts { last: Some(ended(None)), data: LastData::Stale(old) }),
        user_quotas: Some(ApiFacts { last: Some(ended(None)), data: LastData::Stale(old) }),
        ..project("p")
    };
    let page = found(pages::overview(context(&facts(vec![]), "/", &[]), &facts(vec![p])));
    assert_eq!(page.matches("The data is too old to show.").count(), 2);
    assert!(page.contains(">2 hours ago</time>"), "{page}");
    assert_eq!(page.matches("No data recent enough to show.").count(), 4, "cards and sections");
    assert_eq!(page.matches("data-number>").count(), 1);
}

#[test]
fn a_list_without_fields_or_rows_is_incomplete_and_not_ok() {
    for (consistent, invalid_values, state, badge, note) in [
        (true, 0, "works", "works\">OK", "<li class=\"fine\">all OK</li>"),
        (true, 1, "incomplete", "incomplete\">Incomplete", "1 with old or incomplete data</a></li>"),
        (false, 0, "incomplete", "incomplete\">Incomplete", "1 with old or incomplete data</a></li>"),
    ] {
        let snapshot =
            Snapshot { data: users(vec![]).into(), fetched_at: now().into(), consistent, invalid_values };
        let data = ranked(snapshot);
        let user_quotas = Some(ApiFacts { last: Some(ended(None)), data });
        let facts = facts(vec![ProjectFacts { user_quotas, ..project("p") }]);
        let page = found(pages::overview(context(&facts, "/", &[]), &facts));
        assert!(page.contains(&format!("data-collector=\"user_quotas\" data-state=\"{state}\"")), "{page}");
        assert!(page.contains(&format!("<span class=\"badge {badge}</span>")), "{page}");
        assert!(page.contains(note), "{page}");
    }
}

#[test]
fn the_state_of_an_api_with_old_data_is_not_ok() {
    let old = Timestamp::from_second(NOW - 7200).unwrap();
    let user_quotas = Some(ApiFacts { last: Some(ended(None)), data: LastData::Stale(old) });
    let facts = facts(vec![ProjectFacts { user_quotas, ..project("p") }]);
    let page = found(pages::overview(context(&facts, "/", &[]), &facts));
    assert!(page.contains("<span class=\"badge stale\">Too old</span>"), "{page}");
    assert!(!page.contains("all OK") && page.contains("1 with old or incomplete data"), "{page}");
}

#[test]
fn the_figures_of_the_cards_link_to_the_rows_that_they_count() {
    let percents = [0.0, 79.9, 80.0, 94.9, 95.0, 100.0];
    let several = percents.map(|percent| user(&percent.to_string(), vec![quota("x", percent, 100.0)]));
    let resources = vec![
        resource("1", Some(-99), 0.0, 1.0),
        resource("2", Some(-1), 0.0, 0.0),
        resource("3", Some(6), 0.0, 1.0),
        resource("4", Some(7), 1.0, 1.0),
        resource("5", Some(30), 0.0, 1.0),
    ];
    let p = ProjectFacts {
        voice_training: Some(fresh(VoiceTraining { available: vec![], listed: 5, resources })),
        user_quotas: Some(fresh(UserQuotas {
            omitted: 1234,
            listed: 1240,
            users: several.into_iter().collect(),
        })),
        ..project("p")
    };
    let facts = facts(vec![p]);
    let query = [("project", "p"), ("lang", "en")];
    let page = found(pages::overview(context(&facts, "/", &query), &facts));
    let list = |path: &str, level: &str| format!("./{path}?lang=en&#38;project=p{level}");
    let (users, resources) = (|level: &str| list("users", level), |level: &str| list("resources", level));
    for (class, href, text) in [
        ("critical", resources("&#38;level=expired"), "1 expired"),
        ("high", resources("&#38;level=frozen"), "1 frozen"),
        ("critical", resources("&#38;level=expires-7d"), "1 expiring within 7 days"),
        ("high", resources("&#38;level=expires-30d"), "2 expiring within 30 days"),
        ("muted", resources("&#38;level=used-up"), "1 used up"),
        ("high", users("&#38;level=used-up"), "1 with a quota used up"),
        ("high", users("&#38;level=running-out"), "1 at 95 % to 100 % of a quota"),
        ("muted", users("&#38;level=high"), "2 at 80 % to 95 % of a quota"),
        ("muted", users(""), "1,234 omitted by the limit on users"),
    ] {
        let note = format!("<li class=\"{class}\"><a href=\"{href}\">{text}</a></li>");
        assert!(page.contains(&note), "{note} is not in {page}");
    }
    for (href, number) in
        [(format!("{}#apis-section", list("", "")), "1"), (resources(""), "5"), (users(""), "1,240")]
    {
        let figure = format!("<a class=\"figure\" href=\"{href}\" data-number>{number}</a>");
        assert!(page.contains(&figure), "{figure} is not in {page}");
    }
}

#[test]
fn badges_are_muted_where_nothing_is_lost() {
    let unknown = VoiceResource { models_available: None, ..resource("7", Some(-1), 1.0, 1.0) };
    let badges = |row: VoiceResource| {
        let voice = VoiceTraining { available: vec![], listed: 1, resources: vec![row] };
        let facts = facts(vec![ProjectFacts { voice_training: Some(fresh(voice)), ..project("p") }]);
        let page = found(pages::resources(context(&facts, "/resources", &[]), &facts));
        let badge = regex_lite::Regex::new("<span class=\"badge ([^<]*)</span>").unwrap();
        badge.captures_iter(&page).map(|found| found[1].replace("\">", " ")).collect::<Vec<_>>()
    };
    for (row, expected) in [
        (resource("1", Some(-1), 0.0, 1.0), vec!["expired Expired"]),
        (resource("1", Some(-1), 0.0, 0.0), vec!["muted Expired", "muted Used up"]),
        (resource("1", None, 1.0, 1.0), vec!["frozen Frozen"]),
        (resource("1", None, 1.0, 0.0), vec!["muted Frozen", "used-up Used up"]),
        (resource("1", Some(6), 0.0, 1.0), vec!["expires-very-soon Within 7 days"]),
        (resource("1", Some(6), 0.0, 0.0), vec!["used-up Used up", "muted Within 7 days"]),
        (resource("1", Some(29), 0.0, 0.0), vec!["used-up Used up", "muted Within 30 days"]),
        (resource("1", None, 0.0, 0.0), vec!["used-up Used up"]),
        (resource("1", None, 0.0, 1.0), vec!["fine OK"]),
        (unknown, vec!["expired Expired", "frozen Frozen"]),
    ] {
        assert_eq!(badges(row.clone()), expected, "{row:?}");
    }
}
