//! What needs a person: each kind, its order, and how short the list stays.

use super::*;
use crate::poll::UserNamesState;
use crate::web::overview::attention_lines::{AttentionSection, Line};

fn failure(reason: Reason) -> PollFailure {
    PollFailure {
        reason,
        stage: Stage::Call,
        status: None,
        code: String::new(),
        request_id: None,
        advice: Advice::ReportToSupport,
    }
}

fn failed(reason: Reason, data: LastData) -> ApiFacts {
    ApiFacts { last: Some(ended(Some(failure(reason)))), data }
}

fn stale(seconds: i64) -> LastData {
    LastData::Stale(Timestamp::from_second(NOW - seconds).unwrap())
}

fn waiting() -> ApiFacts {
    ApiFacts { last: None, data: LastData::Missing }
}

pub(super) fn voice(resources: Vec<VoiceResource>) -> ApiFacts {
    fresh(VoiceTraining { available: Vec::new(), listed: resources.len() as u64, resources })
}

/// A resource of a type of which another one is always usable.
pub(super) fn spare(id: &str, seconds: i64, status: f64, left: Option<f64>) -> VoiceResource {
    let expiry = Some((NOW + seconds) as f64);
    VoiceResource { expiry, models_available: left, ..resource(id, None, status, 1.0) }
}

pub(super) fn with_spare(rows: Vec<VoiceResource>) -> ApiFacts {
    voice([rows, vec![resource("z", None, 0.0, 1.0)]].concat())
}

/// Changes what was wrong with a list.
fn doubtful(data: impl Into<CollectorData>, consistent: bool, invalid_values: u64) -> ApiFacts {
    let snapshot = Snapshot { data: data.into(), fetched_at: now().into(), consistent, invalid_values };
    ApiFacts { last: Some(ended(None)), data: ranked(snapshot) }
}

pub(super) fn used(percent: f64) -> User {
    user(&percent.to_string(), vec![quota("x", percent, 100.0)])
}

/// The lines with the severity, and the summary.
fn read(facts: &Facts, parameters: &[(&str, &str)]) -> (Vec<(String, String)>, Option<String>) {
    let page = context(facts, "/", parameters);
    let overview = Overview::new(facts, default_order(), 1);
    let section = AttentionSection::new(&page, &overview.attention, facts.projects.len());
    let line = |line: Line<'_>| {
        let names = line.projects.iter().map(|name| (*name).to_owned()).chain(line.more_projects);
        let words = [line.sentence].into_iter().chain(names);
        (format!("{} {}", line.severity, words.collect::<Vec<_>>().join(" ")), line.href)
    };
    let lines = section.lines.into_iter().chain(section.more).map(line).collect();
    (lines, section.summary.map(|summary| format!("{} {}", summary.id, summary.sentence)))
}

pub(super) fn lines(facts: &Facts) -> Vec<String> {
    read(facts, &[]).0.into_iter().map(|(line, _)| line).collect()
}

pub(super) fn in_chinese(facts: &Facts) -> Vec<String> {
    read(facts, &[("lang", "zh")]).0.into_iter().map(|(line, _)| line).collect()
}

fn summary(facts: &Facts) -> Option<String> {
    read(facts, &[]).1
}

/// Every kind of problem in two projects.
fn everything() -> Facts {
    let names =
        UserNamesState { last_look_up: Some(ended(Some(failure(Reason::Timeout)))), last_success: None };
    let gone = VoiceResource { resource_type: "FLEXUS".to_owned(), ..spare("1", -3 * DAY, 0.0, Some(2.0)) };
    let a = ProjectFacts {
        voice_training: Some(with_spare(vec![
            gone,
            spare("2", 5 * DAY, 0.0, Some(1000.0)),
            spare("3", 6 * DAY, 0.0, Some(234.0)),
            spare("4", 20 * DAY, 0.0, Some(1.0)),
            spare("5", 400 * DAY, 1.0, None),
        ])),
        user_quotas: Some(doubtful(
            UserQuotas {
                listed: 9,
                omitted: 2,
                users: [used(100.0), used(95.0), used(97.0)].into_iter().collect(),
            },
            false,
            3,
        )),
        user_names: Some(names),
        ..project("a")
    };
    let b = ProjectFacts {
        voice_training: Some(failed(Reason::Forbidden, LastData::Missing)),
        user_quotas: Some(ApiFacts { last: Some(ended(None)), data: stale(7200) }),
        ..project("b")
    };
    facts(vec![a, b])
}

