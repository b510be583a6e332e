//! The order of users against a plain sort of all of them, and searches in packed texts.

use super::*;
use crate::snapshot::{Level, Utilisation};
use crate::web::overview::search::Search;
use crate::web::overview::user_list::{KEYS, UserLists};
use crate::web::overview::users::LEVELS;

/// Users of whom many are equal but for the ID.
fn equal_users(project: usize, count: usize) -> Vec<User> {
    let percents = [0.0, 50.0, 79.9, 80.0, 95.0, 100.0, 120.0];
    let all = (0..count).map(|number| {
        let random = number * 7919 + project * 31;
        let quotas = match random % 11 {
            0 => vec![],
            1 => vec![quota("x", 1.0, f64::INFINITY)],
            2 => vec![quota("x", 1.0, 0.0), quota("y", 0.0, 0.0)],
            _ => vec![
                quota("x", percents[random % 7], 100.0),
                quota("y", percents[random / 7 % 7], 100.0),
                quota("z", percents[random / 49 % 7], 100.0),
            ],
        };
        let name = (!random.is_multiple_of(3)).then(|| format!("longer name {}", random % 13));
        User { name, ..user(&format!("{:04}-{project}", random % 997 + number), quotas) }
    });
    let mut all: Vec<_> = all.collect();
    all.sort_by(|a, b| a.id.cmp(&b.id));
    all
}

/// A user as in a plain sort: the utilisations from the highest on, and what decides between equal ones.
struct Plain {
    project: String,
    label: String,
    user: User,
    ranks: Vec<f64>,
    position: usize,
}

impl Plain {
    fn used_up(&self) -> usize {
        self.ranks.iter().filter(|rank| **rank >= 1.0).count()
    }

    fn rank(&self, place: usize) -> f64 {
        self.ranks.get(place).copied().unwrap_or(f64::NEG_INFINITY)
    }
}

fn sorted(projects: &[(&str, Vec<User>)], order: SortOrder) -> Vec<(String, String)> {
    let users = projects.iter().flat_map(|(project, users)| users.iter().map(move |user| (project, user)));
    let plain = users.enumerate().map(|(position, (project, user))| {
        let mut ranks: Vec<_> = user.quotas.iter().map(|quota| Utilisation::of(quota).rank()).collect();
        ranks.sort_by(|a, b| b.total_cmp(a));
        let label = user.name.clone().unwrap_or_else(|| user.id.clone());
        Plain { project: (*project).to_owned(), label, user: user.clone(), ranks, position }
    });
    let mut all: Vec<_> = plain.collect();
    all.sort_by(|a, b| {
        let primary = match order.key {
            "user" => a.label.cmp(&b.label),
            "project" => a.project.cmp(&b.project),
            "used-up" => a.used_up().cmp(&b.used_up()),
            _ => a.rank(0).total_cmp(&b.rank(0)),
        };
        order
            .apply(primary)
            .then(b.rank(0).total_cmp(&a.rank(0)))
            .then(b.used_up().cmp(&a.used_up()))
            .then(b.rank(1).total_cmp(&a.rank(1)))
            .then(a.label.cmp(&b.label))
            .then(a.position.cmp(&b.position))
    });
    all.into_iter().map(|plain| (plain.project, plain.user.id)).collect()
}

#[test]
fn all_pages_together_are_the_sorted_users_of_all_projects() {
    let one = vec![("p", equal_users(0, 150))];
    let several = vec![
        ("p", equal_users(0, 70)),
        ("empty", vec![]),
        ("b", equal_users(1, 33)),
        ("m", equal_users(2, 16)),
    ];
    for projects in [one, several] {
        let count: usize = projects.iter().map(|(_, users)| users.len()).sum();
        let of_project = |(name, some): &(&str, Vec<User>)| ProjectFacts {
            user_quotas: Some(fresh(users(some.clone()))),
            ..project(name)
        };
        let facts = facts(projects.iter().map(of_project).collect());
        let lists = UserLists::new(&facts);
        for sort in KEYS.iter().map(|key| SortOrder::natural(key)).flat_map(|order| [order, order.reversed()])
        {
            let page = |number| lists.page(Search::new(""), None, sort, number, 7).users;
            let last = count.div_ceil(7);
            let ids = (1..=last).flat_map(|number| {
                let found = page(number);
                assert_eq!((found.first, found.pages, found.total), (7 * (number - 1) + 1, last, count));
                found.rows
            });
            let ids: Vec<_> = ids.map(|row| (row.project.to_owned(), row.id)).collect();
            assert_eq!(ids, sorted(&projects, sort), "{sort:?}");
            assert_eq!(page(last + 1), page(last));
            assert_eq!(page(0), page(1));
        }
    }
}

