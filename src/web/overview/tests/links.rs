//! Links keep the filters, the way back to a list stays on this site, and pages can refresh themselves.

use super::*;

fn many() -> Facts {
    let users = users((0..60).map(|n| user(&format!("u{n:02}"), vec![quota("x", 100.0, 100.0)])).collect());
    let resources = (0..60).map(|n| resource(&format!("r{n:02}"), None, 1.0, 1.0)).collect();
    let voice = VoiceTraining { listed: 60, resources, ..VoiceTraining::default() };
    facts(vec![ProjectFacts {
        user_quotas: Some(fresh(users)),
        voice_training: Some(fresh(voice)),
        ..project("p&p")
    }])
}

/// The links of a page that begin with `path`.
fn links<'a>(page: &'a str, path: &str) -> Vec<&'a str> {
    attributes(page, "href").into_iter().filter(|href| href.starts_with(path)).collect()
}

#[test]
fn every_link_of_a_list_keeps_the_other_parameters() {
    let facts = many();
    let query = |level| {
        [
            ("lang", "zh"),
            ("refresh", "30"),
            ("project", "p&p"),
            ("q", "0"),
            ("level", level),
            ("sort", "-project"),
        ]
    };
    let kept = ["lang=zh-CN", "refresh=30", "project=p%26p", "q=0", "level=", "sort="];
    for (path, page) in [
        ("./users?", found(pages::users(context(&facts, "/users", &query("used-up")), &facts))),
        ("./resources?", found(pages::resources(context(&facts, "/resources", &query("frozen")), &facts))),
    ] {
        let own = links(&page, path);
        // The links of the head of the page begin a new list.
        let (menu, own) = own.split_at(1);
        assert_eq!(menu, [format!("{path}lang=zh-CN&#38;refresh=30&#38;project=p%26p")]);
        // The language, the reload, the filters and the columns that sort.
        assert!(own.len() > 10, "{own:?}");
        for link in own {
            let missing: Vec<_> = kept.iter().filter(|part| !link.contains(**part)).collect();
            let is_tab_of_all = missing == [&"level="] && link.contains("sort=-project");
            let stops = missing == [&"refresh=30"];
            let is_english = missing == [&"lang=zh-CN"] && link.contains("lang=en");
            assert!(missing.is_empty() || is_tab_of_all || stops || is_english, "{link}");
        }
        let form = page.split_once("<form id=\"filter\"").unwrap().1.split_once("</form>").unwrap().0;
        let level = if path == "./users?" { "used-up" } else { "frozen" };
        for (name, value) in [("lang", "zh-CN"), ("refresh", "30"), ("level", level), ("sort", "-project")] {
            let input = format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
            assert!(form.contains(&input), "{input} is not in {form}");
        }
    }
    let page = found(pages::users(
        context(&facts, "/users", &[("q", "u"), ("level", "used-up"), ("page", "2")]),
        &facts,
    ));
    for link in [
        "rel=\"prev\" href=\"./users?q=u&#38;level=used-up&#38;page=1\"",
        "href=\"./users?q=u&#38;level=used-up&#38;sort=user\"",
        "href=\"./users?q=u&#38;level=high\" data-filter=\"high\"",
        "href=\"./users?q=u\" data-filter=\"\"",
        "id=\"reload\" href=\"./users?q=u&#38;level=used-up&#38;page=2\"",
    ] {
        assert!(page.contains(link), "{link} is not in {page}");
    }
}

#[test]
fn an_unknown_level_is_in_no_link() {
    let facts = many();
    let query = [("level", "nothing"), ("q", "u")];
    for page in [
        found(pages::users(context(&facts, "/users", &query), &facts)),
        found(pages::resources(context(&facts, "/resources", &query), &facts)),
    ] {
        assert!(!page.contains("nothing"), "{page}");
    }
}

