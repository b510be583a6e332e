//! A user's page, and pages of users.

use super::*;

#[test]
fn the_user_page_shows_every_item_exactly_and_unknown_ones_too() {
    let quotas = vec![
        quota("modeling_count_2d_model", 4.0, 5.0),
        quota("video_time_2d_model", 12_030.0, 36_000.0),
        quota("voice_clone_basic", 5.0, f64::INFINITY),
        quota("voice_clone_new", 1234.0, 0.0),
    ];
    let facts = facts(vec![ProjectFacts {
        user_quotas: Some(fresh(users(vec![user("u", quotas)]))),
        ..project("p")
    }]);
    let query = [("project", "p"), ("id", "u")];
    let page = found(pages::user(context(&facts, "/user", &query), &facts));
    for expected in [
        "Digital human video time <code class=\"api-text\" translate=\"no\"><bdi>video_time_2d_model</bdi></code>",
        "3 h 20 min <span class=\"muted exact\">12,030 seconds</span>",
        "10 h <span class=\"muted exact\">36,000 seconds</span>",
        "<span class=\"percent\">33.4 %</span>",
        "data-item=\"modeling_count_2d_model\" data-level=\"high\"",
        "data-label=\"Quota\" class=\"number\">unlimited</td>",
        "data-item=\"voice_clone_new\" data-level=\"used-up\"",
        "<span class=\"percent\">Used without a quota</span>",
        "data-label=\"Used\" class=\"number\">1,234</td>",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    for (project, id) in [("p", "v"), ("p", ""), ("q", "u"), ("", "u")] {
        let query = [("project", project), ("id", id)];
        let page = not_found(pages::user(context(&facts, "/user", &query), &facts));
        assert!(page.contains("<h1>Not found</h1>"), "{project} {id}");
    }
}

#[test]
fn users_are_paged_and_sorted() {
    let some: Vec<_> =
        (0..120).map(|n| user(&format!("{n:03}"), vec![quota("x", f64::from(n * 7 % 120), 120.0)])).collect();
    let facts = facts(vec![ProjectFacts { user_quotas: Some(fresh(users(some))), ..project("p") }]);
    let ids = |query: &[(&str, &str)]| {
        let page = found(pages::users(context(&facts, "/users", query), &facts));
        let user = regex_lite::Regex::new("data-user=\"(\\d+)\"").unwrap();
        let ids: Vec<u32> = user.captures_iter(&page).map(|found| found[1].parse().unwrap()).collect();
        (ids, page)
    };
    let mut seen = Vec::new();
    for (page, rows) in [("1", 50), ("2", 50), ("3", 20)] {
        let (page, text) = ids(&[("page", page)]);
        assert_eq!(page.len(), rows);
        assert!(
            text.contains("aria-sort=\"descending\"><a href=\"./users?sort=utilisation\">Utilisation</a>"),
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
    assert!(text.contains("rel=\"next\" href=\"./users?lang=zh-CN&#38;sort=-user&#38;page=3\""), "{text}");
    assert!(text.contains("第 51 至 100 条，共 120 条"));
}
