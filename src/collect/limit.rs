//! Selects the users of a project that are exported, and their quota items; adds the names of users.

use std::collections::BTreeMap;

use crate::config::{Pattern, UserQuotasConfig};
use crate::snapshot::{PackedUsers, Quota, User, UserQuotas, Utilisation};

/// Keeps the users and quota items that `limits` selects. If there are too many users, keeps those with the highest
/// utilisation, and of equal ones those with the lower ID. The users get their names of `names`, by ID, and share
/// memory with those `before`.
pub(super) fn apply(
    quotas: &mut UserQuotas,
    limits: &UserQuotasConfig,
    names: Option<&BTreeMap<String, String>>,
    before: Option<&PackedUsers>,
) {
    let is_complete = !limits.has_patterns() && limits.items.is_empty();
    if is_complete && names.is_none() && quotas.users.len() <= limits.max_users {
        return;
    }
    let users = || quotas.users.iter().map(|user| with_names_and_items(user, names, limits));
    // Two passes, since all users at once would take much memory.
    let mut ranked: Vec<(f64, usize)> = Vec::new();
    for (place, user) in users().enumerate() {
        if is_selected(&user, limits) {
            ranked.push((utilisation(&user), place));
        }
    }
    let omitted = ranked.len().saturating_sub(limits.max_users);
    if omitted > 0 {
        // The sort is stable, so of equal users those with the lower IDs come first.
        ranked.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        ranked.truncate(limits.max_users);
        ranked.sort_unstable_by_key(|(_, place)| *place);
    }
    let mut kept = ranked.iter().map(|(_, place)| *place).peekable();
    let selected = users().enumerate().filter(|(place, _)| kept.next_if_eq(place).is_some());
    let selected = PackedUsers::pack(selected.map(|(_, user)| user), before);
    quotas.users = selected;
    quotas.omitted = omitted as u64;
}

fn with_names_and_items(
    mut user: User,
    names: Option<&BTreeMap<String, String>>,
    limits: &UserQuotasConfig,
) -> User {
    user.name = names.and_then(|names| names.get(&user.id)).cloned();
    if !limits.items.is_empty() {
        user.quotas.retain(|quota| limits.items.iter().any(|item| *item == quota.item));
    }
    user
}

fn is_selected(user: &User, limits: &UserQuotasConfig) -> bool {
    let matches_any = |patterns: &[Pattern]| {
        patterns.iter().any(|pattern| {
            pattern.matches(&user.id) || user.name.as_deref().is_some_and(|name| pattern.matches(name))
        })
    };
    (limits.include.is_empty() || matches_any(&limits.include)) && !matches_any(&limits.exclude)
}

/// The highest used fraction of a user's quotas.
fn utilisation(user: &User) -> f64 {
    user.quotas.iter().map(used_fraction).fold(0.0, f64::max)
}

