//! Pages of facts that no simulated cloud has: hostile names, old numbers, every failure.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::http::HeaderMap;
use jiff::Timestamp;

use super::facts::{Api, Data, Facts, Project};
use super::frame::Frame;
use super::model::{Coverage, Overview};
use super::order::Order;
use super::query::Query;
use super::resources::Trouble;
use super::{apis, pages};
use crate::cloud::credentials::{Source, Text};
use crate::cloud::reason::Reason;
use crate::config;
use crate::poll::{Ended, Failure, Record, Stage};
use crate::snapshot::{Collector, Quota, Snapshot, User, UserQuotas, VoiceResource, VoiceTraining};
use crate::telemetry::Telemetry;
use crate::web::{Listed, Roster};

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 86_400;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn ended(failure: Option<Failure>) -> Ended {
    Ended { at: SystemTime::from(now()), failure: failure.map(Arc::new) }
}

fn fresh<T>(data: T) -> Api<T> {
    let fetched_at = SystemTime::from(now()) - Duration::from_secs(90);
    let snapshot = Snapshot { data, fetched_at, consistent: true, invalid_values: 0 };
    Api { last: Some(ended(None)), data: Data::Fresh(Arc::new(snapshot)) }
}

fn project(name: &str) -> Project {
    Project {
        name: name.to_owned(),
        id: None,
        region: "cn-north-4".to_owned(),
        endpoint: "https://metastudio.example.com".to_owned(),
        voice_training: None,
        user_quotas: None,
    }
}

fn quota(item: &'static str, usage: f64, limit: f64) -> Quota {
    Quota { item: item.into(), usage: Some(usage), limit: Some(limit) }
}

fn user(id: &str, quotas: Vec<Quota>) -> User {
    User { id: id.to_owned(), name: None, quotas }
}

fn users(users: Vec<User>) -> UserQuotas {
    UserQuotas { listed: users.len() as u64, omitted: 0, users }
}

fn resource(id: &str, days: Option<i64>, status: f64, left: f64) -> VoiceResource {
    VoiceResource {
        id: id.to_owned(),
        resource_type: "BASIC".to_owned(),
        models: Some(10.0),
        models_available: Some(left),
        expiry: days.map(|days| (NOW + days * DAY) as f64),
        status: Some(status),
        ..VoiceResource::default()
    }
}

fn facts(projects: Vec<Project>) -> Facts {
    Facts { now: now(), projects }
}

fn roster(facts: &Facts) -> Roster {
    let telemetry = Telemetry::new().unwrap();
    let listed = facts.projects.iter().map(|project| {
        let config = config::Project {
            name: project.name.clone(),
            id: None,
            region: String::new(),
            endpoint: "http://127.0.0.1:9".parse().unwrap(),
            iam_endpoint: "http://127.0.0.1:9".parse().unwrap(),
            ca_file: None,
            credentials: Source::Token(Text::Given("t".into())),
            collectors: Collector::ALL.to_vec(),
            user_quotas: config::UserQuotas::default(),
        };
        let record = Record::new(&config, &telemetry);
        Listed { project: Arc::new(config), record }
    });
    Roster::new(listed.collect(), Duration::from_secs(1800), false)
}

fn frame(facts: &Facts, path: &'static str, parameters: &[(&str, &str)]) -> Frame {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let parameters: Vec<_> = parameters.iter().map(owned).collect();
    Frame::new(Query::of(&parameters, &HeaderMap::new()), path, "/metrics", &roster(facts), facts)
}

/// All pages of these facts in a language.
fn all_pages(facts: &Facts, language: &str) -> Vec<String> {
    let lang = ("lang", language);
    let mut all = vec![
        pages::overview(frame(facts, "/", &[lang]), facts).unwrap(),
        pages::users(frame(facts, "/users", &[lang]), facts).unwrap(),
        pages::resources(frame(facts, "/resources", &[lang]), facts).unwrap(),
        pages::user(frame(facts, "/user", &[lang]), facts).unwrap().unwrap_err(),
    ];
    if let [project] = &facts.projects[..] {
        for user in project.users().into_iter().flat_map(|users| &users.users) {
            let query = [lang, ("project", project.name.as_str()), ("id", &user.id)];
            all.push(pages::user(frame(facts, "/user", &query), facts).unwrap().unwrap());
        }
    }
    all
}