#[test]
fn the_pages_of_a_level_have_its_users_in_the_same_order() {
    let facts =
        facts(vec![ProjectFacts { user_quotas: Some(fresh(users(equal_users(0, 150)))), ..project("p") }]);
    let (lists, order) = (UserLists::new(&facts), SortOrder::natural("user"));
    let all = lists.page(Search::new(""), None, order, 1, 1000);
    for (_, level) in LEVELS {
        let page = lists.page(Search::new(""), Some(level), order, 1, 1000);
        let of_level = |row: &&crate::web::overview::users::UserRow<'_>| {
            row.most_used.as_ref().map_or(Level::Fine, |quota| quota.utilisation.level()) == level
        };
        let expected: Vec<_> = all.users.rows.iter().filter(of_level).cloned().collect();
        assert!(!expected.is_empty());
        assert_eq!(page.users.total as u64, page.counts.of(level));
        assert_eq!((page.users.rows, page.counts), (expected, all.counts));
    }
}

#[test]
fn users_of_different_projects_with_one_utilisation_are_sorted_by_label() {
    let of_project = |name: &str, some: &[(&str, &str)]| {
        let some = some.iter().map(|(id, name)| User {
            name: Some((*name).to_owned()),
            ..user(id, vec![quota("x", 1.0, 2.0)])
        });
        ProjectFacts { user_quotas: Some(fresh(users(some.collect()))), ..project(name) }
    };
    let facts = facts(vec![
        of_project("z", &[("1", "name b"), ("2", "name d"), ("3", "same")]),
        of_project("a", &[("4", "name c"), ("5", "name a"), ("6", "same")]),
    ]);
    let ids = |sort: &str| {
        let order = SortOrder::parse(sort, KEYS);
        let page = UserLists::new(&facts).page(Search::new(""), None, order, 1, 10);
        page.users.rows.into_iter().map(|row| row.id).collect::<Vec<_>>().join(" ")
    };
    for (sort, expected) in [
        ("", "5 1 4 2 3 6"),
        ("user", "5 1 4 2 3 6"),
        ("-user", "3 6 2 4 1 5"),
        ("project", "5 4 6 1 2 3"),
        ("-project", "1 2 3 5 4 6"),
        ("-used-up", "5 1 4 2 3 6"),
    ] {
        assert_eq!(ids(sort), expected, "{sort}");
    }
}

/// The places of the users that a search finds.
fn places(users: &[User], text: &str) -> Vec<u32> {
    Search::new(text).places(&users.iter().cloned().collect()).unwrap()
}

#[test]
fn a_search_finds_the_same_users_in_blocks_as_one_by_one() {
    let mut all: Vec<_> = (0..70).map(|number| user(&format!("Id-{number:02}"), vec![])).collect();
    for (place, name) in [
        (0, "Anna"),
        (3, "anna anna"),
        (14, "first block"),
        (15, "LAST of block"),
        (16, "first of block"),
        (31, "x"),
        (33, "张三"),
        (34, "ÖL"),
        (35, "\u{212a}elvin"),
        (36, "İ"),
        (50, "a\u{1}b\u{7f}"),
        (69, "Zoe"),
    ] {
        all[place].name = Some(name.to_owned());
    }
    for text in [
        "a", "ann", "ANNA", "anna a", "id-", "ID-1", "-15", "-16", "69", "zoe", "block", "last OF", "x",
        "三", "öl", "k", "kelvin", "i", "i\u{307}", "\u{1}", "␁b", "b␡", "\u{7f}", "zz", "0", "3", "d-3",
    ] {
        let mut search = Search::new(text);
        let one_by_one = (0..)
            .zip(&all)
            .filter(|(_, user)| search.finds(user.name.as_deref().into_iter().chain([user.id.as_str()])));
        let expected: Vec<u32> = one_by_one.map(|(place, _)| place).collect();
        assert_eq!(places(&all, text), expected, "{text}");
    }
    assert_eq!(places(&all, "anna"), [0, 3]);
    assert_eq!(places(&all, "FIRST of"), [16]);
    assert_eq!(places(&all, "first"), [14, 16]);
    assert_eq!(places(&all, "id-").len(), 70);
    assert_eq!(Search::new("").places(&all.into_iter().collect()), None);
}

#[test]
fn nothing_is_found_across_the_texts_of_users() {
    let named = |id: &str, name: Option<&str>| User { name: name.map(ToOwned::to_owned), ..user(id, vec![]) };
    for odd in ["", "张"] {
        let mut all: Vec<_> = (0..20).map(|number| named(&format!("ab{number:02}"), Some("cd"))).collect();
        all[18].name = None;
        all[19].name = Some(format!("cd{odd}"));
        for (text, expected) in [
            ("ab15cd", &[][..]),
            ("cdab", &[]),
            ("00\0cd", &[]),
            ("\0", &[]),
            ("␀", &[]),
            ("cd\0", &[]),
            ("ab18", &[18]),
            ("ab18ab", &[]),
            ("19", &[19]),
        ] {
            assert_eq!(places(&all, text), expected, "{text:?} {odd}");
        }
        assert_eq!(places(&all, "cd").len(), 19);
    }
}