/// The used fraction of a quota: 0 if it is unlimited or unknown, infinite if something of a quota of 0 is used.
fn used_fraction(quota: &Quota) -> f64 {
    Utilisation::of(quota).rank().max(0.0)
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    const NO_LIMIT: f64 = f64::INFINITY;

    fn quota(item: &'static str, usage: Option<f64>, limit: Option<f64>) -> Quota {
        Quota { item: Cow::Borrowed(item), limit, usage }
    }

    fn user(id: &str, quotas: Vec<Quota>) -> User {
        User { id: id.to_owned(), name: None, quotas }
    }

    /// A user with one quota of 100.
    fn user_at(id: &str, percent: f64) -> User {
        user(id, vec![quota("voice_clone_basic", Some(percent), Some(100.0))])
    }

    fn named(id: &str, name: &str) -> User {
        User { name: Some(name.to_owned()), ..user_at(id, 1.0) }
    }

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| Pattern::new(text).unwrap()).collect()
    }

    fn up_to(max_users: usize) -> UserQuotasConfig {
        UserQuotasConfig { max_users, ..UserQuotasConfig::default() }
    }

    /// The users that are kept, and the number of omitted ones.
    fn apply_to(users: Vec<User>, limits: &UserQuotasConfig) -> (Vec<User>, u64) {
        let listed = users.len() as u64;
        let with_names = users.iter().filter_map(|user| Some((user.id.clone(), user.name.clone()?)));
        let names = with_names.collect();
        let mut quotas = UserQuotas { listed, omitted: 0, users: users.into_iter().collect() };
        apply(&mut quotas, limits, Some(&names), None);
        assert_eq!(quotas.listed, listed, "the API's own number stays");
        (quotas.users.iter().collect(), quotas.omitted)
    }

    fn kept_ids(users: Vec<User>, limits: &UserQuotasConfig) -> (Vec<String>, u64) {
        let (users, omitted) = apply_to(users, limits);
        (users.into_iter().map(|user| user.id).collect(), omitted)
    }

    #[test]
    fn the_least_used_users_beyond_the_limit_are_omitted() {
        let users = || vec![user_at("a", 30.0), user_at("b", 90.0), user_at("c", 10.0), user_at("d", 60.0)];
        for (max_users, left, omitted) in [
            (5, &["a", "b", "c", "d"][..], 0),
            (4, &["a", "b", "c", "d"], 0),
            (3, &["a", "b", "d"], 1),
            (2, &["b", "d"], 2),
            (1, &["b"], 3),
            (0, &[], 4),
        ] {
            let left = left.iter().map(|id| (*id).to_owned()).collect();
            assert_eq!(kept_ids(users(), &up_to(max_users)), (left, omitted), "{max_users}");
        }
    }

    #[test]
    fn of_equal_users_the_lower_id_is_kept() {
        let users = vec![user_at("a", 50.0), user_at("b", 50.0), user_at("c", 51.0), user_at("d", 50.0)];
        assert_eq!(kept_ids(users, &up_to(3)).0, ["a", "b", "c"]);
        let idle = ["a", "b", "c"].map(|id| user_at(id, 0.0)).to_vec();
        assert_eq!(kept_ids(idle, &up_to(2)).0, ["a", "b"]);
    }

    #[test]
    fn the_used_fraction_is_usage_divided_by_limit() {
        for (usage, limit, expected) in [
            (Some(50.0), Some(100.0), 0.5),
            (Some(150.0), Some(100.0), 1.5),
            (Some(0.0), Some(100.0), 0.0),
            (Some(1e9), Some(NO_LIMIT), 0.0),
            (Some(1.0), Some(0.0), f64::INFINITY),
            (Some(1.0), Some(-0.0), f64::INFINITY),
            (Some(0.0), Some(0.0), 0.0),
            (Some(1.0), None, 0.0),
            (None, Some(100.0), 0.0),
            (None, Some(0.0), 0.0),
        ] {
            assert_eq!(used_fraction(&quota("x", usage, limit)), expected, "{usage:?} of {limit:?}");
        }
    }

    #[test]
    fn the_highest_used_fraction_of_a_user_counts() {
        let half = |item| quota(item, Some(50.0), Some(100.0));
        let both = user("z", vec![half("a"), quota("b", Some(99.0), Some(100.0))]);
        assert_eq!(utilisation(&both), 0.99);
        let beyond_all = user("y", vec![half("a"), quota("b", Some(1.0), Some(0.0))]);
        let users = vec![user_at("x", 98.0), beyond_all, both];
        assert_eq!(kept_ids(users.clone(), &up_to(2)).0, ["y", "z"]);
        assert_eq!(kept_ids(users, &up_to(1)).0, ["y"]);
    }

    #[test]
    fn patterns_match_ids_and_names_and_omit_no_user() {
        let users = || vec![named("a1", "studio-north"), named("a2", "studio-south"), user_at("b1", 1.0)];
        for (include, exclude, left) in [
            (&[][..], &[][..], &["a1", "a2", "b1"][..]),
            (&["a."], &[], &["a1", "a2"]),
            (&["a"], &[], &[]),
            (&["studio-.*"], &[], &["a1", "a2"]),
            (&["studio-south", "b1"], &[], &["a2", "b1"]),
            (&[], &["studio-north"], &["a2", "b1"]),
            (&[], &["b.", "a1"], &["a2"]),
            (&["studio-.*"], &["a2"], &["a1"]),
            (&["a1"], &["studio-.*"], &[]),
        ] {
            let limits =
                UserQuotasConfig { include: patterns(include), exclude: patterns(exclude), ..up_to(10) };
            let left: Vec<_> = left.iter().map(|id| (*id).to_owned()).collect();
            assert_eq!(kept_ids(users(), &limits), (left, 0), "{include:?} without {exclude:?}");
        }
    }

    #[test]
    fn only_selected_users_count_against_the_limit() {
        let users = vec![user_at("a", 90.0), user_at("b", 20.0), user_at("c", 10.0), user_at("d", 30.0)];
        let limits = UserQuotasConfig { exclude: patterns(&["a"]), ..up_to(2) };
        assert_eq!(kept_ids(users, &limits), (vec!["b".to_owned(), "d".to_owned()], 1));
    }

    #[test]
    fn items_that_are_not_selected_do_not_count() {
        let items = |a, b| vec![quota("a", Some(a), Some(100.0)), quota("b", Some(b), Some(100.0))];
        let users = || vec![user("x", items(99.0, 1.0)), user("y", items(1.0, 50.0))];
        assert_eq!(kept_ids(users(), &up_to(1)).0, ["x"]);
        let limits = UserQuotasConfig { items: vec!["b".to_owned(), "c".to_owned()], ..up_to(1) };
        let left = user("y", vec![quota("b", Some(50.0), Some(100.0))]);
        assert_eq!(apply_to(users(), &limits), (vec![left], 1));
        // A user without any of the items is still exported.
        let limits = UserQuotasConfig { items: vec!["c".to_owned()], ..up_to(2) };
        assert_eq!(apply_to(users(), &limits), (vec![user("x", vec![]), user("y", vec![])], 0));
    }

    #[test]
    fn a_hundred_thousand_users_stay_sorted() {
        let users =
            (0..100_000).map(|n| user_at(&format!("{n:06}"), f64::from(n * 7919 % 100_000))).collect();
        let (left, omitted) = kept_ids(users, &up_to(10_000));
        assert_eq!((left.len(), omitted), (10_000, 90_000));
        assert!(left.is_sorted());
        assert!(left.iter().all(|id| id.parse::<u64>().unwrap() * 7919 % 100_000 >= 90_000));
    }
}