#[test]
fn the_most_pressing_comes_first_in_each_language() {
    let facts = everything();
    assert_eq!(
        read(&facts, &[]).0,
        [
            (
                "Critical Voice training resources failing: The credentials may not call this API. No poll has \
                 succeeded yet. b",
                "./?project=b#apis-section"
            ),
            (
                "Critical User quotas: no new data for 2 hours. The last data is too old to show. b",
                "./?project=b#apis-section"
            ),
            ("Critical No voice model can be trained: Flexus edition. a", "./resources?project=a&sort=type"),
            (
                "Critical 1 resource expired in the last 30 days, with 2 models left. a",
                "./resources?project=a&level=expired&sort=-expiry"
            ),
            (
                "Critical 2 resources expire within 7 days, the first in 5 days, with 1,234 models left. a",
                "./resources?project=a&level=expires-7d&sort=expiry"
            ),
            (
                "Warning User names failing: There was no response in time. No poll has succeeded yet. a",
                "./?project=a#apis-section"
            ),
            (
                "Warning 1 resource is frozen, with an unknown number of models left. a",
                "./resources?project=a&level=frozen&sort=-left"
            ),
            ("Warning 1 user has used up a quota. a", "./users?project=a&level=used-up"),
            (
                "Warning 2 users have almost used up a quota (95 % or more). a",
                "./users?project=a&level=running-out"
            ),
            (
                "Warning 1 resource expires in 20 days, with 1 model left. a",
                "./resources?project=a&level=expires-30d&sort=expiry"
            ),
            ("Warning 3 fields could not be read and were left out. a", "./?project=a#apis-section"),
            (
                "Warning A list kept changing while it was read: rows may be missing. a",
                "./?project=a#apis-section"
            ),
            (
                "Warning 2 users with lower utilisation are omitted by the limit on users. a",
                "./users?project=a"
            ),
        ]
        .map(|(line, href)| (line.to_owned(), href.to_owned()))
    );
    assert_eq!(
        in_chinese(&facts),
        [
            "紧急 语音模型训练资源查询失败：认证凭据没有调用该接口的权限。启动以来从未成功。 b",
            "紧急 子账户配额：已 2 小时没有新数据，原有数据过旧，不再显示。 b",
            "紧急 “Flexus 版”类型已无可训练的声音模型。 a",
            "紧急 1 个资源在最近 30 天内过期，还有 2 个声音模型未训练。 a",
            "紧急 2 个资源将在 7 天内到期，最早在 5 天后，还有 1,234 个声音模型未训练。 a",
            "警告 子账户名称查询失败：未能在规定时间内得到响应。启动以来从未成功。 a",
            "警告 1 个资源已冻结，剩余的声音模型数量未知。 a",
            "警告 1 个用户已用完某项配额。 a",
            "警告 2 个用户即将用完某项配额（使用率 95 % 及以上）。 a",
            "警告 1 个资源将在 20 天后到期，还有 1 个声音模型未训练。 a",
            "警告 3 个字段无法解析，已略去。 a",
            "警告 读取期间列表一直在变化，可能有遗漏。 a",
            "警告 另有 2 个使用率较低的用户因数量上限未显示。 a",
        ]
    );
}

#[test]
fn a_failing_api_is_critical_without_data_and_a_warning_with_data() {
    let state = |data| {
        lines(&facts(vec![ProjectFacts { user_quotas: Some(failed(Reason::Server, data)), ..project("p") }]))
    };
    assert_eq!(
        state(fresh(users(vec![])).data),
        ["Warning User quotas failing: The cloud failed. No new data for 90 seconds."]
    );
    assert_eq!(
        state(stale(7200)),
        ["Critical User quotas failing: The cloud failed. No new data for 2 hours."]
    );
    assert_eq!(
        state(LastData::Missing),
        ["Critical User quotas failing: The cloud failed. No poll has succeeded yet."]
    );
}

#[test]
fn an_api_that_fails_for_one_reason_in_many_projects_has_one_line() {
    let many = |data: fn(i64) -> LastData| {
        let projects = (0..500).map(|n| ProjectFacts {
            user_quotas: Some(failed(Reason::Server, data(n))),
            ..project(&format!("p{n}"))
        });
        read(&facts(projects.collect()), &[]).0
    };
    let href = "./#apis-section".to_owned();
    let line = |since| {
        format!("Critical User quotas failing: The cloud failed. {since} p0 p1 p2 and 497 more projects")
    };
    assert_eq!(many(|_| LastData::Missing), [(line("No poll has succeeded yet."), href.clone())]);
    assert_eq!(many(|n| stale(3600 + n * 60)), [(line("No new data for up to 9 hours."), href.clone())]);
    assert_eq!(
        many(|n| if n < 7 { LastData::Missing } else { stale(7200) }),
        [(line("No new data for up to 2 hours; none at all of 7 of them."), href)]
    );
}