fn default_order() -> Order {
    Order::of("", apis::KEYS)
}

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
    let failure = Failure {
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

    let ids =
        |rows: &[super::users::UserRow<'_>]| rows.iter().map(|row| row.id.to_owned()).collect::<Vec<_>>();
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

/// Texts that want to be markup, or to turn what is around them.
const HOSTILE: &str = "<script>alert(1)</script>\"'&<img src=x onerror=y>\0\n\u{202e}x";

fn hostile() -> Facts {
    let hostile = || HOSTILE.to_owned();
    let long = "長".repeat(300);
    let evil = VoiceResource {
        id: hostile(),
        resource_type: hostile(),
        charge_mode: hostile(),
        status: Some(7.0),
        expiry: Some(f64::MAX),
        ..resource("", None, 7.0, f64::MAX)
    };
    let voice =
        VoiceTraining { available: vec![(hostile(), 1e300)], listed: u64::MAX, resources: vec![evil] };
    let quotas = vec![
        Quota { item: HOSTILE.into(), limit: Some(f64::MIN_POSITIVE), usage: Some(f64::MAX) },
        quota("video_time_new", f64::MAX, 1.0),
    ];
    let named = |id: String, name: String| User { id, name: Some(name), quotas: quotas.clone() };
    let users = users(vec![named(hostile(), hostile()), named("long".to_owned(), long)]);
    facts(vec![Project {
        id: Some(hostile()),
        region: hostile(),
        endpoint: hostile(),
        voice_training: Some(fresh(voice)),
        user_quotas: Some(fresh(users)),
        ..project(HOSTILE)
    }])
}

#[test]
fn hostile_names_stay_text() {
    let facts = hostile();
    let own = [("lang", "en"), ("project", HOSTILE), ("sort", HOSTILE), ("page", HOSTILE)];
    let mut all = [all_pages(&facts, "en"), all_pages(&facts, "zh")].concat();
    all.push(pages::overview(frame(&facts, "/", &own), &facts).unwrap());
    all.push(pages::users(frame(&facts, "/users", &own), &facts).unwrap());
    for page in all {
        assert!(!page.contains("<script") && !page.contains("<img") && !page.contains("style="), "{page}");
        // Within attributes NUL and line breaks stay, so that what is compared with them is what there is.
        let shown = regex_lite::Regex::new("<[^>]*>").unwrap().replace_all(&page, "").into_owned();
        assert!(!shown.contains('\0') && !shown.contains("onerror=y>\n"), "{shown}");
        let plain = "&#60;script&#62;alert(1)&#60;/script&#62;&#34;&#39;&#38;&#60;img src=x onerror=y&#62;␀␊\u{202e}x";
        for (at, _) in page.match_indices(plain) {
            let before = &page[..at];
            let isolated =
                ["<bdi translate=\"no\">", "<bdi>", "\u{2068}", "title=\"", "dir=\"auto\" selected>"];
            assert!(
                isolated.iter().any(|start| before.ends_with(start)) || before.ends_with("dir=\"auto\">"),
                "{}",
                &before[before.len() - 40..]
            );
        }
    }
}

#[test]
fn the_user_page_shows_every_item_exactly_and_unknown_ones_too() {
    let quotas = vec![
        quota("modeling_count_2d_model", 4.0, 5.0),
        quota("video_time_2d_model", 12_030.0, 36_000.0),
        quota("voice_clone_basic", 5.0, f64::INFINITY),
        quota("voice_clone_new", 1234.0, 0.0),
    ];
    let facts =
        facts(vec![Project { user_quotas: Some(fresh(users(vec![user("u", quotas)]))), ..project("p") }]);
    let query = [("project", "p"), ("id", "u")];
    let page = pages::user(frame(&facts, "/user", &query), &facts).unwrap().unwrap();
    for expected in [
        "Digital human video time <code class=\"api-text\" translate=\"no\"><bdi>video_time_2d_model</bdi></code>",
        "3 h 20 min <span class=\"muted exact\">12,030 seconds</span>",
        "10 h <span class=\"muted exact\">36,000 seconds</span>",
        "<span class=\"percent\">33.4 %</span>",
        "data-item=\"modeling_count_2d_model\" data-level=\"fine\"",
        "data-label=\"Quota\" class=\"number\">unlimited</td>",
        "data-item=\"voice_clone_new\" data-level=\"used-up\"",
        "<span class=\"percent\">Used without a quota</span>",
        "data-label=\"Used\" class=\"number\">1,234</td>",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    for (project, id) in [("p", "v"), ("p", ""), ("q", "u"), ("", "u")] {
        let query = [("project", project), ("id", id)];
        let page = pages::user(frame(&facts, "/user", &query), &facts).unwrap().unwrap_err();
        assert!(page.contains("<h1>Not found</h1>"), "{project} {id}");
    }
}

#[test]
fn users_are_paged_and_sorted() {
    let some: Vec<_> =
        (0..120).map(|n| user(&format!("{n:03}"), vec![quota("x", f64::from(n * 7 % 120), 120.0)])).collect();
    let facts = facts(vec![Project { user_quotas: Some(fresh(users(some))), ..project("p") }]);
    let ids = |query: &[(&str, &str)]| {
        let page = pages::users(frame(&facts, "/users", query), &facts).unwrap();
        let found = regex_lite::Regex::new("data-user=\"(\\d+)\"").unwrap();
        let ids: Vec<u32> = found.captures_iter(&page).map(|found| found[1].parse().unwrap()).collect();
        (ids, page)
    };
    let mut seen = Vec::new();
    for (page, rows) in [("1", 50), ("2", 50), ("3", 20)] {
        let (page, text) = ids(&[("page", page)]);
        assert_eq!(page.len(), rows);
        assert!(
            text.contains("aria-sort=\"descending\"><a href=\"/users?sort=utilisation\">Utilisation</a>"),
            "{text}"
        );
        seen.extend(page);
    }
    assert!(seen.is_sorted_by_key(|id| std::cmp::Reverse(id * 7 % 120)));
    assert_eq!(ids(&[("page", "9999")]).0, ids(&[("page", "3")]).0);
    assert_eq!(ids(&[("page", "-1"), ("sort", "nothing")]).0, ids(&[]).0);
    assert_eq!(ids(&[("sort", "user")]).0, (0..50).collect::<Vec<_>>());
    assert_eq!(ids(&[("sort", "-user"), ("page", "3")]).0, (0..20).rev().collect::<Vec<_>>());
    let (_, text) = ids(&[("sort", "-user"), ("page", "2"), ("lang", "zh")]);
    assert!(text.contains("rel=\"next\" href=\"/users?lang=zh-CN&#38;sort=-user&#38;page=3\""), "{text}");
    assert!(text.contains("第 51 至 100 条，共 120 条"));
}

/// What a page says by itself: not names, IDs and texts of the API, and not the other language's name.
fn own_words(page: &str) -> String {
    let mut text = page.to_owned();
    for (pattern, by) in [
        ("(?s)<(bdi|code|option|title)[ >].*?</(bdi|code|option|title)>", ""),
        ("<a [^>]*lang=\"en\"[^>]*>English</a>", ""),
        ("aria-label=\"([^\"]*)\"", ">$1<br "),
        ("<[^>]*>", " "),
    ] {
        text = regex_lite::Regex::new(pattern).unwrap().replace_all(&text, by).into_owned();
    }
    text
}

#[test]
fn the_chinese_pages_have_no_english_words() {
    let failing = |stage, reason| {
        let failure =
            Failure { reason, stage, status: Some(403), code: "X.1".into(), request_id: Some("r".into()) };
        let users = users(vec![]);
        let snapshot =
            Snapshot { data: users, fetched_at: now().into(), consistent: false, invalid_values: 2 };
        let user_quotas =
            Some(Api { last: Some(ended(Some(failure.clone()))), data: Data::Fresh(Arc::new(snapshot)) });
        let voice_training = Some(Api { last: Some(ended(Some(failure))), data: Data::Nothing });
        Project { voice_training, user_quotas, ..project("p") }
    };
    let stages = [Stage::NoCredentials, Stage::Resting, Stage::Issuing, Stage::Project, Stage::Call];
    let failures = stages.into_iter().flat_map(|stage| Reason::ALL.map(|reason| failing(stage, reason)));
    let waiting = Project { user_quotas: Some(Api { last: None, data: Data::Nothing }), ..project("q") };
    let many = [hostile(), facts(failures.collect()), facts(vec![waiting]), facts(vec![])];
    let known = ["MetaStudio", "Exporter", "UTC", "ID", "IAM", "NTP", "Flexus", "API", "v", "dev"];
    let word = regex_lite::Regex::new("[A-Za-z]{2,}").unwrap();
    for page in many.iter().flat_map(|facts| all_pages(facts, "zh")) {
        assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"zh-CN\">"));
        let text = own_words(&page);
        let english: Vec<_> =
            word.find_iter(&text).map(|word| word.as_str()).filter(|word| !known.contains(word)).collect();
        assert!(english.is_empty(), "{english:?} in {text}");
    }
}