#[test]
fn a_user_leads_back_to_the_list() {
    let facts = many();
    let list = [("project", "p&p"), ("q", "u5"), ("level", "used-up"), ("sort", "user"), ("lang", "en")];
    let page = found(pages::users(context(&facts, "/users", &list), &facts));
    let link = links(&page, "./user?")[0];
    let from = "%2Fusers%3Fproject%3Dp%2526p%26q%3Du5%26level%3Dused-up%26sort%3Duser";
    assert_eq!(link, format!("./user?lang=en&#38;project=p%26p&#38;id=u50&#38;from={from}"));

    let user =
        [("project", "p&p"), ("id", "u50"), ("from", "/users?project=p%26p&q=u5&level=used-up&sort=user")];
    let page = found(pages::user(context(&facts, "/user", &user), &facts));
    let back = "./users?project=p%26p&#38;q=u5&#38;level=used-up&#38;sort=user";
    assert!(page.contains(&format!("<a id=\"back\" href=\"{back}\">Back to the list</a>")), "{page}");
    // The user's own links keep the way back.
    let sort = format!("./user?project=p%26p&#38;id=u50&#38;from={from}&#38;sort=item");
    assert!(page.contains(&format!("<a href=\"{sort}\">Item</a>")), "{page}");

    let overview = found(pages::overview(context(&facts, "/", &[]), &facts));
    assert_eq!(links(&overview, "./user?")[0], "./user?project=p%26p&#38;id=u00");
    for from in ["", "https://example.com/users", "//example.com/users", "/-/reload", "javascript:alert(1)"] {
        let user = [("project", "p&p"), ("id", "u50"), ("from", from)];
        let page = found(pages::user(context(&facts, "/user", &user), &facts));
        assert!(
            page.contains("<a id=\"back\" href=\"./?project=p%26p\">Back to the overview</a>"),
            "{from}: {page}"
        );
        let outside: Vec<_> = links(&page, "").into_iter().filter(|href| !href.starts_with("./")).collect();
        assert_eq!(outside, ["#main", &documentation("README.md")], "{from}");
    }
    let chinese = found(pages::overview(context(&facts, "/", &[("lang", "zh")]), &facts));
    assert_eq!(links(&chinese, "https://"), [documentation("README.zh-CN.md")]);
}

#[test]
fn a_users_quotas_are_sorted_by_utilisation() {
    let quotas = vec![
        quota("b-unlimited", 5.0, f64::INFINITY),
        quota("d-half", 1.0, 2.0),
        quota("a-used-up", 2.0, 2.0),
        quota("f-used-up", 9.0, 9.0),
        quota("c-no-quota", 1.0, 0.0),
        quota("e-unused", 0.0, 0.0),
    ];
    let facts = facts(vec![ProjectFacts {
        user_quotas: Some(fresh(users(vec![user("u", quotas)]))),
        ..project("p")
    }]);
    for (sort, items, column, direction) in [
        ("", "c-no-quota a-used-up f-used-up d-half e-unused b-unlimited", "utilisation", "descending"),
        (
            "utilisation",
            "b-unlimited e-unused d-half a-used-up f-used-up c-no-quota",
            "-utilisation",
            "ascending",
        ),
        ("item", "a-used-up b-unlimited c-no-quota d-half e-unused f-used-up", "-item", "ascending"),
        ("-item", "f-used-up e-unused d-half c-no-quota b-unlimited a-used-up", "item", "descending"),
        (
            "nothing",
            "c-no-quota a-used-up f-used-up d-half e-unused b-unlimited",
            "utilisation",
            "descending",
        ),
    ] {
        let query = [("project", "p"), ("id", "u"), ("sort", sort)];
        let page = found(pages::user(context(&facts, "/user", &query), &facts));
        assert_eq!(attributes(&page, "data-item").join(" "), items, "{sort}");
        let heading =
            format!("aria-sort=\"{direction}\"><a href=\"./user?project=p&#38;id=u&#38;sort={column}\">");
        assert!(page.contains(&heading), "{heading} is not in {page}");
    }
}

#[test]
fn a_page_that_refreshes_itself_says_so_and_can_be_stopped() {
    let facts = many();
    let page = found(pages::overview(context(&facts, "/", &[("refresh", "30"), ("sort", "age")]), &facts));
    assert!(
        page.contains(
            "<span class=\"muted\">Reloads every 30 seconds</span> <a href=\"./?sort=age\">Stop</a>"
        ),
        "{page}"
    );
    for path in ["./?refresh=30", "./users?refresh=30", "./resources?refresh=30", "./user?refresh=30&#38;"] {
        assert!(!links(&page, path).is_empty(), "{path}");
    }
    let page = found(pages::overview(context(&facts, "/", &[("refresh", "4")]), &facts));
    assert!(!page.contains("refresh=") && !page.contains("id=\"refresh\""), "{page}");
}

#[test]
fn every_page_says_when_it_was_made_next_to_the_reload() {
    for page in all_pages(&many(), "en") {
        let header = page.split_once("<header").unwrap().1.split_once("</header>").unwrap().0;
        let as_of = "As of</span> <time id=\"now\" datetime=\"2027-01-15T08:00:00Z\">2027-01-15 08:00:00 UTC</time>\n<a id=\"reload\"";
        assert!(header.contains(as_of), "{header}");
        assert_eq!((page.matches("id=\"now\"").count(), page.matches("id=\"reload\"").count()), (1, 1));
    }
}

fn documentation(file: &str) -> String {
    format!("https://github.com/metastudio-exporter/metastudio-exporter/blob/main/{file}")
}