#[test]
fn the_list_stays_short_with_many_projects_and_users() {
    let projects = (0..500).map(|n| {
        let Facts { projects, .. } = everything();
        let [a, b] = <[ProjectFacts; 2]>::try_from(projects).unwrap();
        ProjectFacts { name: format!("p{n}"), ..if n % 2 == 0 { a } else { b } }
    });
    let facts = facts(projects.collect());
    let lines = lines(&facts);
    assert_eq!(lines.len(), 13);
    assert_eq!(lines[7], "Warning 250 users have used up a quota. p0 p2 p4 and 247 more projects");
    assert_eq!(
        lines[11],
        "Warning 250 lists kept changing while they were read: rows may be missing. p0 p2 p4 and 247 more projects"
    );
    let page = found(pages::overview(context(&facts, "/", &[]), &facts));
    let (shown, folded) = page.split_once("<details id=\"more-attention\">").unwrap();
    assert_eq!(shown.matches(" data-attention=").count(), 6);
    assert!(folded.starts_with("\n<summary>7 more</summary>"), "{folded}");
    assert_eq!(folded.matches(" data-attention=").count(), 7);
}

#[test]
fn seven_lines_are_not_folded() {
    let resources = with_spare(vec![
        spare("1", -1, 0.0, Some(1.0)),
        spare("2", 1, 0.0, Some(1.0)),
        spare("3", 8 * DAY, 0.0, Some(1.0)),
        spare("4", 99 * DAY, 1.0, Some(1.0)),
    ]);
    let both = UserQuotas { omitted: 1, ..users(vec![used(95.0), used(100.0)]) };
    let p = ProjectFacts { voice_training: Some(resources), user_quotas: Some(fresh(both)), ..project("p") };
    let facts = facts(vec![p]);
    let page = found(pages::overview(context(&facts, "/", &[]), &facts));
    assert_eq!(page.matches(" data-attention=").count(), 7);
    assert!(!page.contains("<details"), "{page}");
}

#[test]
fn only_polled_apis_without_problems_are_green() {
    let ok = || Some(fresh(users(vec![])));
    let of = |user_quotas| ProjectFacts { user_quotas, ..project("p") };
    assert_eq!(summary(&facts(vec![of(ok())])).unwrap(), "nothing Nothing: the API is OK.");
    assert_eq!(summary(&facts(vec![of(ok()), of(ok())])).unwrap(), "nothing Nothing: all 2 APIs are OK.");
    assert_eq!(
        summary(&facts(vec![of(ok()), of(Some(waiting()))])).unwrap(),
        "partly Nothing so far. 1 of 2 APIs has not been polled yet."
    );
    assert_eq!(
        summary(&facts(vec![of(Some(waiting())), of(Some(waiting()))])).unwrap(),
        "unknown Not known yet: no API has been polled."
    );
    for nothing in [vec![], vec![of(None)]] {
        assert_eq!(summary(&facts(nothing)).unwrap(), "unknown Not known: no API is polled.");
    }
    let failing = || of(Some(failed(Reason::Server, LastData::Missing)));
    assert_eq!(summary(&facts(vec![failing(), of(ok())])), None);
    assert_eq!(
        summary(&facts(vec![failing(), of(Some(waiting())), of(Some(waiting()))])).unwrap(),
        "partly 2 of 3 APIs have not been polled yet."
    );
}

#[test]
fn a_page_about_one_project_names_it_in_links_only() {
    let users = |name| ProjectFacts { user_quotas: Some(fresh(users(vec![used(100.0)]))), ..project(name) };
    let one = facts(vec![users("p&q")]);
    assert_eq!(
        read(&one, &[("project", "p&q"), ("lang", "en")]).0,
        [(
            "Warning 1 user has used up a quota.".to_owned(),
            "./users?lang=en&project=p%26q&level=used-up".to_owned()
        )]
    );
    let two = facts(vec![users("p"), users("q")]);
    assert_eq!(
        read(&two, &[]).0,
        [("Warning 2 users have used up a quota. p q".to_owned(), "./users?level=used-up".to_owned())]
    );
}
