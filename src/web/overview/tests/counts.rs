//! The counts and rows of the overview.

use super::super::apis::DataSummary;
use super::*;
use crate::cloud::error::Error;
use crate::poll::UserNamesState;

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
            users: vec![
                user("a", vec![quota("x", 79.0, 100.0), quota("y", 81.0, 100.0)]),
                user("b", vec![quota("x", 5.0, f64::INFINITY)]),
                user("c", vec![quota("x", 0.0, 0.0), quota("y", 1.0, 0.0)]),
                user("d", vec![quota("x", 100.0, 100.0)]),
                user("e", vec![quota("x", 0.0, 100.0)]),
                user("f", vec![]),
            ],
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
    assert_eq!((totals.projects, totals.working, totals.failing), (2, 1, 1));
    assert_eq!(totals.voice_training, Coverage { polled: 2, waiting: 0, fresh: 1 });
    assert_eq!(totals.user_quotas, Coverage { polled: 2, waiting: 1, fresh: 1 });
    assert_eq!(totals.problems, ProblemCounts { expired: 2, frozen: 2, expiring: 2 });
    assert_eq!((totals.resources, totals.users, totals.omitted), (7, 10, 4));
    assert_eq!((totals.high, totals.used_up), (3, 2), "over 80 %: a, c and d");

    let ids = |rows: &[crate::web::overview::users::UserRow<'_>]| {
        rows.iter().map(|row| row.id.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        ids(&overview.most_used),
        ["c", "d", "a"],
        "no users without limits and none who have used nothing"
    );
    let items: Vec<_> = overview.most_used.iter().map(|row| row.most_used.as_ref().unwrap().item).collect();
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
