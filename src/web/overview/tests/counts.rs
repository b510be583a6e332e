//! What the overview counts and picks.

use super::*;

#[test]
fn the_overview_counts_what_needs_somebody() {
    let a = Project {
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
    };
    let b = Project {
        voice_training: Some(Api { last: Some(ended(Some(failure))), data: Data::TooOld(now()) }),
        user_quotas: Some(Api { last: None, data: Data::Nothing }),
        ..project("b")
    };
    let facts = facts(vec![a, b]);
    let overview = Overview::of(&facts, default_order(), 1);
    let totals = overview.totals;
    assert_eq!((totals.projects, totals.working, totals.failing), (2, 1, 1));
    assert_eq!(totals.voice_training, Coverage { polled: 2, waiting: 0, fresh: 1 });
    assert_eq!(totals.user_quotas, Coverage { polled: 2, waiting: 1, fresh: 1 });
    assert_eq!(totals.trouble, Trouble { expired: 2, frozen: 2, expiring: 2 });
    assert_eq!((totals.resources, totals.users, totals.omitted), (7, 10, 4));
    assert_eq!((totals.high, totals.used_up), (3, 2), "over 80 %: a, c and d");

    let ids = |rows: &[crate::web::overview::users::UserRow<'_>]| {
        rows.iter().map(|row| row.id.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&overview.nearest), ["c", "d", "a"], "nobody without a limit, nobody who used nothing");
    let fullest: Vec<_> = overview.nearest.iter().map(|row| row.fullest.as_ref().unwrap().item).collect();
    assert_eq!(fullest, ["y", "x", "y"]);
    let expiring: Vec<_> = overview.expiring.iter().map(|row| row.resource.id.as_str()).collect();
    assert_eq!(expiring, ["2-gone", "3-day", "4-month", "5-year"], "nothing that is long gone");
    let available: Vec<_> = overview
        .available
        .iter()
        .map(|row| (row.resource_type, row.number, row.some, row.none.clone()))
        .collect();
    assert_eq!(available, [("basic", 3.0, 1, vec![]), ("flexus", 0.0, 0, vec!["a"])]);
    let apis: Vec<_> = overview
        .apis
        .rows
        .iter()
        .map(|row| (row.project, row.collector.as_str(), row.state.as_str()))
        .collect();
    let expected = [
        ("b", "voice_training", "fails"),
        ("b", "user_quotas", "waiting"),
        ("a", "voice_training", "works"),
        ("a", "user_quotas", "works"),
    ];
    assert_eq!(apis, expected, "what needs somebody comes first");
}

#[test]
fn of_many_expired_resources_the_newest_leave_room_for_what_can_be_renewed() {
    let expired = (1..=29).map(|days| resource(&format!("old-{days:02}"), Some(-days), 0.0, 1.0));
    let upcoming = (1..=29).map(|days| resource(&format!("new-{days:02}"), Some(days), 0.0, 1.0));
    let resources: Vec<_> = expired.chain(upcoming).collect();
    let voice = VoiceTraining { listed: resources.len() as u64, resources, ..VoiceTraining::default() };
    let facts = facts(vec![Project { voice_training: Some(fresh(voice)), ..project("a") }]);
    let overview = Overview::of(&facts, default_order(), 1);
    let ids: Vec<_> = overview.expiring.iter().map(|row| row.resource.id.as_str()).collect();
    let expected =
        ["old-03", "old-02", "old-01", "new-01", "new-02", "new-03", "new-04", "new-05", "new-06", "new-07"];
    assert_eq!(ids, expected);
}

#[test]
fn before_the_first_poll_there_are_no_numbers_and_no_zeros() {
    let waiting = Project {
        voice_training: Some(Api { last: None, data: Data::Nothing }),
        user_quotas: Some(Api { last: None, data: Data::Nothing }),
        ..project("p")
    };
    let facts = facts(vec![waiting]);
    for page in &all_pages(&facts, "en")[..3] {
        assert!(page.contains("No numbers yet: the first poll has not ended."), "{page}");
        for table in
            ["id=\"available\"", "id=\"expiring\"", "id=\"nearest\"", "id=\"users\"", "id=\"resources\""]
        {
            assert!(!page.contains(table), "{table}");
        }
    }
    let page = pages::overview(frame(&facts, "/", &[]), &facts).unwrap();
    assert_eq!(page.matches("data-number>").count(), 1, "only the number of projects is known");
    assert_eq!(page.matches("data-state=\"waiting\"").count(), 2);
}

#[test]
fn numbers_that_are_too_old_are_said_to_be_so_and_not_shown() {
    let old = Timestamp::from_second(NOW - 7200).unwrap();
    let p = Project {
        voice_training: Some(Api { last: Some(ended(None)), data: Data::TooOld(old) }),
        user_quotas: Some(Api { last: Some(ended(None)), data: Data::TooOld(old) }),
        ..project("p")
    };
    let page = pages::overview(frame(&facts(vec![]), "/", &[]), &facts(vec![p])).unwrap();
    assert_eq!(page.matches("Too old: the numbers are not shown.").count(), 2);
    assert!(page.contains(">2 hours ago</time>"), "{page}");
    assert_eq!(page.matches("No numbers that are recent enough to show.").count(), 4, "cards and sections");
    assert_eq!(page.matches("data-number>").count(), 1);
}
